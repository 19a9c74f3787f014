import NIOCore

/// Notices a peer that takes too long: to make its first call, or to finish a frame that it began.
///
/// On the event loop. What costs a peer nothing must not keep one of a server's connections.
final class ArrivalWatch {
    private let timer: DeadlineTimer
    private let frameTimeout: TimeAmount
    /// When what is awaited must have come; nil while nothing is.
    private var deadline: NIODeadline?
    private var onLate: ((String) -> Void)?
    private var hasCalled = false

    init(eventLoop: any EventLoop, frameTimeout: TimeAmount) {
        timer = DeadlineTimer(eventLoop: eventLoop)
        self.frameTimeout = frameTimeout
    }

    /// The connection is open, and a first call is awaited.
    ///
    /// - Parameters:
    ///   - timeout: For the first whole frame, a TLS handshake before it included.
    ///   - onLate: Called at most once, with what did not come.
    func begin(firstCallWithin timeout: TimeAmount, onLate: @escaping (String) -> Void) {
        self.onLate = onLate
        expect(by: .now() + timeout)
    }

    /// Something arrived.
    ///
    /// - Parameters:
    ///   - frameCount: The frames that it completed.
    ///   - pendingBytes: What there is of the next one.
    ///   - now: When.
    func arrived(frameCount: Int, pendingBytes: Int, _ now: NIODeadline) {
        if frameCount > 0 { hasCalled = true }
        guard hasCalled else { return }
        if pendingBytes == 0 {
            deadline = nil
        } else if frameCount > 0 || deadline == nil {
            expect(by: now + frameTimeout)
        }
    }

    func cancel() {
        timer.cancel()
        deadline = nil
        onLate = nil
    }

    private func expect(by deadline: NIODeadline) {
        self.deadline = deadline
        timer.arm(for: deadline) { [self] in sweep() }
    }

    private func sweep() {
        guard let deadline else { return }
        guard deadline <= .now() else { return expect(by: deadline) }
        self.deadline = nil
        onLate?(hasCalled ? "a frame that was begun" : "a first call")
    }
}
