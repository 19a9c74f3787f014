import NIOCore

/// Closes a connection whose client begins a request and does not end it in time.
///
/// The first handler of a connection, because a head that never ends reaches no other one. Only
/// the time from a request's first byte to its last counts: a connection may stay silent between
/// requests, and before the first one, for as long as it likes.
final class RequestDeadline: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let timeout: TimeAmount
    /// When the request that is on its way began; nil between requests.
    private var began: NIODeadline?
    /// One timer serves all requests of its time, so that a fast client costs none each.
    private var timer: Scheduled<Void>?
    private var isStopped = false

    init(after timeout: TimeAmount) { self.timeout = timeout }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !self.isStopped, self.began == nil {
            self.began = context.eventLoop.now
            if self.timer == nil { self.schedule(self.timeout, context) }
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.stop() }

    /// Notes that the last byte of a request has come.
    func didReceiveRequest() { self.began = nil }

    /// Counts no more requests.
    func stop() {
        self.isStopped = true
        self.began = nil
        self.timer?.cancel()
        self.timer = nil
    }

    private func schedule(_ amount: TimeAmount, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.timer = context.eventLoop.scheduleTask(in: amount) {
            let (handler, context) = bound.value
            handler.timer = nil
            guard let began = handler.began else { return }
            let left = began + handler.timeout - context.eventLoop.now
            if left <= .nanoseconds(0) { return context.close(promise: nil) }
            handler.schedule(left, context)
        }
    }
}
