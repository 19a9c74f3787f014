import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

@Suite(.serialized, .timeLimit(.minutes(8))) struct AuditTests {
    /// Trades a little: filled, canceled, refused and one order left open.
    static func trade(_ client: TradingClient, count: Int = 12) async throws -> RemoteOrder {
        for number in 0..<count {
            var wish = OrderWish(
                symbol: number % 2 == 0 ? "BTCUSDT" : "ETHUSDT",
                side: number % 3 == 0 ? .buy : .sell,
                quantity: "0.01"
            )
            wish.tag = "tag-of-\(number)"
            if number % 4 == 1 {
                wish.side = .buy
                wish.limitPrice = "1500"
            }
            let order = try await client.place(wish).order
            if order.status == "OPEN" { _ = try await client.cancel(order.orderID) }
        }
        var resting = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        resting.limitPrice = "50000"
        resting.tag = "resting"
        return try await client.place(resting).order
    }

    /// A desk that has traded and whose server has ended in order.
    static func closedDesk() async throws -> (Desk, open: RemoteOrder) {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let open = try await Self.trade(client)
        // Answer and stream tell the same: the order is known before both are here.
        try await Task.sleep(for: .milliseconds(200))
        await client.close()
        #expect(desk.server.end(with: SIGTERM) == 0)
        return (desk, open)
    }

    @Test func `verify, export and show work on the store alone and have their exit codes`()
        async throws
    {
        let (desk, open) = try await Self.closedDesk()
        let store = ["--store", desk.storePath]
        func audit(_ arguments: [String]) throws -> (code: Int32, output: String) {
            try desk.tradectl(["audit"] + arguments, isOffline: true)
        }
        let (code, output) = try audit(["verify"] + store)
        #expect(code == 0, "\(output)")
        #expect(output.contains("every record is what was written"))
        // The change of mode at the first start, and the shutdown's checkpoint and anchor.
        #expect(output.contains("3 signed heads met"), "\(output)")
        let today = Date.now.formatted(.iso8601.year().month().day())
        let report = try audit(["report", "--day", today, "--output", "json"] + store)
        #expect(report.code == 0)
        #expect(report.output.contains(#""unresolvedShare" : "0.000000""#), "\(report.output)")
        #expect(report.output.contains(#""submitted" : 11"#), "\(report.output)")
        #expect(try audit(["report", "--day", "today"] + store).code == 2)
        let exported = try audit(["export"] + store)
        #expect(exported.code == 0)
        let path = desk.folder + "/export.jsonl"
        try exported.output.write(toFile: path, atomically: true, encoding: .utf8)
        let beside = [
            "--anchor", desk.storePath + ".anchors",
            "--public-key", desk.storePath + ".signing-key.pub",
        ]
        #expect(try audit(["verify", "--export", path] + beside).code == 0)
        for line in exported.output.split(separator: "\n") {
            _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
        }
        let changed = exported.output.replacing(#""tag":"resting""#, with: #""tag":"Resting""#)
        try changed.write(toFile: path, atomically: true, encoding: .utf8)
        let (tampered, words) = try audit(["verify", "--export", path] + beside)
        #expect(tampered == 8)
        #expect(words.contains("changed"))
        let table = try audit(["export", "--format", "csv"] + store)
        #expect(table.code == 0)
        #expect(table.output.hasPrefix("sequence,time,kind,order,details"))
        let story = try audit(["show", "\(open.orderID)"] + store)
        #expect(story.code == 0, "\(story.output)")
        #expect(story.output.contains("order_submitted"))
        #expect(story.output.contains("tag=resting"))
        // What was sent and answered, and what the stream said, word for word (G1).
        #expect(story.output.contains("> POST /api/v3/order"), "\(story.output)")
        #expect(story.output.contains("newClientOrderId=\(open.clientOrderID)"))
        #expect(story.output.contains(#"< {"symbol":"BTCUSDT""#), "\(story.output)")
        #expect(story.output.contains("the stream said"))
        #expect(try audit(["show", "99999"] + store).code == 7)
        #expect(try audit(["verify"]).code == 2)
        #expect(try audit(["verify", "--store", desk.folder + "/none"]).code == 1)
        let json = try audit(["verify", "--output", "json"] + store)
        #expect(json.code == 0)
        _ = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
        // The records are intact, what vouches for their end is lost.
        try FileManager.default.removeItem(atPath: desk.storePath + ".anchors")
        let blind = try audit(["verify"] + store)
        #expect(blind.code == 9, "\(blind.output)")
        #expect(blind.output.contains("every record is what was written"))
        #expect(blind.output.contains("the records are intact"), "\(blind.output)")
    }

    /// The rule by which an order is refused; nil where it is taken.
    static func ruleAgainstPlacing(_ client: TradingClient) async -> String? {
        let wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        do {
            return try await client.place(wish).order.refusal?.rule
        } catch {
            guard case .refused(let refusal) = error else { return "\(error)" }
            return refusal.rule
        }
    }

    static func isOpen(_ name: String, _ desk: Desk) async throws -> Bool {
        try await desk.account.orders("BTCUSDT").contains { order in
            order["status"] as? String == "NEW" && order["clientOrderId"] as? String == name
        }
    }

    @Test(arguments: [".log", ".sst"])
    func `on a damaged journal the server starts, trades nothing, says why and can cancel`(
        suffix: String
    ) async throws {
        let (desk, open) = try await Self.closedDesk()
        if suffix == ".sst" {
            // The log goes to the tables when the store is opened the next time.
            try desk.restartServer()
            #expect(desk.server.end(with: SIGTERM) == 0)
        }
        #expect(try desk.damageStore("first start", suffix: suffix))
        let (code, output) = try desk.tradectl(
            ["audit", "verify", "--store", desk.storePath],
            isOffline: true
        )
        #expect(code == 8, "\(output)")
        try desk.restartServer()
        let client = try await desk.client()
        var health = try await client.health()
        for _ in 0..<200 where !health.notReadyReasons.contains(where: { $0.contains("damaged") }) {
            try await Task.sleep(for: .milliseconds(50))
            health = try await client.health()
        }
        #expect(health.notReadyReasons.contains { $0.contains("the journal is damaged") })
        #expect(health.mode == "monitor")
        #expect(desk.server.output.contains("the journal is damaged"))
        let rule = await Self.ruleAgainstPlacing(client)
        // The exchange's history has orders that the damaged journal cannot tell any more: that
        // may engage the kill switch by now (S5).
        #expect(rule == "not_ready" || rule == "kill_switch")
        let positions = try await client.positions()
        #expect(positions.mode == "testnet")
        #expect(!positions.balances.isEmpty)
        let kill = try await client.killSwitch(.engage(.cancel, reason: "damaged"))
        #expect(kill.isEngaged)
        #expect(!kill.isDurable)
        let name = open.clientOrderID
        for _ in 0..<400 where try await Self.isOpen(name, desk) {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await !Self.isOpen(name, desk))
        await client.close()
        #expect(desk.server.end(with: SIGTERM) == 0)
    }

    @Test func `a full disk stops trading cleanly and loses nothing (J1)`() async throws {
        var setup = Desk.Setup()
        setup.timing = "receive_window_ms: 300, absence_margin_ms: 200, inquiry_interval_ms: 100"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        for _ in 0..<40 { _ = try await Self.trade(client, count: 10) }
        // Nothing may grow beyond this; the server's log is shorter, the store's is longer.
        try desk.server.limitFiles(bytes: 128 * 1024)
        var acknowledged: [RemoteOrder] = []
        do {
            while true {
                let wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
                acknowledged.append(try await client.place(wish).order)
                guard acknowledged.count < 10_000 else { break }
            }
        } catch {
            // The server is gone; what it answered before is what counts.
        }
        await client.close()
        #expect(desk.server.waitForEnd() == 70)
        #expect(desk.server.output.contains("the journal cannot be written"))
        try desk.restartServer()
        let again = try await desk.readyClient()
        for order in acknowledged {
            let now = try await again.order(order.orderID)
            #expect(now.clientOrderID == order.clientOrderID)
        }
        try await Comparison(desk: desk, client: again).expectAgreement(["BTCUSDT", "ETHUSDT"])
        await again.close()
        #expect(desk.server.end(with: SIGTERM) == 0)
        let (code, output) = try desk.tradectl(
            ["audit", "verify", "--store", desk.storePath],
            isOffline: true
        )
        #expect(code == 0, "\(output)")
    }

    @Test func `a restart begins at the snapshot of the shutdown`() async throws {
        let (desk, _) = try await Self.closedDesk()
        try desk.restartServer()
        let client = try await desk.readyClient()
        let output = desk.server.output
        let range = try #require(output.range(of: "snapshot_at="))
        let sequence = Int(output[range.upperBound...].prefix { $0.isNumber }) ?? 0
        #expect(sequence > 20)
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT", "ETHUSDT"])
        await client.close()
    }

    @Test func `neither key nor secret nor signature is anywhere in what a run wrote (H2)`()
        async throws
    {
        let (desk, open) = try await Self.closedDesk()
        try desk.restartServer()
        let client = try await desk.readyClient()
        _ = try await client.cancel(open.orderID)
        _ = try await Self.trade(client)
        await client.close()
        #expect(desk.server.end(with: SIGTERM) == 0)
        for arguments in [["export"], ["export", "--format", "csv"], ["show", "1"], ["verify"]] {
            let (_, output) = try desk.tradectl(
                ["audit"] + arguments + ["--store", desk.storePath],
                isOffline: true
            )
            let path = desk.folder + "/" + arguments.joined(separator: "-") + ".txt"
            try output.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let leaks = Leaks()
        // The configuration is where the key comes from.
        #expect(leaks.files(in: desk.folder, except: ["config.yaml"]) == [])
        // What looks for leaks finds them.
        for text in [Desk.key, Desk.secret, "x&signature=0123456789abcdef0123456789abcdef"] {
            let path = desk.folder + "/store/planted"
            try Data([0, 255] + Array(text.utf8) + [7]).write(to: URL(fileURLWithPath: path))
            #expect(leaks.files(in: desk.folder, except: ["config.yaml"]) == ["store/planted"])
        }
    }
}

/// What must not be in any file that a run leaves behind.
struct Leaks {
    private let texts = [
        Desk.key, Desk.secret, "signature=", #""signature":"MF"#, "X-MBX-APIKEY",
        "listenKey", "listenToken", "PRIVATE KEY",
    ]

    /// The files with any of it, by their path in the folder.
    func files(in folder: String, except names: Set<String>) -> [String] {
        var found: [String] = []
        let all = FileManager.default.enumerator(atPath: folder)
        while let name = all?.nextObject() as? String {
            // The store's own signing key is a secret in its place.
            guard !names.contains(name), !name.hasSuffix(".signing-key"),
                let data = FileManager.default.contents(atPath: folder + "/" + name)
            else { continue }
            if self.texts.contains(where: { data.range(of: Data($0.utf8)) != nil }) {
                found.append(name)
            }
        }
        return found.sorted()
    }
}
