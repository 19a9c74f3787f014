import Testing

@testable import TradingCore

/// What a day lost and how far equity is below its highest, over the whole walk (C2, J2, M3).
@Suite struct DayLossTests {
    static let dollars = Asset("USDT")

    static func rig(
        symbols: [Symbol] = [Make.bitcoin, Make.ether],
        _ change: (inout LossLimits) -> Void
    ) -> Rig {
        var limits = Make.limits()
        limits.allowedSymbols = symbols
        limits.loss.onDailyLoss = .disable
        limits.loss.onDrawdown = .disable
        limits.quoteAgeMaxMilliseconds = 1_000_000_000
        change(&limits.loss)
        return Rig.ready(Make.settings(limits: limits))
    }

    static func quote(_ rig: Rig, bid: String, _ symbol: Symbol = Make.bitcoin) -> Turn {
        rig.tell(.quoted(symbol, Quote(bid: Make.price(bid), ask: Make.price("1000"))))
    }

    static func account(_ rig: Rig) -> RiskView.Account? {
        rig.gateway.riskView().accounts.first { $0.asset == Self.dollars }
    }

    static func rules(_ rig: Rig) -> [Rule] { rig.gateway.state.breaches.open.map(\.rule) }

    struct Case: Sendable {
        var amount: String?
        var share: Int64?
        var bid: String
        var isBreach: Bool
    }

    /// Ten bitcoins bought at 100 from 100000 dollars: at a bid of 99 the day has lost ten.
    @Test(arguments: [
        Case(amount: "10.00000001", share: nil, bid: "99", isBreach: false),
        Case(amount: "10", share: nil, bid: "99", isBreach: false),
        Case(amount: "9.99999999", share: nil, bid: "99", isBreach: true),
        Case(amount: "10", share: nil, bid: "98.99999999", isBreach: true),
        Case(amount: nil, share: 100, bid: "99", isBreach: false),
        Case(amount: nil, share: 100, bid: "98.99999999", isBreach: true),
        Case(amount: "1000", share: 99, bid: "99", isBreach: true),
        Case(amount: "9", share: 1_000, bid: "99", isBreach: true),
        Case(amount: "0.00000001", share: nil, bid: "100", isBreach: false),
    ])
    func `the loss of a day, at its limit and one unit to either side`(_ item: Case) {
        let rig = Self.rig {
            $0.dailyLossMax = item.amount.map { Make.amount($0) }
            $0.dailyLossMillionths = item.share
        }
        _ = Self.quote(rig, bid: "100")
        rig.hold("10")
        #expect(Self.rules(rig).isEmpty)
        let turn = Self.quote(rig, bid: item.bid)
        #expect(Self.rules(rig) == (item.isBreach ? [.dailyLoss] : []))
        #expect(turn.needsSync == item.isBreach)
        // What it breaks once it breaks once.
        #expect(Self.quote(rig, bid: "50").events.count == (item.isBreach ? 0 : 1))
        #expect(rig.place(Make.terms(.buy)).order?.refusal?.rule == .tradingDisabled)
        #expect(rig.place(Make.terms(.sell, "10", at: nil)).placements.count == 1)
    }

    @Test func `fees count: in the quote asset, in the base asset, and in a third one`() {
        let bnb = Symbol("BNBUSDT")
        for (asset, fee, loss) in [
            ("USDT", "3", "3"), ("BTC", "0.5", "50"), ("BNB", "0.01", "10"), ("BNB", "0", "0"),
        ] {
            let rig = Self.rig(symbols: [Make.bitcoin, bnb]) {
                $0.dailyLossMax = Make.amount("1000")
            }
            _ = Self.quote(rig, bid: "100")
            _ = Self.quote(rig, bid: "900", bnb)
            let intent = rig.openOrder(Make.terms(.buy, "1"), venue: 1_001)
            rig.trade(intent, at: "100", fee: fee, in: asset)
            #expect(Self.account(rig)?.loss == Make.amount(loss), "\(asset)")
            #expect(Self.account(rig)?.fees.first?.amount ?? .zero == Make.amount(fee), "\(asset)")
        }
    }

    @Test func `while the loss is not known, nothing grows`() {
        let rig = Self.rig { $0.dailyLossMax = Make.amount("1000") }
        _ = Self.quote(rig, bid: "100")
        let intent = rig.openOrder(Make.terms(.buy, "1"), venue: 1_001)
        // Nobody tells what the fee is worth.
        rig.trade(intent, at: "100", fee: "0.01", in: "BNB")
        let refusal = rig.place().order?.refusal
        #expect(refusal?.rule == .dailyLoss && refusal?.actual == "unknown")
        #expect(rig.place(Make.terms(.sell, "1")).placements.count == 1)
        // The drawdown does not ask for it.
        let other = Self.rig { $0.drawdownMillionths = 1_000 }
        _ = Self.quote(other, bid: "100")
        let bought = other.openOrder(Make.terms(.buy, "1"), venue: 1_001)
        other.trade(bought, at: "100", fee: "0.01", in: "BNB")
        #expect(other.place().placements.count == 1)
    }

