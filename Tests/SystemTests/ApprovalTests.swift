import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

@testable import RPCServer

/// Held orders, the second factor and the cap of a day, on real processes.
@Suite(.serialized, .timeLimit(.minutes(8))) struct ApprovalTests {
    static func setup(_ app: Authenticator, sensitive: String = "5000") -> Desk.Setup {
        var setup = Desk.Setup()
        setup.environment = [
            "TRADING_APPROVALS_TOTP_SECRET": app.secret,
            "TRADING_LIMITS_SENSITIVE_NOTIONAL": sensitive,
        ]
        return setup
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The commands of a block of a document, each as its words.
    static func commands(_ block: String, in document: String) throws -> [[String]] {
        let url = self.root.appendingPathComponent("docs/\(document)")
        let text = try String(contentsOf: url, encoding: .utf8)
        let start = try #require(text.range(of: "```sh \(block)\n"), "\(block)")
        let end = try #require(text.range(of: "```", range: start.upperBound..<text.endIndex))
        return text[start.upperBound..<end.lowerBound].split(separator: "\n").map { line in
            line.split(separator: "\"").enumerated().flatMap { index, part in
                index % 2 == 1 ? [String(part)] : part.split(separator: " ").map { String($0) }
            }
        }
    }

    static func wish(_ quantity: String, key: String? = nil) -> OrderWish {
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: quantity)
        wish.limitPrice = "50000"
        wish.idempotencyKey = key
        return wish
    }

    @Test func `the commands of the documentation hold, list, approve and deny`() async throws {
        let app = try Authenticator()
        let desk = try Desk(Self.setup(app))
        await (try await desk.readyClient()).close()
        let words = ["HELD", "HELD", "must approve it", "OPEN", "not today"]
        let commands = try Self.commands("approvals", in: "risk.md")
        try #require(commands.count == words.count)
        for (command, word) in zip(commands, words) {
            #expect(command.first == "tradectl")
            let arguments = command.dropFirst().map { $0 == "123456" ? app.code() : $0 }
            let (code, output) = try desk.tradectl(arguments)
            #expect(code == 0 && output.contains(word), "\(command): \(output)")
        }
        let enroll = try Self.commands("enroll", in: "risk.md")
        #expect(enroll.first?.prefix(3) == ["tradectl", "approvals", "enroll"])
        let orders = try await desk.account.orders("BTCUSDT")
        #expect(orders.count == 1)
    }

    @Test func `kill -9 loses no held order, its key or a code; the secret is in no file`()
        async throws
    {
        let app = try Authenticator()
        let desk = try Desk(Self.setup(app))
        let client = try await desk.readyClient()
        let held = try await client.place(Self.wish("0.2", key: "a")).order
        #expect(held.status == "HELD" && held.refusal?.rule == "sensitive_notional")
        let other = try await client.place(Self.wish("0.3", key: "b")).order
        let expiry = try await client.approvals().orders.map(\.expiresAt)
        desk.killServer()
        await client.close()
        try desk.restartServer()

        let again = try await desk.readyClient()
        let listed = try await again.approvals()
        #expect(listed.orders.map(\.order.orderID) == [held.orderID, other.orderID])
        // A wall clock is read anew, so that the same moment may be a millisecond off.
        for (before, after) in zip(expiry, listed.orders.map(\.expiresAt)) {
            #expect(abs(before - after) <= 2_000_000)
        }
        let repeated = try await again.place(Self.wish("0.2", key: "a"))
        #expect(repeated.isRepeat && repeated.order.orderID == held.orderID)
        #expect(try await desk.account.orders("BTCUSDT").isEmpty)
        #expect(try await again.approve(held.orderID, code: app.code()).status == "OPEN")
        desk.killServer()
        await again.close()
        try desk.restartServer()

        let last = try await desk.readyClient()
        let used = await Self.refusal { try await last.approve(other.orderID, code: app.usedCode) }
        #expect(used?.rule == "second_factor" && used?.actual == "a used code")
        #expect(try await last.deny(other.orderID, reason: "no").status == "REFUSED")
        #expect(try await desk.account.orders("BTCUSDT").count == 1)
        await last.close()
        desk.killServer()
        let search = SecretSearch(secrets: [app.secret], words: [])
        let found = search.findings(below: desk.folder, except: SecretsTests.own)
        #expect(found.findings.isEmpty && found.fileCount > 3, "\(found.findings)")
        let audit = try desk.tradectl(
            ["audit", "export", "--store", desk.storePath],
            isOffline: true
        )
        for word in ["order_held", "order_approved", "code_shown", "order_dismissed"] {
            #expect(audit.output.contains(word), "\(audit.code) \(audit.output.prefix(400))")
        }
        #expect(!audit.output.contains(app.usedCode))
    }

    static func refusal(_ body: () async throws -> RemoteOrder) async -> RemoteRefusal? {
        do {
            _ = try await body()
        } catch TradingClientError.refused(let refusal) {
            return refusal
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }

    @Test func `what nobody approves expires, and the kill switch ends the rest`() async throws {
        let app = try Authenticator()
        var setup = Self.setup(app)
        setup.environment["TRADING_APPROVALS_EXPIRY_S"] = "2"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        let held = try await client.place(Self.wish("0.2")).order
        desk.killServer()
        await client.close()
        try desk.restartServer()
        let again = try await desk.readyClient()
        var order = held
        for _ in 0..<200 where order.status == "HELD" {
            try await Task.sleep(for: .milliseconds(50))
            order = try await again.order(held.orderID)
        }
        #expect(order.status == "EXPIRED" && order.reason.contains("within 2 s"), "\(order)")
        let second = try await again.place(Self.wish("0.2")).order
        let kill = try await again.killSwitch(.engage(.block, reason: "drill"))
        #expect(kill.isEngaged)
        let ended = try await again.order(second.orderID)
        #expect(ended.status == "CANCELED" && ended.reason.contains("drill"), "\(ended)")
        #expect(try await desk.account.orders("BTCUSDT").isEmpty)
        await again.close()
    }

    @Test func `wrong codes lock, an alert says so, and a restart does not help`() async throws {
        let app = try Authenticator()
        var setup = Self.setup(app)
        setup.environment["TRADING_APPROVALS_WRONG_CODES_MAX"] = "3"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        let held = try await client.place(Self.wish("0.2")).order
        for _ in 0..<3 {
            let wrong = try desk.tradectl([
                "approvals", "approve", "\(held.orderID)", "--code", app.wrongCode,
            ])
            #expect(wrong.code == 3 && wrong.output.contains("second_factor"), "\(wrong.output)")
        }
        #expect(desk.serverOutput.contains("codes_locked"))
        desk.killServer()
        await client.close()
        try desk.restartServer()
        let again = try await desk.readyClient()
        let locked = await Self.refusal { try await again.approve(held.orderID, code: app.code()) }
        #expect(locked?.actual == "locked")
        let list = try desk.tradectl(["approvals"])
        #expect(list.output.contains("no code is looked at until"), "\(list.output)")
        await again.close()
    }

    @Test func `live and the release want codes, and live stays within its cap of the day (B5)`()
        async throws
    {
        let app = try Authenticator()
        var setup = Self.setup(app, sensitive: "100000")
        setup.allowsLiveTrading = true
        setup.liveDailyCap = "USDT=1000"
        setup.environment["TRADING_APPROVALS_REQUIRE_TOTP"] = "live,release"
        let desk = try Desk(setup)
        var client = try await desk.readyClient()
        let toLive = ["mode", "set", "live", "--reason", "drill", "--confirm"]
        let refused = try desk.tradectl(toLive + ["no"])
        #expect(refused.code == 3, "\(refused.output)")
        for word in ["mode_gate", "type \"trade live\"", "needs the code"] {
            #expect(refused.output.contains(word), "\(refused.output)")
        }
        let there = try desk.tradectl(toLive + [ModeWish.liveConfirmation, "--code", app.code()])
        #expect(there.code == 0, "\(there.output)")
        for _ in 0..<200 where try await !client.health().isReady {
            try await Task.sleep(for: .milliseconds(50))
        }
        let order = try await client.place(Self.wish("0.015")).order
        #expect(order.status == "OPEN" && order.mode == "live", "\(order)")
        for round in 0..<2 {
            let above = try await client.place(Self.wish("0.006")).order
            #expect(above.refusal?.rule == "daily_notional", "\(round): \(above)")
            #expect(above.refusal?.limit == "1000" && above.refusal?.actual == "1050")
            desk.killServer()
            await client.close()
            try desk.restartServer()
            client = try await desk.readyClient()
        }
        _ = try await client.killSwitch(.engage(.block, reason: "drill"))
        let without = try desk.tradectl(["kill", "release", "--reason", "over", "--force"])
        #expect(without.code == 3 && without.output.contains("second_factor"))
        let with = try desk.tradectl(["kill", "release", "--reason", "over", "--code", app.code()])
        #expect(with.code == 0, "\(with.output)")
        await client.close()
    }

    // MARK: Configuration

    static func problems(_ more: String, _ environment: [String: String] = [:]) -> [String] {
        let yaml = """
            store: s
            listen: {unix: u.sock}
            symbols: [BTCUSDT]
            venues:
              testnet:
                rest: https://a
                websocket_api: wss://a
                stream: wss://a
                api_key: k
                api_secret_file: f
            limits: {order_notional_max: "1"\(more)
            """
        do throws(ConfigurationError) {
            _ = try Configuration(yaml: yaml, environment: environment)
            return []
        } catch {
            return error.problems.map(\.message)
        }
    }

    @Test(arguments: [
        (", sensitive_notional: \"5\"}", "limits.sensitive_notional wants codes"),
        (
            ", symbols: {BTCUSDT: {sensitive_notional: \"5\"}}}",
            "limits.symbols.BTCUSDT.sensitive_notional wants codes"
        ),
        ("}\napprovals: {require_totp: [live]}", "approvals.require_totp wants codes"),
        ("}\napprovals: {require_totp: [all]}", "expected live or release, found \"all\""),
        ("}\napprovals: {totp_algorithm: MD5}", "expected one of SHA1"),
        ("}\napprovals: {expiry_s: 0}", "approvals.expiry_s"),
        ("}\napprovals: {lock_s: 0}", "approvals.lock_s"),
        ("}\napprovals: {wrong_codes_max: 0}", "approvals.wrong_codes_max"),
    ])
    func `approvals that cannot work are named with their setting`(more: String, words: String) {
        let problems = Self.problems(more)
        #expect(problems.count == 1 && problems[0].contains(words), "\(problems)")
    }

    @Test(arguments: ["1000", "USDT=0", "USDT=-1", "USDT", "=5x"])
    func `a cap of a day names its assets and amounts`(cap: String) {
        let set = ["TRADING_VENUES_TESTNET_DAILY_NOTIONAL_CAP": cap]
        #expect(Self.problems("}", set).count == 1)
        #expect(Self.problems("}", set.mapValues { _ in "USDT=1000,BTC=0.5" }).isEmpty)
    }

    @Test func `with a second factor they are taken`() {
        let more = ", sensitive_notional: \"5\"}\napprovals: {require_totp: [live, release]}"
        #expect(Self.problems(more, ["TRADING_APPROVALS_TOTP_SECRET": "x"]).isEmpty)
        #expect(
            Self.problems(String(more.dropLast()) + ", totp_secret_file: f}").isEmpty
        )
    }
}
