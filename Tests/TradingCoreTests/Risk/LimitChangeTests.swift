import Testing

@testable import TradingCore

/// Limits that are changed while the gateway runs.
@Suite struct LimitChangeTests {
    typealias Assignment = LimitsWish.Assignment

    static func set(
        _ name: String,
        _ value: String,
        of symbol: Symbol? = nil,
        strategy: String? = nil
    ) -> Assignment {
        Assignment(LimitKey(name, symbol: symbol, strategy: strategy), .value(value))
    }

    static func off(
        _ name: String,
        of symbol: Symbol? = nil,
        strategy: String? = nil
    ) -> Assignment {
        Assignment(LimitKey(name, symbol: symbol, strategy: strategy), .off)
    }

    /// What most rows start from: some limits set, some switched off.
    static var configured: RiskLimits {
        var limits = Make.limits()
        limits.positionNotionalMax = Make.amount("1000")
        limits.orderRate = OrderRate(countMax: 5, intervalMilliseconds: 1_000)
        limits.bySymbol[Make.ether, default: SymbolLimits()].orderQuantityMax = Make.quantity("2")
        limits.byStrategy["grid", default: StrategyLimits()].dailyLossMax = Make.amount("7")
        return limits
    }

    static func steps(
        _ assignments: [Assignment],
        mayLoosen: Bool = true
    ) -> Result<[LimitStep], Refusal> {
        LimitPlan(configured: self.configured, changes: [:])
            .steps(Make.limitsWish(assignments, mayLoosen: mayLoosen))
    }

    static let directions: [(Assignment, LimitDirection)] = [
        (set("order_notional_max", "49999.99999999"), .tightens),
        (set("order_notional_max", "50000"), .unchanged),
        (set("order_notional_max", "50000.00000001"), .loosens),
        (set("position_notional_max", "1"), .tightens),
        (off("position_notional_max"), .loosens),
        (set("exposure_notional_max", "999999999"), .tightens),
        (off("exposure_notional_max"), .unchanged),
        (set("price_collar", "1"), .tightens),
        (set("order_rate_max", "4"), .tightens), (set("order_rate_max", "6"), .loosens),
        (off("order_rate_max"), .loosens),
        (set("order_rate_interval_ms", "1001"), .tightens),
        (set("order_rate_interval_ms", "999"), .loosens),
        (set("open_orders_max", "199"), .tightens), (set("open_orders_max", "201"), .loosens),
        (set("fee_reserve", "0.002"), .tightens), (set("fee_reserve", "0"), .loosens),
        (set("market_slippage", "0.011"), .tightens), (set("market_slippage", "0"), .loosens),
        (set("quote_age_ms_max", "4999"), .tightens), (set("quote_age_ms_max", "5001"), .loosens),
        (set("clock_skew_ms_max", "10"), .tightens),
        (set("unknown_blocks", "true"), .unchanged), (set("unknown_blocks", "false"), .loosens),
        (set("on_slippage", "kill_block"), .tightens), (set("on_slippage", "disable"), .unchanged),
        (set("slippage_max", "0.001"), .tightens), (set("daily_loss_max", "9"), .tightens),
        (set("on_daily_loss", "disable"), .loosens), (set("drawdown_max", "1"), .tightens),
        (set("breakers.circuit_failures_max", "4"), .tightens),
        (set("breakers.circuit_failures_max", "6"), .loosens),
        (set("breakers.circuit_open_ms", "2001"), .tightens),
        (set("breakers.circuit_open_ms_max", "59999"), .loosens),
        (set("breakers.rejects_max", "2"), .tightens),
        (set("breakers.rejects_period_ms", "59999"), .loosens),
        (set("breakers.rejects_cool_down_ms", "60001"), .tightens),
        (set("order_notional_max", "1", of: Make.bitcoin), .tightens),
        (set("order_quantity_max", "1.99999999", of: Make.ether), .tightens),
        (set("order_quantity_max", "2.00000001", of: Make.ether), .loosens),
        (off("order_quantity_max", of: Make.ether), .loosens),
        (off("order_quantity_max", of: Make.bitcoin), .unchanged),
        (set("price_collar", "0.5", of: Make.bitcoin), .tightens),
        (set("daily_loss_max", "6.99999999", strategy: "grid"), .tightens),
        (set("daily_loss_max", "7.0", strategy: "grid"), .unchanged),
        (set("daily_loss_max", "7.00000001", strategy: "grid"), .loosens),
        (off("daily_loss_max", strategy: "grid"), .loosens),
        (set("daily_loss_max", "100", strategy: "trend"), .tightens),
        (set("on_daily_loss", "kill_block", strategy: "grid"), .tightens),
        (set("order_rate_max", "3", strategy: "grid"), .tightens),
        (set("stop_loss_required", "true", strategy: "grid"), .tightens),
        (set("order_notional_max", "3", strategy: "grid"), .tightens),
    ]

