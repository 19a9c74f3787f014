import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct LifecycleTests {
    static func start(
        _ addresses: [ListenAddress],
        configuration: ServerConfiguration = ServerConfiguration()
    ) async throws(ServerStartError) -> TTRPCServer {
        try await TTRPCServer.start(
            on: MultiThreadedEventLoopGroup.singleton.next(),
            addresses: addresses,
            configuration: configuration,
            makeHandler: { EchoHandler(log: EchoHandler.Log()) }
        )
    }

    private static func stop(_ server: TTRPCServer) async throws {
        try await server.drain(timeout: .seconds(0)).get()
    }

    // MARK: Listening

    @Test func `the socket file is the owner's alone and goes with the server`() async throws {
        try await withSocketFolder { folder in
            let path = folder + "/s"
            let previous = umask(0)
            defer { umask(previous) }
            let server = try await Self.start([.unix(path: path)])
            let file = try #require(UnixListener.identity(path: path))
            #expect(file.isSocket)
            #expect(file.mode & 0o777 == 0o600)
            try await Self.stop(server)
            #expect(UnixListener.identity(path: path) == nil)
        }
    }

    @Test func `the socket file of a dead server is replaced`() async throws {
        try await withSocketFolder { folder in
            let path = folder + "/s"
            // Bound and never removed, as after a crash.
            close(try UnixListener.bind(path: path))
            #expect(UnixListener.identity(path: path)?.isSocket == true)
            let server = try await Self.start([.unix(path: path)])
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            #expect(try await client.echo("Echo", "alive") == "alive")
            await client.close()
            try await Self.stop(server)
        }
    }

    @Test func `the place of a living server is not taken`() async throws {
        try await withEchoServer { server, path, _ in
            await #expect(throws: ServerStartError.inUse(.unix(path: path))) {
                _ = try await Self.start([.unix(path: path)])
            }
            await #expect(throws: ServerStartError.inUse(server.addresses[1])) {
                _ = try await Self.start([server.addresses[1]])
            }
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            #expect(try await client.echo("Echo", "undisturbed") == "undisturbed")
            await client.close()
        }
    }

    @Test func `a file that is no socket is left alone`() async throws {
        try await withSocketFolder { folder in
            let path = folder + "/s"
            close(unsafe open(path, O_CREAT | O_WRONLY, 0o600))
            let file = UnixListener.identity(path: path)
            await #expect(throws: ServerStartError.notASocket(path: path)) {
                _ = try await Self.start([.unix(path: path)])
            }
            #expect(UnixListener.identity(path: path) == file)
        }
    }

    @Test func `a file that took the server's place is not removed with it`() async throws {
        try await withSocketFolder { folder in
            let path = folder + "/s"
            let server = try await Self.start([.unix(path: path)])
            unsafe unlink(path)
            let successor = try await Self.start([.unix(path: path)])
            try await Self.stop(server)
            #expect(UnixListener.identity(path: path) != nil)
            try await Self.stop(successor)
            #expect(UnixListener.identity(path: path) == nil)
        }
    }

    @Test(arguments: [
        ("0.0.0.0", ServerStartError.tlsRequired(host: "0.0.0.0")),
        ("192.0.2.1", .tlsRequired(host: "192.0.2.1")),
        ("::", .tlsRequired(host: "::")),
        ("::ffff:192.0.2.1", .tlsRequired(host: "::ffff:192.0.2.1")),
        ("128.0.0.1", .tlsRequired(host: "128.0.0.1")),
        ("localhost.example.com", .unknownHost("localhost.example.com")),
        ("127.0.0.1.example.com", .unknownHost("127.0.0.1.example.com")),
        ("", .unknownHost("")),
    ])
    func `beyond loopback nothing is opened without TLS`(
        _ host: String,
        _ error: ServerStartError
    ) async throws {
        try await withSocketFolder { folder in
            let path = folder + "/s"
            // Nor is the good address that came with it.
            await #expect(throws: error) {
                _ = try await Self.start([.unix(path: path), .tcp(host: host, port: 0)])
            }
            #expect(UnixListener.identity(path: path) == nil)
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost", "127.3.2.1"])
    func `loopback is served`(_ host: String) async throws {
        let server = try await Self.start([.tcp(host: host, port: 0)])
        guard case .tcp(host, let port) = server.addresses[0] else {
            Issue.record("\(server.addresses)")
            return
        }
        let client = try await TTRPCClient.connect(to: .tcp(host: host, port: port))
        #expect(try await client.echo("Echo", host) == host)
        await client.close()
        try await Self.stop(server)
    }

    @Test func `an address is needed and a path must fit`() async throws {
        await #expect(throws: ServerStartError.noAddress) { _ = try await Self.start([]) }
        for path in ["", "/tmp/" + String(repeating: "a", count: 103)] {
            await #expect(throws: ServerStartError.pathTooLong(path: path, bytesMax: 107)) {
                _ = try await Self.start([.unix(path: path)])
            }
        }
    }

    // MARK: Draining

    @Test func `a drain lets calls finish, refuses new ones and ends streams`() async throws {
        try await withEchoServer { server, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let idle = try await TTRPCClient.connect(to: .unix(path: path))
            let waiting = Task { try await client.echo("Keep") }
            try await log.wait { $0 == "kept" }
            let stream = client.stream(
                service: "test.Echo",
                method: "Forever",
                payload: ByteBuffer()
            )
            var iterator = stream.makeAsyncIterator()
            #expect(try await iterator.next() == ByteBuffer(string: "first"))

            let drained = server.drain(timeout: .seconds(50))
            let closing = CallError.status(Status(.unavailable, "the server is closing"))
            await #expect(throws: closing) { _ = try await iterator.next() }
            try await idle.closed.get()
            await #expect(throws: ConnectError.refused("unix(path: \"\(path)\")")) {
                _ = try await TTRPCClient.connect(to: .unix(path: path))
            }
            await #expect(throws: closing) { try await client.echo("Echo") }

            // Nothing but the handler can finish it now, so it is answered from its loop.
            log.releaseAll()
            #expect(try await waiting.value == "0")
            try await drained.get()
            #expect(log.all.count { $0 == "closed serverClosing" } == 2)
        }
    }

    @Test func `a large answer arrives whole although the server closes after it`() async throws {
        try await withEchoServer { server, path, log in
            let socket = try RawSocket(to: Transport.tcp.address(server, path))
            try socket.send(
                Raw.frame(1, Raw.echo("Keep")) + Raw.frame(3, Raw.echo("Large", "4000000"))
            )
            try await log.wait { $0 == "kept" }
            let drained = server.drain(timeout: .seconds(50))
            log.releaseAll()
            let ids = [try socket.receiveFrame(), try socket.receiveFrame()].map { $0?.streamID }
            #expect(ids == [3, 1])
            #expect(try socket.receiveFrame() == nil)
            socket.shutdownWriting()
            try await drained.get()
        }
    }

    @Test func `a drain does not wait longer than it may`() async throws {
        try await withEchoServer { server, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let waiting = Task { try await client.echo("Keep") }
            try await log.wait { $0 == "kept" }
            try await server.drain(timeout: .milliseconds(20)).get()
            await #expect(throws: CallError.connectionLost) { try await waiting.value }
            #expect(log.all.suffix(2) == ["cancelled connectionClosed", "closed serverClosing"])
            // Asking again is answered, too.
            try await server.drain(timeout: .seconds(50)).get()
        }
    }

    @Test(arguments: Transport.allCases)
    func `a connection of which half is closed is over, with all that is in flight on it`(
        _ transport: Transport
    ) async throws {
        try await withEchoServer { server, path, log in
            let other = try await TTRPCClient.connect(to: transport.address(server, path))
            let socket = try RawSocket(to: transport.address(server, path))
            try socket.send(
                Raw.frame(1, Raw.echo("Keep")) + Raw.frame(3, Raw.echo("OwnDeadline"))
            )
            while log.all.count(where: { $0 == "kept" }) < 2 {
                try await Task.sleep(for: .milliseconds(1))
            }
            socket.shutdownWriting()
            try await log.wait { $0 == "closed peer" }
            #expect(log.all.count(where: { $0 == "cancelled connectionClosed" }) == 1)
            // Late answers find nobody and do no harm.
            log.releaseAll()
            #expect(try await other.echo("Echo", "on") == "on")
            await other.close()
        }
    }

    @Test func `a peer that is gone without a word is noticed by TCP, also in mid-answer`()
        async throws
    {
        try await withEchoServer { server, path, _ in
            guard case .tcp(let host, let port) = Transport.tcp.address(server, path) else {
                return
            }
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: host, port: port).get()
            try await TCPOptions.set(on: channel).get()
            for (option, value) in TCPOptions.all {
                let found = try await channel.getOption(option).get()
                #expect(found == value, "\(option)")
            }
            let limit = ChannelOptions.Types.SocketOption.tcpOption(
                .init(rawValue: TCP_USER_TIMEOUT)
            )
            #expect(try await channel.getOption(limit).get() == 180_000)
            try await channel.close()
        }
    }

    @Test func `connections beyond the limit are closed, and places become free`() async throws {
        var configuration = ServerConfiguration()
        configuration.connectionsMax = 2
        try await withEchoServer(configuration) { server, path, log in
            let first = try RawSocket(to: .unix(path: path))
            let second = try RawSocket(to: Transport.tcp.address(server, path))
            for socket in [first, second] {
                try socket.send(Raw.frame(1, Raw.echo("Echo")))
                #expect(try socket.receiveFrame() != nil)
            }
            let third = try RawSocket(to: .unix(path: path))
            #expect(try third.receiveFrame() == nil)
            #expect(log.all == ["opened", "opened", "closed tooManyConnections"])
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            try await client.closed.get()
            first.shutdownWriting()
            try await log.wait { $0 == "closed peer" }
            let fourth = try RawSocket(to: .unix(path: path))
            try fourth.send(Raw.frame(1, Raw.echo("Echo", "in")))
            #expect(try fourth.receiveFrame()?.data == Raw.field(2, "in"))
        }
    }
}

