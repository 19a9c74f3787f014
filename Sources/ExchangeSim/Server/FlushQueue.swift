import NIOCore

/// Flushes every connection that was written to, once a tick.
///
/// The task runs after the loop has read all that was ready, so that many events leave in one
/// system call and still in the tick that caused them.
final class FlushQueue {
    private let eventLoop: any EventLoop
    private var waiting: [WebSocketHandler] = []
    private var isScheduled = false

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Notes a connection that has something unflushed.
    func add(_ connection: WebSocketHandler) {
        self.waiting.append(connection)
        self.schedule()
    }

    func schedule() {
        guard !self.isScheduled else { return }
        self.isScheduled = true
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.execute { bound.value.flush() }
    }

    private func flush() {
        self.isScheduled = false
        let waiting = self.waiting
        self.waiting.removeAll(keepingCapacity: true)
        for connection in waiting { connection.flush() }
    }
}