    @Test(arguments: directions)
    func `each change is known to let less or more pass`(
        assignment: Assignment,
        direction: LimitDirection
    ) throws {
        let steps = try Self.steps([assignment]).get()
        #expect(steps.map(\.direction) == [direction])
        let withRiskRole = Self.steps([assignment], mayLoosen: false)
        switch direction {
        case .loosens:
            #expect(throws: Refusal.self) { try withRiskRole.get() }
            guard case .failure(let refusal) = withRiskRole else { return }
            #expect(refusal.rule == .role && refusal.limit == "admin")
        case .tightens, .unchanged: #expect(try withRiskRole.get() == steps)
        }
    }

    static let refused: [(Assignment, String)] = [
        (set("order_notional", "1"), "There is no such limit"),
        (set("order_quantity_max", "1"), "There is no such limit"),
        (set("open_orders_max", "1", of: Make.bitcoin), "There is no such limit"),
        (set("order_notional_max", "0"), "above zero"),
        (set("order_notional_max", "-1"), "above zero"),
        (set("order_notional_max", "1e3"), "above zero"),
        (set("order_notional_max", "lots"), "above zero"),
        (off("order_notional_max"), "cannot be off"), (off("unknown_blocks"), "cannot be off"),
        (set("price_collar", "1.000001"), "a share from 0 to 1"),
        (set("price_collar", "0.0000001"), "a share from 0 to 1"),
        (set("open_orders_max", "0"), "from 1 to 10000"),
        (set("open_orders_max", "10001"), "from 1 to 10000"),
        (set("order_rate_interval_ms", "9"), "from 10 to"),
        (set("unknown_blocks", "yes"), "true or false"),
        (set("symbols", "DOGEUSDT"), "which no call changes"),
        (set("day_start", "01:00"), "which no call changes"),
        (set("price_collar", "0.1", of: Symbol("DOGEUSDT")), "It may not be traded"),
        (set("price_collar", "0.1", strategy: "grid"), "There is no such limit"),
        (
            set("order_notional_max", "1", of: Make.bitcoin, strategy: "grid"),
            "There is no such limit"
        ),
        (set("daily_loss_max", "0", strategy: "grid"), "above zero"),
        (set("on_daily_loss", "sell", strategy: "grid"), "one of disable"),
    ]

    @Test(arguments: refused)
    func `a wish that cannot be is refused with what would have been taken`(
        assignment: Assignment,
        words: String
    ) {
        for mayLoosen in [true, false] {
            guard case .failure(let refusal) = Self.steps([assignment], mayLoosen: mayLoosen) else {
                Issue.record("\(assignment) was taken")
                return
            }
            #expect(refusal.rule == .limitValue)
            #expect(refusal.message.contains(words), "\(refusal.message)")
            #expect(!refusal.permitted.isEmpty)
        }
    }

    @Test func `every limit is in the table once, is read back as it is written, and is shown`() {
        let names = LimitTable.rows.map { "\($0.name) \($0.scope)" }
        #expect(Set(names).count == names.count)
        var limits = Self.configured
        for key in LimitTable.keys(for: [Make.bitcoin, Make.ether], strategies: ["grid"]) {
            guard let row = LimitTable.row(of: key), !row.isFixed else { continue }
            let value = row.read(limits, key)
            #expect(row.direction(from: value, to: value) == .unchanged)
            guard let value else { continue }
            let before = limits
            #expect(row.write(&limits, key, value), "\(key) = \(value)")
            #expect(limits == before, "\(key) = \(value)")
        }
    }

