import Testing

@testable import TradingCore

/// Market orders that say how much of the quote asset they spend or bring.
@Suite struct QuoteQuantityTests {
    typealias Case = RiskGateTests.Case

    static func terms(_ side: Side, _ quoteQuantity: String) -> OrderTerms {
        OrderTerms(
            symbol: Make.bitcoin,
            side: side,
            type: .market,
            quantity: .zero,
            quoteQuantity: Make.amount(quoteQuantity)
        )
    }

    @Test(arguments: [
        (Side.buy, "1000", "10"), (.buy, "1000.00000001", "10.00001"),
        (.buy, "999.99999999", "10"), (.buy, "0.00000001", "0.00001"),
        // The bid of 90 less one per cent.
        (.sell, "891", "10"), (.sell, "891.00000001", "10.00001"),
        (.buy, "92233720368.54775807", "922337203.68548"),
    ])
    func `a quote quantity comes to whole steps, never to too few`(
        side: Side,
        quoteQuantity: String,
        quantity: String
    ) {
        let sized = Self.terms(side, quoteQuantity).sized(
            at: Quote(bid: Make.price("90"), ask: Make.price("100")),
            Shared(Make.rules()),
            slippageMillionths: 10_000
        )
        #expect(sized.quantity == Make.quantity(quantity))
    }

    @Test func `without prices it comes to nothing, and with a quantity it stays as it is`() {
        let terms = Self.terms(.buy, "10")
        let rules = Shared(Make.rules())
        #expect(terms.sized(at: nil, rules, slippageMillionths: 0).quantity == .zero)
        let plain = Make.terms(at: nil)
        #expect(plain.sized(at: nil, nil, slippageMillionths: 0) == plain)
        // A price of nothing is no price.
        let empty = Quote(bid: .zero, ask: .zero)
        #expect(terms.sized(at: empty, rules, slippageMillionths: 0) == terms)
    }

    /// At 90 to 100, one per cent of slippage.
    static func asked(
        _ side: Side,
        _ quoteQuantity: String,
        _ change: @escaping (inout RiskContext) -> Void = { _ in }
    ) -> (inout RiskContext) -> Void {
        {
            $0.quote = Quote(bid: Make.price("90"), ask: Make.price("100"))
            $0.limits.marketSlippageMillionths = 10_000
            $0.terms = Self.terms(side, quoteQuantity).sized(
                at: $0.quote,
                $0.sharedRules,
                slippageMillionths: 10_000
            )
            change(&$0)
            if $0.quote == nil { $0.terms.quantity = .zero }
        }
    }

    @Test func `an order by quote quantity is worth what it says, to the unit`() {
        let limited: (inout RiskContext) -> Void = {
            $0.limits.orderNotionalMax = Make.amount("1000")
        }
        RiskGateTests.check([
            Case("at the limit", nil, "", "", Self.asked(.buy, "1000", limited)),
            Case(
                "a unit above",
                .orderNotional,
                "1000",
                "1000.00000001",
                Self.asked(.buy, "1000.00000001", limited)
            ),
            Case("a sale at the limit", nil, "", "", Self.asked(.sell, "1000", limited)),
            Case(
                "no price",
                .marketPrice,
                "a quote",
                "none",
                Self.asked(.buy, "10") { $0.quote = nil }
            ),
            Case(
                "an old price",
                .staleQuote,
                "5000 ms",
                "5001 ms",
                Self.asked(.buy, "10") { $0.condition.quoteAgeMilliseconds = 5_001 }
            ),
            Case(
                "the venue's least, checked",
                .venueNotional,
                "5..9000000",
                "4.99999999",
                Self.asked(.buy, "4.99999999") { $0.rules?.isNotionalMinForMarket = true }
            ),
        ])
    }

