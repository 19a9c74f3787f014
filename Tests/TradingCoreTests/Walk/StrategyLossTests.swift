import Testing

@testable import TradingCore

/// What a strategy's own fills lost in a day, over the whole walk (C1, C3, B6).
@Suite struct StrategyLossTests {
    static func settings(
        _ lossMax: String? = "10",
        names: [String] = ["grid"],
        _ change: (inout RiskLimits) -> Void = { _ in }
    ) -> GatewaySettings {
        var limits = Make.limits()
        limits.quoteAgeMaxMilliseconds = 1_000_000_000
        for name in names {
            limits.byStrategy[name, default: StrategyLimits()].dailyLossMax = lossMax.map {
                Make.amount($0)
            }
        }
        change(&limits)
        return Make.settings(limits: limits)
    }

    /// Takes orders at a bid of 100, so that what is bought there has lost nothing.
    static func rig(_ settings: GatewaySettings = Self.settings()) -> Rig {
        let rig = Rig.ready(settings)
        Self.quote(rig, bid: "100")
        return rig
    }

    @discardableResult
    static func quote(_ rig: Rig, bid: String, _ symbol: Symbol = Make.bitcoin) -> Turn {
        rig.tell(.quoted(symbol, Quote(bid: Make.price(bid), ask: Make.price("1000"))))
    }

    @discardableResult
    static func place(_ rig: Rig, _ strategy: String, _ terms: OrderTerms = Make.terms()) -> Turn {
        var wish = Make.wish(terms)
        wish.strategy = strategy
        return rig.ask(.placeOrder(wish))
    }

    @discardableResult
    static func trade(
        _ rig: Rig,
        _ strategy: String,
        _ side: Side,
        _ quantity: String,
        at price: String = "100",
        fee: String = "0",
        in feeAsset: String? = nil,
        time: WallTime? = nil
    ) -> Turn {
        let terms = Make.terms(side, quantity, at: price)
        guard let intent = Self.place(rig, strategy, terms).placements.first else {
            fatalError("not placed")
        }
        let number = 1_000 + Int64(clamping: intent.orderID.raw)
        let report = Make.report(intent, venue: number)
        rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
        return rig.trade(intent, at: price, fee: fee, in: feeAsset, time: time)
    }

    static func gauge(_ rig: Rig, _ strategy: String = "grid") -> RiskSummary.Gauge? {
        rig.gateway.strategyLossGauges().first { gauge in
            gauge.name == "strategies.\(strategy).daily_loss_max" && gauge.scope == "USDT"
        }
    }

    /// As exact text; nil while it is not known.
    static func loss(_ rig: Rig, _ strategy: String = "grid") -> String? {
        Self.gauge(rig, strategy)?.actual
    }

    static func held(_ rig: Rig, _ strategy: String) -> Amount {
        rig.gateway.state.strategies[.testnet]?.byName[strategy]?.held(Make.bitcoin) ?? .zero
    }

    static func breaches(_ rig: Rig) -> [String] {
        rig.gateway.state.breaches.open.map { "\($0.rule.name) \($0.strategy)" }
    }

    // MARK: The limit

    /// Ten bitcoins bought at 100: at a bid of 99 the day has lost ten.
    @Test(arguments: [
        ("10.00000001", "99", false), ("10", "99", false), ("9.99999999", "99", true),
        ("10", "98.99999999", true), ("0.00000001", "100", false),
    ])
    func `the loss of a day, at its limit and one unit to either side`(
        limit: String,
        bid: String,
        isBreach: Bool
    ) {
        let rig = Self.rig(Self.settings(limit))
        Self.trade(rig, "grid", .buy, "10")
        // Others lose as well, and their fills are theirs.
        Self.trade(rig, "other", .buy, "5", at: "200")
        rig.hold("7", at: "300")
        #expect(Self.breaches(rig).isEmpty)
        let turn = Self.quote(rig, bid: bid)
        #expect(Self.breaches(rig) == (isBreach ? ["daily_loss grid"] : []))
        #expect(turn.needsSync == isBreach && turn.alerts == (isBreach ? [.riskBreached] : []))
        #expect(!turn.engagesKillSwitch)
        #expect(Self.quote(rig, bid: "50").events.count == (isBreach ? 0 : 1))
        // It stops the strategy alone, and not what only reduces.
        #expect(Self.place(rig, "grid").order?.refusal?.rule == .tradingDisabled)
        #expect(Self.place(rig, "other").placements.count == 1)
        #expect(rig.place(Make.terms()).placements.count == 1)
        let sale = Make.terms(.sell, "10", at: nil)
        #expect(Self.place(rig, "grid", sale).placements.count == 1)
        ExitTests.expectSame(rig)
    }

