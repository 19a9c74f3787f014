import NIOCore
import NIOPosix
import SystemTestSupport
import Testing

@testable import TTRPC

/// TLS on TCP, with certificates of the moment.
@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    /// A server on loopback with the certificate `server`, and a client's connection to it.
    static func withServer(
        _ certificates: Certificates,
        identity: String = "server",
        asksClients: Bool = false,
        failedHandshakeDelay: TimeAmount = .zero,
        heldMax: Int = 64,
        _ body: (_ port: Int, _ log: EchoHandler.Log) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.failedHandshakeDelay = failedHandshakeDelay
        configuration.failedHandshakesHeldMax = heldMax
        configuration.tls = try ServerTLS(
            certificatePath: certificates.path("\(identity).pem"),
            keyPath: certificates.path("\(identity).key"),
            clientAuthorityPath: asksClients ? certificates.path("ca.pem") : nil
        )
        try await withEchoServer(configuration) { server, _, log in
            guard case .tcp(_, let port) = server.addresses[1] else { return }
            try await body(port, log)
        }
    }

    static func connect(
        _ certificates: Certificates,
        _ port: Int,
        trusting authority: String = "ca",
        as identity: String? = nil,
        host: String = "127.0.0.1"
    ) async throws -> TTRPCClient {
        var configuration = ClientConfiguration()
        configuration.tls = try ClientTLS(
            authorityPath: certificates.path("\(authority).pem"),
            identity: identity.map {
                (certificates.path("\($0).pem"), certificates.path("\($0).key"))
            }
        )
        return try await TTRPCClient.connect(
            to: .tcp(host: host, port: port),
            configuration: configuration
        )
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `calls and streams go through TLS, large ones too`(_ host: String) async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try await Self.withServer(certificates) { port, _ in
            let client = try await Self.connect(certificates, port, host: host)
            #expect(try await client.echo("Echo", "hello") == "hello")
            #expect(try await client.echo("Large", "3000000").utf8.count == 3_000_000)
            var texts: [String] = []
            let payload = ByteBuffer(string: "3")
            for try await message in client.stream(
                service: "test.Echo",
                method: "Count",
                payload: payload
            ) {
                texts.append(String(buffer: message))
            }
            #expect(texts == ["0", "1", "2"])
            await client.close()
        }
    }

    @Test(arguments: [("server", "other"), ("elsewhere", "ca")])
    func `a server that is not whom the client means gets no call`(
        _ server: String,
        _ trusted: String
    ) async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try await Self.withServer(certificates, identity: server) { port, log in
            await #expect(throws: ConnectError.self) {
                _ = try await Self.connect(certificates, port, trusting: trusted)
            }
            try await log.wait { $0.hasPrefix("closed") }
        }
    }

    @Test func `a server that asks for certificates serves those it trusts only`() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try await Self.withServer(certificates, asksClients: true) { port, log in
            let client = try await Self.connect(certificates, port, as: "client")
            #expect(try await client.echo("Echo", "hello") == "hello")
            await client.close()
            for identity in [nil, "stranger"] {
                await #expect(throws: (any Error).self) {
                    let client = try await Self.connect(certificates, port, as: identity)
                    _ = try await client.echo("Echo", "hello")
                }
            }
            while log.all.filter({ $0.contains("handshakeFailed") }).count < 2 {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    @Test(arguments: [(nil, 64), ("stranger", 64), ("plain", 64), ("stranger", 0)])
    func `who fails the handshake waits for its end, and others do not`(
        _ identity: String?,
        _ heldMax: Int
    ) async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        // No answer comes for so long that only the wait itself can be what is seen.
        let delay = TimeAmount.milliseconds(heldMax == 0 ? 60_000 : 400)
        try await Self.withServer(
            certificates,
            asksClients: true,
            failedHandshakeDelay: delay,
            heldMax: heldMax
        ) { port, log in
            let began = ContinuousClock.now
            await #expect(throws: (any Error).self) {
                let client =
                    identity == "plain"
                    ? try await TTRPCClient.connect(to: .tcp(host: "127.0.0.1", port: port))
                    : try await Self.connect(certificates, port, as: identity)
                _ = try await client.echo("Echo", "hello")
            }
            try await log.wait { $0.contains("handshakeFailed") }
            if heldMax > 0 { #expect(ContinuousClock.now - began >= .milliseconds(400)) }
            let good = try await Self.connect(certificates, port, as: "client")
            #expect(try await good.echo("Echo", "hello") == "hello")
            await good.close()
        }
    }

    @Test func `plain text and older versions of TLS are not spoken`() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try await Self.withServer(certificates) { port, log in
            let plain = try await TTRPCClient.connect(to: .tcp(host: "127.0.0.1", port: port))
            await #expect(throws: CallError.self) { _ = try await plain.echo("Echo", "hello") }
            try await log.wait { $0.contains("handshakeFailed") }
            let connect = ["s_client", "-connect", "127.0.0.1:\(port)"]
            #expect(try Certificates.status(of: connect + ["-tls1_2"]) != 0)
            #expect(try Certificates.status(of: connect + ["-tls1_3"]) == 0)
        }
    }

    @Test func `with TLS a server may listen beyond loopback, without it not`() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        var configuration = ServerConfiguration()
        configuration.tls = try ServerTLS(
            certificatePath: certificates.path("server.pem"),
            keyPath: certificates.path("server.key")
        )
        // An address that no interface has: it gets past our refusal, to the system's own.
        await #expect(throws: ServerStartError.system(call: "bind", errno: 99)) {
            _ = try await LifecycleTests.start(
                [.tcp(host: "192.0.2.1", port: 0)],
                configuration: configuration
            )
        }
    }

    @Test func `what is wrong with a file is told with its name`() throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        let good = certificates.path("server.pem")
        #expect(throws: TLSFileError.self) {
            _ = try ServerTLS(certificatePath: good, keyPath: certificates.path("client.key"))
        }
        #expect(throws: TLSFileError(path: "/none", reason: "expected certificates in PEM")) {
            _ = try ClientTLS(authorityPath: "/none")
        }
        #expect(throws: TLSFileError.self) {
            _ = try ServerTLS(certificatePath: good, keyPath: good)
        }
    }
}
