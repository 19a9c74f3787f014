@testable import TradingCore

extension RiskGateTests {
    /// How to break each rule that is checked when an order is placed.
    static let breaks: [(Rule, @Sendable (inout RiskContext) -> Void)] = [
        (.killSwitch, { $0.killSwitch = Self.engaged(.block) }),
        (.tradingDisabled, { $0.breach = Shared(Make.breach()) }),
        (.expectedMode, { $0.expectedMode = .live }),
        (.notReady, { $0.notReadyReasons = ["x"] }),
        (.symbolAllowed, { $0.limits.allowedSymbols = [] }),
        (.symbolTrading, { $0.rules?.isTrading = false }),
        (.priceRange, { $0.rules?.priceMin = Make.price("100.01") }),
        (.priceTick, { $0.rules?.tickSize = Make.price("33") }),
        (.quantityRange, { $0.rules?.quantityMin = Make.quantity("1.00001") }),
        (.quantityStep, { $0.rules?.stepSize = Make.quantity("0.3") }),
        (.venueNotional, { $0.rules?.notionalMin = Make.amount("100.01") }),
        (.orderNotional, { $0.limits.orderNotionalMax = Make.amount("99.99") }),
        (.openOrders, { $0.openOrderCount = 200 }),
        (.unknownOrder, { $0.unknownOrder = OrderID(raw: 1) }),
        (.availableBalance, { $0.available = .zero }),
        (
            .circuitBreaker,
            { $0.condition.circuit = VenueCondition.Stop(reason: "x", waitMilliseconds: 1) }
        ),
        (
            .rejectBreaker,
            { $0.condition.rejects = VenueCondition.Stop(reason: "x", waitMilliseconds: 1) }
        ),
        (
            .clockSkew,
            {
                $0.condition.skew = VenueCondition.Skew(
                    milliseconds: -4_991,
                    uncertaintyMilliseconds: 10
                )
            }
        ),
        (
            .venueRestraint,
            { $0.condition.restraint = VenueCondition.Stop(reason: "x", waitMilliseconds: 1) }
        ),
        (
            .orderBudget,
            {
                $0.condition.shortage = OrderBudget.Shortage(
                    limit: Make.wideLimits[0],
                    used: 1,
                    reserve: 0,
                    waitMilliseconds: 1
                )
            }
        ),
        (
            .orderQuantity,
            { context in
                var limits = SymbolLimits()
                limits.orderQuantityMax = Make.quantity("0.99999999")
                context.limits.bySymbol[Make.bitcoin] = limits
            }
        ),
        (
            .priceCollar,
            {
                $0.limits.priceCollarMillionths = 0
                $0.quote = Quote(bid: Make.price("99"), ask: Make.price("99"))
            }
        ),
        (.attachedExits, { $0.exits = Make.exits(stop: "100") }),
        (.stopLossRequired, { $0.limits.requiresStopLoss = true }),
        (
            .dailyLoss,
            {
                $0.limits.loss.dailyLossMax = Make.amount("1")
                $0.isLossKnown = false
            }
        ),
        (.positionNotional, { $0.limits.positionNotionalMax = Make.amount("99.99") }),
        (.exposureNotional, { $0.limits.exposureNotionalMax = Make.amount("99.99") }),
        (
            .openPositions,
            {
                $0.limits.openPositionsMax = 1
                $0.account.openPositionCount = 1
            }
        ),
        (
            .riskPerTrade,
            {
                $0.limits.riskShareMillionths = 10_000
                $0.account.equity = Make.amount("100")
            }
        ),
        (
            .cashShare,
            {
                $0.limits.cashShareMillionths = 500_000
                $0.account.equity = Make.amount("2000000000")
            }
        ),
        (
            .duplicateOrder,
            {
                $0.limits.duplicateMilliseconds = 1
                $0.account.duplicateWaitMilliseconds = 1
            }
        ),
        (
            .orderRate,
            {
                $0.limits.orderRate = OrderRate(countMax: 1, intervalMilliseconds: 1)
                $0.rateWaitMilliseconds = 1
            }
        ),
        (
            .ordersPerDay,
            {
                $0.limits.ordersPerDayMax = 1
                $0.account.orderCountOfDay = 1
            }
        ),
        (.dailyNotional, { $0.dailyCap = DailyCap(cap: Make.amount("99.99"), placed: .zero) }),
    ]
}
