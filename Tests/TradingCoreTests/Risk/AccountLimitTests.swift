import Testing

@testable import TradingCore

/// Limits that are shares of equity or bound an account as a whole, each at the limit and one unit
/// to either side of it.
@Suite struct AccountLimitTests {
    typealias Case = RiskGateTests.Case

    /// A tenth of an equity of 10000 is room for ten bitcoins at the ask of 100.
    static func shared(
        _ quantity: String,
        equity: String? = "10000",
        amount: String? = nil
    ) -> (inout RiskContext) -> Void {
        {
            $0.limits.positionShareMillionths = 100_000
            $0.limits.positionNotionalMax = amount.map { Make.amount($0) }
            $0.account.equity = equity.map { Make.amount($0) }
            $0.terms = Make.terms(.buy, quantity)
        }
    }

    @Test func `the value of a position as a share of equity`() {
        LimitTests.check([
            (Case("a step below", nil) { Self.shared("9.99999")(&$0) }, ""),
            (Case("at the limit", nil) { Self.shared("10")(&$0) }, ""),
            (
                Case("a step above", .positionNotional, "1000", "1000.001") {
                    Self.shared("10.00001")(&$0)
                }, "a quantity of at most 10"
            ),
            (
                Case("the amount is stricter", .positionNotional, "500", "500.001") {
                    Self.shared("5.00001", amount: "500")(&$0)
                }, "a quantity of at most 5"
            ),
            (
                Case("the share is stricter", .positionNotional, "1000", "1000.001") {
                    Self.shared("10.00001", amount: "1001")(&$0)
                }, "a quantity of at most 10"
            ),
            (
                Case("unknown equity", .positionNotional, "a known equity", "unknown") {
                    Self.shared("1", equity: nil)(&$0)
                }, ""
            ),
            (
                Case("nothing is left", .positionNotional, "0", "100") {
                    Self.shared("1", equity: "-5")(&$0)
                }, ""
            ),
            (
                Case("what only reduces passes", nil) {
                    Self.shared("1", equity: nil)(&$0)
                    $0.reducibleQuantity = Make.amount("1")
                }, ""
            ),
        ])
    }

    @Test func `the value of all positions as a share of equity`() {
        let shared = { (quantity: String, equity: String?) in
            { (context: inout RiskContext) in
                context.limits.exposureShareMillionths = 200_000
                context.account.equity = equity.map { Make.amount($0) }
                context.exposure.others = Notional(Make.amount("1600"))
                context.terms = Make.terms(.buy, quantity)
            }
        }
        LimitTests.check([
            (Case("a step below", nil, "", "", shared("3.99999", "10000")), ""),
            (Case("at the limit", nil, "", "", shared("4", "10000")), ""),
            (
                Case(
                    "a step above",
                    .exposureNotional,
                    "2000",
                    "2000.001",
                    shared("4.00001", "10000")
                ), "a quantity of at most 4"
            ),
            (
                Case(
                    "unknown equity",
                    .exposureNotional,
                    "a known equity",
                    "unknown",
                    shared("1", nil)
                ), ""
            ),
        ])
    }

    /// Of 2000 free, 1000 must stay; at 100 and a fee of 0.001 the rest buys 9.99 bitcoins.
    static func cash(_ quantity: String, _ side: Side = .buy) -> (inout RiskContext) -> Void {
        {
            $0.limits.cashShareMillionths = 200_000
            $0.account.equity = Make.amount("5000")
            $0.available = Make.amount("2000")
            $0.terms = Make.terms(side, quantity)
        }
    }

    @Test func `what must stay free of the quote asset`() {
        LimitTests.check([
            (Case("a step below", nil) { Self.cash("9.99")(&$0) }, ""),
            (Case("at the limit", nil) { Self.cash("9.99000")(&$0) }, ""),
            (
                Case("a step above", .cashShare, "1000", "999.998998") {
                    Self.cash("9.99002")(&$0)
                    $0.limits.feeReserveMillionths = 1_000
                }, "a quantity of at most 9.99"
            ),
            (Case("a sale takes none", nil) { Self.cash("19", .sell)(&$0) }, ""),
            (
                Case("unknown equity", .cashShare, "a known equity", "unknown") {
                    Self.cash("1")(&$0)
                    $0.account.equity = nil
                }, ""
            ),
            (
                Case("nothing would pass", .cashShare, "1000", "899.9") {
                    Self.cash("1")(&$0)
                    $0.available = Make.amount("1000")
                }, ""
            ),
        ])
    }

