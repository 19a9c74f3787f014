import Foundation
import Synchronization
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

@testable import RPCServer

/// TLS on real processes, and what is refused without it.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TLSTests {
    @Test func `with TLS a caller shows a certificate and a token, and who cannot is counted`()
        async throws
    {
        let certificates = try Certificates()
        defer { certificates.remove() }
        let desk = try Self.desk(certificates)
        let admin = try await desk.readyClient()
        let token = ["TRADECTL_TOKEN": try AccessTests.token("alice", .viewer, desk)]
        let mode = ["mode", "--ca", certificates.path("ca.pem")]
        func identity(_ name: String) -> [String] {
            [
                "--cert", certificates.path("\(name).pem"), "--cert-key",
                certificates.path("\(name).key"),
            ]
        }
        func run(
            _ arguments: [String],
            _ environment: [String: String]
        ) throws -> (code: Int32, output: String) {
            try desk.tradectl(arguments, environment: environment, address: desk.tcpAddress)
        }
        let good = try run(mode + identity("client"), token)
        #expect(good.code == 0 && good.output.contains("testnet"), "\(good.output)")
        let withoutToken = try run(mode + identity("client"), [:])
        #expect(withoutToken.output.contains("UNAUTHENTICATED"), "\(withoutToken.output)")
        #expect(try await admin.health().authenticationFailureCount == 1)
        for wrong in [mode, mode + identity("stranger"), ["mode"]] {
            let (code, output) = try run(wrong, token)
            #expect(code != 0 && !output.contains("testnet"), "\(output)")
        }
        // One without a token, two with wrong certificates, and three connections without TLS:
        // the client tries again when a connection ends without a word.
        for _ in 0..<200 where try await admin.health().authenticationFailureCount < 6 {
            usleep(20_000)
        }
        let health = try await admin.health()
        #expect(health.authenticationFailureCount == 6)
        #expect(health.alerts.map(\.kind) == ["authentication_failed"])
        let untrusting = ["mode", "--ca", certificates.path("other.pem")]
        let mistrust = try run(untrusting + identity("client"), token)
        #expect(mistrust.code != 0 && mistrust.output.contains("CERTIFICATE_VERIFY_FAILED"))
        #expect(try run(["mode"] + identity("client"), token).code == 2)
        await admin.close()
    }

    /// A desk that serves TCP with TLS and asks for certificates and tokens.
    private static func desk(_ certificates: Certificates) throws -> Desk {
        var setup = Desk.Setup()
        setup.tcpAuthentication = "token"
        setup.environment = [
            "TRADING_RPC_TLS_CERTIFICATE": certificates.path("server.pem"),
            "TRADING_RPC_TLS_KEY": certificates.path("server.key"),
            "TRADING_RPC_TLS_CLIENT_CA": certificates.path("ca.pem"),
        ]
        return try Desk(setup)
    }

    /// How far a subscription has come.
    private final class Progress: Sendable {
        let last = Mutex<UInt64>(0)

        /// Takes all events from the first on, each of which must be the next one.
        func follow(_ client: TradingClient, through last: UInt64 = .max) async throws {
            let wish = SubscriptionWish(fromSequence: 1, heartbeatMilliseconds: 100)
            for try await update in client.events(wish) where update.event != nil {
                let before = self.last.withLock { last in
                    defer { last = update.sequence }
                    return last
                }
                #expect(update.sequence == before + 1)
                if update.sequence >= last { break }
            }
        }
    }

    @Test func `calls and a subscription go on over restarts, with certificate and token`()
        async throws
    {
        let certificates = try Certificates()
        defer { certificates.remove() }
        let desk = try Self.desk(certificates)
        var admin = try await desk.readyClient()
        let bearer: BearerToken? = BearerToken(text: try AccessTests.token("alice", .trader, desk))
        let tls = try ClientTLS(
            authorityPath: certificates.path("ca.pem"),
            identity: (certificates.path("client.pem"), certificates.path("client.key"))
        )
        // A restarted server has another port; the relay stays where it is.
        let relay = try await Relay(to: desk.tcpAddress)
        let client = try await TradingClient.connect(
            to: relay.address,
            timeoutMilliseconds: 30_000,
            token: bearer,
            tls: tls
        )
        let progress = Progress()
        let everything = Task { try await progress.follow(client) }
        defer { everything.cancel() }
        _ = try await client.cancelOnDisconnect("tls", graceMilliseconds: 60_000)
        for (round, signal) in [SIGKILL, SIGTERM, SIGKILL].enumerated() {
            try await SubscribeTests.trade(client, 6)
            var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
            wish.limitPrice = "40000"
            wish.idempotencyKey = "round-\(round)"
            let resting = try await client.place(wish).order
            let server = desk.server
            let load = Task { try await SubscribeTests.trade(client, 6) }
            server.end(with: signal)
            await admin.close()
            try desk.restartServer()
            try relay.setTarget(desk.tcpAddress)
            admin = try await desk.readyClient()
            _ = await load.result
            let (again, isRepeat) = try await client.place(wish)
            #expect(isRepeat && again.orderID == resting.orderID && again.status == "OPEN")
            let mine = try await client.sessions().map(\.principal)
            #expect(mine == ["token:alice"])
            #expect(try await admin.health().authenticationFailureCount == 0)
        }
        let last = try await admin.health().journalSequence
        try await Progress().follow(client, through: last)
        while progress.last.withLock({ $0 }) < last {
            try await Task.sleep(for: .milliseconds(20))
        }
        // Without its token a caller is not served any more, and waits for nothing.
        let revoked = try desk.tradectl(["token", "revoke", "alice", "--reason", "it is over"])
        #expect(revoked.code == 0, "\(revoked.output)")
        await #expect {
            try await everything.value
        } throws: { error in
            guard case .status(let status)? = error as? TradingClientError else { return false }
            return status.code == .unauthenticated
        }
        await client.close()
        await admin.close()
    }

    @Test(arguments: [
        ("0.0.0.0:0", "token", false, ["line 4", "needs TLS"]),
        ("192.0.2.1:7070", "none", false, ["needs TLS", "must be token"]),
        ("192.0.2.1:7070", "none", true, ["must be token"]),
        ("192.0.2.1:7070", "token", true, []),
        ("127.0.0.1:0", "none", false, []),
    ])
    func `beyond loopback nothing is served without TLS and tokens`(
        _ address: String,
        _ authentication: String,
        _ hasTLS: Bool,
        _ words: [String]
    ) {
        let yaml = """
            store: /tmp/none
            listen:
              unix: /tmp/none.sock
              tcp: "\(address)"
            rpc:
              tcp: {authentication: \(authentication)}
              \(hasTLS ? "tls: {certificate: a.pem, key: a.key}" : "")
            symbols: [BTCUSDT]
            limits: {order_notional_max: "1"}
            venues: {testnet: {rest: "http://127.0.0.1:1", websocket_api: "ws://127.0.0.1:1", \
            stream: "ws://127.0.0.1:1", api_key: k}}
            """
        let environment = ["TRADING_TESTNET_API_SECRET": "s"]
        do throws(ConfigurationError) {
            let configuration = try Configuration(yaml: yaml, environment: environment)
            #expect(words.isEmpty && configuration.tcpAddress != nil)
        } catch {
            #expect(!words.isEmpty, "\(error)")
            for word in words { #expect(error.description.contains(word), "\(error)") }
        }
    }
}
