import Testing

@testable import TradingCore

@Suite struct RiskGateTests {
    static func context(_ terms: OrderTerms = Make.terms()) -> RiskContext {
        RiskContext(
            terms: terms,
            purpose: .client,
            expectedMode: nil,
            mode: .testnet,
            notReadyReasons: [],
            sharedRules: Shared(Make.rules()),
            quote: Quote(bid: Make.price("100"), ask: Make.price("100")),
            sharedLimits: Shared(Make.limits()),
            sharedBound: Shared(Make.limits().bound(to: terms.symbol, strategy: "")),
            openOrderCount: 0,
            openOrderCountOnSymbol: 0,
            unknownOrder: nil,
            available: Make.amount("1000000000"),
            reducibleQuantity: .zero
        )
    }

    /// One case at the limit of a check: which rule speaks, if any, and what it says.
    struct Case {
        var name: String
        var rule: Rule?
        var limit = ""
        var actual = ""
        var change: (inout RiskContext) -> Void

        init(
            _ name: String,
            _ rule: Rule?,
            _ limit: String = "",
            _ actual: String = "",
            _ change: @escaping (inout RiskContext) -> Void
        ) {
            self.name = name
            self.rule = rule
            self.limit = limit
            self.actual = actual
            self.change = change
        }
    }

    static func check(_ cases: [Case], sourceLocation: SourceLocation = #_sourceLocation) {
        for item in cases {
            var context = Self.context()
            item.change(&context)
            let refusal = RiskGate.refusal(of: context)
            #expect(refusal?.rule == item.rule, "\(item.name)", sourceLocation: sourceLocation)
            guard let refusal else { continue }
            #expect(refusal.limit == item.limit, "\(item.name)", sourceLocation: sourceLocation)
            #expect(refusal.actual == item.actual, "\(item.name)", sourceLocation: sourceLocation)
            #expect(refusal.message.hasSuffix("."), "\(item.name)", sourceLocation: sourceLocation)
        }
    }

    @Test func `an order that keeps all rules passes`() {
        Self.check([Case("valid", nil) { _ in }])
    }

    @Test func `state: kill switch, mode, readiness, symbols, unknown orders`() {
        Self.check([
            Case("block", .killSwitch, "released", "block") {
                $0.killSwitch = Self.engaged(.block)
            },
            Case("cancel", .killSwitch, "released", "cancel") {
                $0.killSwitch = Self.engaged(.cancel)
            },
            Case("same mode", nil) { $0.expectedMode = .testnet },
            Case("other mode", .expectedMode, "live", "testnet") { $0.expectedMode = .live },
            Case("not ready", .notReady, "ready", "a") { $0.notReadyReasons = ["a", "b"] },
            Case("not allowed", .symbolAllowed, "ETHUSDT", "BTCUSDT") {
                $0.limits.allowedSymbols = [Make.ether]
            },
            Case("none allowed", .symbolAllowed, "", "BTCUSDT") { $0.limits.allowedSymbols = [] },
            Case("not listed", .symbolTrading, "listed", "not listed") { $0.rules = nil },
            Case("halted", .symbolTrading, "trading", "halted") { $0.rules?.isTrading = false },
            Case("unknown", .unknownOrder, "0", "order 4") { $0.unknownOrder = OrderID(raw: 4) },
        ])
    }

    static func at(_ price: String) -> OrderTerms { Make.terms(.buy, "1", at: price) }

    @Test func `prices: below, at and above each end, and between ticks`() {
        let open = { (context: inout RiskContext) in
            context.limits.orderNotionalMax = Make.amount("900000000")
            context.rules?.notionalMin = .zero
        }
        Self.check([
            Case("lowest", nil) {
                open(&$0); $0.terms = Self.at("0.01")
            },
            Case("below", .priceRange, "0.01..1000000", "0") {
                $0.terms = Self.at("0")
            },
            Case("a tick below", .priceRange, "0.01..1000000", "0.00999999") {
                $0.terms = Self.at("0.00999999")
            },
            Case("negative", .priceRange, "0.01..1000000", "-1") { $0.terms = Self.at("-1") },
            Case("highest", nil) {
                open(&$0); $0.terms = Self.at("1000000")
            },
            Case("above", .priceRange, "0.01..1000000", "1000000.01") {
                $0.terms = Self.at("1000000.01")
            },
            Case("no highest", nil) {
                open(&$0); $0.rules?.priceMax = .zero; $0.terms = Self.at("1000001")
            },
            Case("between ticks", .priceTick, "0.01", "100.005") { $0.terms = Self.at("100.005") },
            Case("no tick", nil) {
                $0.rules?.tickSize = .zero; $0.terms = Self.at("100.005")
            },
            Case("market", nil) { $0.terms = Make.terms(.buy, "1", at: nil) },
            Case("end of the range", .priceTick, "0.01", "92233720368.54775807") {
                $0.rules?.priceMax = .zero; $0.terms = Self.at("92233720368.54775807")
            },
            Case("zero, no lowest", .priceRange, "0..1000000", "0") {
                $0.rules?.priceMin = .zero; $0.terms = Self.at("0")
            },
        ])
    }

