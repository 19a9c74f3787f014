import NIOCore

/// One timer for many deadlines: armed for the earliest, and when it fires its owner sweeps.
///
/// A timer per call would cost more than the call; nearly every call is answered long before.
final class DeadlineTimer {
    private let eventLoop: any EventLoop
    private var task: Scheduled<Void>?
    private var armedFor: NIODeadline?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Makes sure that `fire` runs at `deadline` or before.
    func arm(for deadline: NIODeadline, _ fire: @escaping () -> Void) {
        if let armedFor, armedFor <= deadline { return }
        task?.cancel()
        armedFor = deadline
        task = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            armedFor = nil
            task = nil
            fire()
        }
    }

    /// Nothing fires any more.
    func cancel() {
        task?.cancel()
        task = nil
        armedFor = nil
    }
}