    @Test func `realized and unrealized profit together make the loss`() {
        let rig = Self.rig { $0.dailyLossMax = Make.amount("1000") }
        _ = Self.quote(rig, bid: "100")
        rig.hold("10")
        let sale = rig.openOrder(Make.terms(.sell, "4", at: "90"), venue: 1_002)
        rig.trade(sale, at: "90")
        _ = Self.quote(rig, bid: "95")
        let account = Self.account(rig)
        #expect(account?.realizedProfit == Notional(Make.amount("-40")))
        #expect(account?.loss == Make.amount("70"))
        #expect(account?.equity == Make.amount("99930"))
    }

    @Test func `a restart forgets neither the day's loss nor the breach`() {
        let rig = Self.rig { $0.dailyLossMax = Make.amount("100") }
        _ = Self.quote(rig, bid: "100")
        rig.hold("10")
        _ = Self.quote(rig, bid: "95")
        rig.start()
        // Without a price what is held cannot be valued.
        #expect(Self.account(rig)?.loss == nil)
        rig.connect()
        #expect(Self.account(rig)?.loss == Make.amount("10"))
        #expect(Self.quote(rig, bid: "90").events.isEmpty)
        #expect(Self.quote(rig, bid: "89").alerts == [.riskBreached])
        rig.start()
        rig.connect()
        #expect(Self.rules(rig) == [.dailyLoss])
        #expect(rig.place().order?.refusal?.rule == .tradingDisabled)
    }

    @Test func `a day begins when the venue's time says so, and a clock that is set begins none`() {
        let rig = Self.rig { $0.dailyLossMax = Make.amount("100") }
        _ = Self.quote(rig, bid: "100")
        rig.hold("10")
        _ = Self.quote(rig, bid: "95")
        let begun = Self.account(rig)?.dayStart
        #expect(begun == WallTime(milliseconds: 1_699_920_000_000))
        // Our clock is set a day ahead; then the venue tells that it was ours alone.
        rig.now = Instant(
            monotonic: rig.now.monotonic.adding(milliseconds: 1_000),
            wall: rig.now.wall.adding(milliseconds: 86_400_000)
        )
        _ = Self.quote(rig, bid: "94")
        #expect(Self.account(rig)?.dayStart == begun)
        let sample = ClockSample(
            offsetMilliseconds: -86_399_000,
            roundTripMilliseconds: 1,
            at: rig.now
        )
        rig.tell(.clockMeasured(sample))
        #expect(Self.account(rig)?.dayStart == begun)
        #expect(Self.account(rig)?.loss == Make.amount("60"))
        // 22:13:20 and 6400 seconds are midnight; the estimate may be off by a few seconds.
        rig.advance(milliseconds: 6_398_000)
        _ = Self.quote(rig, bid: "93")
        #expect(Self.account(rig)?.dayStart == begun)
        rig.advance(milliseconds: 5_000)
        _ = Self.quote(rig, bid: "93")
        #expect(Self.account(rig)?.dayStart == begun?.adding(milliseconds: 86_400_000))
        #expect(Self.account(rig)?.startEquity == Make.amount("99930"))
        #expect(Self.account(rig)?.loss == .zero)
        #expect(Self.account(rig)?.realizedProfit == .zero)
    }

    @Test(arguments: [(Int64(0), Int64(1_699_920_000_000)), (1_320, 1_699_999_200_000)])
    func `a day begins at the time of day that is set`(_ minutes: Int64, _ start: Int64) {
        let rig = Self.rig {
            $0.dailyLossMax = Make.amount("100")
            $0.dayStartMinutes = minutes
        }
        #expect(Self.account(rig)?.dayStart == WallTime(milliseconds: start))
    }

    /// A rig whose second day began ten seconds ago, at a bid of 99.
    static func secondDay() -> Rig {
        let rig = Self.rig { $0.dailyLossMax = Make.amount("100") }
        rig.advance(milliseconds: 6_410_000)
        _ = Self.quote(rig, bid: "99")
        return rig
    }

    @Test func `a trade of yesterday that is learned today lands on its own day (J2)`() {
        let rig = Self.secondDay()
        let start = WallTime(milliseconds: 1_700_006_400_000)
        #expect(Self.account(rig)?.dayStart == start)
        let intent = rig.openOrder(Make.terms(.buy, "4", at: "150"), venue: 1_001)
        rig.trade(
            intent,
            at: "150",
            fee: "1",
            in: "USDT",
            time: start.adding(milliseconds: -1)
        )
        #expect(Self.account(rig)?.loss == .zero)
        #expect(Self.account(rig)?.startEquity == Make.amount("99795"))
        #expect(Self.account(rig)?.fees.isEmpty == true)
        let late = rig.openOrder(Make.terms(.sell, "4", at: "50"), venue: 1_002)
        rig.trade(late, at: "50", fee: "1", in: "USDT", time: start.adding(milliseconds: -1))
        #expect(Self.account(rig)?.loss == .zero)
        #expect(Self.account(rig)?.realizedProfit == .zero)
        let today = rig.openOrder(Make.terms(.buy, "1", at: "150"), venue: 1_003)
        rig.trade(today, at: "150", time: start)
        #expect(Self.account(rig)?.loss == Make.amount("51"))
    }

