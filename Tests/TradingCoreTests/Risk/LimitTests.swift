import Testing

@testable import TradingCore

/// Our own limits, each at the limit and one unit to either side of it.
@Suite struct LimitTests {
    typealias Case = RiskGateTests.Case

    /// Checks cases whose refusals say what would have passed, and that it does.
    static func check(
        _ cases: [(Case, permitted: String)],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        RiskGateTests.check(cases.map(\.0), sourceLocation: sourceLocation)
        for (item, permitted) in cases {
            var context = RiskGateTests.context()
            item.change(&context)
            let refusal = RiskGate.refusal(of: context)
            #expect(
                refusal?.permitted ?? "" == permitted,
                "\(item.name)",
                sourceLocation: sourceLocation
            )
            guard let text = permitted.split(separator: " ").last,
                permitted.hasPrefix("a quantity of at most")
            else { continue }
            context.terms.quantity = Make.quantity(String(text))
            #expect(
                RiskGate.refusal(of: context) == nil,
                "\(item.name): what is said to pass passes",
                sourceLocation: sourceLocation
            )
            context.terms.quantity += context.rules?.stepSize ?? .zero
            #expect(
                RiskGate.refusal(of: context)?.rule == item.rule,
                "\(item.name): a step more does not",
                sourceLocation: sourceLocation
            )
        }
    }

    static func of(_ symbol: SymbolLimits) -> (inout RiskContext) -> Void {
        { $0.limits.bySymbol[Make.bitcoin] = symbol }
    }

    static func of(_ change: (inout SymbolLimits) -> Void) -> SymbolLimits {
        var limits = SymbolLimits()
        change(&limits)
        return limits
    }

    @Test func `the quantity of one order, and its value by symbol: the strictest wins`() {
        let quantity = Self.of { $0.orderQuantityMax = Make.quantity("2") }
        let stricter = Self.of { $0.orderNotionalMax = Make.amount("150") }
        let looser = Self.of { $0.orderNotionalMax = Make.amount("60000") }
        Self.check([
            (
                Case("a unit below", nil) {
                    $0.limits.bySymbol[Make.bitcoin] = quantity
                    $0.terms = Make.terms(.buy, "1.99999")
                }, ""
            ),
            (
                Case("at the limit", nil) {
                    $0.limits.bySymbol[Make.bitcoin] = quantity
                    $0.terms = Make.terms(.buy, "2")
                }, ""
            ),
            (
                Case("a unit above", .orderQuantity, "2", "2.00001") {
                    $0.limits.bySymbol[Make.bitcoin] = quantity
                    $0.terms = Make.terms(.buy, "2.00001")
                }, "a quantity of at most 2"
            ),
            (
                Case("another symbol's", nil) {
                    $0.limits.bySymbol[Make.ether] = quantity
                    $0.terms = Make.terms(.buy, "3")
                }, ""
            ),
            (
                Case("the symbol's value is stricter", .orderNotional, "150", "150.001") {
                    $0.limits.bySymbol[Make.bitcoin] = stricter
                    $0.terms = Make.terms(.buy, "1.50001")
                }, "a quantity of at most 1.5"
            ),
            (
                Case("the value of all symbols is stricter", .orderNotional, "50000", "50000.001") {
                    $0.limits.bySymbol[Make.bitcoin] = looser
                    $0.terms = Make.terms(.buy, "500.00001")
                }, "a quantity of at most 500"
            ),
        ])
    }

    static func collared(
        _ side: Side,
        at price: String?,
        bid: String = "99",
        ask: String = "101"
    ) -> (inout RiskContext) -> Void {
        {
            $0.limits.priceCollarMillionths = 50_000
            $0.quote = Quote(bid: Make.price(bid), ask: Make.price(ask))
            $0.terms = Make.terms(side, "1", at: price)
        }
    }

    @Test func `a limit price keeps within the collar on its harmful side`() {
        Self.check([
            (Case("buy a tick inside", nil) { Self.collared(.buy, at: "106.04")(&$0) }, ""),
            (Case("buy at the edge", nil) { Self.collared(.buy, at: "106.05")(&$0) }, ""),
            (
                Case("buy a tick beyond", .priceCollar, "106.05", "106.06") {
                    Self.collared(.buy, at: "106.06")(&$0)
                }, "a price of at most 106.05"
            ),
            (Case("buy far below waits", nil) { Self.collared(.buy, at: "10")(&$0) }, ""),
            (Case("sell a tick inside", nil) { Self.collared(.sell, at: "94.06")(&$0) }, ""),
            (Case("sell at the edge", nil) { Self.collared(.sell, at: "94.05")(&$0) }, ""),
            (
                Case("sell a tick beyond", .priceCollar, "94.05", "94.04") {
                    Self.collared(.sell, at: "94.04")(&$0)
                }, "a price of at least 94.05"
            ),
            (Case("sell far above waits", nil) { Self.collared(.sell, at: "1000")(&$0) }, ""),
            (
                Case("an edge between ticks", .priceCollar, "106.0395", "106.04") {
                    Self.collared(.buy, at: "106.04", ask: "100.99")(&$0)
                }, "a price of at most 106.03"
            ),
            (
                Case("the symbol's is stricter", .priceCollar, "101", "101.01") {
                    Self.collared(.buy, at: "101.01")(&$0)
                    $0.limits.bySymbol[Make.bitcoin] = Self.of { $0.priceCollarMillionths = 0 }
                }, "a price of at most 101"
            ),
            (
                Case("no price is known", .priceCollar, "a quote", "none") {
                    Self.collared(.buy, at: "100")(&$0)
                    $0.quote = nil
                }, ""
            ),
            (
                Case("an old price", .staleQuote, "5000 ms", "5001 ms") {
                    Self.collared(.buy, at: "100")(&$0)
                    $0.condition.quoteAgeMilliseconds = 5_001
                }, ""
            ),
        ])
    }

    @Test func `a market order is judged at the edge of the collar`() {
        var context = RiskGateTests.context()
        Self.collared(.buy, at: nil)(&context)
        #expect(context.worstPrice == Make.price("106.05"))
        Self.collared(.sell, at: nil)(&context)
        #expect(context.worstPrice == Make.price("99"))
    }

    /// Room for ten bitcoins at the ask of 100, of which some are there already.
    static func position(
        _ side: Side,
        _ quantity: String,
        at price: String? = "100",
        reducible: String
    ) -> (inout RiskContext) -> Void {
        {
            $0.limits.positionNotionalMax = Make.amount("1000")
            $0.terms = Make.terms(side, quantity, at: price)
            $0.reducibleQuantity = Make.amount(reducible)
        }
    }

    @Test func `the value of a position, its open orders counted as filled`() {
        Self.check([
            (Case("a step below", nil) { Self.position(.buy, "9.99999", reducible: "0")(&$0) }, ""),
            (Case("at the limit", nil) { Self.position(.buy, "10", reducible: "0")(&$0) }, ""),
            (
                Case("a step above", .positionNotional, "1000", "1000.001") {
                    Self.position(.buy, "10.00001", reducible: "0")(&$0)
                }, "a quantity of at most 10"
            ),
            (
                Case("held: at the limit", nil) { Self.position(.buy, "3", reducible: "-7")(&$0) },
                ""
            ),
            (
                Case("held: a step above", .positionNotional, "1000", "1000.001") {
                    Self.position(.buy, "3.00001", reducible: "-7")(&$0)
                }, "a quantity of at most 3"
            ),
            (
                Case("no room", .positionNotional, "1000", "1000.001") {
                    Self.position(.buy, "0.1", reducible: "-9.90001")(&$0)
                }, "a quantity of at most 0.09999"
            ),
            (
                Case("nothing would pass", .positionNotional, "1000", "1100") {
                    Self.position(.buy, "1", reducible: "-10")(&$0)
                }, ""
            ),
        ])
    }

    @Test func `the value of a position that a sale opens or turns around, and how it is valued`() {
        Self.check([
            (
                Case("a sale that opens", .positionNotional, "1000", "1000.001") {
                    Self.position(.sell, "10.00001", reducible: "0")(&$0)
                }, "a quantity of at most 10"
            ),
            (
                Case("a sale that closes", nil) {
                    Self.position(.sell, "30", reducible: "30")(&$0)
                }, ""
            ),
            (
                Case("a sale that turns around: at the limit", nil) {
                    Self.position(.sell, "40", reducible: "30")(&$0)
                }, ""
            ),
            (
                Case("a step above", .positionNotional, "1000", "1000.001") {
                    Self.position(.sell, "40.00001", reducible: "30")(&$0)
                }, "a quantity of at most 40"
            ),
            (
                Case(
                    "valued at its own price where that is worse",
                    .positionNotional,
                    "1000",
                    "1100"
                ) {
                    Self.position(.buy, "10", at: "110", reducible: "0")(&$0)
                }, "a quantity of at most 9.0909"
            ),
            (
                Case("valued at the ask where it is cheaper", .positionNotional, "1000", "1100") {
                    Self.position(.buy, "11", at: "50", reducible: "0")(&$0)
                }, "a quantity of at most 10"
            ),
            (
                Case("the symbol's is stricter", .positionNotional, "500", "500.001") {
                    Self.position(.buy, "5.00001", reducible: "0")(&$0)
                    $0.limits.bySymbol[Make.bitcoin] = Self.of {
                        $0.positionNotionalMax = Make.amount("500")
                    }
                }, "a quantity of at most 5"
            ),
            (
                Case("no price is known", .positionNotional, "a quote", "none") {
                    Self.position(.buy, "1", reducible: "0")(&$0)
                    $0.quote = nil
                }, ""
            ),
            (
                Case("beyond all numbers", .positionNotional, "1000", "\(Notional(raw: .max))") {
                    Self.position(.buy, "1", reducible: "0")(&$0)
                    $0.reducibleQuantity = Amount(raw: .min / 2)
                }, ""
            ),
        ])
    }

    static func exposed(
        _ quantity: String,
        reducible: String = "0",
        opposite: String = "0",
        others: String = "0"
    ) -> (inout RiskContext) -> Void {
        {
            $0.limits.exposureNotionalMax = Make.amount("1000")
            $0.terms = Make.terms(.buy, quantity)
            $0.reducibleQuantity = Make.amount(reducible)
            $0.exposure.opposite = Make.amount(opposite)
            $0.exposure.others = Notional(Make.amount(others))
        }
    }

    @Test func `the value of all positions of an account together`() {
        Self.check([
            (Case("a step below", nil) { Self.exposed("3.99999", others: "600")(&$0) }, ""),
            (Case("at the limit", nil) { Self.exposed("4", others: "600")(&$0) }, ""),
            (
                Case("a step above", .exposureNotional, "1000", "1000.001") {
                    Self.exposed("4.00001", others: "600")(&$0)
                }, "a quantity of at most 4"
            ),
            (
                Case("the other side may be worse", .exposureNotional, "1000", "1100") {
                    Self.exposed("1", opposite: "5", others: "600")(&$0)
                }, ""
            ),
            (
                Case("as bad as allowed", nil) {
                    Self.exposed("1", opposite: "4", others: "600")(&$0)
                }, ""
            ),
            (
                Case("others are too much", .exposureNotional, "1000", "1101") {
                    Self.exposed("1", others: "1001")(&$0)
                }, ""
            ),
            (
                Case("what only reduces passes", nil) {
                    Self.exposed("1", reducible: "1", others: "1001")(&$0)
                }, ""
            ),
            (
                Case("another symbol has no price", .exposureNotional, "a quote", "none") {
                    Self.exposed("1")(&$0)
                    $0.exposure.unpriced = Make.ether
                }, ""
            ),
        ])
    }

    @Test func `no interval of the rate's length holds more orders than the rate allows`() {
        let rate = OrderRate(countMax: 3, intervalMilliseconds: 100)
        let principals = [Principal("alice"), Principal("bob"), Principal("carol")]
        for seed in UInt64(1)...50 {
            var random = SeededRandom(seed: seed)
            var times = OrderTimes()
            var placed: [Principal: [Int64]] = [:]
            var now = Int64(0)
            for _ in 0..<400 {
                now += Int64(random.number(0...30))
                let monotonic = MonotonicTime(nanoseconds: UInt64(now) * 1_000_000)
                // The model keeps every time of everybody and looks at all of them.
                for principal in principals {
                    let all = placed[principal, default: []]
                    let isFree = all.count(where: { $0 > now - 100 }) < 3
                    let wait = times.waitMilliseconds(principal, rate, at: monotonic)
                    #expect(wait == (isFree ? nil : all[all.count - 3] + 100 - now), "\(seed)")
                }
                let principal = principals[Int(random.number(0...2))]
                guard times.waitMilliseconds(principal, rate, at: monotonic) == nil else {
                    continue
                }
                times.note(principal, rate, at: monotonic)
                placed[principal, default: []].append(now)
            }
        }
    }
}
