import Dispatch
import Glibc
import Synchronization
import TradingCore

/// The process's signals: SIGTERM and SIGINT end it, SIGUSR1 engages the kill switch.
///
/// They are handled on a thread of their own, so that a kill works while the gateway loop hangs
/// in a write (K1).
final class Signals: Sendable {
    private struct State {
        var termination: CheckedContinuation<Void, Never>?
        var isTerminated = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "signals")

    init(_ lever: KillLever) {
        self.handle(SIGUSR1) {
            lever.pull(
                KillLever.Pull(level: .cancel, principal: Principal("SIGUSR1"), reason: "SIGUSR1")
            )
        }
        self.handle(SIGTERM) { self.terminate() }
        self.handle(SIGINT) { self.terminate() }
        signal(SIGPIPE, SIG_IGN)
        // A limit on the size of files is an error of the write, like a full disk.
        signal(SIGXFSZ, SIG_IGN)
    }

    private func handle(_ number: Int32, _ action: @escaping @Sendable () -> Void) {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: self.queue)
        source.setEventHandler(handler: action)
        source.resume()
        // Signals are handled as long as the process lives.
        _ = unsafe Unmanaged.passRetained(source as AnyObject)
    }

    func waitForTermination() async {
        await withCheckedContinuation { continuation in
            let isTerminated = self.state.withLock { state in
                if !state.isTerminated { state.termination = continuation }
                return state.isTerminated
            }
            if isTerminated { continuation.resume() }
        }
    }

    private func terminate() {
        let continuation = self.state.withLock { state in
            state.isTerminated = true
            defer { state.termination = nil }
            return state.termination
        }
        continuation?.resume()
    }
}
