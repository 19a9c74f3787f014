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
        #expect(sale.tag == "t" && sale.strategy.isEmpty && sale.principal == Principal("alice"))
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
        #expect(rig.wait().placements.isEmpty && rig.quote("100").placements.isEmpty)
        #expect(rig.gateway.state.orders[stop.orderID]?.pendingCancel != nil)
        // The same call again is the same sale.
        #expect(rig.ask(Self.close(key: "once")).replies.isEmpty)
        #expect(rig.ask(Self.close(.reach(.zero), key: "once")).refusal?.rule == .idempotencyKey)
        #expect(rig.place(key: "once").refusal?.rule == .idempotencyKey)
        #expect(rig.ask(Self.close()).refusal?.rule == .positionBusy)
        let sale = try Self.sale(rig.end(stop, venue: 2_000))
        #expect(sale.terms == Self.market("1") && sale.key == Make.key("once"))
        let sold = rig.fill(sale, "1", of: "1", trade: 2, at: "99", venue: 2_001)
        #expect(sold.order?.orderID == sale.orderID)
        #expect(rig.ask(Self.close(key: "once")).order?.orderID == sale.orderID)
        #expect(rig.exits(of: entry) == nil)
        ExitTests.expectSame(rig)
    }

    /// A stop that is settled, while the kill switch keeps its sale back, and that memory forgot.
    static func forgotten(_ rig: Rig, restarts: Bool) throws -> (stop: OrderIntent, turns: [Turn]) {
        let (_, stop) = try ExitTests.protected(rig)
        #expect(rig.ask(Self.close(key: "once")).replies.isEmpty)
        rig.ask(.killEngage(.block, Principal("me"), reason: "test"))
        #expect(rig.end(stop, venue: 2_000).placements.isEmpty)
        var turns: [Turn] = []
        if restarts {
            turns.append(Self.restart(rig))
        } else {
            // Each is refused, and is remembered in an older one's stead.
            for _ in 0..<300 { turns.append(rig.place()) }
        }
        #expect(rig.gateway.recent[stop.orderID] == nil)
        return (stop, turns)
    }

    @Test(arguments: [false, true])
    func `a repeat is answered at once where the stop is settled and forgotten (M2)`(
        restarts: Bool
    ) throws {
        let rig = Rig.ready()
        let (stop, turns) = try Self.forgotten(rig, restarts: restarts)
        // The first call is answered with the same, before memory forgets it.
        let answers = turns.flatMap(\.replies).compactMap(\.order)
            .filter { $0.orderID == stop.orderID }
        #expect(answers.map(\.status) == (restarts ? [] : [.canceled]))
        for _ in 0..<2 {
            let asked = rig.ask(Self.close(key: "once"))
            #expect(asked.replies.count == 1 && asked.placements.isEmpty)
            guard case .order(let order, let isRepeat)? = asked.replies.first else {
                Issue.record("not answered with an order: \(asked.replies)")
                return
            }
            #expect(order.orderID == stop.orderID && order.status == .canceled && isRepeat)
        }
        #expect(rig.ask(Self.close(.reach(.zero), key: "once")).refusal?.rule == .idempotencyKey)
        rig.ask(.killRelease(Principal("me"), reason: "over", KillRelease()))
        let sale = try Self.sale(rig.wait())
        #expect(sale.terms == Self.market("1") && sale.key == Make.key("once"))
        rig.fill(sale, "1", of: "1", trade: 2, at: "99", venue: 2_001)
        #expect(rig.ask(Self.close(key: "once")).order?.orderID == sale.orderID)
        #expect(rig.gateway.waiters.isEmpty)
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
        let last = rig.reject(try Self.sale(turn))
        #expect(last.placements.isEmpty && last.alerts.contains(.exitFailed))
        #expect(try Self.sale(rig.wait()).terms.type == ExitTests.stop)
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

/// Whether a caller sees that what it bought is protected.
@Suite struct ExitsViewTests {
    static func view(_ rig: Rig, of entry: OrderIntent) -> ExitsView? {
        guard case .orderShown(_, let view)? = rig.ask(.order(entry.orderID)).replies.first else {
            return nil
        }
        let filter = OrderFilter(includesClosed: true, symbol: nil, countMax: 50, before: nil)
        guard case .orders(_, let views)? = rig.ask(.orders(filter)).replies.first else {
            return nil
        }
        #expect(views[entry.orderID] == view)
        return view
    }

    static func expect(
        _ rig: Rig,
        _ entry: OrderIntent,
        _ status: ExitsView.Status,
        rest: String = "0",
        covered: String = "0",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let expected = ExitsView(
            status,
            rest: Make.amount(rest),
            covered: Make.amount(covered)
        )
        #expect(Self.view(rig, of: entry) == expected, sourceLocation: sourceLocation)
    }

    @Test func `the exits are told from the plan to the end`() throws {
        let rig = Rig.ready()
        let entry = rig.enter()
        Self.expect(rig, entry, .planned)
        let first = try #require(rig.fill(entry, "0.4", of: "0.4", trade: 1).placements.first)
        Self.expect(rig, entry, .selling, rest: "0.4", covered: "0.4")
        rig.take(first, venue: 2_000)
        Self.expect(rig, entry, .resting, rest: "0.4", covered: "0.4")
        rig.fill(entry, "0.6", of: "1", trade: 2)
        Self.expect(rig, entry, .selling, rest: "1", covered: "0.4")
        let second = try #require(rig.end(first, venue: 2_000).placements.first)
        rig.take(second, venue: 2_001)
        Self.expect(rig, entry, .resting, rest: "1", covered: "1")
        rig.ask(ExitClosingTests.close())
        Self.expect(rig, entry, .selling, rest: "1", covered: "1")
        let sale = try #require(rig.end(second, venue: 2_001).placements.first)
        rig.fill(sale, "1", of: "1", trade: 3, at: "99", venue: 2_002)
        Self.expect(rig, entry, .done)
        rig.start()
        Self.expect(rig, entry, .done)
    }

    @Test func `what is watched, or has no exits, is told as that`() {
        let rig = Rig.ready()
        let watched = rig.enter(Make.exits(stop: nil))
        rig.fill(watched, "1", of: "1", trade: 1)
        Self.expect(rig, watched, .watched, rest: "1")
        let plain = rig.openOrder(Make.terms(), venue: 1_001)
        #expect(Self.view(rig, of: plain) == nil)
        #expect(rig.quote("110").placements.count == 1)
        Self.expect(rig, watched, .selling, rest: "1", covered: "1")
        rig.ask(.cancel(watched.orderID))
        Self.expect(rig, watched, .done)
    }

    @Test func `exits that were given up say why, until somebody ends them`() throws {
        let rig = Rig.ready()
        let entry = rig.enter(Make.exits(profit: nil))
        rig.reject(try #require(rig.fill(entry, "1", of: "1", trade: 1).placements.first))
        rig.quote("80")
        for _ in 0...rig.settings.timing.closingFailuresMax {
            if let sale = rig.wait().placements.first { rig.reject(sale) }
        }
        rig.wait()
        let view = try #require(Self.view(rig, of: entry))
        #expect(view.status == .needsOperator && view.rest == Make.amount("1"))
        #expect(view.problem.contains("in a row failed") && view.covered == .zero)
        rig.ask(.cancel(entry.orderID))
        Self.expect(rig, entry, .done)
    }
}
