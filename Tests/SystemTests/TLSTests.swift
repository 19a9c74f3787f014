import Foundation
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
        var setup = Desk.Setup()
        setup.tcpAuthentication = "token"
        setup.environment = [
            "TRADING_RPC_TLS_CERTIFICATE": certificates.path("server.pem"),
            "TRADING_RPC_TLS_KEY": certificates.path("server.key"),
            "TRADING_RPC_TLS_CLIENT_CA": certificates.path("ca.pem"),
        ]
        let desk = try Desk(setup)
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
