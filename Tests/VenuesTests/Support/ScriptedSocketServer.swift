import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

/// A WebSocket server on loopback that answers each text as a test wants.
final class ScriptedSocketServer: Sendable {
    /// What the server does with a text, or at once with a new connection (a nil text).
    enum Action: Sendable {
        case send(String)
        /// A ping with this payload.
        case ping(String)
        case closeFrame
        case closeConnection
    }

    typealias Script = @Sendable (_ text: String?, _ connection: Int) -> [Action]

    private struct State {
        var texts: [String] = []
        var targets: [String] = []
        var pongs: [String] = []
        var pings = 0
        var channels: [any Channel] = []
    }

    private let state = Mutex(State())
    private let script: Script
    private let answersPings: Bool
    private let channel = Mutex<(any Channel)?>(nil)

    init(answersPings: Bool = true, _ script: @escaping Script) {
        self.answersPings = answersPings
        self.script = script
    }

    func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let upgrader = NIOWebSocketServerUpgrader(
                    shouldUpgrade: { channel, head in
                        self.state.withLock { $0.targets.append(head.uri) }
                        return channel.eventLoop.makeSucceededFuture([:])
                    },
                    upgradePipelineHandler: { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(
                                SocketHandler(server: self, connection: self.add(channel))
                            )
                        }
                    }
                )
                return channel.pipeline.configureHTTPServerPipeline(
                    withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in })
                )
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    func stop() async throws {
        for channel in self.state.withLock({ $0.channels }) { channel.close(promise: nil) }
        try await self.channel.withLock { $0 }?.close().get()
    }

    /// The texts that arrived, on whatever connection.
    var texts: [String] { self.state.withLock { $0.texts } }
    /// The target of each upgrade.
    var targets: [String] { self.state.withLock { $0.targets } }
    var pongs: [String] { self.state.withLock { $0.pongs } }
    var pingCount: Int { self.state.withLock { $0.pings } }
    var connectionCount: Int { self.state.withLock { $0.channels.count } }

    private func add(_ channel: any Channel) -> Int {
        self.state.withLock { state in
            state.channels.append(channel)
            return state.channels.count - 1
        }
    }

    fileprivate func actions(for text: String?, connection: Int) -> [Action] {
        if let text { self.state.withLock { $0.texts.append(text) } }
        return self.script(text, connection)
    }

    fileprivate func notePong(_ text: String) { self.state.withLock { $0.pongs.append(text) } }

    fileprivate func notePing() -> Bool {
        self.state.withLock { $0.pings += 1 }
        return self.answersPings
    }
}

private final class SocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let server: ScriptedSocketServer
    private let connection: Int

    init(server: ScriptedSocketServer, connection: Int) {
        self.server = server
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.perform(
            self.server.actions(for: nil, connection: self.connection),
            context: context
        )
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = SocketHandler.unwrapInboundIn(data)
        let text = String(buffer: frame.unmaskedData)
        switch frame.opcode {
        case .text:
            self.perform(
                self.server.actions(for: text, connection: self.connection),
                context: context
            )
        case .pong:
            self.server.notePong(text)
        case .ping:
            if self.server.notePing() { self.write(.pong, text, context: context) }
        default:
            break
        }
    }

    private func perform(_ actions: [ScriptedSocketServer.Action], context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .send(let text): self.write(.text, text, context: context)
            case .ping(let text): self.write(.ping, text, context: context)
            case .closeFrame: self.write(.connectionClose, "", context: context)
            case .closeConnection: context.close(promise: nil)
            }
        }
    }

    private func write(_ opcode: WebSocketOpcode, _ text: String, context: ChannelHandlerContext) {
        let frame = WebSocketFrame(
            fin: true,
            opcode: opcode,
            data: context.channel.allocator.buffer(string: text)
        )
        context.writeAndFlush(SocketHandler.wrapOutboundOut(frame), promise: nil)
    }
}
