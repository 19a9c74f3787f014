import NIOCore
import NIOTLS

/// Keeps a peer waiting whose TLS handshake failed: whoever guesses must not guess quickly.
///
/// On the event loop; between the socket and TLS, until the handshake is done. TLS writes its word
/// on a failure, tells of it and closes, all in one tick, so what is flushed goes out a tick later.
final class HandshakeHold: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = ByteBuffer

    private var context: ChannelHandlerContext?
    /// What a failed handshake waits for, and what is told when it is over.
    private var failure: (delay: TimeAmount, over: () -> Void)?
    private var closing: Scheduled<Void>?
    private var flushIsQueued = false

    /// The handshake failed: neither its last bytes nor its end go out before `delay`.
    ///
    /// - Parameters:
    ///   - delay: Above zero.
    ///   - over: Called once, when the connection is no longer held.
    func fail(holdingFor delay: TimeAmount, over: @escaping () -> Void) {
        guard failure == nil, context != nil else { return over() }
        failure = (delay, over)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        if flushIsQueued, failure == nil { context.flush() }
        self.context = nil
        closing?.cancel()
        failure?.over()
    }

    func flush(context: ChannelHandlerContext) {
        guard !flushIsQueued else { return }
        flushIsQueued = true
        context.eventLoop.assumeIsolated().execute { [self] in
            flushIsQueued = false
            if failure == nil { self.context?.flush() }
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard let failure else {
            if flushIsQueued { context.flush() }
            return context.close(mode: mode, promise: promise)
        }
        promise?.succeed()
        guard closing == nil else { return }
        closing = context.eventLoop.assumeIsolated().scheduleTask(in: failure.delay) { [self] in
            guard let context = self.context else { return }
            context.flush()
            context.close(mode: .all, promise: nil)
        }
    }
}

/// Tells a ``HandshakeHold`` what becomes of the handshake; behind TLS, until it is done.
final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let hold: HandshakeHold
    private let server: ServerCore

    init(_ hold: HandshakeHold, server: ServerCore) {
        self.hold = hold
        self.server = server
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if CloseReason(handshakeError: error) != nil { server.hold(hold) }
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            context.pipeline.syncOperations.removeHandler(hold, promise: nil)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}
