import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// Secrets, signatures and listen tokens reach nothing that a run writes.
@Suite(.serialized, .timeLimit(.minutes(4))) struct SecretsTests {
    /// The files that hold keys because the test put them there.
    static let own = [".yaml", "accounts.json"]

    @Test func `the search finds what it is for, however it is written`() {
        let search = SecretSearch(secrets: ["a-secret-of-some-length"], words: ["signature="])
        let secret = Data("a-secret-of-some-length".utf8)
        for text in [
            secret, Data("x".utf8) + secret, Data("?a=1&signature=00".utf8),
            secret.base64EncodedData(), (Data("key:".utf8) + secret).base64EncodedData(),
            (Data("keys:".utf8) + secret + Data("!".utf8)).base64EncodedData(),
            Data(secret.map { String($0, radix: 16) }.joined().utf8),
            Data(#"{"signature":"\#(String(repeating: "0f", count: 32))"}"#.utf8),
        ] {
            #expect(!search.findings(in: text, named: "a").isEmpty)
        }
        let head = Data(#"{"signature":"\#(String(repeating: "0f", count: 64))"}"#.utf8)
        for text in [Data("a-secret".utf8), head] {
            #expect(search.findings(in: text, named: "a").isEmpty)
        }
    }

    /// Everything that goes wrong between a gateway and its exchange and that is told in words.
    static func trouble(_ desk: Desk, _ client: TradingClient) async throws {
        let faults = [
            "execute-close", "drop", "execute-timeout", "html", "truncate",
            "error&code=2010&status=400", "error&code=1021&status=400",
            "error&code=1022&status=400", "error&code=2015&status=401",
        ]
        for fault in faults {
            for method in ["POST", "DELETE", "GET"] {
                try await desk.account.send(
                    "POST",
                    "/sim/faults?action=\(fault)&method=\(method)&path=/api/v3/order"
                )
            }
            var wish = OrderWish(symbol: "ETHUSDT", side: .buy, quantity: "0.1")
            wish.limitPrice = "1500"
            wish.tag = "in-trouble"
            if let order = try? await client.place(wish).order {
                _ = try? await client.cancel(order.orderID)
            }
            try await desk.account.send("DELETE", "/sim/faults")
        }
        for action in ["duplicate", "cut"] {
            try await desk.account.send("POST", "/sim/streams?action=\(action)")
        }
        // What the exchange's clock refuses is refused for the stream's subscription as well.
        try await desk.account.send("POST", "/sim/clock/skew?ms=8000")
        try await desk.account.send("POST", "/sim/streams?action=cut")
        try await Task.sleep(for: .seconds(1))
        try await desk.account.send("POST", "/sim/clock/skew?ms=0")
    }

    @Test func `no secret, key or signature is in anything that a run wrote`() async throws {
        var setup = Desk.Setup()
        setup.audit = "snapshot_events: 10"
        setup.timing =
            "receive_window_ms: 1000, absence_margin_ms: 500, balance_interval_ms: 1000, "
            + "balance_lag_ms: 1500"
        let desk = try Desk(setup)
        var client = try await desk.readyClient()
        _ = try await AuditTests.trade(client)
        try await Self.trouble(desk, client)
        // Killed in the middle, recovered, killed by the switch, and ended in order.
        desk.killServer()
        try desk.restartServer()
        client = try await desk.readyClient()
        _ = try? await AuditTests.trade(client)
        let orders = try await client.orders(includesClosed: true)
        _ = try desk.tradectl(["kill", "engage", "--level", "cancel", "--reason", "the end"])
        await client.close()
        #expect(desk.server.end(with: SIGTERM) == 0)
        let store = ["--store", desk.storePath]
        var output = ""
        for arguments in [
            ["verify"], ["export"], ["export", "--format", "csv"],
        ] + orders.map({ ["show", "\($0.orderID)"] }) {
            // RocksDB compresses its tables: these read every value through the journal.
            output += try desk.tradectl(["audit"] + arguments + store, isOffline: true).output
        }
        #expect(output.contains("in-trouble") && output.contains("> POST /api/v3/order"))
        #expect(output.contains("> DELETE /api/v3/order") || output.contains("> GET /api/v3/order"))
        try output.write(
            toFile: desk.folder + "/exports.txt",
            atomically: true,
            encoding: .utf8
        )
        // The receipts hold the placements without their signatures, which are made again here.
        let payloads = output.matches(of: /symbol=[^\s"]*timestamp=[0-9]+/).map {
            String($0.output)
        }
        #expect(payloads.count > 10)
        let signatures = Set(payloads).map { desk.account.signature(of: $0) }
        let search = SecretSearch.ofDesk(otherSecrets: signatures)
        let (findings, fileCount) = search.findings(below: desk.folder, except: Self.own)
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
        #expect(fileCount > 10)
        // The search reads where the journal keeps its records, or it proves nothing.
        let known = SecretSearch(secrets: [], words: ["in-trouble", "newClientOrderId="])
        let kept = known.findings(below: desk.storePath, except: []).findings
        #expect(kept.contains { $0.contains("journal/") }, "\(kept)")
    }
}
