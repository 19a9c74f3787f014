import Testing

@testable import TradingCore

/// What people and the kill switch do to attached exits, and what is refused at the door.
@Suite struct ExitControlTests {
    // MARK: The kill switch

    @Test func `level BLOCK leaves the stop, and what fills meanwhile waits for the release`()
        throws
    {
        let rig = Rig.ready()
        let (_, stop) = try ExitTests.protected(rig)
        let other = rig.enter(Make.exits(), Make.terms(), venue: 1_001)
        let engaged = rig.ask(.killEngage(.block, Principal("me"), reason: "test"))
        #expect(engaged.requests.allSatisfy { !$0.isCancel })
        #expect(rig.quote("111").requests.isEmpty)
        #expect(rig.gateway.state.orders[stop.orderID]?.pendingCancel == nil)
        rig.quote("100")
        let filled = rig.fill(other, "1", of: "1", trade: 2, venue: 1_001)
        #expect(filled.placements.isEmpty && filled.alerts == [.exitFailed])
        rig.ask(.killRelease(Principal("me"), reason: "over", KillRelease()))
        #expect(rig.wait().placements.map(\.entry) == [other.orderID])
        ExitTests.expectSame(rig)
    }

    @Test(arguments: [KillLevel.cancel, .flatten])
    func `levels CANCEL and FLATTEN end the exits for good`(level: KillLevel) throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        let engaged = rig.ask(.killEngage(level, Principal("me"), reason: "test"))
        #expect(engaged.requests.count { $0.isCancel } == 1)
        #expect(rig.gateway.state.exits.isEmpty)
        let ended = rig.end(stop, venue: 2_000)
        #expect(ended.placements.map(\.purpose) == (level == .flatten ? [.flatten] : []))
        if let closing = ended.placements.first {
            rig.fill(closing, "1", of: "1", trade: 5, venue: 2_001)
        }
        rig.ask(.killRelease(Principal("me"), reason: "over", KillRelease()))
        #expect(rig.wait().placements.isEmpty && rig.quote("80").placements.isEmpty)
        #expect(rig.exits(of: entry) == nil)
        ExitTests.expectSame(rig)
    }

    // MARK: A caller's word

    @Test func `who cancels an exit ends the exits of its entry`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        #expect(rig.ask(.cancel(stop.orderID)).requests.map(\.isCancel) == [true])
        #expect(rig.exits(of: entry) == nil)
        #expect(rig.end(stop, venue: 2_000).placements.isEmpty)
        #expect(rig.quote("80").placements.isEmpty)
        ExitTests.expectSame(rig)
    }

    @Test func `who cancels a filled entry cancels its exits`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        let turn = rig.ask(.cancel(entry.orderID))
        #expect(turn.requests.map(\.isCancel) == [true] && turn.order?.status == .filled)
        #expect(rig.end(stop, venue: 2_000).placements.isEmpty)
        #expect(rig.ask(.cancel(entry.orderID)).refusal?.rule == .orderFinished)
    }

    @Test func `cancelling everything, or one symbol, ends exits with it`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        rig.ask(.cancelAll(Make.ether))
        #expect(rig.exits(of: entry) != nil)
        rig.ask(.cancelAll(Make.bitcoin))
        #expect(rig.exits(of: entry) == nil)
        #expect(rig.end(stop, venue: 2_000).placements.isEmpty)
    }

    @Test func `an exit is not amended`() throws {
        let rig = Rig.ready()
        let (_, stop) = try ExitTests.protected(rig)
        let turn = rig.ask(AmendTests.wish(stop, "0.5"))
        #expect(turn.refusal?.rule == .amendment && turn.requests.isEmpty)
    }

    @Test func `an entry in the place of another has its exits, each for its own fills`() throws {
        let rig = Rig.ready()
        let entry = rig.enter()
        let first = try #require(rig.fill(entry, "0.4", of: "0.4", trade: 1).placements.first)
        rig.take(first, venue: 2_000)
        rig.ask(AmendTests.wish(entry, at: "98"))
        let turn = rig.tell(
            .orderReported(Make.exitReport(entry, .canceled, venue: 1_000, executed: "0.4"))
        )
        let next = try #require(turn.placements.first { $0.purpose == .client })
        #expect(next.exits == entry.exits)
        let bought = rig.fill(next, "0.6", of: "0.6", trade: 2, at: "98", venue: 1_001)
        #expect(bought.placements.map(\.terms.quantity) == [Make.quantity("0.6")])
        #expect(rig.exits(of: entry)?.rest == Make.amount("0.4"))
        ExitTests.expectSame(rig)
    }

    @Test
    func `a mode is not left while exits are watched, unless it is said what becomes of them`() {
        let rig = Rig.ready()
        let entry = rig.enter(Make.exits(stop: nil))
        rig.fill(entry, "1", of: "1", trade: 1)
        var wish = ModeWish(.monitor, .refuse, Principal("me"), reason: "test")
        #expect(rig.ask(.setMode(wish)).refusal?.rule == .modeGate)
        wish.openOrders = .cancel
        rig.ask(.setMode(wish))
        #expect(rig.gateway.mode == .monitor && rig.gateway.state.exits.isEmpty)
    }

    @Test func `the same key with other exits is another order`() {
        let rig = Rig.ready()
        var wish = Make.wish(key: "once")
        wish.exits = Make.exits()
        rig.ask(.placeOrder(wish))
        #expect(rig.ask(.placeOrder(wish)).refusal == nil)
        wish.exits = Make.exits(stop: "91")
        #expect(rig.ask(.placeOrder(wish)).refusal?.rule == .idempotencyKey)
    }

    @Test func `the position was closed otherwise: nothing is left for the exits`() {
        let rig = Rig.ready()
        let entry = rig.enter(Make.exits(stop: nil))
        rig.fill(entry, "1", of: "1", trade: 1)
        let sale = rig.openOrder(Make.terms(.sell, at: "105"), venue: 1_001)
        // As long as it may not fill, they wait.
        #expect(rig.quote("110").placements.isEmpty)
        #expect(rig.exits(of: entry) != nil)
        rig.fill(sale, "1", of: "1", trade: 2, at: "105", venue: 1_001)
        rig.wait()
        #expect(rig.exits(of: entry) == nil)
        ExitTests.expectSame(rig)
    }

    // MARK: The door

    /// Exits at the edge of what is taken: the market is 100, the order buys 1 at 100.
    @Test func `exits that could not be placed, or are reached already, are refused`() {
        let exits = { (stop: String?, limit: String?, profit: String?) in
            { (context: inout RiskContext) in
                context.exits = Make.exits(stop: stop, limit: limit, profit: profit)
            }
        }
        RiskGateTests.check([
            .init("below", nil, change: exits("99.99", nil, "100.01")),
            .init("stop at", .attachedExits, "below 100", "100", exits("100", nil, nil)),
            .init("profit at", .attachedExits, "above 100", "100", exits(nil, nil, "100")),
            .init("no tick", .attachedExits, "0.01", "90.001", exits("90.001", nil, nil)),
            .init(
                "no range",
                .attachedExits,
                "0.01..1000000",
                "1000001",
                exits(nil, nil, "1000001")
            ),
            .init("limit at", nil, change: exits("90", "90", nil)),
            .init("limit above", .attachedExits, "90", "90.01", exits("90", "90.01", nil)),
            .init(
                "selling",
                .attachedExits,
                "BUY",
                "SELL",
                {
                    $0.terms.side = .sell
                    exits("90", nil, nil)(&$0)
                }
            ),
            .init(
                "worth enough",
                nil,
                change: {
                    $0.terms.quantity = Make.quantity("0.1")
                    exits("50", "50", nil)(&$0)
                }
            ),
            .init(
                "worth too little",
                .attachedExits,
                "5",
                "4.999",
                {
                    $0.terms.quantity = Make.quantity("0.1")
                    exits("50", "49.99", nil)(&$0)
                }
            ),
        ])
    }

    @Test func `a market order's stop is below the best bid`() {
        var context = RiskGateTests.context(Make.terms(at: nil))
        context.quote = Quote(bid: Make.price("98"), ask: Make.price("100"))
        context.exits = Make.exits(stop: "97.99", profit: "100.01")
        #expect(RiskGate.refusal(of: context) == nil)
        context.exits = Make.exits(stop: "98")
        #expect(RiskGate.refusal(of: context)?.rule == .attachedExits)
        // An order that rests below waits for its own price.
        context.terms = Make.terms(at: "95")
        context.exits = Make.exits(stop: "94.99", profit: "95.01")
        #expect(RiskGate.refusal(of: context) == nil)
    }
}

extension RiskGateTests.Case {
    init(_ name: String, _ rule: Rule?, change: @escaping (inout RiskContext) -> Void) {
        self.init(name, rule, "", "", change)
    }
}
