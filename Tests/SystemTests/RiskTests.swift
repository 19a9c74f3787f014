import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// What people learn of the gate's decisions, its measures and what was broken (A8, C5).
@Suite(.serialized, .timeLimit(.minutes(5))) struct RiskTests {
    typealias Row = CommandLineTests.Row

    private static func row(_ words: String, code: Int32, _ text: String) -> Row {
        Row(arguments: words.split(separator: " ").map { String($0) }, code: code, words: text)
    }

    @Test func `every decision is read from the journal, accepted or not, with what decided it`()
        async throws
    {
        let desk = try Desk()
        await (try desk.readyClient()).close()
        try LimitChangeTests.check(
            [
                Self.row("place BTCUSDT buy 0.01", code: 0, "FILLED"),
                Self.row("place BTCUSDT buy 99", code: 3, "order_notional"),
                Self.row("place ETHUSDT buy 0.1 --limit 1", code: 3, "venue_notional"),
                Self.row("place DOGEUSDT buy 1", code: 3, "symbol_allowed"),
            ],
            desk
        )
        desk.killServer()
        try desk.restartServer()
        let client = try await desk.readyClient()
        let all = try await client.decisions(DecisionFilter(countMax: 100)).decisions
        #expect(all.map(\.orderID) == [4, 3, 2, 1])
        #expect(all.map(\.verdict) == ["refused", "refused", "refused", "accepted"])
        let rules = all.map { $0.refusal?.rule }
        #expect(rules == ["symbol_allowed", "venue_notional", "order_notional", nil])
        #expect(all[2].refusal?.limit == "1000000" && all[2].refusal?.actual.isEmpty == false)
        var paged: [RemoteDecision] = []
        var filter = DecisionFilter(countMax: 1)
        repeat {
            let page = try await client.decisions(filter)
            paged += page.decisions
            filter.before = page.nextBeforeSequence == 0 ? nil : page.nextBeforeSequence
        } while filter.before != nil
        #expect(paged == all)
        await client.close()
        let decisions = "risk decisions"
        let since = "2020-01-01T00:00:00Z"
        try LimitChangeTests.check(
            [
                Self.row("\(decisions) --symbol BTCUSDT --refused", code: 0, "order_notional"),
                Self.row("\(decisions) --rule venue_notional --since 10m", code: 0, "ETHUSDT"),
                Self.row("\(decisions) --since \(since) --limit 1", code: 0, "DOGEUSDT"),
                Self.row("\(decisions) --since 2999-01-01T00:00:00Z", code: 0, "no decisions"),
                Self.row("\(decisions) --since yesterday", code: 2, "--since"),
                Self.row("\(decisions) --rule gravity", code: 2, "no rule \"gravity\""),
            ],
            desk
        )
    }

    @Test
    func `a summary measures against the limits, and a person's stop holds until acknowledged`()
        async throws
    {
        var setup = Desk.Setup()
        setup.environment = [
            "TRADING_LIMITS_POSITION_NOTIONAL_MAX": "100000",
            "TRADING_LIMITS_ORDER_RATE_MAX": "100",
            "TRADING_LIMITS_ORDER_RATE_INTERVAL_MS": "3600000",
        ]
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        let wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        #expect(try await client.place(wish).order.status == "FILLED")
        var resting = wish
        resting.limitPrice = "30000"
        #expect(try await client.place(resting).order.status == "OPEN")
        let gauges = try await client.riskSummary().gauges
        func gauge(_ name: String, _ scope: String) throws -> RemoteRiskGauge {
            try #require(gauges.first { $0.name == name && $0.scope == scope }, "\(gauges)")
        }
        let position = try gauge("position_notional_max", "BTCUSDT")
        let worth = try #require(Double(position.actual))
        // What is held, and what the resting order would add.
        #expect(position.limit == "100000" && worth > 1_100 && worth < 1_300)
        #expect(try gauge("exposure_notional_max", "USDT").limit.isEmpty)
        #expect(try gauge("exposure_notional_max", "USDT").actual == position.actual)
        #expect(try gauge("open_orders_max", "testnet").actual == "1")
        #expect(try gauge("order_rate_max", "tcp").actual == "2")
        #expect(try gauge("order_rate_max", "tcp").share == "0.02")
        #expect(try gauge("orders_per_day_max", "testnet").actual == "2")
        #expect(try gauge("breakers.circuit_failures_max", "testnet").actual == "0")
        #expect(try gauge("consecutive_failures_max", "testnet").actual == "0")
        try LimitChangeTests.check(
            [
                Self.row("risk", code: 0, "position_notional_max"),
                Self.row("risk breaches", code: 0, "no breaches"),
                Self.row("risk ack 1 --reason seen", code: 7, "no breach 1"),
                Self.row("risk disable --reason lunch", code: 0, "trading_disabled"),
                Self.row("place BTCUSDT buy 0.01", code: 3, "trading_disabled"),
                Self.row("risk summary", code: 0, "TRADING IS DISABLED"),
                Self.row("risk ack 1", code: 2, "reason"),
            ],
            desk
        )
        await client.close()
        desk.killServer()
        try desk.restartServer()
        await (try desk.readyClient()).close()
        try LimitChangeTests.check(
            [
                Self.row("risk breaches --open", code: 0, "trading_disabled"),
                Self.row("place BTCUSDT buy 0.01", code: 3, "trading_disabled"),
                Self.row("risk ack 1 --reason seen", code: 0, "no breach holds orders back"),
                Self.row("risk breaches", code: 0, "by tcp: seen"),
                Self.row("risk breaches --open", code: 0, "no breaches"),
                Self.row("place BTCUSDT buy 0.01", code: 0, "FILLED"),
            ],
            desk
        )
    }

    @Test func `a strategy that loses too much in a day is stopped alone, over a restart`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let place = "place BTCUSDT buy 0.01"
        let set = "limits set daily_loss_max"
        // What is bought at the market has lost its fee and the spread at once.
        try LimitChangeTests.check(
            [
                Self.row(
                    "\(set) 0.01 --strategy grid --reason drill",
                    code: 0,
                    "daily_loss_max of strategy grid: off -> 0.01 (tightens)"
                ),
                Self.row("limits get daily_loss_max", code: 0, "grid"),
                Self.row("risk summary", code: 0, "strategies.grid.daily_loss_max"),
                Self.row("\(place) --strategy trend", code: 0, "FILLED"),
                Self.row("risk breaches", code: 0, "no breaches"),
                Self.row("\(place) --strategy grid", code: 0, "FILLED"),
                Self.row("risk breaches --open", code: 0, "grid"),
                Self.row("\(place) --strategy grid", code: 3, "trading_disabled"),
                Self.row("\(place) --strategy trend", code: 0, "FILLED"),
                Self.row(place, code: 0, "FILLED"),
            ],
            desk
        )
        let gauge = try await client.riskSummary().gauges.first { gauge in
            gauge.name == "strategies.grid.daily_loss_max" && gauge.scope == "USDT"
        }
        #expect(gauge?.limit == "0.01" && (Double(gauge?.share ?? "") ?? 0) > 1)
        await client.close()
        desk.killServer()
        try desk.restartServer()
        await (try desk.readyClient()).close()
        try LimitChangeTests.check(
            [
                Self.row("\(place) --strategy grid", code: 3, "trading_disabled"),
                Self.row("\(place) --strategy trend", code: 0, "FILLED"),
                Self.row("place BTCUSDT sell 0.01 --strategy grid", code: 0, "FILLED"),
                Self.row(
                    "\(set) 100000 --strategy grid --reason drill",
                    code: 0,
                    "daily_loss_max of strategy grid: 0.01 -> 100000 (loosens)"
                ),
                Self.row(
                    "\(set) 1 --strategy grid --symbol BTCUSDT --reason drill",
                    code: 3,
                    "no such limit"
                ),
                Self.row("risk ack 1 --reason seen", code: 0, "no breach holds orders back"),
                Self.row("\(place) --strategy grid", code: 0, "FILLED"),
                Self.row("risk breaches --open", code: 0, "no breaches"),
            ],
            desk
        )
    }
}
