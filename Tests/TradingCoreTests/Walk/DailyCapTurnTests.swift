import Testing

@testable import TradingCore

/// The venue's cap (B5) and a strategy's (B6) at midnight, and for orders that are changed.
///
/// Both count alike, so that each test is of both.
@Suite struct DailyCapTurnTests {
    enum Cap: CaseIterable {
        case ofVenue, ofStrategy

        /// A rig whose orders of `grid` may be worth 300 in a day.
        func rig(_ change: (inout RiskLimits) -> Void = { _ in }) -> Rig {
            StrategyCapTests.rig(
                StrategyCapTests.settings(
                    self == .ofStrategy ? ["grid": "300"] : [:],
                    venue: self == .ofVenue ? "300" : nil
                ) {
                    $0.quoteAgeMaxMilliseconds = 1_000_000_000
                    $0.clockSkewMaxMilliseconds = 1_000_000_000
                    change(&$0)
                }
            )
        }

        func placed(_ rig: Rig) -> String {
            let day = rig.gateway.state.dayNotionals[.testnet]
            let placed = self == .ofVenue ? day?.placed : day?.strategies["grid"]?.placed
            return "\(placed?[StrategyCapTests.dollar] ?? .zero)"
        }
    }

    /// From the beginning of a rig to the end of its day, by the clock of the venue.
    static let lastMillisecond = 86_400_000 - 1 - Rig.begin.wall.milliseconds % 86_400_000

    static func isRefused(_ rig: Rig, _ quantity: String = "0.1") -> Bool {
        let refusal = StrategyCapTests.refusal(rig, quantity)
        #expect(refusal == nil || refusal?.rule == .dailyNotional)
        return refusal != nil
    }

    // MARK: Midnight