    @Test func `an order by quote quantity needs, and may come to hold, what it is sized to`() {
        RiskGateTests.check([
            Case(
                "just enough with the fee",
                nil,
                "",
                "",
                Self.asked(.buy, "1000.001") { $0.available = Make.amount("1001.001001") }
            ),
            Case(
                "a unit short",
                .availableBalance,
                "1001.001",
                "1001.001001",
                Self.asked(.buy, "1000.001") { $0.available = Make.amount("1001.001") }
            ),
            Case(
                "a sale needs what it may come to",
                .availableBalance,
                "9.99999",
                "10",
                Self.asked(.sell, "891") { $0.available = Make.amount("9.99999") }
            ),
            Case(
                "more than one market order takes",
                .quantityRange,
                "0.00001..9.99999",
                "10",
                Self.asked(.buy, "1000") { $0.rules?.marketQuantityMax = Make.quantity("9.99999") }
            ),
            Case(
                "the position that it may come to",
                .positionNotional,
                "1000",
                "1000.001",
                Self.asked(.buy, "1000.00000001") {
                    $0.limits.positionNotionalMax = Make.amount("1000")
                }
            ),
        ])
    }

    // MARK: Its life

    static func reserved(_ rig: Rig, _ asset: String) -> Amount {
        rig.gateway.state.ledger(of: .testnet).reserved(of: Asset(asset))
    }

    @Test(arguments: [("0.98", "99"), ("1.01", "98")])
    func `what it comes to is what the venue says, more or less than was thought`(
        quantity: String,
        price: String
    ) throws {
        let rig = Rig.ready()
        let intent = try #require(rig.place(Self.terms(.buy, "101")).placements.first)
        // The ask is 101.
        #expect(intent.terms.quantity == Make.quantity("1"))
        #expect(intent.terms.quoteQuantity == Make.amount("101"))
        #expect(Self.reserved(rig, "USDT") == Make.amount("101"))
        let fill = Make.fill(1, quantity, at: price)
        var report = Make.report(intent, .filled, executed: quantity, fills: [fill])
        report.quantity = Make.quantity(quantity)
        let turn = rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
        let order = try #require(turn.order)
        #expect(order.status == .filled && order.quantity == Make.quantity(quantity))
        #expect(order.filledQuantity == order.quantity && order.isSettled)
        #expect(Self.reserved(rig, "USDT") == .zero)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `a report that comes after the fills changes nothing of what they say (E4)`()
        throws
    {
        let rig = Rig.ready()
        let intent = try #require(rig.place(Self.terms(.buy, "101")).placements.first)
        let fill = Make.fill(1, "0.6", at: "101")
        var report = Make.report(intent, .partiallyFilled, executed: "0.6", fills: [fill])
        report.quantity = Make.quantity("0.99")
        rig.tell(.orderReported(report))
        #expect(rig.state(of: intent)?.remainingQuantity == Make.quantity("0.39"))
        #expect(Self.reserved(rig, "USDT") == Make.amount("39.39"))
        report = Make.report(intent, .expired, executed: "0.6")
        report.quantity = Make.quantity("0.99")
        rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
        #expect(rig.state(of: intent)?.status == .expired)
        #expect(rig.state(of: intent)?.filledQuantity == Make.quantity("0.6"))
        #expect(Self.reserved(rig, "USDT") == .zero)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `the same key is the same order at another price, another amount is not (M2)`()
        throws
    {
        let rig = Rig.ready()
        let intent = try #require(rig.place(Self.terms(.buy, "101"), key: "k").placements.first)
        rig.tell(.placementAnswered(intent.orderID, .accepted(Make.report(intent))))
        rig.tell(.quoted(Make.bitcoin, Quote(bid: Make.price("50"), ask: Make.price("51"))))
        let again = rig.place(Self.terms(.buy, "101"), key: "k")
        #expect(again.order?.orderID == intent.orderID && again.placements.isEmpty)
        let other = rig.place(Self.terms(.buy, "102"), key: "k")
        #expect(other.refusal?.rule == .idempotencyKey)
    }

    @Test func `a stranger is this order where its amount is the same (E2)`() throws {
        let order = Order(
            intent: Make.intent(1, Self.terms(.buy, "101")),
            status: .unknown,
            createdAt: WallTime(milliseconds: 1)
        )
        var report = Make.report(order.intent)
        report.quantity = Make.quantity("0.7")
        report.quoteQuantity = Make.amount("101")
        #expect(order.matches(report))
        report.quoteQuantity = Make.amount("100.99999999")
        #expect(!order.matches(report))
    }
}
