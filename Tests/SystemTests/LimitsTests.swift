import Foundation
import SystemTestSupport
import Testing

/// Our own limits, from the configuration to what a person reads.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LimitsTests {
    /// What is asked of the gateway and what it must say.
    typealias Row = CommandLineTests.Row

    private static var setup: Desk.Setup {
        var setup = Desk.Setup()
        setup.environment = [
            "TRADING_LIMITS_POSITION_NOTIONAL_MAX": "100000",
            "TRADING_LIMITS_EXPOSURE_NOTIONAL_MAX": "1200",
            "TRADING_LIMITS_PRICE_COLLAR": "0.02",
            "TRADING_LIMITS_ORDER_RATE_MAX": "2",
            "TRADING_LIMITS_ORDER_RATE_INTERVAL_MS": "3600000",
            "TRADING_LIMITS_SYMBOLS_BTCUSDT_POSITION_NOTIONAL_MAX": "1000",
            "TRADING_LIMITS_SYMBOLS_BTCUSDT_ORDER_QUANTITY_MAX": "0.5",
        ]
        return setup
    }

    private static func check(_ rows: [Row], _ desk: Desk) throws {
        for _ in 0..<200 where try desk.tradectl(["health"]).code != 0 { usleep(50_000) }
        for row in rows {
            let (code, output) = try desk.tradectl(row.arguments)
            #expect(code == row.code, "\(row.testDescription): \(output)")
            #expect(output.contains(row.words), "\(row.testDescription): \(output)")
        }
    }

    private static func place(_ terms: String, code: Int32, _ words: String) -> Row {
        let arguments = ["place"] + terms.split(separator: " ").map { String($0) }
        return Row(arguments: arguments, code: code, words: words)
    }

    @Test
    func `each limit is told with what would pass; positions and rates count on after a restart`()
        throws
    {
        let desk = try Desk(Self.setup)
        try Self.check(
            [
                Self.place("BTCUSDT buy 0.6", code: 3, "would pass: a quantity of at most 0.5"),
                Self.place("BTCUSDT buy 0.001 --limit 90000", code: 3, "price_collar"),
                Self.place("BTCUSDT buy 0.01", code: 0, "FILLED"),
                Self.place("BTCUSDT buy 0.01", code: 3, "position_notional"),
                Self.place("ETHUSDT buy 1", code: 3, "exposure_notional"),
            ],
            desk
        )
        desk.killServer()
        try desk.restartServer()
        try Self.check(
            [
                Self.place("BTCUSDT buy 0.01", code: 3, "position_notional"),
                Self.place("BTCUSDT sell 0.01", code: 0, "FILLED"),
                // One order was placed before the restart, and one after it.
                Self.place("BTCUSDT buy 0.01", code: 3, "order_rate"),
                Row(arguments: ["orders", "--all"], code: 0, words: "REFUSED"),
            ],
            desk
        )
    }

    @Test func `a strategy places no more in a day than its cap, before and after a restart`()
        throws
    {
        var setup = Desk.Setup()
        setup.strategies = "grid: {daily_notional_cap: [USDT=1000]}"
        let desk = try Desk(setup)
        let beyond = "strategy grid placed 1000.00012 USDT today; its cap of 1000 grows by"
        let rows = [
            Self.place("BTCUSDT buy 0.01 --limit 40000 --strategy grid", code: 0, "OPEN"),
            Self.place("BTCUSDT buy 0.012 --limit 50000.01 --strategy grid", code: 3, beyond),
        ]
        try Self.check(rows, desk)
        desk.killServer()
        try desk.restartServer()
        let share = "strategies.grid.daily_notional_cap"
        try Self.check(
            [
                rows[1],
                Row(arguments: ["risk", "summary"], code: 0, words: share),
                Self.place("BTCUSDT buy 0.012 --limit 50000.01", code: 0, "OPEN"),
                Self.place("BTCUSDT buy 0.012 --limit 50000 --strategy grid", code: 0, "OPEN"),
                Self.place(
                    "BTCUSDT buy 0.01 --limit 40000 --strategy grid",
                    code: 3,
                    "strategy grid placed 1400 USDT today"
                ),
            ],
            desk
        )
    }
}
