import NIOCore
import NIOHTTP1

/// Lets any request of a connection become a WebSocket.
///
/// NIO's own upgrade handler looks at a connection's first request only and then leaves. Clients
/// with one connection pool for REST and WebSockets ask on a connection that served REST before,
/// so this puts a new upgrade handler behind itself whenever a request asks.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let makeUpgradeHandler: (UpgradeGate) -> HTTPServerUpgradeHandler

    init(_ makeUpgradeHandler: @escaping (UpgradeGate) -> HTTPServerUpgradeHandler) {
        self.makeUpgradeHandler = makeUpgradeHandler
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = self.unwrapInboundIn(data), head.headers.contains(name: "Upgrade")
        {
            do {
                try context.pipeline.syncOperations.addHandler(
                    self.makeUpgradeHandler(self),
                    position: .after(self)
                )
            } catch {
                return context.fireErrorCaught(error)
            }
        }
        context.fireChannelRead(data)
    }
}
