import Dispatch
import Glibc
import Synchronization
import Venues

/// The process's signals: SIGTERM and SIGINT end it, SIGUSR1 closes the gates.
///
/// They are handled on a thread of their own, so that a kill works while the gateway loop hangs
/// in a write (K1).
final class Signals: Sendable {
    private struct State {
        var gates: [Gate] = []
        var killAction: (@Sendable () -> Void)?
        var termination: CheckedContinuation<Void, Never>?
        var isTerminated = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "signals")

    init() {
        self.handle(SIGUSR1) { self.kill() }
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

    /// The gate is closed by SIGUSR1, whatever else works.
    func closeOnKill(_ gate: Gate) { self.state.withLock { $0.gates.append(gate) } }

    /// Called after the gates are closed.
    func onKill(_ action: @escaping @Sendable () -> Void) {
        self.state.withLock { $0.killAction = action }
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

    private func kill() {
        let (gates, action) = self.state.withLock { ($0.gates, $0.killAction) }
        for gate in gates { gate.close(.killSwitch) }
        action?()
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
