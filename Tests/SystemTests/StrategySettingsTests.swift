import Testing
import TradingCore

@testable import RPCServer

/// What the configuration says of single strategies (B6).
@Suite struct StrategySettingsTests {
    /// Reads a file with a text from its sixth line on.
    private static func gateway(
        _ text: String,
        _ environment: [String: String] = [:]
    ) throws(ConfigurationError) -> GatewaySettings {
        let yaml = """
            store: /tmp/none
            listen: {unix: /tmp/none.sock}
            symbols: [BTCUSDT]
            venues: {testnet: {rest: "http://127.0.0.1:1", websocket_api: "ws://127.0.0.1:1", \
            stream: "ws://127.0.0.1:1", api_key: k}}
            mode: testnet

            """
        let secret = ["TRADING_TESTNET_API_SECRET": "s"]
        return try Configuration(
            yaml: yaml + text,
            environment: secret.merging(environment) { $1 }
        ).gateway
    }

    private static func section(cap: String) -> String {
        """
        limits: {order_notional_max: "1"}
        strategies:
          grid:
            daily_notional_cap: \(cap)
        """
    }

    private static func limits(_ lines: String) -> String {
        """
        limits:
          order_notional_max: "1"
          strategies:
            grid:
              \(lines)
        """
    }

    private static func amount(_ text: String) -> Amount? { try? Amount(text) }

    /// All problems that are found, one a line.
    private static func problems(
        _ text: String,
        _ environment: [String: String] = [:]
    ) -> String {
        do {
            _ = try Self.gateway(text, environment)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `how far a strategy goes is read, and a mode that is none is named`() throws {
        let limits = "limits: {order_notional_max: \"1\"}\n"
        let settings = try Self.gateway(
            limits + "strategies: {grid: {mode: dry_run}, trend: {daily_notional_cap: [USDT=7]}}"
        ).strategies
        #expect(settings.mapValues(\.initialMode) == ["grid": .dryRun, "trend": nil])
        let problems = Self.problems(limits + "strategies:\n  grid:\n    mode: real")
        #expect(
            problems.contains("line 9") && problems.contains("strategies.grid.mode")
                && problems.contains("monitor, paper, dry_run, testnet, live"),
            "\(problems)"
        )
    }

    @Test func `the caps of strategies are read, each with its assets; none is the default`() throws
    {
        let both = try Self.gateway(
            Self.section(cap: "[USDT=1000, BTC=0.5]")
                + "\n  trend: {daily_notional_cap: \"USDT=7\"}"
        )
        let caps = both.strategies.mapValues(\.dailyNotionalCaps)
        #expect(caps.count == 2)
        #expect(
            caps["grid"]
                == [Asset("USDT"): Self.amount("1000"), Asset("BTC"): Self.amount("0.5")]
                .compactMapValues { $0 }
        )
        #expect(caps["trend"]??[Asset("USDT")] == Self.amount("7"))
        #expect(both.dailyNotionalCaps[.testnet] == nil)
        #expect(try Self.gateway("limits: {order_notional_max: \"1\"}").strategies.isEmpty)
    }

    @Test func `a variable overrides the file's cap of a strategy`() throws {
        let variable = "TRADING_STRATEGIES_GRID_DAILY_NOTIONAL_CAP"
        let section = Self.section(cap: "[USDT=1000]")
        let read = try Self.gateway(section, [variable: "USDT=5,BTC=1"]).strategies["grid"]
        #expect(read?.dailyNotionalCaps?[Asset("USDT")] == Self.amount("5"))
        #expect(read?.dailyNotionalCaps?[Asset("BTC")] == Self.amount("1"))
        #expect(Self.problems(section, [variable: "USDT=0"]).hasPrefix("\(variable): strategies."))
    }

    @Test(arguments: [
        ("[USDT=0]", "found \"USDT=0\""), ("[USDT=-1]", "found \"USDT=-1\""),
        ("[USDT]", "found \"USDT\""), ("[=5]", "found \"=5\""), ("[USDT=]", "found \"USDT=\""),
        ("[USDT=1e3]", "found \"USDT=1e3\""), ("[USDT=lots]", "found \"USDT=lots\""),
        ("[BTC=1, USDT=0.000000001]", "found \"USDT=0.000000001\""),
        ("[USDT=1, BTC=1, USDT=2]", "USDT has more than one cap"),
        ("[]", "list at least one"), ("{USDT: 1}", "no such setting"),
        ("[[USDT=1]]", "only plain values"),
    ])
    func `a cap that makes no sense is told with its line and its strategy`(
        cap: String,
        words: String
    ) {
        let problems = Self.problems(Self.section(cap: cap))
        #expect(problems.contains("line 9: strategies.grid.daily_notional_cap"), "\(problems)")
        #expect(problems.contains(words), "\(problems)")
    }

    @Test(arguments: [
        ("strategies: {grid: {daily_cap: [USDT=1]}}", "strategies.grid.daily_cap"),
        ("strategies: {a.b: {daily_notional_cap: [USDT=1]}}", "strategies.a.b.daily_notional_cap"),
        ("strategies: {daily_notional_cap: [USDT=1]}", "strategies.daily_notional_cap"),
        ("strategies: [grid]", "strategies"),
    ])
    func `what is no setting of a strategy is named with its line`(text: String, name: String) {
        let problems = Self.problems("limits: {order_notional_max: \"1\"}\n" + text)
        #expect(problems == "line 7: \(name): no such setting")
    }

    @Test func `a strategy's limit on its losses is read, and what breaking it does`() throws {
        let plain = try Self.gateway(Self.limits("daily_loss_max: 12.5"))
            .limits.byStrategy["grid"]
        #expect(plain?.dailyLossMax == Self.amount("12.5") && plain?.onDailyLoss == .disable)
        for action in BreachAction.allCases {
            let lines = "daily_loss_max: 1\n      on_daily_loss: \(action.name)"
            let read = try Self.gateway(Self.limits(lines)).limits.byStrategy["grid"]
            #expect(read?.dailyLossMax == Self.amount("1") && read?.onDailyLoss == action)
        }
        let none = try Self.gateway(Self.limits("order_rate_max: 1")).limits.byStrategy["grid"]
        #expect(none?.dailyLossMax == nil && none?.onDailyLoss == .disable)
    }

    @Test(arguments: [
        ("daily_loss_max: 0", "above zero"), ("daily_loss_max: -1", "above zero"),
        ("daily_loss_max: lots", "above zero"), ("daily_loss_max: [1, 2]", "found \"1,2\""),
        ("on_daily_loss: never", "disable"), ("on_daily_loss: DISABLE", "disable"),
        ("daily_loss_share_max: 0.1", "no such setting"),
    ])
    func `a limit on its losses that makes no sense is told with its line`(
        line: String,
        words: String
    ) {
        let problems = Self.problems(Self.limits(line))
        let name = line.prefix { $0 != ":" }
        #expect(problems.contains("line 10: limits.strategies.grid.\(name): "), "\(problems)")
        #expect(problems.contains(words), "\(problems)")
    }
}
