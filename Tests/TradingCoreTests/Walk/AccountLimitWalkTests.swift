import Testing

@testable import TradingCore

/// Limits on an account as a whole and on strategies, through the whole gateway.
@Suite struct AccountLimitWalkTests {
    static func wish(
        _ quantity: String = "1",
        strategy: String = "",
        principal: String = "alice",
        key: String? = nil
    ) -> Request {
        .placeOrder(
            OrderRequest(
                terms: Make.terms(.buy, quantity),
                principal: Principal(principal),
                key: key.map { Make.key($0, of: principal) },
                strategy: strategy
            )
        )
    }

    @Test(arguments: ExposureTests.Standing.allCases)
    func `a symbol counts as held, whatever is known of its order`(
        _ standing: ExposureTests.Standing
    ) {
        let rig = ExposureTests.rig(ExposureTests.settings { $0.openPositionsMax = 1 })
        ExposureTests.stand(rig, standing, .buy)
        let other = rig.place(Make.terms(.buy, "1", symbol: Make.ether)).order?.refusal?.rule
        #expect(other == (standing == .canceled ? nil : .openPositions))
        if standing != .canceled { #expect(rig.place(Make.terms(.buy, "1")).order?.refusal == nil) }
    }

    @Test func `what is too little to be sold is no position`() {
        let rig = ExposureTests.rig(ExposureTests.settings { $0.openPositionsMax = 1 })
        let intent = rig.openOrder(Make.terms(.buy, "1"), venue: 1_001)
        rig.trade(intent, at: "100", fee: "0.999995", in: "BTC")
        #expect(rig.place(Make.terms(.buy, "1", symbol: Make.ether)).order?.refusal == nil)
    }

    @Test func `the value of a position follows equity`() {
        let rig = ExposureTests.rig(ExposureTests.settings { $0.positionShareMillionths = 1_010 })
        // A thousandth of a million and 0.01 of that: ten bitcoins at the ask of 101.
        #expect(rig.place(Make.terms(.buy, "10.00001")).order?.refusal?.limit == "1010")
        rig.hold("5", at: "101")
        // Bought at 101, worth 99: equity is ten less.
        let refusal = rig.place(Make.terms(.buy, "5")).order?.refusal
        #expect(refusal?.rule == .positionNotional && refusal?.limit == "1009.9899")
        #expect(refusal?.permitted == "a quantity of at most 4.9999")
    }

    @Test func `the same order twice within a moment is refused, of another principal it is not`() {
        let rig = ExposureTests.rig(ExposureTests.settings { $0.duplicateMilliseconds = 2_000 })
        #expect(rig.ask(Self.wish()).placements.count == 1)
        rig.advance(milliseconds: 1_999)
        let refusal = rig.ask(Self.wish()).order?.refusal
        #expect(refusal?.rule == .duplicateOrder && refusal?.limit == "once in 2000 ms")
        #expect(refusal?.permitted == "the same order in 1 ms")
        #expect(rig.ask(Self.wish(principal: "bob")).placements.count == 1)
        #expect(rig.ask(Self.wish("1.00001")).placements.count == 1)
        rig.advance(milliseconds: 1)
        #expect(rig.ask(Self.wish()).placements.count == 1)
    }

    @Test func `the orders of a day are counted over restarts, and anew from midnight UTC`() {
        let rig = ExposureTests.rig(ExposureTests.settings { $0.ordersPerDayMax = 2 })
        let first = rig.openOrder(venue: 1)
        rig.tell(.orderReported(Make.report(first, .canceled, venue: 1)))
        rig.start()
        ExposureTests.connect(rig)
        #expect(rig.place().placements.count == 1)
        let refusal = rig.place().order?.refusal
        #expect(refusal?.rule == .ordersPerDay && refusal?.actual == "2")
        // 22:13:20 and 6400 seconds are midnight.
        rig.advance(milliseconds: 6_399_000)
        #expect(rig.place().order?.refusal?.rule == .ordersPerDay)
        rig.advance(milliseconds: 1_000)
        rig.tell(.marketStreamOpened)
        #expect(rig.place().placements.count == 1)
    }

    @Test func `a strategy places no more orders than its rate allows`() {
        let rig = ExposureTests.rig(
            ExposureTests.settings {
                var grid = StrategyLimits()
                grid.orderRateMax = 1
                $0.byStrategy = ["grid": grid]
            }
        )
        let placed = rig.ask(Self.wish(strategy: "grid"))
        #expect(placed.placements.first?.strategy == "grid")
        let refusal = rig.ask(Self.wish(strategy: "grid", principal: "bob")).order?.refusal
        #expect(refusal?.rule == .orderRate)
        #expect(refusal?.message.hasPrefix("1 orders of strategy grid were placed") == true)
        #expect(rig.ask(Self.wish(strategy: "other")).placements.count == 1)
        #expect(rig.ask(Self.wish()).placements.count == 1)
        rig.advance(milliseconds: 1_000)
        #expect(rig.ask(Self.wish(strategy: "grid")).placements.count == 1)
    }

    @Test func `trading of one strategy is disabled, that of others goes on`() {
        let rig = ExposureTests.rig(ExposureTests.settings())
        rig.ask(.disableTrading(strategy: "grid", Principal("carol"), reason: "it errs"))
        let refusal = rig.ask(Self.wish(strategy: "grid")).order?.refusal
        #expect(refusal?.rule == .tradingDisabled)
        #expect(rig.ask(Self.wish(strategy: "other")).placements.count == 1)
        #expect(rig.ask(Self.wish()).placements.count == 1)
        _ = RiskBreachTests.acknowledge(rig)
        #expect(rig.ask(Self.wish(strategy: "grid")).placements.count == 1)
    }

    @Test func `a clipped order is sent smaller, and says what was asked for`() {
        let rig = ExposureTests.rig(
            ExposureTests.settings(position: "1010") { $0.onPositionExceeded = .clip }
        )
        let turn = rig.ask(Self.wish("12.5", key: "key"))
        let intent = turn.placements.first
        #expect(intent?.terms.quantity == Make.quantity("10"))
        #expect(intent?.originalQuantity == Make.quantity("12.5"))
        #expect(turn.events.contains(where: { $0 == intent.map(Event.orderSubmitted) }))
        guard let intent else { return }
        rig.tell(.placementAnswered(intent.orderID, .accepted(Make.report(intent))))
        // The same call again is the same order, a call for what became of it is another one.
        let again = rig.ask(Self.wish("12.5", key: "key"))
        #expect(again.order?.orderID == intent.orderID && again.placements.isEmpty)
        #expect(rig.ask(Self.wish("10", key: "key")).refusal?.rule == .idempotencyKey)
        let refused = rig.ask(Self.wish("1")).order
        #expect(refused?.refusal?.rule == .positionNotional)
        #expect(refused?.intent.originalQuantity == nil)
    }
}