    @Test func `the breach tells the limit and the loss, and the summary the share`() {
        let rig = Self.rig()
        Self.trade(rig, "grid", .buy, "10")
        Self.quote(rig, bid: "99.5")
        let gauge = Self.gauge(rig)
        #expect(gauge?.limit == "10" && gauge?.actual == "5" && gauge?.shareMillionths == 500_000)
        Self.quote(rig, bid: "98")
        let breach = rig.gateway.state.breaches.open.first
        #expect(breach?.limit == "10" && breach?.actual == "20" && breach?.action == .disable)
        #expect(breach?.asset == Asset("USDT") && breach?.venue == .testnet)
        let refusal = Self.place(rig, "grid").order?.refusal
        #expect(refusal?.actual == "breach 1: daily_loss")
        #expect(refusal?.message.contains("Strategy grid lost 20 USDT at testnet") == true)
    }

    @Test(arguments: [
        ("USDT", "3", "3"), ("BTC", "0.5", "50"), ("BNB", "0.01", "10"), ("BNB", "0", "0"),
    ])
    func `fees count, whichever asset pays them`(asset: String, fee: String, loss: String) {
        let bnb = Symbol("BNBUSDT")
        let rig = Self.rig(
            Self.settings("1000") { $0.allowedSymbols = [Make.bitcoin, bnb] }
        )
        Self.quote(rig, bid: "900", bnb)
        Self.trade(rig, "grid", .buy, "1", fee: fee, in: asset)
        #expect(Self.loss(rig) == loss)
    }

    @Test func `what was realized and what is not make the loss together`() {
        let rig = Self.rig(Self.settings("1000"))
        Self.trade(rig, "grid", .buy, "10")
        Self.trade(rig, "grid", .sell, "4", at: "90")
        Self.quote(rig, bid: "95")
        #expect(Self.loss(rig) == "70")
        let position = rig.gateway.state.strategies[.testnet]?.byName["grid"]?.ledger
            .positions[Make.bitcoin]
        #expect(position?.realizedProfit == Notional(Make.amount("-40")))
        #expect(position?.averagePrice == Make.price("100"))
    }

    @Test func `a breach may engage the kill switch, where that is set`() {
        let rig = Self.rig(
            Self.settings { $0.byStrategy["grid"]?.onDailyLoss = .killCancel }
        )
        Self.trade(rig, "grid", .buy, "10")
        #expect(Self.quote(rig, bid: "80").engagesKillSwitch)
        #expect(rig.gateway.state.killSwitch.level == .cancel)
        #expect(rig.gateway.state.killSwitch.reason.hasPrefix("daily_loss: Strategy grid lost"))
    }

    @Test func `the account's limit and those of two strategies break one by one`() {
        let rig = Self.rig(
            Self.settings("10", names: ["grid", "trend"]) {
                $0.loss.dailyLossMax = Make.amount("35")
                $0.loss.onDailyLoss = .disable
            }
        )
        Self.trade(rig, "grid", .buy, "10")
        Self.trade(rig, "trend", .buy, "5")
        Self.quote(rig, bid: "98.5")
        #expect(Self.breaches(rig) == ["daily_loss grid"])
        Self.quote(rig, bid: "97.9")
        #expect(Self.breaches(rig) == ["daily_loss grid", "daily_loss trend"])
        #expect(rig.place().placements.count == 1)
        Self.quote(rig, bid: "97")
        #expect(Self.breaches(rig) == ["daily_loss grid", "daily_loss trend", "daily_loss "])
        #expect(rig.place().order?.refusal?.rule == .tradingDisabled)
    }

    @Test func `after an acknowledgement the loss is counted from there`() {
        let rig = Self.rig()
        Self.trade(rig, "grid", .buy, "10")
        Self.quote(rig, bid: "98")
        _ = RiskBreachTests.acknowledge(rig)
        #expect(Self.loss(rig) == "0" && Self.breaches(rig).isEmpty)
        #expect(Self.place(rig, "grid").placements.count == 1)
        #expect(Self.quote(rig, bid: "97").alerts.isEmpty)
        #expect(Self.quote(rig, bid: "96.9").alerts == [.riskBreached])
        ExitTests.expectSame(rig)
    }

