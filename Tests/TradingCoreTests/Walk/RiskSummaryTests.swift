import Testing

@testable import TradingCore

/// Each limit beside what it bounds, and how much of it is used.
@Suite struct RiskSummaryTests {
    typealias Gauge = RiskSummary.Gauge

    static func gauges(_ rig: Rig, of principal: String = "alice") -> [Gauge] {
        let turn = rig.ask(.riskSummary(Principal(principal)))
        guard case .riskSummary(let summary)? = turn.replies.first else { return [] }
        return summary.gauges
    }

    /// What is told of a limit: its value, what it bounds, the share of it.
    static func told(_ gauges: [Gauge], _ name: String, _ scope: String) -> [String]? {
        gauges.first { $0.name == name && $0.scope == scope }.map { gauge in
            [
                gauge.limit ?? "off", gauge.actual ?? "?",
                gauge.shareMillionths.map(LossLimits.share) ?? "",
            ]
        }
    }

    static func rig() -> Rig {
        ExposureTests.rig(
            ExposureTests.settings(position: "1010", exposure: "4040") { limits in
                limits.positionShareMillionths = 500
                limits.openPositionsMax = 4
                limits.ordersPerDayMax = 8
                limits.cashShareMillionths = 100_000
                limits.orderRate = OrderRate(countMax: 5, intervalMilliseconds: 60_000)
                limits.loss.dailyLossMax = Make.amount("100")
                limits.loss.drawdownMillionths = 10_000
                limits.loss.failuresMax = 3
                var grid = StrategyLimits()
                grid.positionNotionalMax = Make.amount("404")
                grid.exposureNotionalMax = Make.amount("808")
                grid.orderRateMax = 2
                limits.byStrategy = ["grid": grid, "other": StrategyLimits()]
            }
        )
    }

    @Test func `what is held is measured against the strictest limit, and each strategy's`() {
        let rig = Self.rig()
        rig.hold("2", at: "101")
        _ = rig.openOrder(Make.terms(.buy, "2"), venue: 1_900)
        let gauges = Self.gauges(rig)
        // Four at the ask of 101; half a thousandth of an equity of 999,996 binds before 1010.
        #expect(
            Self.told(gauges, "position_notional_max", "BTCUSDT") == ["499.998", "404", "0.808004"]
        )
        #expect(Self.told(gauges, "exposure_notional_max", "USDT") == ["4040", "404", "0.1"])
        #expect(
            Self.told(gauges, "strategies.grid.position_notional_max", "BTCUSDT")
                == ["404", "404", "1"]
        )
        #expect(
            Self.told(gauges, "strategies.grid.exposure_notional_max", "USDT")
                == ["808", "404", "0.5"]
        )
        #expect(!gauges.contains { $0.name.hasPrefix("strategies.other") })
        #expect(Self.told(gauges, "open_positions_max", "testnet") == ["4", "1", "0.25"])
        #expect(Self.told(gauges, "open_orders_max", "testnet")?[1] == "1")
        let cash = Self.told(gauges, "cash_share_min", "USDT")
        #expect(cash?[0] == "0.1" && cash?[1].hasPrefix("0.999") == true && cash?[2] == "")
    }

    @Test func `orders are counted by caller, token, strategy and day, over a restart`() {
        let rig = Self.rig()
        rig.ask(.tokens(TokenLimitTests.make(1, TokenLimits(orderRateMax: 4))))
        rig.ask(AccountLimitWalkTests.wish(strategy: "grid", principal: "token:alice"))
        rig.ask(AccountLimitWalkTests.wish(principal: "bob"))
        for _ in 0..<2 {
            let gauges = Self.gauges(rig, of: "token:alice")
            #expect(Self.told(gauges, "order_rate_max", "token:alice") == ["5", "1", "0.2"])
            #expect(
                Self.told(gauges, "token.order_rate_max", "token:alice") == ["4", "1", "0.25"]
            )
            #expect(
                Self.told(gauges, "strategies.grid.order_rate_max", "grid") == ["2", "1", "0.5"]
            )
            #expect(Self.told(gauges, "orders_per_day_max", "testnet") == ["8", "2", "0.25"])
            rig.start()
            ExposureTests.connect(rig)
        }
        #expect(Self.told(Self.gauges(rig), "token.order_rate_max", "alice") == nil)
    }

    @Test func `losses, the drawdown and failures in a row are measured`() {
        let rig = Self.rig()
        rig.hold("2", at: "101")
        let failed = rig.submitted(Make.terms(.buy, "1"))
        rig.reject(failed)
        let gauges = Self.gauges(rig)
        // Bought at 101, worth 99.
        #expect(Self.told(gauges, "daily_loss_max", "USDT") == ["100", "4", "0.04"])
        #expect(Self.told(gauges, "drawdown_max", "USDT") == ["0.01", "0.000004", "0.0004"])
        #expect(Self.told(gauges, "consecutive_failures_max", "testnet") == ["3", "1", "0.333334"])
    }

    @Test func `the cap of a day is measured, and what is switched off is told as that`() {
        var settings = Make.settings()
        settings.dailyNotionalCaps = [.testnet: [Asset("USDT"): Make.amount("400")]]
        let rig = Rig.ready(settings)
        _ = rig.openOrder(Make.terms(.buy, "1"), venue: 1)
        let gauges = Self.gauges(rig)
        #expect(Self.told(gauges, "daily_notional_cap", "USDT") == ["400", "100", "0.25"])
        #expect(Self.told(gauges, "orders_per_day_max", "testnet") == ["off", "1", ""])
        #expect(Self.told(gauges, "open_positions_max", "testnet") == ["off", "1", ""])
        #expect(Self.told(gauges, "order_rate_max", "alice") == ["off", "?", ""])
        #expect(Self.told(gauges, "cash_share_min", "USDT") == nil)
    }

    @Test func `nothing is said of a limit of zero, nor of what is beyond all numbers`() {
        #expect(Gauge("a", of: "b", limit: 0, actual: 5).shareMillionths == nil)
        #expect(
            Gauge("a", of: "b", limit: Make.amount("1"), actual: Notional(raw: .max))
                .shareMillionths == nil
        )
        #expect(Gauge("a", of: "b", limit: 3, actual: -1).shareMillionths == 0)
    }
}
