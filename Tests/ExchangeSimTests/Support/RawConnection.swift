import NIOCore
import NIOPosix

@testable import ExchangeSim

/// A connection on which a test writes the bytes itself.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let received: AsyncStream<[UInt8]>

    private init(_ channel: any Channel, _ received: AsyncStream<[UInt8]>) {
        self.channel = channel
        self.received = received
    }

    static func open(_ server: SimServer) async throws -> RawConnection {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let channel = try await ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteReader(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: server.port).get()
        return RawConnection(channel, stream)
    }

    /// Asks for a WebSocket, and reads the answer.
    static func openWebSocket(_ server: SimServer, _ path: String) async throws -> RawConnection {
        let connection = try await Self.open(server)
        connection.send(
            Array(
                """
                GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r
                Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                Sec-WebSocket-Version: 13\r\n\r\n
                """.utf8
            )
        )
        _ = await connection.next()
        return connection
    }

    /// Sends bytes; a connection that the other side has closed swallows them.
    func send(_ bytes: [UInt8]) {
        self.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func send(_ text: String) { self.send(Array(text.utf8)) }

    /// What came next; nil once the connection is closed.
    func next() async -> [UInt8]? {
        for await bytes in self.received { return bytes }
        return nil
    }

    /// All that came until the other side closed the connection.
    func untilClosed() async -> [UInt8] {
        var all: [UInt8] = []
        for await bytes in self.received { all += bytes }
        return all
    }

    func close() async throws { try await self.channel.close() }
}

private final class ByteReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<[UInt8]>.Continuation

    init(_ continuation: AsyncStream<[UInt8]>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.continuation.yield(Array(self.unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.continuation.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
