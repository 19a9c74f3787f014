import Testing

@testable import TradingCore

extension Make {
    /// Terms of any type, from its parts.
    static func terms(
        _ side: Side,
        _ type: VenueOrderType,
        _ quantity: String = "1",
        at price: String? = nil,
        stop: String? = nil,
        _ timeInForce: TimeInForce = .goodTillCanceled
    ) -> OrderTerms {
        let made = OrderType(
            type,
            limitPrice: price.map { Make.price($0) },
            timeInForce: timeInForce,
            stopPrice: stop.map { Make.price($0) }
        )
        guard let made else { fatalError("a \(type.name) order lacks a part") }
        return OrderTerms(
            symbol: Make.bitcoin,
            side: side,
            type: made,
            quantity: Make.quantity(quantity)
        )
    }
}

/// What the risk gate makes of orders that rest only or wait for a price.
@Suite struct OrderTypeTests {
    typealias Case = RiskGateTests.Case

    /// The market is at 100 to 101.
    static func market(
        _ terms: OrderTerms,
        _ change: @escaping (inout RiskContext) -> Void = { _ in }
    ) -> (inout RiskContext) -> Void {
        {
            $0.quote = Quote(bid: Make.price("100"), ask: Make.price("101"))
            $0.terms = terms
            change(&$0)
        }
    }

