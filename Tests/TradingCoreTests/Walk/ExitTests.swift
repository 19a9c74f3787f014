import Testing

@testable import TradingCore

/// Exits that are attached to an entry: what is placed, when, and that nothing is sold twice.
@Suite struct ExitTests {
    static let stop = OrderType.stop(Trigger(.stopLoss, at: Make.price("90")))
    static let profit = OrderType.limit(Make.price("110"), .immediateOrCancel)

    /// An entry that is filled, with its stop at the venue.
    static func protected(
        _ rig: Rig,
        _ exits: ExitTerms = Make.exits()
    ) throws -> (entry: OrderIntent, stop: OrderIntent) {
        let entry = rig.enter(exits)
        let stop = try #require(rig.fill(entry, "1", of: "1", trade: 1).placements.first)
        rig.take(stop, venue: 2_000)
        return (entry, stop)
    }

    static func expectSame(_ rig: Rig, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(rig.journal.fold() == rig.gateway.state, sourceLocation: sourceLocation)
    }

    // MARK: What is placed

    @Test func `the stop rests at the venue once the entry is filled, less its fee`() throws {
        let rig = Rig.ready()
        let entry = rig.enter(Make.exits(limit: "89"))
        let turn = rig.fill(entry, "1", of: "1", trade: 1, fee: "0.001", in: "BTC")
        let exit = try #require(turn.placements.first)
        #expect(turn.placements.count == 1)
        #expect(exit.purpose == .exit && exit.entry == entry.orderID)
        #expect(exit.terms.side == .sell && exit.terms.quantity == Make.quantity("0.999"))
        #expect(
            exit.terms.type
                == .stopLimit(
                    Trigger(.stopLoss, at: Make.price("90")),
                    Make.price("89"),
                    .goodTillCanceled
                )
        )
        #expect(rig.exits(of: entry)?.working == [exit.orderID])
        Self.expectSame(rig)
    }

    @Test func `a partial fill is protected, and the stop grows with the entry (D3)`() throws {
        let rig = Rig.ready()
        let entry = rig.enter()
        let first = try #require(rig.fill(entry, "0.3", of: "0.3", trade: 1).placements.first)
        #expect(first.terms.quantity == Make.quantity("0.3"))
        rig.take(first, venue: 2_000)
        // The next fill follows at a distance; the last one at once.
        rig.wait()
        #expect(rig.fill(entry, "0.2", of: "0.5", trade: 2).requests.map(\.isCancel) == [true])
        let second = try #require(rig.end(first, venue: 2_000).placements.first)
        #expect(second.terms.quantity == Make.quantity("0.5"))
        rig.take(second, venue: 2_001)
        #expect(rig.fill(entry, "0.1", of: "0.6", trade: 3).requests.isEmpty)
        #expect(rig.fill(entry, "0.4", of: "1", trade: 4).requests.map(\.isCancel) == [true])
        let third = try #require(rig.end(second, venue: 2_001).placements.first)
        #expect(third.terms.quantity == Make.quantity("1"))
        Self.expectSame(rig)
    }

    @Test func `an entry that ends without a fill takes its exits along`() {
        let rig = Rig.ready()
        let entry = rig.enter()
        let turn = rig.end(entry, venue: 1_000)
        #expect(turn.placements.isEmpty && rig.gateway.state.exits.isEmpty)
        #expect(turn.events.contains { $0.endsExits(of: entry.orderID) })
        Self.expectSame(rig)
    }

    @Test func `an entry that is refused, or only checked, has no exits`() {
        let rig = Rig.ready(Make.settings(mode: .monitor))
        var wish = Make.wish()
        wish.exits = Make.exits()
        rig.ask(.placeOrder(wish))
        wish.exits = Make.exits(stop: "100")
        #expect(rig.ask(.placeOrder(wish)).order?.refusal?.rule == .attachedExits)
        #expect(rig.gateway.state.exits.isEmpty)
    }

    @Test func `what is left of an entry is sold although the rest was canceled`() throws {
        let rig = Rig.ready()
        let entry = rig.enter()
        let first = try #require(rig.fill(entry, "0.3", of: "0.3", trade: 1).placements.first)
        rig.take(first, venue: 2_000)
        rig.ask(.cancel(entry.orderID))
        rig.tell(
            .orderReported(Make.exitReport(entry, .canceled, venue: 1_000, executed: "0.3"))
        )
        #expect(rig.exits(of: entry)?.working == [first.orderID])
        let turn = rig.fill(first, "0.3", of: "0.3", trade: 2, at: "89", venue: 2_000)
        #expect(turn.events.contains { $0.endsExits(of: entry.orderID) })
        Self.expectSame(rig)
    }

    // MARK: One exit's fill ends the other

    @Test func `a profit is taken in the place of the stop, never beside it`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try Self.protected(rig)
        let reached = rig.quote("110")
        #expect(reached.requests.map(\.isCancel) == [true] && reached.placements.isEmpty)
        // Nothing more before the stop's end is known.
        #expect(rig.quote("111").requests.isEmpty)
        let sale = try #require(rig.end(stop, venue: 2_000).placements.first)
        #expect(sale.terms.type == Self.profit && sale.terms.quantity == Make.quantity("1"))
        let turn = rig.fill(sale, "1", of: "1", trade: 2, at: "110", venue: 2_001)
        #expect(turn.placements.isEmpty && turn.events.contains { $0.endsExits(of: entry.orderID) })
        #expect(rig.gateway.state.orders.isEmpty)
        Self.expectSame(rig)
    }

    @Test func `the stop fills while it is being canceled for the profit: that was all`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try Self.protected(rig)
        rig.quote("110")
        let turn = rig.fill(stop, "1", of: "1", trade: 2, at: "90", venue: 2_000)
        #expect(turn.placements.isEmpty && turn.events.contains { $0.endsExits(of: entry.orderID) })
        Self.expectSame(rig)
    }

    @Test func `both prices within one tick: one sale of what is there, at the stop`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try Self.protected(rig)
        let quotes = ["111", "89"].map { bid in
            Input.venue(
                .testnet,
                .quoted(Make.bitcoin, Quote(bid: Make.price(bid), ask: Make.price(bid)))
            )
        }
        let both = rig.turn(quotes)
        #expect(both.placements.isEmpty && both.requests.map(\.isCancel) == [true])
        let turn = rig.end(stop, venue: 2_000)
        #expect(turn.placements.map(\.terms.type) == [.market])
        #expect(turn.placements.map(\.terms.quantity) == [Make.quantity("1")])
        #expect(rig.exits(of: entry)?.reached == .stopLoss)
        Self.expectSame(rig)
    }

    @Test func `a profit that nobody pays leaves the stop in its place again`() throws {
        let rig = Rig.ready()
        let (entry, stop) = try Self.protected(rig)
        rig.quote("110")
        let sale = try #require(rig.end(stop, venue: 2_000).placements.first)
        let back = rig.end(sale, .expired, venue: 2_001)
        #expect(back.placements.map(\.terms.type) == [Self.stop])
        // The next attempt comes after a pause.
        let second = try #require(back.placements.first)
        rig.take(second, venue: 2_002)
        #expect(rig.quote("110").requests.isEmpty)
        rig.advance(milliseconds: 1_100)
        #expect(rig.quote("110").requests.map(\.isCancel) == [true])
        #expect(rig.exits(of: entry)?.failureCount == 0)
        Self.expectSame(rig)
    }

    @Test func `a stop that trades ends the buying`() throws {
        let rig = Rig.ready()
        let entry = rig.enter()
        let stop = try #require(rig.fill(entry, "0.5", of: "0.5", trade: 1).placements.first)
        rig.take(stop, venue: 2_000)
        let turn = rig.fill(stop, "0.2", of: "0.2", trade: 2, at: "90", venue: 2_000)
        #expect(turn.requests.map(\.isCancel) == [true])
        // What was bought meanwhile is sold once the stop is done.
        rig.fill(entry, "0.1", of: "0.6", trade: 3)
        rig.tell(
            .orderReported(Make.exitReport(entry, .canceled, venue: 1_000, executed: "0.6"))
        )
        let rest = rig.fill(stop, "0.3", of: "0.5", trade: 4, at: "90", venue: 2_000)
        #expect(rest.placements.map(\.terms.quantity) == [Make.quantity("0.1")])
        #expect(rest.placements.map(\.terms.type) == [.market])
        Self.expectSame(rig)
    }

    // MARK: Doubt and failure

    @Test func `nothing is placed beside an exit of unknown outcome (E3)`() throws {
        let rig = Rig.ready()
        let entry = rig.enter()
        let stop = try #require(rig.fill(entry, "1", of: "1", trade: 1).placements.first)
        rig.tell(.placementAnswered(stop.orderID, .unknown("timeout")))
        for bid in ["89", "111"] { #expect(rig.quote(bid).placements.isEmpty) }
        #expect(rig.wait().placements.isEmpty)
        // It is there after all, and filled.
        rig.fill(stop, "1", of: "1", trade: 2, at: "90", venue: 2_000)
        #expect(rig.gateway.state.exits.isEmpty)
        #expect(rig.exits(of: entry) == nil)
        Self.expectSame(rig)
    }

    @Test func `a stop that the venue will not have is watched from here`() throws {
        let rig = Rig.ready()
        let entry = rig.enter()
        var stop = try #require(rig.fill(entry, "1", of: "1", trade: 1).placements.first)
        for number in 1...5 {
            let turn = rig.reject(stop)
            #expect(turn.placements.isEmpty)
            #expect(turn.alerts == (number == 1 ? [.exitFailed] : []), "attempt \(number)")
            guard number < 5 else { break }
            #expect(rig.wait(milliseconds: 400).placements.isEmpty)
            stop = try #require(rig.wait().placements.first)
            #expect(stop.terms.type == Self.stop)
        }
        #expect(rig.wait().placements.isEmpty)
        var sale = try #require(rig.quote("89.99").placements.first)
        #expect(sale.terms.type == .market)
        for _ in 1...4 {
            rig.reject(sale)
            sale = try #require(rig.wait().placements.first)
        }
        let last = rig.reject(sale)
        let given = rig.wait()
        #expect(last.alerts + given.alerts == [.exitFailed])
        #expect(rig.exits(of: entry)?.problem.isEmpty == false)
        #expect(rig.quote("80").placements.isEmpty)
        // A person takes over.
        #expect(rig.ask(.cancel(entry.orderID)).order?.orderID == entry.orderID)
        #expect(rig.gateway.state.exits.isEmpty)
        Self.expectSame(rig)
    }

    @Test func `a stop that comes too late is a sale at once`() throws {
        let rig = Rig.ready()
        let entry = rig.enter()
        let stop = try #require(rig.fill(entry, "1", of: "1", trade: 1).placements.first)
        let turn = rig.reject(stop, VenueError.lateness[1])
        #expect(turn.placements.map(\.terms.type) == [.market])
        Self.expectSame(rig)
    }

    @Test func `a stranger's cancel is no end: the stop is placed again`() throws {
        let rig = Rig.ready()
        let (_, stop) = try Self.protected(rig)
        #expect(rig.end(stop, venue: 2_000).placements.map(\.terms.type) == [Self.stop])
    }

    // MARK: Restarts

    @Test(arguments: CrashPoint.allCases)
    func `a crash between the entry's fill and its exit places one exit, not two`(
        crash: CrashPoint
    ) throws {
        let rig = Rig.ready()
        let entry = rig.enter()
        let filled = Make.exitReport(
            entry,
            .filled,
            venue: 1_000,
            executed: "1",
            fills: [Make.fill(1, "1")]
        )
        rig.turn([.venue(.testnet, .orderReported(filled))], crash: crash)
        rig.advance(milliseconds: 50)
        rig.start()
        rig.connect(history: [filled])
        var placed = rig.tell(.orderReported(filled)).placements
        placed += rig.quote("100").placements
        placed += rig.wait().placements
        let plan = try #require(rig.exits(of: entry))
        #expect(plan.rest == Make.amount("1") && plan.working.count == 1)
        // What was on disk and not sent is of unknown fate first, and nothing goes out beside it.
        if crash == .beforeRelease {
            #expect(placed.isEmpty)
            let exit = try #require(plan.working.first)
            let order = try #require(rig.gateway.state.orders[exit])
            #expect(order.status == .unknown)
        } else {
            #expect(placed.map(\.terms.type) == [Self.stop])
        }
        Self.expectSame(rig)
    }

    @Test func `a restart goes on with what is watched`() throws {
        let rig = Rig.ready()
        let entry = rig.enter(Make.exits(stop: nil))
        #expect(rig.fill(entry, "1", of: "1", trade: 1).placements.isEmpty)
        rig.advance(milliseconds: 50)
        rig.start()
        rig.connect()
        #expect(rig.quote("109.99").placements.isEmpty)
        #expect(rig.quote("110").placements.map(\.terms.type) == [Self.profit])
    }

    @Test func `the restart policy cancels entries and leaves their stops`() throws {
        var settings = Make.settings()
        settings.restartPolicy = .cancel
        let rig = Rig.ready(settings)
        let (_, stop) = try Self.protected(rig)
        let open = rig.openOrder(Make.terms(at: "95"), venue: 1_005)
        rig.advance(milliseconds: 50)
        rig.start()
        #expect(rig.gateway.state.orders[open.orderID]?.pendingCancel != nil)
        #expect(rig.gateway.state.orders[stop.orderID]?.pendingCancel == nil)
    }
}

extension VenueRequest {
    var isCancel: Bool { if case .cancel = self { true } else { false } }
}

extension Event {
    func endsExits(of entry: OrderID) -> Bool {
        if case .exitsChanged(entry, .ended) = self { true } else { false }
    }
}
