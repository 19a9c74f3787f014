import NIOCore
import NIOWebSocket

/// Ends a WebSocket whose client breaks the protocol in a way that the decoder lets pass: frames
/// without a mask, reserved bits, opcodes that nobody has defined (RFC 6455, 5.1 and 5.2).
final class FrameRules: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private var isEnded = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isEnded else { return }
        let frame = self.unwrapInboundIn(data)
        let isKnown: Bool
        switch frame.opcode {
        case .continuation, .text, .binary, .connectionClose, .ping, .pong: isKnown = true
        default: isKnown = false
        }
        if isKnown, frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 {
            return context.fireChannelRead(data)
        }
        self.isEnded = true
        var reason = context.channel.allocator.buffer(capacity: 2)
        reason.write(webSocketErrorCode: .protocolError)
        let end = WebSocketFrame(fin: true, opcode: .connectionClose, data: reason)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(end)).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }
}