    @Test(arguments: VenueOrderType.allCases)
    func `a type is made of what it has, and named by it`(name: VenueOrderType) throws {
        let (price, stop) = (Make.price("7"), Make.price("9"))
        let whole = try #require(
            OrderType(name, limitPrice: price, timeInForce: .fillOrKill, stopPrice: stop)
        )
        #expect(whole.venueType == name)
        #expect(whole.limitPrice == (name.isMarket ? nil : price))
        #expect(whole.timeInForce == (name.hasTimeInForce ? .fillOrKill : nil))
        #expect(whole.trigger?.stopPrice == (name.isAlgorithmic ? stop : nil))
        let without = [
            OrderType(name, limitPrice: nil, timeInForce: .fillOrKill, stopPrice: stop),
            OrderType(name, limitPrice: price, timeInForce: nil, stopPrice: stop),
            OrderType(name, limitPrice: price, timeInForce: .fillOrKill, stopPrice: nil),
        ]
        #expect(
            without.map { $0 == nil } == [!name.isMarket, name.hasTimeInForce, name.isAlgorithmic]
        )
        #expect(VenueOrderType(name: name.name) == name)
    }

    @Test func `a price that is waited for lies where the market is not yet`() {
        let late = { (side: Side, type: VenueOrderType, stop: String, bound: String) in
            Case(
                "\(side) \(type) \(stop)",
                .stopPrice,
                bound,
                stop,
                Self.market(
                    Make.terms(side, type, at: stop, stop: stop)
                )
            )
        }
        let good = { (side: Side, type: VenueOrderType, stop: String) in
            Case(
                "\(side) \(type) \(stop)",
                nil,
                "",
                "",
                Self.market(
                    Make.terms(side, type, at: stop, stop: stop)
                )
            )
        }
        RiskGateTests.check([
            late(.buy, .stopLoss, "100", "above 100"), good(.buy, .stopLoss, "100.01"),
            late(.sell, .stopLoss, "101", "below 101"), good(.sell, .stopLoss, "100.99"),
            late(.buy, .stopLossLimit, "100", "above 100"), good(.buy, .stopLossLimit, "100.01"),
            late(.sell, .stopLossLimit, "101", "below 101"),
            good(.sell, .stopLossLimit, "100.99"),
            late(.buy, .takeProfit, "101", "below 101"), good(.buy, .takeProfit, "100.99"),
            late(.sell, .takeProfit, "100", "above 100"), good(.sell, .takeProfit, "100.01"),
            late(.buy, .takeProfitLimit, "101", "below 101"),
            good(.buy, .takeProfitLimit, "100.99"),
            late(.sell, .takeProfitLimit, "100", "above 100"),
            good(.sell, .takeProfitLimit, "100.01"),
        ])
    }

    @Test func `a protection is not kept back where the market is not known`() {
        let stop = Make.terms(.sell, .stopLoss, stop: "200")
        RiskGateTests.check([
            Case("no quote", nil, "", "", Self.market(stop) { $0.quote = nil }),
            Case(
                "an old quote",
                nil,
                "",
                "",
                Self.market(stop) {
                    $0.condition.quoteAgeMilliseconds = 5_001
                    $0.limits.priceCollarMillionths = 10_000
                }
            ),
            Case(
                "one just young enough",
                .stopPrice,
                "below 101",
                "200",
                Self.market(stop) {
                    $0.condition.quoteAgeMilliseconds = 5_000
                }
            ),
        ])
    }

    @Test func `prices of every kind are within the range and whole ticks`() {
        RiskGateTests.check([
            Case(
                "highest stop",
                nil,
                "",
                "",
                Self.market(
                    Make.terms(.buy, .stopLoss, "0.001", stop: "1000000")
                ) { $0.limits.orderNotionalMax = Make.amount("900000000") }
            ),
            Case(
                "above",
                .priceRange,
                "0.01..1000000",
                "1000000.01",
                Self.market(
                    Make.terms(.buy, .stopLoss, stop: "1000000.01")
                )
            ),
            Case(
                "below",
                .priceRange,
                "0.01..1000000",
                "0.009",
                Self.market(
                    Make.terms(.sell, .stopLossLimit, at: "99", stop: "0.009")
                )
            ),
            Case(
                "a limit below",
                .priceRange,
                "0.01..1000000",
                "0",
                Self.market(
                    Make.terms(.sell, .stopLossLimit, at: "0", stop: "99")
                )
            ),
            Case(
                "stop between ticks",
                .priceTick,
                "0.01",
                "99.005",
                Self.market(
                    Make.terms(.sell, .stopLossLimit, at: "99", stop: "99.005")
                )
            ),
            Case(
                "limit between ticks",
                .priceTick,
                "0.01",
                "99.005",
                Self.market(
                    Make.terms(.sell, .limitMaker, at: "99.005")
                )
            ),
        ])
    }

    @Test func `what an order is worth goes by its limit, or by what it waits for`() {
        let worth = { (side: Side, type: VenueOrderType) -> Price? in
            var context = RiskGateTests.context(Make.terms(side, type, at: "90", stop: "80"))
            context.limits.marketSlippageMillionths = 10_000
            return context.worstPrice
        }
        for type in [VenueOrderType.limitMaker, .stopLossLimit, .takeProfitLimit] {
            #expect(
                worth(.buy, type) == Make.price("90") && worth(.sell, type) == worth(.buy, type)
            )
        }
        for type in [VenueOrderType.stopLoss, .takeProfit] {
            #expect(
                worth(.buy, type) == Make.price("80.8") && worth(.sell, type) == Make.price("80")
            )
        }
        let limit = { (quantity: String, stop: String) in
            Self.market(Make.terms(.buy, .stopLoss, quantity, stop: stop)) {
                $0.limits.orderNotionalMax = Make.amount("1010")
                $0.limits.marketSlippageMillionths = 10_000
                $0.quote = Quote(bid: Make.price("10"), ask: Make.price("10"))
            }
        }
        RiskGateTests.check([
            Case("at the limit", nil, "", "", limit("10", "100")),
            Case("a step above", .orderNotional, "1010", "1010.00101", limit("10.00001", "100")),
            Case("a tick above", .orderNotional, "1010", "1010.101", limit("10", "100.01")),
        ])
    }

    @Test func `the collar of a limit that waits is around the price that it waits for`() {
        let collared = { (side: Side, price: String, stop: String) in
            Self.market(Make.terms(side, .stopLossLimit, at: price, stop: stop)) {
                $0.limits.priceCollarMillionths = 10_000
            }
        }
        RiskGateTests.check([
            Case("far below the market, near its stop", nil, "", "", collared(.sell, "49.5", "50")),
            Case("a tick below", .priceCollar, "49.5", "49.49", collared(.sell, "49.49", "50")),
            Case("far above the market, near its stop", nil, "", "", collared(.buy, "202", "200")),
            Case("a tick above", .priceCollar, "202", "202.01", collared(.buy, "202.01", "200")),
            Case(
                "a post is judged by the market",
                .priceCollar,
                "102.01",
                "102.02",
                Self.market(
                    Make.terms(.buy, .limitMaker, at: "102.02")
                ) { $0.limits.priceCollarMillionths = 10_000 }
            ),
        ])
    }

    @Test func `market lots bind what ends as a market order, and stops have a count`() {
        let lots = { (type: VenueOrderType, quantity: String) in
            Self.market(Make.terms(.sell, type, quantity, at: "99", stop: "99")) {
                $0.rules?.marketQuantityMax = Make.quantity("50")
            }
        }
        let count = { (type: VenueOrderType, count: Int) in
            Self.market(Make.terms(.sell, type, at: "102", stop: "99")) {
                $0.rules?.stopOrdersMax = 5
                $0.stopOrderCountOnSymbol = count
            }
        }
        RiskGateTests.check([
            Case("at the largest", nil, "", "", lots(.stopLoss, "50")),
            Case(
                "above it",
                .quantityRange,
                "0.00001..50",
                "50.00001",
                lots(.stopLoss, "50.00001")
            ),
            Case("a limit is not bound", nil, "", "", lots(.stopLossLimit, "50.00001")),
            Case("one below", nil, "", "", count(.stopLoss, 4)),
            Case("at the count", .openOrders, "5", "5", count(.stopLoss, 5)),
            Case("another type", nil, "", "", count(.limitMaker, 5)),
        ])
    }

    @Test func `a stop counts as exposure, unless it can only shrink the position`() {
        let stop = { (side: Side, reducible: String) in
            Self.market(Make.terms(side, .stopLoss, "10", stop: side == .buy ? "200" : "50")) {
                $0.limits.positionNotionalMax = Make.amount("1010")
                $0.limits.marketSlippageMillionths = 0
                $0.reducibleQuantity = Make.amount(reducible)
            }
        }
        RiskGateTests.check([
            // A buy that waits at 200 is worth that, whatever the market is at now.
            Case("grows", .positionNotional, "1010", "2000", stop(.buy, "0")),
            Case("protects a short", nil, "", "", stop(.buy, "10")),
            Case("protects", nil, "", "", stop(.sell, "10")),
            Case("turns around", nil, "", "", stop(.sell, "0")),
            Case("a step too much", .positionNotional, "1010", "1010.101", stop(.sell, "-0.001")),
        ])
    }
}