/// The mistakes of our own that end the process.
@Suite(.timeLimit(.minutes(1))) struct ResponderMistakeTests {
    /// Calls a method of a server in this process, which is expected to die of it.
    private static func die(by mistake: @escaping @Sendable (Responder) -> Void) async throws {
        let server = try await TTRPCServer.start(
            on: MultiThreadedEventLoopGroup.singleton.next(),
            addresses: [.tcp(host: "127.0.0.1", port: 0)],
            makeHandler: {
                let router = Router()
                router.add("Do", of: "test.Mistake") { _, responder in mistake(responder) }
                return router
            }
        )
        guard case .tcp(let host, let port) = server.addresses[0] else { return }
        let client = try await TTRPCClient.connect(to: .tcp(host: host, port: port))
        _ = try await client.call(
            service: "test.Mistake",
            method: "Do",
            payload: ByteBuffer(),
            timeout: .seconds(20)
        )
    }

    private static func text(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }

    @Test func `answering twice`() async throws {
        let result = await #expect(
            processExitsWith: .failure,
            observing: [\.standardErrorContent]
        ) {
            try await Self.die { responder in
                responder.succeed(ByteBuffer())
                responder.succeed(ByteBuffer())
            }
        }
        #expect(Self.text(result).contains("a call was answered twice"))
    }

    @Test func `failing with OK`() async throws {
        let result = await #expect(
            processExitsWith: .failure,
            observing: [\.standardErrorContent]
        ) {
            try await Self.die { $0.fail(Status(.ok)) }
        }
        #expect(Self.text(result).contains("a call cannot fail with OK"))
    }

    @Test func `sending a stream's message to a unary call`() async throws {
        let result = await #expect(
            processExitsWith: .failure,
            observing: [\.standardErrorContent]
        ) {
            try await Self.die { $0.send(ByteBuffer()) }
        }
        #expect(Self.text(result).contains("a unary call has no messages to send"))
    }
}