    /// Every stored property that limits have, as the table must reach it.
    @Test func `no stored property of the limits is missing in the table`() {
        let wrong = Make.wrongLimits()
        var limits = Self.configured
        for key in LimitTable.keys(for: [Make.bitcoin, Make.ether], strategies: ["grid"]) {
            guard let row = LimitTable.row(of: key), !row.isFixed else { continue }
            #expect(row.write(&limits, key, row.read(wrong, key)), "\(key)")
        }
        #expect(limits == wrong)
    }

    @Test func `one wish among several that cannot be changes nothing`() {
        let rig = Rig.ready()
        let turn = rig.ask(
            .setLimits(
                Make.limitsWish([
                    Self.set("open_orders_max", "1"), Self.set("price_collar", "2"),
                ])
            )
        )
        #expect(turn.refusal?.rule == .limitValue && turn.events.isEmpty)
        #expect(rig.gateway.settings.limits == Make.limits())
        let twice = Make.limitsWish([
            Self.set("open_orders_max", "1"), Self.set("open_orders_max", "2"),
        ])
        #expect(rig.ask(.setLimits(twice)).refusal?.rule == .limitValue)
    }

    @Test func `a change is synced first and binds the next order, here and after a restart (J2)`()
    {
        let rig = Rig.ready()
        _ = rig.openOrder()
        let turn = rig.ask(.setLimits(Make.limitsWish([Self.set("open_orders_max", "1")])))
        #expect(turn.events.count == 1 && turn.needsSync)
        #expect(rig.place().order?.refusal?.rule == .openOrders)
        rig.start()
        rig.connect(open: [])
        #expect(rig.gateway.settings.limits.openOrdersMax == 1)
        let change = rig.gateway.state.limitChanges[LimitKey("open_orders_max")]
        #expect(change?.previous == "200" && change?.principal == Principal("rita"))
        rig.ask(.setLimits(Make.limitsWish([], resetsAll: true)))
        #expect(rig.gateway.settings.limits == Make.limits())
        #expect(rig.gateway.state.limitChanges.isEmpty)
    }

    @Test func `what was changed beats a later configuration, the rest follows it`() throws {
        let rig = Rig.ready()
        let wish = Make.limitsWish([Self.set("price_collar", "0.010", of: Make.bitcoin)])
        rig.ask(.setLimits(wish))
        var settings = rig.settings
        settings.limits.bySymbol[Make.bitcoin, default: SymbolLimits()].priceCollarMillionths = 5
        settings.limits.openOrdersMax = 7
        let later = Gateway(recovered: rig.journal.fold(), settings: settings)
        let limits = later.settings.limits
        let bound = limits.bound(to: Make.bitcoin, strategy: "")
        #expect(bound.priceCollarMillionths == 10_000)
        #expect(limits.openOrdersMax == 7)
        rig.gateway = consume later
        let key = LimitKey("price_collar", symbol: Make.bitcoin)
        let turn = rig.ask(.setLimits(Make.limitsWish([Assignment(key, .configuration)])))
        guard case .limits(let view)? = turn.replies.first else {
            Issue.record("\(turn.replies)")
            return
        }
        let step = try #require(view.steps.first)
        #expect(step.old == "0.01" && step.new == "0.000005" && step.direction == .tightens)
    }