    @Test func `in how many symbols something is held, and how many orders a day has`() {
        let positions = { (count: Int, isOpen: Bool) in
            { (context: inout RiskContext) in
                context.limits.openPositionsMax = 5
                context.account.openPositionCount = count
                context.account.isPositionOpen = isOpen
            }
        }
        let orders = { (count: Int) in
            { (context: inout RiskContext) in
                context.limits.ordersPerDayMax = 7
                context.account.orderCountOfDay = count
            }
        }
        RiskGateTests.check([
            Case("a fifth symbol", nil, "", "", positions(4, false)),
            Case("a sixth symbol", .openPositions, "5", "5", positions(5, false)),
            Case("more of the fifth", nil, "", "", positions(5, true)),
            Case("more of a sixth, held before the limit", nil, "", "", positions(6, true)),
            Case("what only reduces", nil) {
                positions(9, false)(&$0)
                $0.reducibleQuantity = Make.amount("1")
            },
            Case("a seventh order", nil, "", "", orders(6)),
            Case("an eighth order", .ordersPerDay, "7", "7", orders(7)),
        ])
    }

    @Test func `the limits of a strategy bind its orders alone, and the strictest wins`() {
        let strategy = { (name: String, quantity: String) in
            { (context: inout RiskContext) in
                var limits = StrategyLimits()
                limits.orderNotionalMax = Make.amount("150")
                context.limits.byStrategy = ["grid": limits]
                context.strategy = name
                context.terms = Make.terms(.buy, quantity)
            }
        }
        LimitTests.check([
            (Case("at the limit", nil, "", "", strategy("grid", "1.5")), ""),
            (
                Case(
                    "a step above",
                    .orderNotional,
                    "150",
                    "150.001",
                    strategy("grid", "1.50001")
                ), "a quantity of at most 1.5"
            ),
            (Case("another strategy", nil, "", "", strategy("other", "2")), ""),
            (Case("none", nil, "", "", strategy("", "2")), ""),
            (
                Case("the general limit is stricter", .orderNotional, "100", "150") {
                    strategy("grid", "1.5")(&$0)
                    $0.limits.orderNotionalMax = Make.amount("100")
                }, "a quantity of at most 1"
            ),
        ])
    }

    struct Clip: Sendable {
        var asked: String
        var reducible = "0"
        var action = ExceedAction.clip
        var available = "1000000"
        var clipped: String?
    }

    /// At the ask of 100 there is room for ten bitcoins; the venue takes no less than 5 dollars.
    @Test(arguments: [
        Clip(asked: "9.99999"), Clip(asked: "10"), Clip(asked: "10.00001", clipped: "10"),
        Clip(asked: "400", clipped: "10"),
        Clip(asked: "5", reducible: "-7.000005", clipped: "2.99999"),
        Clip(asked: "5", reducible: "-9.95", clipped: "0.05"),
        // Less than the venue takes.
        Clip(asked: "5", reducible: "-9.95001"),
        Clip(asked: "5", reducible: "-10"),
        Clip(asked: "5", reducible: "-12"),
        // What is left after clipping is more than there is to pay with.
        Clip(asked: "20", available: "1000.99"),
        Clip(asked: "20", available: "1001", clipped: "10"),
        Clip(asked: "20", action: .reject),
    ])
    func `an order is made as small as its position's limit lets pass`(_ item: Clip) {
        var context = RiskGateTests.context(Make.terms(.buy, item.asked))
        context.limits.positionNotionalMax = Make.amount("1000")
        context.limits.onPositionExceeded = item.action
        context.reducibleQuantity = Make.amount(item.reducible)
        context.available = Make.amount(item.available)
        let quantity = RiskGate.clippedQuantity(of: context)
        #expect(quantity == item.clipped.map { Make.quantity($0) })
        guard let quantity else { return }
        var clipped = context
        clipped.terms.quantity = quantity
        #expect(RiskGate.refusal(of: context) != nil)
        #expect(RiskGate.refusal(of: clipped) == nil)
        context.terms.quantity = quantity + Make.quantity("0.00001")
        #expect(RiskGate.refusal(of: context) != nil)
    }

    @Test func `limits that can never be reached are told`() {
        #expect(Make.limits().warnings.isEmpty)
        var limits = Make.limits()
        limits.positionNotionalMax = Make.amount("50000")
        limits.exposureNotionalMax = Make.amount("250000")
        limits.openPositionsMax = 5
        limits.positionShareMillionths = 100_000
        limits.exposureShareMillionths = 200_000
        limits.cashShareMillionths = 200_000
        #expect(limits.warnings.isEmpty)
        limits.positionNotionalMax = Make.amount("49999.99999999")
        limits.openPositionsMax = 1
        limits.cashShareMillionths = 800_001
        var tighter = SymbolLimits()
        tighter.orderNotionalMax = Make.amount("50001")
        limits.bySymbol[Make.bitcoin] = tighter
        #expect(
            limits.warnings == [
                "order_notional_max of 50000 is never reached: position_notional_max is "
                    + "49999.99999999",
                "exposure_share_max of 0.2 is never reached: one less cash_share_min is 0.199999",
                "order_notional_max of BTCUSDT of 50001 is never reached: that of all symbols is "
                    + "50000",
                "exposure_notional_max of 250000 is never reached: what 1 positions may be worth "
                    + "together is 49999.99999999",
                "exposure_share_max of 0.2 is never reached: what 1 positions may be worth "
                    + "together is 0.1",
            ]
        )
    }
}