    @Test func `the first trade of a day begins it`() {
        let rig = Self.rig { $0.dailyLossMax = Make.amount("100") }
        _ = Self.quote(rig, bid: "99")
        let intent = rig.openOrder(Make.terms(.buy, "1", at: "150"), venue: 1_001)
        rig.advance(milliseconds: 6_400_000)
        let start = WallTime(milliseconds: 1_700_006_400_000)
        rig.trade(intent, at: "150", time: start)
        #expect(Self.account(rig)?.dayStart == start)
        #expect(Self.account(rig)?.startEquity == Make.amount("100000"))
        #expect(Self.account(rig)?.loss == Make.amount("51"))
        // A trade from a future that the venue's clock does not know begins nothing.
        let next = rig.openOrder(Make.terms(.buy, "1", at: "150"), venue: 1_002)
        rig.trade(next, at: "150", time: start.adding(milliseconds: 86_400_000))
        #expect(Self.account(rig)?.dayStart == start)
    }

    @Test func `what comes or goes by other means than trading is no profit and no loss`() {
        var record = EquityRecord(Make.equityMark())
        record.move(by: Make.amount("-40"))
        #expect(record.startEquity == Make.amount("60"))
        #expect(record.baseEquity == Make.amount("59"))
        #expect(record.highWater == Make.amount("61"))
        var state = State()
        let dollars = Self.dollars
        let time = Rig.begin.wall
        _ = state.apply(.equityMarked(.testnet, dollars, Make.equityMark()), at: time)
        let moved = Event.balanceMoved(
            .testnet,
            dollars,
            delta: Make.amount("-40"),
            isOpening: false
        )
        _ = state.apply(moved, at: time)
        #expect(state.equities[.testnet]?[dollars] == record)
    }

    /// Equity rises from 100000 to 101000 and comes down to 99990, by exactly one hundredth.
    @Test(arguments: [(Int64(10_001), false), (10_000, false), (9_999, true)])
    func `the drawdown from the highest equity`(_ limit: Int64, _ isBreach: Bool) {
        let rig = Self.rig { $0.drawdownMillionths = limit }
        _ = Self.quote(rig, bid: "100")
        rig.hold("10")
        _ = Self.quote(rig, bid: "200")
        #expect(Self.account(rig)?.highWater == Make.amount("101000"))
        rig.start()
        rig.connect()
        #expect(Self.account(rig)?.drawdownMillionths == 10_000)
        #expect(Self.rules(rig) == (isBreach ? [.drawdown] : []))
        let limitText = isBreach ? LossLimits.share(limit) : nil
        #expect(rig.gateway.state.breaches.open.first?.limit == limitText)
    }

    @Test func `the highest equity follows in steps, so that the journal is not filled`() {
        let rig = Self.rig { $0.drawdownMillionths = 10_000 }
        _ = Self.quote(rig, bid: "100")
        rig.hold("10")
        #expect(Self.quote(rig, bid: "104.9").events.isEmpty)
        #expect(Self.quote(rig, bid: "105").events.count == 1)
        #expect(Self.account(rig)?.highWater == Make.amount("100050"))
    }

    @Test func `after an acknowledgement losses are counted from there`() {
        let rig = Self.rig {
            $0.dailyLossMax = Make.amount("100")
            $0.drawdownMillionths = 1_000
        }
        _ = Self.quote(rig, bid: "100")
        rig.hold("10")
        _ = Self.quote(rig, bid: "80")
        #expect(Self.rules(rig) == [.dailyLoss, .drawdown])
        _ = RiskBreachTests.acknowledge(rig)
        #expect(Self.account(rig)?.loss == .zero)
        #expect(Self.account(rig)?.highWater == Make.amount("99800"))
        #expect(Self.account(rig)?.startEquity == Make.amount("100000"))
        #expect(rig.place().placements.count == 1)
        #expect(Self.quote(rig, bid: "70.1").alerts.isEmpty)
        #expect(Self.quote(rig, bid: "69").alerts == [.riskBreached, .riskBreached])
    }

    @Test func `a loss engages the kill switch unless something else is set`() {
        let rig = Self.rig {
            $0.dailyLossMax = Make.amount("100")
            $0.onDailyLoss = LossLimits().onDailyLoss
        }
        _ = Self.quote(rig, bid: "100")
        rig.hold("10")
        #expect(Self.quote(rig, bid: "80").engagesKillSwitch)
        #expect(rig.gateway.state.killSwitch.level == .block)
        #expect(rig.gateway.state.killSwitch.reason.hasPrefix("daily_loss: The account"))
    }
}