    @Test(arguments: Cap.allCases)
    func `a day ends with its last millisecond and gives the next one nothing (M3)`(_ cap: Cap) {
        let rig = cap.rig()
        rig.advance(milliseconds: Self.lastMillisecond)
        let old = StrategyCapTests.open(rig)
        let midnight = old.timestamp.adding(milliseconds: 1)
        #expect(UTCDay(of: old.timestamp) < UTCDay(of: midnight))
        #expect(Self.isRefused(rig))
        // The last nanosecond before midnight is of the old day, too.
        rig.advance(nanoseconds: 999_999)
        #expect(Self.isRefused(rig))
        rig.advance(nanoseconds: 1)
        #expect(cap.placed(rig) == "300", "nothing was placed on the new day yet")
        let new = StrategyCapTests.open(rig, "grid", Make.terms(.buy, "2"))
        #expect(cap.placed(rig) == "200")
        // What yesterday's order becomes is no matter of today.
        StrategyCapTests.tell(rig, old, .partiallyFilled, executed: "1", trade: 1)
        #expect(cap.placed(rig) == "200")
        StrategyCapTests.tell(rig, old, .canceled, executed: "2", trade: 2)
        #expect(cap.placed(rig) == "200")
        #expect(Self.isRefused(rig, "1.00001"))
        StrategyCapTests.tell(rig, new, .canceled)
        #expect(cap.placed(rig) == "0" && !Self.isRefused(rig, "3"))
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test(arguments: Cap.allCases, [Int64(-86_400_000), -1, 86_400_000])
    func `a clock that is set begins no day anew, ours or the venue's (M3)`(
        _ cap: Cap,
        step: Int64
    ) {
        let rig = cap.rig()
        rig.advance(milliseconds: Self.lastMillisecond + 1)
        _ = StrategyCapTests.open(rig)
        #expect(Self.isRefused(rig))
        // Our own clock is set; the venue's says what it said.
        let wall = rig.now.wall
        rig.now = Instant(
            monotonic: rig.now.monotonic,
            wall: wall.adding(milliseconds: step)
        )
        DailyCapTests.setVenueClock(rig, aheadMilliseconds: -step)
        #expect(Self.isRefused(rig))
        // The venue's is set back into yesterday, and comes forward again.
        DailyCapTests.setVenueClock(rig, aheadMilliseconds: -step - 120_000)
        #expect(Self.isRefused(rig))
        DailyCapTests.setVenueClock(rig, aheadMilliseconds: -step)
        #expect(Self.isRefused(rig) && cap.placed(rig) == "300")
        rig.start()
        #expect(cap.placed(rig) == "300")
    }

    @Test(arguments: Cap.allCases)
    func `an order that is approved after midnight counts on the new day`(_ cap: Cap) throws {
        let rig = cap.rig { $0.sensitiveNotional = Make.amount("200") }
        rig.advance(milliseconds: Self.lastMillisecond)
        let terms = Make.terms(.buy, "2.5")
        let held = try #require(StrategyLossTests.place(rig, "grid", terms).order)
        #expect(held.status == .held)
        _ = StrategyCapTests.open(rig, "grid", Make.terms(.buy, "1"))
        rig.advance(milliseconds: 1)
        #expect(rig.ask(ApprovalTests.approve(held.orderID)).placements.count == 1)
        #expect(cap.placed(rig) == "250")
    }

    // MARK: Orders that are changed

    @Test(arguments: Cap.allCases)
    func `a reduction gives back what the venue has confirmed of it`(_ cap: Cap) {
        let rig = cap.rig()
        let intent = StrategyCapTests.open(rig)
        rig.ask(AmendTests.wish(intent, "2"))
        #expect(cap.placed(rig) == "300" && Self.isRefused(rig))
        var report = Make.report(intent, venue: StrategyCapTests.number(of: intent))
        report.quantity = Make.quantity("2")
        rig.tell(.orderReported(report))
        #expect(cap.placed(rig) == "200")
        #expect(Self.isRefused(rig, "1.00001") && !Self.isRefused(rig, "1"))
    }

    struct Change: Sendable {
        var quantity: String?
        var price: String?
        /// What counts once the order is replaced; nil where it is not.
        var placed: String?
    }

    @Test(
        arguments: Cap.allCases,
        [
            Change(quantity: nil, price: "99", placed: "298"),
            Change(quantity: nil, price: "100.01", placed: nil),
            Change(quantity: "2.9", price: "105", placed: "299.5"),
            Change(quantity: "3.00001", price: nil, placed: nil),
            Change(quantity: "3.00001", price: "99", placed: "298.00099"),
        ]
    )
    func `a replacement is judged as if the rest of the old order were gone, and counts after it`(
        _ cap: Cap,
        _ change: Change
    ) throws {
        let rig = cap.rig()
        let intent = StrategyCapTests.open(rig)
        StrategyCapTests.tell(rig, intent, .partiallyFilled, executed: "1")
        let turn = rig.ask(AmendTests.wish(intent, change.quantity, at: change.price))
        guard let placed = change.placed else {
            #expect(turn.refusal?.rule == .dailyNotional && turn.requests.isEmpty)
            #expect(rig.state(of: intent)?.pendingAmend == nil && cap.placed(rig) == "300")
            return
        }
        // Until the old one's end is proven it counts, and nothing else passes.
        #expect(cap.placed(rig) == "300" && Self.isRefused(rig))
        let end = Make.report(
            intent,
            .canceled,
            venue: StrategyCapTests.number(of: intent),
            executed: "1"
        )
        let ended = rig.tell(.orderReported(end))
        #expect(try #require(ended.placements.first).predecessor == intent.orderID)
        #expect(cap.placed(rig) == placed)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test(arguments: Cap.allCases)
    func `a replacement of yesterday's order counts today in full, and frees nothing of today`(
        _ cap: Cap
    ) {
        let rig = cap.rig()
        rig.advance(milliseconds: Self.lastMillisecond)
        let old = StrategyCapTests.open(rig)
        rig.advance(milliseconds: 1)
        let new = StrategyCapTests.open(rig, "grid", Make.terms(.buy, "0.1"))
        let refused = rig.ask(AmendTests.wish(old, at: "99"))
        #expect(refused.refusal?.rule == .dailyNotional && refused.refusal?.actual == "307")
        StrategyCapTests.tell(rig, new, .canceled)
        rig.ask(AmendTests.wish(old, at: "99"))
        StrategyCapTests.tell(rig, old, .canceled)
        #expect(cap.placed(rig) == "297")
    }

    @Test(arguments: Cap.allCases)
    func `a replacement that was asked for before midnight counts on the day that it is placed`(
        _ cap: Cap
    ) throws {
        let rig = cap.rig()
        rig.advance(milliseconds: Self.lastMillisecond)
        let old = StrategyCapTests.open(rig)
        rig.ask(AmendTests.wish(old, at: "99"))
        rig.advance(milliseconds: 1)
        // Meanwhile another order takes what today has room for.
        let new = StrategyCapTests.open(rig, "grid", Make.terms(.buy, "0.1"))
        let end = Make.report(old, .canceled, venue: StrategyCapTests.number(of: old))
        let turn = rig.tell(.orderReported(end))
        #expect(turn.placements.isEmpty)
        let successor = try #require(rig.state(of: old)?.successor)
        let refused = try #require(turn.events.compactMap(Self.refused).first)
        #expect(refused.0 == successor && refused.1 == .dailyNotional)
        #expect(cap.placed(rig) == "10")
        StrategyCapTests.tell(rig, new, .canceled)
        #expect(cap.placed(rig) == "0")
    }

    private static func refused(_ event: Event) -> (OrderID, Rule)? {
        guard case .orderRefused(let intent, let refusal) = event else { return nil }
        return (intent.orderID, refusal.rule)
    }

    @Test(arguments: Cap.allCases)
    func `an order that is placed once more after its absence was proven counts once`(_ cap: Cap) {
        let rig = cap.rig()
        var wish = Make.wish(Make.terms(.buy, "3"))
        (wish.strategy, wish.resubmitsIfAbsent) = ("grid", true)
        guard let intent = rig.ask(.placeOrder(wish)).placements.first else {
            Issue.record("not placed")
            return
        }
        rig.tell(.placementAnswered(intent.orderID, .unknown("timeout")))
        let turn = ResubmissionTests.prove(rig, intent)
        #expect(turn.placements.first?.predecessor == intent.orderID)
        #expect(cap.placed(rig) == "300" && Self.isRefused(rig))
    }
}
