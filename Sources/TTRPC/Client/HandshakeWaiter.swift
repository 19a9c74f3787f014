import NIOCore
import NIOSSL
import NIOTLS

/// Tells when a connection's TLS handshake is done, or why it will not be.
///
/// On the event loop.
final class HandshakeWaiter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let done: EventLoopPromise<Void>
    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - done: Completed once; failed when the handshake takes longer than `timeout`.
    ///   - timeout: Counted from when this is added.
    init(_ done: EventLoopPromise<Void>, atMost timeout: TimeAmount) {
        self.done = done
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: timeout) { [done] in
            done.fail(ConnectError.timedOut)
            channel.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            timer?.cancel()
            done.succeed()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(with: error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(with: ChannelError.eof)
        context.fireChannelInactive()
    }

    private func end(with error: any Error) {
        timer?.cancel()
        done.fail(error)
    }

    /// What TLS says of a connection that it ended; nil for other errors.
    static func refusal(_ error: any Error) -> String? {
        guard error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError,
            case let text = "\(error)", !text.contains("uncleanShutdown")
        else { return nil }
        return "TLS: \(text)"
    }
}
