import NIOCore
import NIOPosix
import Synchronization

/// A wire between a client and a server that can be cut, in a place that stays while servers go.
final class Relay: Sendable {
    private struct State {
        var target: SocketAddress
        var losesAnswers = false
        var refuses = false
        var connections: [any Channel] = []
    }

    /// Passes bytes on to the other end, and the end of one to the other.
    private final class Pipe: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let peer: any Channel
        private let passes: @Sendable () -> Bool

        init(to peer: any Channel, while passes: @escaping @Sendable () -> Bool) {
            self.peer = peer
            self.passes = passes
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard self.passes() else { return }
            self.peer.writeAndFlush(self.unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.peer.close(promise: nil)
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    private let state: Mutex<State>
    private let listener: Mutex<(any Channel)?> = Mutex(nil)

    /// Listens on a port of its own for connections to `host:port`.
    init(to target: String) async throws {
        self.state = Mutex(State(target: try Self.address(target)))
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [weak self] front in
                guard let self else { return front.close() }
                return self.connect(front)
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.listener.withLock { $0 = listener }
    }

    deinit {
        self.listener.withLock { $0?.close(promise: nil) }
        self.cut()
    }

    /// Where clients connect to.
    var address: String {
        "127.0.0.1:\(self.listener.withLock { $0?.localAddress?.port ?? 0 })"
    }

    /// Sends later connections elsewhere.
    func setTarget(_ target: String) throws {
        let address = try Self.address(target)
        self.state.withLock { $0.target = address }
    }

    /// From now on the server's bytes are dropped, or not any more.
    func loseAnswers(_ losesAnswers: Bool) {
        self.state.withLock { $0.losesAnswers = losesAnswers }
    }

    /// From now on connections are closed as soon as they are made, or not any more.
    func refuse(_ refuses: Bool) { self.state.withLock { $0.refuses = refuses } }

    /// Closes all connections.
    func cut() {
        let connections = self.state.withLock { state in
            defer { state.connections = [] }
            return state.connections
        }
        for connection in connections { connection.close(promise: nil) }
    }

    private static func address(_ target: String) throws -> SocketAddress {
        let parts = target.split(separator: ":")
        return try SocketAddress(
            ipAddress: String(parts.first ?? ""),
            port: Int(parts.last ?? "") ?? 0
        )
    }

    private func connect(_ front: any Channel) -> EventLoopFuture<Void> {
        let (target, refuses) = self.state.withLock { state in
            state.connections.append(front)
            return (state.target, state.refuses)
        }
        guard !refuses else { return front.close() }
        return ClientBootstrap(group: front.eventLoop)
            .channelInitializer { [weak self] back in
                back.eventLoop.makeCompletedFuture {
                    try back.pipeline.syncOperations.addHandler(
                        Pipe(to: front) { self?.state.withLock { !$0.losesAnswers } ?? false }
                    )
                }
            }
            .connect(to: target)
            .flatMap { back in
                front.eventLoop.makeCompletedFuture {
                    try front.pipeline.syncOperations.addHandler(Pipe(to: back) { true })
                }
            }
    }
}