    @Test func `a strategy's limits change while the gateway runs, and beyond its end`() {
        let rig = Rig.ready()
        let wish = Make.limitsWish([
            Self.set("order_rate_max", "2", strategy: "grid"),
            Self.set("daily_loss_max", "10", strategy: "grid"),
        ])
        StrategyLossTests.quote(rig, bid: "100")
        StrategyLossTests.trade(rig, "grid", .buy, "10")
        rig.ask(.setLimits(wish))
        rig.start()
        rig.connect()
        StrategyLossTests.quote(rig, bid: "99")
        // It counts what the strategy held when it was set.
        #expect(StrategyLossTests.loss(rig) == "10")
        rig.advance(milliseconds: 2_000)
        for _ in 0..<2 { #expect(StrategyLossTests.place(rig, "grid").placements.count == 1) }
        #expect(StrategyLossTests.place(rig, "grid").order?.refusal?.rule == .orderRate)
        rig.ask(.setLimits(Make.limitsWish([Self.set("order_rate_max", "1", strategy: "grid")])))
        #expect(StrategyLossTests.place(rig, "grid").order?.refusal?.rule == .orderRate)
        #expect(StrategyLossTests.place(rig, "other").placements.count == 1)
        StrategyLossTests.quote(rig, bid: "98.9")
        #expect(StrategyLossTests.breaches(rig) == ["daily_loss grid"])
        rig.ask(.setLimits(Make.limitsWish([], resetsAll: true)))
        #expect(rig.gateway.strategyDesk.limits.isEmpty)
        // What was broken stays broken until a person has seen it.
        #expect(StrategyLossTests.place(rig, "grid").order?.refusal?.rule == .tradingDisabled)
    }

    @Test func `a smaller rate counts the orders placed before it`() {
        let rig = Rig.ready()
        rig.ask(.setLimits(Make.limitsWish([Self.set("order_rate_max", "3")])))
        for _ in 0..<3 { #expect(rig.place().placements.count == 1) }
        rig.advance(milliseconds: 600)
        rig.ask(
            .setLimits(
                Make.limitsWish(
                    [
                        Self.set("order_rate_max", "2"),
                        Self.set("order_rate_interval_ms", "5000"),
                    ],
                    mayLoosen: false
                )
            )
        )
        rig.advance(milliseconds: 4_300)
        #expect(rig.place().order?.refusal?.rule == .orderRate)
        rig.advance(milliseconds: 100)
        #expect(rig.place().placements.count == 1)
        #expect(rig.place().placements.count == 1)
        #expect(rig.place().order?.refusal?.rule == .orderRate)
    }
}

extension Make {
    /// Limits none of which is as any other test has it.
    static func wrongLimits() -> RiskLimits {
        var limits = RiskLimits(
            allowedSymbols: [Make.bitcoin, Make.ether],
            orderNotionalMax: Make.amount("11"),
            openOrdersMax: 12,
            feeReserveMillionths: 13,
            marketSlippageMillionths: 14
        )
        limits.quoteAgeMaxMilliseconds = 115
        limits.clockSkewMaxMilliseconds = 16
        limits.unknownBlocks = false
        limits.circuit.failuresMax = 17
        limits.circuit.openMilliseconds = 18
        limits.circuit.openMillisecondsMax = 19
        limits.rejects.rejectsMax = 21
        limits.rejects.periodMilliseconds = 122
        limits.rejects.coolDownMilliseconds = 23
        limits.loss.dailyLossMax = Make.amount("31")
        limits.loss.dailyLossMillionths = 32
        limits.loss.onDailyLoss = .killFlatten
        limits.loss.drawdownMillionths = 33
        limits.loss.onDrawdown = .disable
        limits.loss.failuresMax = 29
        limits.loss.onFailures = .killFlatten
        limits.loss.slippageMillionths = 30
        limits.loss.onSlippage = .killCancel
        limits.positionNotionalMax = Make.amount("24")
        limits.exposureNotionalMax = Make.amount("25")
        limits.priceCollarMillionths = 26
        limits.orderRateMax = 27
        limits.orderRateIntervalMilliseconds = 28
        for (number, symbol) in [Make.bitcoin, Make.ether].enumerated() {
            var ofSymbol = SymbolLimits()
            ofSymbol.orderNotionalMax = Amount(raw: Int128(30 + number))
            ofSymbol.orderQuantityMax = Quantity(raw: Int64(40 + number))
            ofSymbol.positionNotionalMax = Amount(raw: Int128(50 + number))
            ofSymbol.priceCollarMillionths = Int64(60 + number)
            limits.bySymbol[symbol] = ofSymbol
        }
        var ofStrategy = StrategyLimits()
        ofStrategy.orderNotionalMax = Make.amount("71")
        ofStrategy.orderRateMax = 72
        ofStrategy.positionNotionalMax = Make.amount("73")
        ofStrategy.exposureNotionalMax = Make.amount("74")
        ofStrategy.requiresStopLoss = true
        ofStrategy.riskShareMillionths = 75
        ofStrategy.dailyLossMax = Make.amount("76")
        ofStrategy.onDailyLoss = .killFlatten
        limits.byStrategy["grid"] = ofStrategy
        return limits
    }
}
