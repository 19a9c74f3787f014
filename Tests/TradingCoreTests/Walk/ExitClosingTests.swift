import Testing

@testable import TradingCore

/// ClosePosition and AdjustPosition where exits hold the position: it is never stuck behind them
/// and never sold twice.
@Suite struct ExitClosingTests {
    static func close(_ goal: PositionGoal = .close, key: String? = nil) -> Request {
        PositionGoalTests.wish(goal, key: key)
    }

    static func market(_ quantity: String) -> OrderTerms { Make.terms(.sell, quantity, at: nil) }

    /// The sale that follows once the stop is gone.
    static func sale(_ turn: Turn) throws -> OrderIntent {
        #expect(turn.placements.count == 1)
        return try #require(turn.placements.first)
    }

    @Test func `a stop that rests is cancelled, and then what it held is sold`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        let asked = rig.ask(Self.close())
        #expect(asked.requests.map(\.isCancel) == [true] && asked.placements.isEmpty)
        #expect(asked.replies.isEmpty && asked.needsSync)
        let sale = try Self.sale(rig.end(stop, venue: 2_000))
        #expect(sale.terms == Self.market("1"))
        #expect(sale.purpose == .exit && sale.entry == entry.orderID && sale.goal == .close)
        #expect(sale.tag == "t" && sale.strategy == "s" && sale.principal == Principal("alice"))
        let sold = rig.fill(sale, "1", of: "1", trade: 2, at: "99", venue: 2_001)
        #expect(sold.order?.orderID == sale.orderID && sold.order?.status == .filled)
        #expect(rig.exits(of: entry) == nil)
        #expect(rig.quote("80").placements.isEmpty && rig.wait().placements.isEmpty)
        ExitTests.expectSame(rig)
    }

    @Test(arguments: [
        (PositionGoalTests.share("0.5"), "0.5", "0.5"),
        (.closeQuantity(Make.quantity("0.4")), "0.4", "0.6"),
        (PositionGoalTests.reach("0.3"), "0.7", "0.3"),
    ])
    func `a part is sold, and the stop is placed again for the rest`(
        goal: PositionGoal,
        sold: String,
        left: String
    ) throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        #expect(rig.ask(Self.close(goal)).requests.map(\.isCancel) == [true])
        let sale = try Self.sale(rig.end(stop, venue: 2_000))
        #expect(sale.terms == Self.market(sold))
        let turn = rig.fill(sale, sold, of: sold, trade: 2, at: "99", venue: 2_001)
        #expect(turn.order?.orderID == sale.orderID)
        let next = try Self.sale(turn)
        #expect(next.terms.type == ExitTests.stop && next.terms.quantity == Make.quantity(left))
        #expect(next.goal == nil && next.principal == entry.principal)
        ExitTests.expectSame(rig)
    }

    @Test func `what no exit holds is sold at once, the rest by the exits`() throws {
        let rig = Rig.ready()
        let (_, stop) = try ExitTests.protected(rig)
        rig.hold("2")
        let asked = rig.ask(Self.close(key: "once"))
        let direct = try Self.sale(asked)
        #expect(direct.terms == Self.market("2") && direct.purpose == .client)
        #expect(direct.key != nil && asked.requests.map(\.isCancel) == [true])
        let sale = try Self.sale(rig.end(stop, venue: 2_000))
        #expect(sale.terms == Self.market("1") && sale.key == nil)
        ExitTests.expectSame(rig)
    }

    @Test func `what a stop sells while it is being cancelled is not sold again`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        rig.ask(Self.close())
        rig.fill(stop, "0.4", of: "0.4", trade: 2, at: "90", venue: 2_000)
        let ended = rig.tell(
            .orderReported(Make.exitReport(stop, .canceled, venue: 2_000, executed: "0.4"))
        )
        #expect(try Self.sale(ended).terms == Self.market("0.6"))
        ExitTests.expectSame(rig)

        let other = Rig.ready()
        let (_, filled) = try ExitTests.protected(other)
        other.ask(Self.close())
        let turn = other.fill(filled, "1", of: "1", trade: 2, at: "90", venue: 2_000)
        #expect(turn.placements.isEmpty && turn.order?.orderID == filled.orderID)
        #expect(other.gateway.state.exits[entry.orderID] == nil)
        ExitTests.expectSame(other)
    }

    @Test func `what is only watched is sold at once, and no profit is taken of it afterwards`()
        throws
    {
        let rig = Rig.ready()
        let entry = rig.enter(Make.exits(stop: nil))
        rig.fill(entry, "1", of: "1", trade: 1)
        let sale = try Self.sale(rig.ask(Self.close()))
        #expect(sale.terms == Self.market("1") && sale.purpose == .client)
        #expect(rig.quote("111").placements.isEmpty)
        rig.fill(sale, "1", of: "1", trade: 2, at: "99", venue: 2_000)
        rig.wait()
        #expect(rig.quote("112").placements.isEmpty && rig.exits(of: entry) == nil)
        ExitTests.expectSame(rig)
    }

    // MARK: Restarts

    static func restart(_ rig: Rig, open: [OrderReport] = []) -> Turn {
        rig.start()
        return rig.connect(open: open)
    }

    @Test func `it goes on after a restart while the stop is being cancelled`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        rig.ask(Self.close(key: "once"))
        _ = Self.restart(rig, open: [Make.exitReport(stop, venue: 2_000)])
        let again = rig.wait()
        #expect(again.placements.isEmpty && again.requests.contains { $0.isCancel })
        // The same call again is the same sale.
        #expect(rig.ask(Self.close(key: "once")).replies.isEmpty)
        #expect(rig.ask(Self.close(.reach(.zero), key: "once")).refusal?.rule == .idempotencyKey)
        #expect(rig.ask(Self.close()).refusal?.rule == .positionBusy)
        let sale = try Self.sale(rig.end(stop, venue: 2_000))
        #expect(sale.terms == Self.market("1") && sale.key == Make.key("once"))
        let sold = rig.fill(sale, "1", of: "1", trade: 2, at: "99", venue: 2_001)
        #expect(sold.order?.orderID == sale.orderID)
        #expect(rig.ask(Self.close(key: "once")).order?.orderID == sale.orderID)
        #expect(rig.exits(of: entry) == nil)
        ExitTests.expectSame(rig)
    }

    @Test func `a sale of unknown outcome is found out, and nothing is sold beside it`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        rig.ask(Self.close())
        let sale = try Self.sale(rig.end(stop, venue: 2_000))
        let begun = Self.restart(rig)
        #expect(begun.placements.isEmpty && rig.quote("80").placements.isEmpty)
        #expect(rig.state(of: sale)?.status == .unknown)
        #expect(rig.ask(Self.close()).refusal?.rule == .positionBusy)
        rig.fill(sale, "1", of: "1", trade: 2, at: "99", venue: 2_001)
        rig.wait()
        #expect(rig.exits(of: entry) == nil)
        ExitTests.expectSame(rig)
    }

    // MARK: What stands against it

    @Test func `a sale that the venue rejects again and again gives way to the stop`() throws {
        let rig = Rig.ready()
        let (_, stop) = try ExitTests.protected(rig)
        rig.ask(Self.close())
        var turn = rig.end(stop, venue: 2_000)
        let most = rig.settings.timing.closingFailuresMax
        for _ in 1..<most {
            let sale = try Self.sale(turn)
            #expect(sale.terms.type == .market)
            rig.reject(sale)
            turn = rig.wait()
        }
        let last = try Self.sale(turn)
        rig.reject(last)
        turn = rig.wait()
        #expect(turn.alerts.contains(.exitFailed))
        let again = turn.placements.isEmpty ? rig.wait() : turn
        #expect(try Self.sale(again).terms.type == ExitTests.stop)
        ExitTests.expectSame(rig)
    }

    @Test(arguments: [KillLevel.block, .cancel, .flatten])
    func `the kill switch comes between: nothing is sold twice`(_ level: KillLevel) throws {
        let rig = Rig.ready()
        let (entry, stop) = try ExitTests.protected(rig)
        rig.ask(Self.close())
        rig.ask(.killEngage(level, Principal("me"), reason: "test"))
        let ended = rig.end(stop, venue: 2_000)
        #expect(ended.placements.map(\.purpose) == (level == .flatten ? [.flatten] : []))
        if let closing = ended.placements.first {
            rig.fill(closing, "1", of: "1", trade: 5, venue: 2_001)
        }
        rig.ask(.killRelease(Principal("me"), reason: "over", KillRelease()))
        let released = rig.wait()
        #expect(released.placements.map(\.terms) == (level == .block ? [Self.market("1")] : []))
        #expect((rig.exits(of: entry) == nil) == (level != .block))
        ExitTests.expectSame(rig)
    }

    @Test func `level FLATTEN sells what a profit was watched for, once`() throws {
        let rig = Rig.ready()
        let entry = rig.enter(Make.exits(stop: nil))
        rig.fill(entry, "1", of: "1", trade: 1)
        let engaged = rig.ask(.killEngage(.flatten, Principal("me"), reason: "test"))
        let closing = try Self.sale(engaged)
        #expect(closing.purpose == .flatten && closing.terms == Self.market("1"))
        #expect(rig.quote("111").placements.isEmpty && rig.gateway.state.exits.isEmpty)
        rig.fill(closing, "1", of: "1", trade: 2, at: "99", venue: 2_001)
        rig.ask(.killRelease(Principal("me"), reason: "over", KillRelease()))
        #expect(rig.quote("112").placements.isEmpty && rig.wait().placements.isEmpty)
        ExitTests.expectSame(rig)
    }

    // MARK: Callers that are gone

    @Test func `orders that go with a connection leave their exits where they are`() throws {
        let rig = Rig.ready()
        rig.ask(CancelSessionTests.wish(1_000))
        var wish = Make.wish()
        wish.exits = Make.exits()
        wish.connection = 1
        let entry = try #require(rig.ask(.placeOrder(wish)).placements.first)
        rig.tell(.placementAnswered(entry.orderID, .accepted(Make.report(entry))))
        let stop = try #require(rig.fill(entry, "0.4", of: "0.4", trade: 1).placements.first)
        rig.take(stop, venue: 2_000)
        #expect(entry.session == "s1" && stop.session.isEmpty)
        rig.turn(.connectionClosed(1))
        let lost = CancelSessionTests.wake(rig, after: 1_000)
        #expect(CancelSessionTests.cancels(lost) == [entry.orderID])
        rig.tell(
            .orderReported(Make.exitReport(entry, .canceled, venue: 1_000, executed: "0.4"))
        )
        #expect(rig.gateway.state.orders[stop.orderID]?.pendingCancel == nil)
        #expect(rig.exits(of: entry)?.working == [stop.orderID])
        ExitTests.expectSame(rig)
    }
}
