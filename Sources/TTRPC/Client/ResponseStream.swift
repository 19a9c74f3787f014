public import NIOCore
import Synchronization

/// The messages of a server stream, in order; iterate once.
///
/// ttrpc has no flow control: messages that come faster than they are taken wait here, and above
/// the client's `streamBufferedBytesMax` the stream ends with `.streamOverflow`. Nor can a stream
/// be called off: after leaving it early the server goes on sending until the connection closes,
/// so long subscriptions deserve a connection of their own.
public struct ResponseStream: AsyncSequence, Sendable {
    /// One message.
    public typealias Element = ByteBuffer
    /// What a stream can end with, besides simply ending.
    public typealias Failure = CallError

    let receiver: StreamReceiver
    let abandonment: Abandonment

    /// Starts to take messages.
    ///
    /// - Returns: The only iterator of this stream.
    public func makeAsyncIterator() -> Iterator {
        Iterator(receiver: receiver, abandonment: abandonment)
    }

    /// Takes the messages of a stream one by one.
    public struct Iterator: AsyncIteratorProtocol {
        let receiver: StreamReceiver
        let abandonment: Abandonment

        /// Waits for the next message.
        ///
        /// - Returns: The message, or nil when the server ended the stream.
        /// - Throws: `CallError`; nothing follows it.
        public mutating func next() async throws(CallError) -> ByteBuffer? {
            try await receiver.next()
        }

        /// Waits for the next message.
        ///
        /// - Parameter actor: The caller's isolation.
        /// - Returns: The message, or nil when the server ended the stream.
        /// - Throws: `CallError`; nothing follows it.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(CallError) -> ByteBuffer? {
            try await receiver.next()
        }
    }

    /// Tells the connection when neither stream nor iterator is kept any more.
    final class Abandonment: Sendable {
        private let action: @Sendable () -> Void

        init(_ action: @escaping @Sendable () -> Void) {
            self.action = action
        }

        deinit {
            action()
        }
    }
}

/// Keeps the messages of a stream between the event loop and the task that takes them.
final class StreamReceiver: CallReceiver {
    private typealias Outcome = Result<ByteBuffer?, CallError>

    private struct State {
        var messages = CircularBuffer<ByteBuffer>()
        var bytes = 0
        var end: Outcome?
        var waiting: CheckedContinuation<Outcome, Never>?
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let bufferedBytesMax: Int

    init(bufferedBytesMax: Int) {
        self.bufferedBytesMax = bufferedBytesMax
    }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func receive(_ message: ByteBuffer) -> Bool {
        let (waiting, goesOn) = state.withLock {
            state -> (CheckedContinuation<Outcome, Never>?, Bool) in
            guard state.end == nil else { return (nil, false) }
            if let waiting = state.waiting {
                state.waiting = nil
                return (waiting, true)
            }
            // An empty message costs memory, too.
            let bytes = message.readableBytes + MemoryLayout<ByteBuffer>.stride
            guard state.bytes + bytes <= bufferedBytesMax else {
                state.end = .failure(.streamOverflow(bytesMax: bufferedBytesMax))
                return (nil, false)
            }
            state.messages.append(message)
            state.bytes += bytes
            return (nil, true)
        }
        waiting?.resume(returning: .success(message))
        return goesOn
    }

    func end(_ result: Result<ByteBuffer?, CallError>) {
        let (waiting, outcome) = state.withLock {
            state -> (CheckedContinuation<Outcome, Never>?, Outcome) in
            guard state.end == nil else { return (nil, .success(nil)) }
            // A stream may end with a last message in a Response.
            if case .success(.some(let last)) = result, last.readableBytes > 0 {
                state.end = .success(nil)
                if state.waiting == nil {
                    state.messages.append(last)
                    state.bytes += last.readableBytes + MemoryLayout<ByteBuffer>.stride
                }
                defer { state.waiting = nil }
                return (state.waiting, result)
            }
            let end = result.map { _ in ByteBuffer?.none }
            state.end = end
            defer { state.waiting = nil }
            return (state.waiting, end)
        }
        waiting?.resume(returning: outcome)
    }

    func next() async throws(CallError) -> ByteBuffer? {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
                let now = state.withLock { state -> Outcome? in
                    if let message = state.messages.popFirst() {
                        state.bytes -= message.readableBytes + MemoryLayout<ByteBuffer>.stride
                        return .success(message)
                    }
                    if let end = state.end {
                        // Only once: a stream that failed is at its end afterwards.
                        state.end = .success(nil)
                        return end
                    }
                    guard state.waiting == nil else { fatalError("a stream has one iterator") }
                    state.waiting = continuation
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            state.withLock { $0.isCancelled = true }
            end(.failure(.cancelled))
        }
        return try outcome.get()
    }
}
