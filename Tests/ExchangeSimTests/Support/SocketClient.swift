import MarketReplay
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import TradingCore

@testable import ExchangeSim

/// One WebSocket connection to an exchange; messages are read in the order of their arrival.
final class SocketClient: Sendable {
    private let channel: any Channel
    private let messages: AsyncStream<String>

    private init(_ channel: any Channel, _ messages: AsyncStream<String>) {
        self.channel = channel
        self.messages = messages
    }

    /// How a client behaves where that matters.
    struct Manners: Sendable {
        var answersPings = true
        /// Whether a close frame is handed out as a message with its `close` code and `reason`.
        var reportsClose = false
    }

    /// Connects to a path such as `/ws-api/v3`.
    static func connect(
        _ server: SimServer,
        _ path: String,
        _ manners: Manners = Manners()
    ) async throws -> SocketClient {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let upgraded = eventLoop.makePromise(of: Void.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try Self.configure(channel, continuation, upgraded, manners)
                    }
                }
                .connect(host: "127.0.0.1", port: server.port).get()
        } catch {
            upgraded.fail(error)
            throw error
        }
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
        head.headers.add(name: "Host", value: "127.0.0.1")
        head.headers.add(name: "Content-Length", value: "0")
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        try await upgraded.futureResult.get()
        return SocketClient(channel, stream)
    }

    private static func configure(
        _ channel: any Channel,
        _ continuation: AsyncStream<String>.Continuation,
        _ upgraded: EventLoopPromise<Void>,
        _ manners: Manners
    ) throws {
        let upgrader = NIOWebSocketClientUpgrader(
            maxFrameSize: 1 << 22,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        FrameReader(continuation, manners)
                    )
                }
            }
        )
        try channel.pipeline.syncOperations.addHTTPClientHandlers(
            withClientUpgrade: (
                upgraders: [upgrader],
                completionHandler: { _ in upgraded.succeed(()) }
            )
        )
        channel.closeFuture.whenComplete { _ in upgraded.fail(UnansweredError()) }
    }

    /// Sends a text frame.
    func send(_ text: String) {
        let frame = WebSocketFrame(
            fin: true,
            opcode: .text,
            maskKey: .random(),
            data: ByteBuffer(string: text)
        )
        self.channel.writeAndFlush(frame, promise: nil)
    }

    /// Sends a control frame.
    func send(_ opcode: WebSocketOpcode, _ payload: String) {
        let frame = WebSocketFrame(
            fin: true,
            opcode: opcode,
            maskKey: .random(),
            data: ByteBuffer(string: payload)
        )
        self.channel.writeAndFlush(frame, promise: nil)
    }

    /// The next message as it came, or nil once the connection is closed.
    func nextText() async -> String? {
        for await message in self.messages { return message }
        return nil
    }

    /// The next message, or nil once the connection is closed.
    func next() async -> JSONValue? {
        await self.nextText().flatMap { JSONValue(parsing: Array($0.utf8)) }
    }

    /// The next message for which a condition holds; those before it are dropped.
    func next(where condition: (JSONValue) -> Bool) async -> JSONValue? {
        while let message = await self.next() {
            if condition(message) { return message }
        }
        return nil
    }

    func close() async throws { try await self.channel.close() }
}

private final class FrameReader: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let continuation: AsyncStream<String>.Continuation
    private let manners: SocketClient.Manners

    init(
        _ continuation: AsyncStream<String>.Continuation,
        _ manners: SocketClient.Manners
    ) {
        self.continuation = continuation
        self.manners = manners
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = self.unwrapInboundIn(data)
        switch frame.opcode {
        case .text:
            self.continuation.yield(String(buffer: frame.unmaskedData))
        case .ping:
            guard self.manners.answersPings else { return }
            let pong = WebSocketFrame(
                fin: true,
                opcode: .pong,
                maskKey: .random(),
                data: frame.unmaskedData
            )
            context.writeAndFlush(self.wrapOutboundOut(pong), promise: nil)
        case .connectionClose:
            var payload = frame.unmaskedData
            if self.manners.reportsClose, let code = payload.readInteger(as: UInt16.self) {
                let reason = String(buffer: payload)
                self.continuation.yield(#"{"close":\#(code),"reason":"\#(reason)"}"#)
            }
            context.close(promise: nil)
        default:
            break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.continuation.finish()
        context.fireChannelInactive()
    }
}

extension SimClient {
    /// Opens a user data stream on a new connection.
    func userStream() async throws -> SocketClient {
        let socket = try await SocketClient.connect(self.server, "/ws-api/v3")
        socket.send(self.subscribeRequest())
        _ = await socket.next()
        return socket
    }

    /// The signed request for a user data stream.
    func subscribeRequest(id: String = "\"u1\"") -> String {
        let time = SimClock.real.now.milliseconds
        let signature = self.signature(of: "apiKey=\(self.key)&timestamp=\(time)")
        return """
            {"id":\(id),"method":"userDataStream.subscribe.signature","params":\
            {"apiKey":"\(self.key)","timestamp":\(time),"signature":"\(signature)"}}
            """
    }
}
