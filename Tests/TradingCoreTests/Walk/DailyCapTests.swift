import Testing

@testable import TradingCore

/// B5: how much may be placed in one day, by the venue's clock (M3).
@Suite struct DailyCapTests {
    static let dollar = Asset("USDT")

    static func rig(cap: String = "300") -> Rig {
        var settings = Make.settings()
        settings.dailyNotionalCaps[.testnet] = [Self.dollar: Make.amount(cap)]
        return Rig.ready(settings)
    }

    static func placed(_ rig: Rig) -> String {
        let day = rig.gateway.state.dayNotionals[.testnet]
        return "\(day?.placed[Self.dollar] ?? .zero)"
    }

    @Test(arguments: [("1.99999", true), ("2", true), ("2.00001", false)])
    func `what is placed in a day stays within the cap: below, at and above it`(
        quantity: String,
        passes: Bool
    ) {
        let rig = Self.rig()
        #expect(rig.place().placements.count == 1)
        let turn = rig.place(Make.terms(.buy, quantity))
        #expect((turn.placements.count == 1) == passes)
        guard !passes else { return }
        #expect(turn.order?.refusal?.rule == .dailyNotional)
        #expect(turn.order?.refusal?.limit == "300")
        #expect(turn.order?.refusal?.actual == "300.001")
        #expect(turn.order?.refusal?.permitted == "a quantity of at most 2")
    }