    // MARK: Restarts and days

    @Test func `a restart forgets neither what a strategy lost nor its breach`() {
        let rig = Self.rig()
        Self.trade(rig, "grid", .buy, "10")
        Self.quote(rig, bid: "99.5")
        rig.start()
        #expect(Self.loss(rig) == nil)
        rig.tell(.streamOpened)
        rig.connect()
        #expect(Self.loss(rig) == "10")
        #expect(Self.quote(rig, bid: "98.9").alerts == [.riskBreached])
        rig.start()
        rig.connect()
        #expect(Self.breaches(rig) == ["daily_loss grid"])
        #expect(Self.place(rig, "grid").order?.refusal?.rule == .tradingDisabled)
        #expect(rig.place().placements.count == 1)
        ExitTests.expectSame(rig)
    }

    @Test func `while it is not known what a strategy lost, it grows nothing`() {
        let rig = Self.rig(Self.settings("1000"))
        Self.trade(rig, "grid", .buy, "1", fee: "0.01", in: "BNB")
        let refusal = Self.place(rig, "grid").order?.refusal
        #expect(refusal?.rule == .dailyLoss && refusal?.actual == "unknown")
        #expect(refusal?.message.contains("strategy grid") == true)
        #expect(Self.place(rig, "grid", Make.terms(.sell, "1")).placements.count == 1)
        #expect(Self.place(rig, "other").placements.count == 1)
        #expect(rig.place().placements.count == 1)
    }

    @Test(arguments: [Int64(0), 1_320])
    func `a day begins when the account's does, and what is held goes along at its worth`(
        minutes: Int64
    ) {
        let rig = Self.rig(Self.settings { $0.loss.dayStartMinutes = minutes })
        Self.trade(rig, "grid", .buy, "10")
        Self.quote(rig, bid: "99.1")
        #expect(Self.loss(rig) == "9")
        let start = EquityRecord.dayStart(of: Rig.begin.wall, minutes: minutes)
        let end = start.adding(milliseconds: EquityRecord.dayMilliseconds)
        rig.advance(milliseconds: end.milliseconds - Rig.begin.wall.milliseconds - 60_000)
        Self.quote(rig, bid: "99.1")
        #expect(Self.loss(rig) == "9")
        // How far off the venue's clock may be grows with the time since it was read.
        rig.advance(milliseconds: 300_000)
        rig.turn(.wake)
        #expect(Self.loss(rig) == "0")
        Self.quote(rig, bid: "98.1")
        #expect(Self.loss(rig) == "10" && Self.breaches(rig).isEmpty)
        Self.quote(rig, bid: "98")
        #expect(Self.breaches(rig) == ["daily_loss grid"])
    }

    @Test func `a trade counts on its own day, whenever it is learned (J2)`() {
        let rig = Self.rig(Self.settings("1000"))
        let start = WallTime(milliseconds: 1_700_006_400_000)
        rig.advance(milliseconds: 6_400_000)
        // The first trade of a day begins it.
        Self.trade(rig, "grid", .buy, "1", at: "150", time: start)
        #expect(Self.loss(rig) == "50")
        rig.advance(milliseconds: 10_000)
        Self.quote(rig, bid: "100")
        #expect(Self.loss(rig) == "50")
        let yesterday = start.adding(milliseconds: -1)
        Self.trade(rig, "grid", .buy, "4", at: "150", fee: "1", in: "USDT", time: yesterday)
        #expect(Self.loss(rig) == "50")
        Self.quote(rig, bid: "99")
        #expect(Self.loss(rig) == "55")
        ExitTests.expectSame(rig)
    }

    // MARK: Whose fill it is

    @Test func `what closes the account's position counts to all who hold it, in proportion`() {
        let rig = Self.rig(Self.settings("1000", names: ["a", "b"]))
        Self.trade(rig, "a", .buy, "3")
        Self.trade(rig, "b", .buy, "1")
        rig.hold("4")
        let close = PositionRequest(
            symbol: Make.bitcoin,
            goal: .closeShare(PositionShare(raw: 50_000_000)),
            principal: Principal("carol")
        )
        guard let sale = rig.ask(.position(close)).placements.first else {
            Issue.record("not placed")
            return
        }
        rig.trade(sale, at: "90", fee: "4", in: "USDT")
        #expect(Self.held(rig, "a") == Make.amount("1.5"))
        #expect(Self.held(rig, "b") == Make.amount("0.5"))
        // Half of what each held, ten below, and its share of the fee.
        #expect(Self.loss(rig, "a") == "16.5" && Self.loss(rig, "b") == "5.5")
        ExitTests.expectSame(rig)
    }

