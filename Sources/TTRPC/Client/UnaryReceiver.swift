import NIOCore
import Synchronization

/// Waits for the answer to a unary call.
final class UnaryReceiver: CallReceiver {
    private let cancelled = Atomic(false)
    private let continuation: Mutex<CheckedContinuation<Result<ByteBuffer, CallError>, Never>?>

    init() {
        continuation = Mutex(nil)
    }

    func wait(with continuation: CheckedContinuation<Result<ByteBuffer, CallError>, Never>) {
        self.continuation.withLock { $0 = continuation }
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Must be followed by a `cancel` on the connection, in case the call was sent.
    func cancel() {
        cancelled.store(true, ordering: .releasing)
    }

    func receive(_ message: ByteBuffer) -> Bool { false }

    func end(_ result: Result<ByteBuffer?, CallError>) {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(returning: result.map { $0 ?? ByteBuffer() })
    }
}
