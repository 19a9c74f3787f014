import Testing

@testable import TradingCore

/// Market orders judged by the levels of the book.
@Suite struct BookSideTests {
    typealias Case = RiskGateTests.Case

    static func levels(_ levels: [(price: String, quantity: String)]) -> [DepthLevel] {
        levels.map { level in
            DepthLevel(price: Make.price(level.price), quantity: Make.quantity(level.quantity))
        }
    }

    /// One each at 100 and at every price beyond it.
    static func ladder(_ side: Side, count: Int) -> BookSide {
        let step = side == .buy ? 1 : -1
        return BookSide(for: side, Self.levels((0..<count).map { ("\(100 + step * $0)", "1") }))
    }

    static let asks = BookSide(for: .buy, levels([("100", "1"), ("101", "2"), ("103", "4")]))
    static let bids = BookSide(for: .sell, levels([("100", "1"), ("99", "2"), ("97", "4")]))

    /// A market order at a best price of 100, with a collar of two per cent.
    static func order(
        _ side: Side,
        _ quantity: String,
        _ change: @escaping (inout RiskContext) -> Void = { _ in }
    ) -> (inout RiskContext) -> Void {
        {
            $0.terms = Make.terms(side, quantity, at: nil)
            $0.book = side == .buy ? Self.asks : Self.bids
            $0.limits.priceCollarMillionths = 20_000
            change(&$0)
        }
    }

    @Test func `a market order is worth what its levels cost, to the unit`() {
        let limited = { (limit: String) in
            { (context: inout RiskContext) in
                context.limits.orderNotionalMax = Make.amount(limit)
            }
        }
        RiskGateTests.check([
            Case("one level", nil, "", "", Self.order(.buy, "1", limited("100"))),
            Case(
                "a unit above",
                .orderNotional,
                "99.99999999",
                "100",
                Self.order(.buy, "1", limited("99.99999999"))
            ),
            // 100 and twice 101; the collar ends at 102.
            Case("two levels", nil, "", "", Self.order(.buy, "3", limited("302"))),
            Case(
                "two levels, a unit above",
                .orderNotional,
                "301.99999999",
                "302",
                Self.order(.buy, "3", limited("301.99999999"))
            ),
            Case(
                "a part of the second",
                .orderNotional,
                "199.99100999",
                "199.99101",
                Self.order(.buy, "1.99001", limited("199.99100999"))
            ),
            // A sale brings the best price at most.
            Case("a sale", nil, "", "", Self.order(.sell, "3", limited("300"))),
            Case(
                "a sale, a unit above",
                .orderNotional,
                "299.99999999",
                "300",
                Self.order(.sell, "3", limited("299.99999999"))
            ),
            Case(
                "not known: the collar's edge",
                .orderNotional,
                "305.99999999",
                "306",
                Self.order(.buy, "3") {
                    limited("305.99999999")(&$0)
                    $0.book = nil
                }
            ),
            Case(
                "no collar: what the levels do not hold is worth the assumed slippage",
                .orderNotional,
                "729.99999999",
                "730",
                Self.order(.buy, "7") {
                    limited("729.99999999")(&$0)
                    $0.limits.priceCollarMillionths = nil
                    // 100, twice 101 and four at 107.
                    $0.limits.marketSlippageMillionths = 70_000
                    $0.book = BookSide(for: .buy, Array(Self.asks.levels.prefix(2)))
                }
            ),
        ])
    }

    @Test(arguments: [Side.buy, .sell])
    func `what the book does not hold within the collar is refused, to the step`(side: Side) {
        RiskGateTests.check([
            Case("a step below", nil, "", "", Self.order(side, "2.99999")),
            Case("all of it", nil, "", "", Self.order(side, "3")),
            Case("a step above", .priceCollar, "3", "3.00001", Self.order(side, "3.00001")),
            Case(
                "an empty side",
                .priceCollar,
                "0",
                "0.1",
                Self.order(side, "0.1") { $0.book?.levels = [] }
            ),
            Case("not known", nil, "", "", Self.order(side, "400") { $0.book = nil }),
            Case(
                "no collar",
                nil,
                "",
                "",
                Self.order(side, "400") { $0.limits.priceCollarMillionths = nil }
            ),
        ])
        var context = RiskGateTests.context()
        Self.order(side, "3.00001")(&context)
        #expect(RiskGate.refusal(of: context)?.permitted == "a quantity of at most 3")
        context.terms.quantity = Make.quantity("3")
        #expect(RiskGate.refusal(of: context) == nil)
        // What closes a position for the kill switch or an exit is not kept back (K4).
        context.terms.quantity = Make.quantity("3.00001")
        context.purpose = .exit
        context.reducibleQuantity = Make.amount("10")
        #expect(RiskGate.refusal(of: context) == nil)
    }