    static func of(_ quantity: String, at price: String? = "100") -> OrderTerms {
        Make.terms(.buy, quantity, at: price)
    }

    @Test func `quantities: below, at and above each end, and between steps`() {
        let open = { (context: inout RiskContext) in
            context.limits.orderNotionalMax = Make.amount("900000000")
            context.rules?.notionalMin = .zero
        }
        let range = "0.00001..9000"
        Self.check([
            Case("smallest", nil) {
                open(&$0); $0.terms = Self.of("0.00001")
            },
            Case("below", .quantityRange, range, "0.00000999") { $0.terms = Self.of("0.00000999") },
            Case("zero", .quantityRange, "0..9000", "0") {
                $0.rules?.quantityMin = .zero; $0.terms = Self.of("0")
            },
            Case("negative", .quantityRange, range, "-1") { $0.terms = Self.of("-1") },
            Case("largest", nil) {
                open(&$0); $0.terms = Self.of("9000")
            },
            Case("above", .quantityRange, range, "9000.00001") { $0.terms = Self.of("9000.00001") },
            Case("market at its own largest", nil) {
                open(&$0); $0.rules?.marketQuantityMax = Make.quantity("50")
                $0.terms = Self.of("50", at: nil)
            },
            Case("market above it", .quantityRange, "0.00001..50", "50.00001") {
                $0.rules?.marketQuantityMax = Make.quantity("50")
                $0.terms = Self.of("50.00001", at: nil)
            },
            Case("a limit order is not bound by it", nil) {
                $0.rules?.marketQuantityMax = Make.quantity("50"); $0.terms = Self.of("51")
            },
            Case("between steps", .quantityStep, "0.00001", "1.000001") {
                $0.terms = Self.of("1.000001")
            },
            Case("no step", nil) {
                $0.rules?.stepSize = .zero; $0.terms = Self.of("1.00000001")
            },
            Case("no largest", .orderNotional, "50000", "9223372036854.775807") {
                $0.rules?.quantityMax = .zero; $0.rules?.stepSize = .zero
                $0.rules?.notionalMax = .zero; $0.terms = Self.of("92233720368.54775807")
            },
        ])
    }

    @Test func `values: the venue's, ours, and market orders at their worst price`() {
        Self.check([
            Case("venue's lowest", nil) { $0.terms = Self.of("0.05") },
            Case("below it", .venueNotional, "5..9000000", "4.999") {
                $0.terms = Self.of("0.04999")
            },
            Case("venue's highest", nil) {
                $0.limits.orderNotionalMax = Make.amount("9000000")
                $0.terms = Make.terms(.buy, "9000", at: "1000")
            },
            Case("above it", .venueNotional, "5..9000000", "9000090") {
                $0.terms = Make.terms(.buy, "9000", at: "1000.01")
            },
            Case("market below, unchecked", nil) { $0.terms = Self.of("0.001", at: nil) },
            Case("market below, checked", .venueNotional, "5..9000000", "0.101") {
                $0.rules?.isNotionalMinForMarket = true; $0.terms = Self.of("0.001", at: nil)
            },
            Case("our limit", nil) { $0.terms = Self.of("500") },
            Case("a step above", .orderNotional, "50000", "50000.001") {
                $0.terms = Self.of("500.00001")
            },
            Case("a market buy with its slippage", .orderNotional, "50000", "50500") {
                $0.terms = Self.of("500", at: nil)
            },
            Case("a market sell at the bid", nil) { $0.terms = Make.terms(.sell, "500", at: nil) },
            Case("no quote", .marketPrice, "a quote", "none") {
                $0.quote = nil; $0.terms = Self.of("1", at: nil)
            },
            Case("a limit order needs no quote", nil) { $0.quote = nil },
        ])
    }

    @Test func `counts and balances: one below, at the limit, one above`() {
        Self.check([
            Case("one below", nil) { $0.openOrderCount = 199 },
            Case("at our bound", .openOrders, "200", "200") { $0.openOrderCount = 200 },
            Case("one below the venue's", nil) {
                $0.rules?.openOrdersMax = 5; $0.openOrderCountOnSymbol = 4
            },
            Case("at the venue's", .openOrders, "5", "5") {
                $0.rules?.openOrdersMax = 5; $0.openOrderCountOnSymbol = 5
            },
            Case("venue's switched off", nil) {
                $0.rules?.openOrdersMax = 0; $0.openOrderCountOnSymbol = 150
            },
            Case("just enough with the fee", nil) { $0.available = Make.amount("100.1") },
            Case("one unit short", .availableBalance, "100.09999999", "100.1") {
                $0.available = Make.amount("100.09999999")
            },
            Case("more than there", .availableBalance, "-1", "100.1") {
                $0.available = Make.amount("-1")
            },
            Case("a sell needs the base", nil) {
                $0.terms = Make.terms(.sell); $0.available = Make.amount("1")
            },
            Case("one unit short of it", .availableBalance, "0.99999999", "1") {
                $0.terms = Make.terms(.sell); $0.available = Make.amount("0.99999999")
            },
        ])
    }