    @Test func `a strategy that closes sells its own first, the others' in proportion`() {
        let rig = Self.rig(Self.settings("1000", names: ["a", "b", "c"]))
        Self.trade(rig, "a", .buy, "3")
        Self.trade(rig, "b", .buy, "1")
        Self.trade(rig, "c", .buy, "1")
        let close = PositionRequest(
            symbol: Make.bitcoin,
            goal: .closeQuantity(Make.quantity("4")),
            principal: Principal("carol"),
            strategy: "a"
        )
        guard let sale = rig.ask(.position(close)).placements.first else {
            Issue.record("not placed")
            return
        }
        rig.trade(sale, at: "90")
        #expect(
            ["a", "b", "c"].map { Self.held(rig, $0) } == ["0", "0.5", "0.5"].map(Make.amount)
        )
        #expect(["a", "b", "c"].map { Self.loss(rig, $0) } == ["30", "5", "5"])
    }

    @Test func `the kill switch closes what every strategy holds`() {
        let rig = Self.rig(Self.settings("1000", names: ["a", "b"]))
        Self.trade(rig, "a", .buy, "0.33333")
        Self.trade(rig, "b", .buy, "0.66667")
        let engaged = rig.ask(.killEngage(.flatten, Principal("me"), reason: "test"))
        guard let sale = engaged.placements.first else {
            Issue.record("not placed")
            return
        }
        #expect(sale.terms.quantity == Make.quantity("1"))
        rig.trade(sale, at: "90")
        #expect(Self.held(rig, "a") == .zero && Self.held(rig, "b") == .zero)
        #expect(Self.loss(rig, "a") == "3.3333" && Self.loss(rig, "b") == "6.6667")
        ExitTests.expectSame(rig)
    }

    @Test func `exits count to the strategy of their entry, whoever lets them sell`() throws {
        for isClosed in [false, true] {
            let rig = Self.rig(Self.settings("1000", names: ["grid", "s"]))
            var wish = Make.wish()
            wish.exits = Make.exits(profit: nil)
            wish.strategy = "grid"
            let entry = try #require(rig.ask(.placeOrder(wish)).placements.first)
            let number = 1_000 + Int64(clamping: entry.orderID.raw)
            let report = Make.report(entry, venue: number)
            rig.tell(.placementAnswered(entry.orderID, .accepted(report)))
            let stop = try #require(rig.trade(entry, at: "100").placements.first)
            rig.take(stop, venue: number + 1)
            #expect(stop.strategy == "grid" && Self.held(rig, "grid") == Make.amount("1"))
            var sale = stop
            if isClosed {
                rig.ask(ExitClosingTests.close())
                sale = try #require(rig.end(stop, venue: number + 1).placements.first)
                #expect(sale.strategy == "grid" && sale.principal == Principal("alice"))
            }
            rig.trade(sale, at: "90")
            #expect(Self.held(rig, "grid") == .zero && Self.held(rig, "s") == .zero)
            #expect(Self.loss(rig) == "10" && Self.loss(rig, "s") == "0")
            ExitTests.expectSame(rig)
        }
    }

    @Test func `names beyond the bound make the one that was silent for the longest forgotten`() {
        var books = StrategyBooks()
        books.take(Make.equityMark(), of: "limited", in: Asset("USDT"))
        var intent = Make.intent(1)
        let most = StrategyBooks.namesMax
        for number in 0...most {
            intent.strategy = "s\(number)"
            var fill = Make.fill(Int64(number))
            fill.time = WallTime(milliseconds: Int64(number))
            books.count(fill, of: intent, held: .zero)
        }
        #expect(books.byName.count == most && books.byName["limited"] != nil)
        #expect(books.byName["s0"] == nil && books.byName["s1"] == nil)
        #expect(books.byName["s2"] != nil && books.byName["s\(most)"] != nil)
        // What nobody limits is kept while something is held.
        intent.strategy = "s2"
        intent.terms = Make.terms(.sell, "0.5")
        books.count(Make.fill(9_999), of: intent, held: .zero)
        #expect(books.byName["s2"] == nil)
    }
}