    @Test func `more may stand behind twenty levels, but not behind nineteen`() {
        for (count, rule) in [(19, Rule.priceCollar), (20, nil), (21, nil)] {
            var context = RiskGateTests.context()
            Self.order(.buy, "100")(&context)
            // All within the collar.
            context.limits.priceCollarMillionths = 500_000
            context.book = Self.ladder(.buy, count: count)
            #expect(RiskGate.refusal(of: context)?.rule == rule, "\(count) levels")
        }
        // The twentieth is beyond the collar: nothing else is within it.
        var context = RiskGateTests.context()
        Self.order(.buy, "20")(&context)
        context.limits.priceCollarMillionths = 185_000
        context.book = Self.ladder(.buy, count: 20)
        #expect(RiskGate.refusal(of: context)?.limit == "19")
    }

    @Test(arguments: [(Side.buy, "302"), (.sell, "298")])
    func `a quote quantity is bounded by what the levels cost or bring, to the unit`(
        side: Side,
        held: String
    ) {
        let asked = { (amount: String) in
            Self.order(side, "1") {
                $0.terms = QuoteQuantityTests.terms(side, amount)
                    .sized(at: $0.quote, $0.sharedRules, slippageMillionths: 20_000)
            }
        }
        let unit = Make.amount("0.00000001")
        let below = (Make.amount(held) - unit).description
        let above = (Make.amount(held) + unit).description
        RiskGateTests.check([
            Case("below", nil, "", "", asked(below)),
            Case("all of it", nil, "", "", asked(held)),
            Case("above", .priceCollar, held, above, asked(above)),
        ])
        var context = RiskGateTests.context()
        asked(above)(&context)
        let permitted = RiskGate.refusal(of: context)?.permitted
        #expect(permitted == "a quote quantity of at most \(held)")
    }

    @Test func `a level of a moment ago that is better than the best price counts at that`() {
        let best = Make.price("101")
        let room = Self.asks.room(upTo: Make.price("102"), best: best)
        #expect(room.quantity == Make.amount("3"))
        #expect(room.notional == Notional(Make.amount("303")) && room.isAll)
        let cost = Self.asks.cost(
            of: Make.quantity("4"),
            upTo: Make.price("102"),
            best: best
        )
        #expect(cost == Notional(Make.amount("405")))
    }

    @Test func `the largest numbers of a venue do not overflow`() {
        let level = DepthLevel(price: Price(raw: .max), quantity: Quantity(raw: .max))
        let side = BookSide(for: .buy, Array(repeating: level, count: 20))
        let best = Price(raw: .max)
        #expect(side.room(upTo: best, best: best).notional.raw == .max)
        let cost = side.cost(of: Quantity(raw: .max), upTo: best, best: best)
        #expect(cost == best * Quantity(raw: .max))
    }

    // MARK: Through the gateway

    static func report(_ symbol: Symbol = Make.bitcoin) -> VenueInput {
        .depthReported(
            DepthReport(
                symbol: symbol,
                updateID: 1,
                bids: Self.levels([("99", "1"), ("98", "2"), ("90", "9")]),
                asks: Self.levels([("101", "1"), ("102", "2"), ("110", "9")])
            )
        )
    }

    @Test func `the book of now bounds a market order, an old one does not`() {
        let rig = ExposureTests.rig(
            ExposureTests.settings { $0.priceCollarMillionths = 20_000 }
        )
        let large = Make.terms(.buy, "4", at: nil)
        let accepted = rig.place(large)
        #expect(accepted.placements.first?.reservePrice == Make.price("103.02"))
        rig.tell(Self.report(Make.ether))
        #expect(rig.place(large).placements.count == 1)
        rig.tell(Self.report())
        let refusal = rig.place(large).order?.refusal
        #expect(refusal?.rule == .priceCollar && refusal?.limit == "3")
        let small = rig.place(Make.terms(.buy, "2", at: nil))
        #expect(small.placements.first?.reservePrice == Make.price("101.5"))
        #expect(rig.place(Make.terms(.sell, "4", at: nil)).order?.refusal?.rule == .priceCollar)
        // A limit order is judged by its limit, and one that waits for a price by that.
        #expect(rig.place(Make.terms(.buy, "4", at: "102")).placements.count == 1)
        // As long as the stream is open what it said is of now; then it grows old like a price.
        rig.advance(milliseconds: 3_600_000)
        let sample = ClockSample(offsetMilliseconds: 0, roundTripMilliseconds: 1, at: rig.now)
        rig.tell(.clockMeasured(sample))
        #expect(rig.place(large).order?.refusal?.rule == .priceCollar)
        rig.tell(.marketStreamLost("gone"))
        rig.tell(.marketStreamOpened)
        rig.tell(.quoted(Make.bitcoin, Quote(bid: Make.price("99"), ask: Make.price("101"))))
        #expect(rig.place(large).placements.first?.reservePrice == Make.price("103.02"))
        rig.tell(Self.report())
        rig.tell(.marketStreamLost("gone"))
        rig.advance(milliseconds: rig.settings.limits.quoteAgeMaxMilliseconds)
        #expect(rig.place(large).order?.refusal?.rule == .priceCollar)
        rig.advance(milliseconds: 1)
        #expect(rig.place(large).order?.refusal?.rule == .staleQuote)
        rig.tell(.quoted(Make.bitcoin, Quote(bid: Make.price("99"), ask: Make.price("101"))))
        #expect(rig.place(large).placements.count == 1)
    }
}