    /// What binds the orders by which the kill switch closes positions, beside clients' (K4).
    static let bindsFlatten: Set<Rule> = [
        .notReady, .symbolTrading, .priceRange, .priceTick, .quantityRange, .quantityStep,
        .venueNotional, .availableBalance, .venueRestraint, .orderBudget,
    ]

    static func engaged(_ level: KillLevel) -> Shared<KillSwitch> {
        Shared(
            KillSwitch(
                level: level,
                principal: Principal("test"),
                reason: "test",
                since: WallTime(nanoseconds: 0)
            )
        )
    }

    @Test func `what bounds growth does not bind the orders of flatten (K4)`() {
        for (rule, change) in Self.breaks {
            var context = Self.context()
            change(&context)
            context.killSwitch = Self.engaged(.flatten)
            context.purpose = .flatten
            context.reducibleQuantity = context.terms.quantity.amount
            let expected = Self.bindsFlatten.contains(rule) ? rule : nil
            #expect(RiskGate.refusal(of: context)?.rule == expected, "\(rule)")
        }
    }

    @Test(arguments: [("0.99999999", Rule.reduceOnly), ("1", nil), ("1.00000001", nil)])
    func `an order of flatten never does more than close the position (K4)`(
        reducible: String,
        rule: Rule?
    ) {
        var context = Self.context()
        context.killSwitch = Self.engaged(.flatten)
        context.purpose = .flatten
        context.reducibleQuantity = Make.amount(reducible)
        let refusal = RiskGate.refusal(of: context)
        #expect(refusal?.rule == rule)
        if rule != nil { #expect(refusal?.limit == "0.99999999" && refusal?.actual == "1") }
    }

    @Test(arguments: [("0.99999999", Rule.unknownOrder), ("1", nil)])
    func `an order of unknown outcome does not keep a position from being reduced (E3)`(
        reducible: String,
        rule: Rule?
    ) {
        var context = Self.context()
        context.unknownOrder = OrderID(raw: 1)
        context.reducibleQuantity = Make.amount(reducible)
        #expect(RiskGate.refusal(of: context)?.rule == rule)
    }

    @Test func `of two broken rules the one that is declared first speaks`() {
        for (index, first) in Self.breaks.enumerated() {
            for second in Self.breaks[index...] {
                var context = Self.context()
                second.1(&context)
                first.1(&context)
                #expect(RiskGate.refusal(of: context)?.rule == first.0, "\(first.0), \(second.0)")
            }
        }
    }

    @Test func `the checks stand in the order in which the rules are declared`() {
        let notPlacing: Set<Rule> = [
            .idempotencyKey, .deadline, .orderNotFound, .orderFinished, .modeGate,
            .amendment, .positionBusy, .positionDust, .killCause, .reduceOnly, .orderInDoubt,
            .drawdown, .balanceDifference,
            .consecutiveFailures, .slippage, .breachNotFound, .limitValue, .role, .token,
            .tokenNotFound, .sensitiveNotional, .secondFactor, .orderNotHeld, .approvalDenied,
        ]
        let placing = Rule.allCases.filter { !notPlacing.contains($0) }
        // The last check is for the orders of flatten alone.
        #expect(RiskGate.Check.allCases.count == placing.count + 1)
        for (check, rule) in zip(RiskGate.Check.allCases, placing) {
            var context = Self.context()
            if rule == .marketPrice {
                context.terms = Make.terms(at: nil)
                context.quote = nil
            } else if rule == .stopPrice {
                context.terms.type = .stop(Trigger(.stopLoss, at: Make.price("100")))
            } else if rule == .staleQuote {
                context.terms = Make.terms(at: nil)
                context.condition.quoteAgeMilliseconds = 5_001
            } else {
                Self.breaks.first { $0.0 == rule }?.1(&context)
            }
            #expect(check.refusal(of: context)?.rule == rule)
            #expect(check.refusal(of: Self.context()) == nil)
        }
        #expect(Set(Rule.allCases.map(\.name)).count == Rule.allCases.count)
    }

    @Test func `an order that is refused makes no intent, one that passes makes one`() {
        var made = 0
        let intent = { (_: SymbolRules, worst: Price) in
            made += 1
            #expect(worst == Make.price("100"))
            return Make.intent()
        }
        var context = Self.context()
        guard case .approved(let order) = RiskGate.admit(context, intent: intent) else {
            return #expect(Bool(false))
        }
        #expect(order.intent == Make.intent())
        context.openOrderCount = 200
        guard case .refused = RiskGate.admit(context, intent: intent) else {
            return #expect(Bool(false))
        }
        #expect(made == 1)
    }
}
