import NIOCore
import NIOPosix
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct ClientTests {
    @Test func `calls that wait when the connection breaks may have been executed`() async throws {
        try await withEchoServer { server, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let waiting = Task { try await client.echo("Keep") }
            try await log.wait { $0 == "kept" }
            server.drain(timeout: .seconds(0))
            let error = await #expect(throws: CallError.self) { try await waiting.value }
            #expect(error == .connectionLost)
            #expect(error?.mayHaveBeenExecuted == true)
            try await client.closed.get()
            let next = await #expect(throws: CallError.self) { try await client.echo("Echo") }
            #expect(next == .notSent(.closed))
            #expect(next?.mayHaveBeenExecuted == false)
        }
    }

    @Test func `closing the client cancels its calls at the server`() async throws {
        try await withEchoServer { _, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let waiting = Task { try await client.echo("Keep") }
            try await log.wait { $0 == "kept" }
            await client.close()
            await #expect(throws: CallError.connectionLost) { try await waiting.value }
            try await log.wait { $0 == "closed peer" }
            #expect(log.all == ["opened", "kept", "cancelled connectionClosed", "closed peer"])
        }
    }

    @Test func `a cancelled task stops waiting and the connection goes on`() async throws {
        try await withEchoServer { _, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let waiting = Task { try await client.echo("Keep") }
            try await log.wait { $0 == "kept" }
            waiting.cancel()
            await #expect(throws: CallError.cancelled) { try await waiting.value }
            // The server's answer to the cancelled call is dropped.
            #expect(try await client.echo("Release", "on") == "on")
            #expect(try await client.echo("Echo", "and on") == "and on")
            await client.close()
        }
    }

    @Test func `a task cancelled before it calls sends nothing`() async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let error = await Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return await Swift.Result { () async throws in try await client.echo("Echo") }
            }.value
            #expect(throws: CallError.notSent(.cancelled)) { try error.get() }
            await client.close()
        }
    }

    @Test func `where nobody listens the refusal names the place`() async throws {
        try await withSocketFolder { folder in
            let path = folder + "/s"
            let error = await #expect(throws: ConnectError.self) {
                _ = try await TTRPCClient.connect(to: .unix(path: path))
            }
            #expect(error == .refused("unix(path: \"\(path)\")"))
            await #expect(throws: ConnectError.unknownHost("exchange.example")) {
                _ = try await TTRPCClient.connect(to: .tcp(host: "exchange.example", port: 1))
            }
        }
    }

    /// Answers of a broken server, sent as soon as somebody connects and speaks.
    @Test(
        arguments: [
            ("a message type that does not exist", [0, 0, 0, 0, 0, 0, 0, 1, 9, 0]),
            ("a frame beyond the limit", [0xFF, 0, 0, 0, 0, 0, 0, 1, 2, 0]),
            ("a stream that was never opened", [0, 0, 0, 0, 0, 0, 0, 3, 2, 0]),
            ("an even stream", [0, 0, 0, 0, 0, 0, 0, 2, 2, 0]),
            ("a request", [0, 0, 0, 0, 0, 0, 0, 1, 1, 0]),
            ("data on a unary stream", [0, 0, 0, 0, 0, 0, 0, 1, 3, 0]),
            ("a response that is none", [0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0xFF]),
        ] as [(String, [UInt8])]
    )
    func `a server that breaks the protocol fails the calls and is left`(
        _ name: String,
        _ bytes: [UInt8]
    ) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FixedAnswer(bytes))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let client = try await TTRPCClient.connect(to: .tcp(host: "127.0.0.1", port: port))
        let error = await #expect(throws: CallError.self) { try await client.echo("Echo") }
        guard case .protocolViolation = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.mayHaveBeenExecuted == true)
        try await client.closed.get()
        try await listener.close()
    }
}

/// Says the same to everything.
private final class FixedAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}