    @Test func `what ended unfilled is given back, what was traded and what is in doubt is not`() {
        let rig = Self.rig(cap: "1000")
        let open = rig.openOrder(venue: 1)
        #expect(Self.placed(rig) == "100")
        let part = rig.openOrder(venue: 2)
        let fills = [Make.fill(1, "0.3")]
        rig.tell(
            .orderReported(Make.report(part, .canceled, venue: 2, executed: "0.3", fills: fills))
        )
        #expect(Self.placed(rig) == "130")
        rig.tell(.orderReported(Make.report(open, .canceled, venue: 1)))
        #expect(Self.placed(rig) == "30")
        let unsent = rig.submitted()
        #expect(Self.placed(rig) == "130")
        rig.tell(.placementAnswered(unsent.orderID, .notSent(.gateClosed)))
        #expect(Self.placed(rig) == "30")
        let unknown = rig.unknownOrder()
        #expect(Self.placed(rig) == "130")
        // It is there after all, and gone again; and a trade of it is learned of late.
        rig.tell(.orderReported(Make.report(unknown, .canceled, venue: 3)))
        #expect(Self.placed(rig) == "30")
        let late = [Make.fill(2, "0.5")]
        rig.tell(
            .orderReported(Make.report(unknown, .canceled, venue: 3, executed: "0.5", fills: late))
        )
        #expect(Self.placed(rig) == "80")
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `an order counts at the price that it was judged by, whatever it traded at`() {
        let rig = Self.rig(cap: "1000")
        let intent = rig.openOrder()
        let fills = [Make.fill(1, "1", at: "90")]
        rig.tell(.orderReported(Make.report(intent, .filled, executed: "1", fills: fills)))
        #expect(Self.placed(rig) == "100")
        #expect(rig.place(Make.terms(at: nil)).placements.count == 1)
        #expect(Self.placed(rig) == "202.01", "a market order at its worst price")
    }

    @Test func `the count survives restarts and snapshots`() throws {
        let rig = Self.rig()
        _ = rig.openOrder()
        _ = rig.openOrder(venue: 2)
        rig.start()
        rig.connect(
            open: rig.gateway.state.ordersByAge.map { order in
                Make.report(order.intent, venue: order.venueOrderID?.raw ?? 0)
            }
        )
        #expect(rig.place(Make.terms(.buy, "1.1")).order?.refusal?.rule == .dailyNotional)
        #expect(try SnapshotTests.roundTrip(rig.gateway.state) == rig.gateway.state)
    }

    /// Begins a day of the venue's clock, or goes back before it.
    static func setVenueClock(_ rig: Rig, aheadMilliseconds: Int64) {
        rig.advance(milliseconds: 60_000)
        rig.tell(
            .clockMeasured(
                ClockSample(
                    offsetMilliseconds: aheadMilliseconds,
                    roundTripMilliseconds: 1,
                    at: rig.now
                )
            )
        )
        rig.tell(.quoted(Make.bitcoin, Quote(bid: Make.price("99"), ask: Make.price("101"))))
    }

    @Test func `a day begins at the venue's midnight, and none begins twice (M3)`() {
        var settings = Make.settings()
        settings.dailyNotionalCaps[.testnet] = [Self.dollar: Make.amount("300")]
        settings.limits.clockSkewMaxMilliseconds = 1_000_000_000
        let rig = Rig.ready(settings)
        let old = rig.openOrder(Make.terms(.buy, "3"))
        #expect(rig.place().order?.refusal?.rule == .dailyNotional)
        // Our own clock alone begins no day.
        rig.now = Instant(
            monotonic: rig.now.monotonic,
            wall: rig.now.wall.adding(milliseconds: 86_400_000)
        )
        Self.setVenueClock(rig, aheadMilliseconds: -86_400_000)
        #expect(rig.place().order?.refusal?.rule == .dailyNotional)
        // The venue's does,
        Self.setVenueClock(rig, aheadMilliseconds: 0)
        #expect(rig.place(Make.terms(.buy, "2")).placements.count == 1)
        #expect(Self.placed(rig) == "200")
        // to which what was placed the day before gives nothing back,
        rig.tell(.orderReported(Make.report(old, .canceled)))
        #expect(Self.placed(rig) == "200")
        // and going back is no new day either.
        Self.setVenueClock(rig, aheadMilliseconds: -86_400_000)
        #expect(rig.place(Make.terms(.buy, "1.1")).order?.refusal?.rule == .dailyNotional)
        #expect(rig.place().placements.count == 1)
        #expect(Self.placed(rig) == "300")
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `orders that reduce a position pass beyond the cap`() {
        let rig = Self.rig()
        let bought = rig.openOrder(Make.terms(.buy, "3"))
        let fills = [Make.fill(1, "3")]
        rig.tell(.orderReported(Make.report(bought, .filled, executed: "3", fills: fills)))
        #expect(rig.place(Make.terms(.sell, "3.00001")).order?.refusal?.rule == .dailyNotional)
        #expect(rig.place(Make.terms(.sell, "3")).placements.count == 1)
    }

    @Test func `without a cap for its quote asset an order does not pass; without any, all do`() {
        var settings = Make.settings()
        settings.dailyNotionalCaps[.testnet] = [Asset("EUR"): Make.amount("300")]
        let rig = Rig.ready(settings)
        #expect(rig.place().order?.refusal?.rule == .dailyNotional)
        #expect(rig.place().order?.refusal?.limit == "0")
        let free = Rig.ready()
        #expect(free.place(Make.terms(.buy, "400")).placements.count == 1)
    }

    @Test func `an order counts when it is approved, not while it is held`() throws {
        var settings = ApprovalTests.settings()
        settings.dailyNotionalCaps[.testnet] = [Self.dollar: Make.amount("1500")]
        let (rig, order) = try ApprovalTests.held(settings)
        #expect(Self.placed(rig) == "0")
        #expect(rig.place(ApprovalTests.large).order?.status == .held)
        #expect(rig.ask(ApprovalTests.approve(order.orderID)).placements.count == 1)
        #expect(Self.placed(rig) == "1001")
        let other = try #require(rig.gateway.state.heldOrders.min())
        let turn = rig.ask(ApprovalTests.approve(other, code: .matching(step: 2)))
        #expect(turn.order?.refusal?.rule == .dailyNotional)
    }

    @Test func `a store left in live without a cap starts in monitor and says why (B5)`() {
        var settings = Make.settings(mode: .live, allowsLive: true, exchanges: [.testnet, .live])
        let rig = Rig(settings)
        rig.start()
        #expect(rig.gateway.mode == .live)
        settings.dailyNotionalCaps = [:]
        let bare = Rig(settings)
        bare.start()
        #expect(bare.gateway.mode == .monitor)
        let reason = bare.gateway.state.modes.installation?.reason
        #expect(reason?.contains("daily_notional_cap") == true)
    }
}
