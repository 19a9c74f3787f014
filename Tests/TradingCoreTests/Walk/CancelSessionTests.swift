import Testing

@testable import TradingCore

/// D8: whoever asked for it has its orders cancelled when its connections are lost, and nobody
/// else.
@Suite struct CancelSessionTests {
    static func wish(
        _ grace: Int64?,
        over connection: UInt64 = 1,
        name: String = "s1",
        of principal: String = "alice"
    ) -> Request {
        .cancelOnDisconnect(
            SessionWish(
                name: SessionName(name, of: Principal(principal)),
                graceMilliseconds: grace,
                connection: connection
            )
        )
    }

    /// Places a resting order over a connection.
    static func place(
        _ rig: Rig,
        over connection: UInt64,
        of principal: String = "alice",
        venue number: Int64
    ) -> OrderIntent {
        var wish = OrderRequest(terms: Make.terms(at: "90"), principal: Principal(principal))
        wish.connection = connection
        guard let intent = rig.ask(.placeOrder(wish)).placements.first else {
            fatalError("not placed")
        }
        let report = Make.report(intent, venue: number)
        rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
        return intent
    }

    static func close(_ rig: Rig, _ connection: UInt64) -> Turn {
        rig.turn([.connectionClosed(connection)])
    }

    static func cancels(_ turn: Turn) -> [OrderID] {
        turn.requests.compactMap { request in
            if case .cancel(let orderID, _, _, _) = request { orderID } else { nil }
        }
    }

    static func view(_ turn: Turn) -> SessionView? {
        guard case .session(let view)? = turn.replies.first else { return nil }
        return view
    }

    static func wake(_ rig: Rig, after milliseconds: Int64) -> Turn {
        rig.advance(milliseconds: milliseconds)
        return rig.turn([.wake])
    }

    @Test func `after the grace time the session's orders are cancelled, and no others`() {
        let rig = Rig.ready()
        let earlier = Self.place(rig, over: 1, venue: 1_000)
        let opened = rig.ask(Self.wish(1_000))
        #expect(Self.view(opened)?.isResumed == false && opened.needsSync)
        let own = Self.place(rig, over: 1, venue: 1_001)
        let elsewhere = Self.place(rig, over: 2, venue: 1_002)
        let other = Self.place(rig, over: 1, of: "bob", venue: 1_003)
        #expect([own, other].map(\.session) == ["s1", ""])
        let closed = Self.close(rig, 1)
        #expect(closed.events.isEmpty && Self.cancels(closed).isEmpty)
        let due = rig.now.monotonic.adding(milliseconds: 1_000)
        #expect(rig.gateway.nextWake.map { $0 <= due } == true)
        #expect(Self.cancels(Self.wake(rig, after: 999)).isEmpty)
        let lost = Self.wake(rig, after: 1)
        #expect(Self.cancels(lost) == [own.orderID])
        let name = Make.session().name
        #expect(lost.events.first == .sessionEnded(name, .lost, orders: [own.orderID]))
        #expect(lost.needsSync)
        for order in [earlier, elsewhere, other] {
            #expect(rig.state(of: order)?.pendingCancel == nil)
        }
        #expect(Self.cancels(Self.wake(rig, after: 10_000)).allSatisfy { $0 == own.orderID })
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `without a grace time it happens when the connection is lost`() {
        let rig = Rig.ready()
        rig.ask(Self.wish(0))
        let own = Self.place(rig, over: 1, venue: 1_001)
        #expect(Self.cancels(Self.close(rig, 1)) == [own.orderID])
    }

    @Test func `who comes back in time by the session's name takes its orders over`() {
        let rig = Rig.ready()
        rig.ask(Self.wish(1_000))
        let own = Self.place(rig, over: 1, venue: 1_001)
        _ = Self.close(rig, 1)
        rig.advance(milliseconds: 900)
        let resumed = Self.view(rig.ask(Self.wish(1_000, over: 2)))
        #expect(resumed?.isResumed == true && resumed?.open == [own.orderID])
        #expect(Self.cancels(Self.wake(rig, after: 60_000)).isEmpty)
        let second = Self.place(rig, over: 2, venue: 1_002)
        _ = Self.close(rig, 2)
        #expect(Self.cancels(Self.wake(rig, after: 1_000)) == [own.orderID, second.orderID])
    }

    @Test func `who comes back too late finds its orders cancelled`() {
        let rig = Rig.ready()
        rig.ask(Self.wish(1_000))
        let own = Self.place(rig, over: 1, venue: 1_001)
        _ = Self.close(rig, 1)
        rig.advance(milliseconds: 1_000)
        let late = rig.ask(Self.wish(1_000, over: 2))
        #expect(Self.cancels(late) == [own.orderID])
        #expect(Self.view(late)?.isResumed == false)
        #expect(rig.gateway.state.cancelSessions.count == 1)
    }

    @Test func `a session lives while one of its connections does`() {
        let rig = Rig.ready()
        rig.ask(Self.wish(0, over: 1))
        rig.ask(Self.wish(0, over: 2))
        let own = Self.place(rig, over: 1, venue: 1_001)
        #expect(Self.close(rig, 1).events.isEmpty)
        #expect(Self.cancels(Self.close(rig, 2)) == [own.orderID])
    }

    @Test func `sessions of one name of two callers are two, also over one connection`() {
        let rig = Rig.ready()
        rig.ask(Self.wish(0))
        rig.ask(Self.wish(5_000, of: "bob"))
        let own = Self.place(rig, over: 1, venue: 1_001)
        let bobs = Self.place(rig, over: 1, of: "bob", venue: 1_002)
        #expect(Self.cancels(Self.close(rig, 1)) == [own.orderID])
        #expect(Self.cancels(Self.wake(rig, after: 5_000)).contains(bobs.orderID))
    }

    @Test func `a session that was ended cancels nothing`() {
        let rig = Rig.ready()
        rig.ask(Self.wish(0))
        let own = Self.place(rig, over: 1, venue: 1_001)
        let ended = rig.ask(Self.wish(nil))
        #expect(ended.events == [.sessionEnded(Make.session().name, .released, orders: [])])
        #expect(Self.view(ended)?.open == [own.orderID])
        let later = Self.place(rig, over: 1, venue: 1_002)
        #expect(later.session.isEmpty)
        #expect(Self.close(rig, 1).events.isEmpty)
        #expect(rig.ask(Self.wish(nil)).events.isEmpty)
    }

    @Test func `a restart is a loss of all connections: the duty survives it (M3)`() {
        for isBack in [false, true] {
            let rig = Rig.ready()
            rig.ask(Self.wish(1_000))
            let own = Self.place(rig, over: 1, venue: 1_001)
            let other = Self.place(rig, over: 2, venue: 1_002)
            rig.start()
            rig.connect(open: [Make.report(own, venue: 1_001), Make.report(other, venue: 1_002)])
            if isBack {
                #expect(Self.view(rig.ask(Self.wish(1_000, over: 1)))?.open == [own.orderID])
            }
            let turn = Self.wake(rig, after: 1_000)
            #expect(Self.cancels(turn) == (isBack ? [] : [own.orderID]))
        }
    }

    @Test func `a cancel that a crash kept from being sent is sent by the next process`() {
        let rig = Rig.ready()
        rig.ask(Self.wish(0))
        let own = Self.place(rig, over: 1, venue: 1_001)
        _ = Self.close(rig, 1)
        rig.start()
        #expect(rig.gateway.state.cancelSessions.isEmpty)
        rig.connect(open: [Make.report(own, venue: 1_001)])
        #expect(rig.state(of: own)?.pendingCancel != nil)
        #expect(Self.cancels(Self.wake(rig, after: 0)) == [own.orderID])
    }

    @Test func `an order of unknown outcome is cancelled until its fate is known`() {
        let rig = Rig.ready()
        rig.ask(Self.wish(0))
        var wish = Make.wish()
        wish.connection = 1
        wish.resubmitsIfAbsent = true
        let intent = rig.ask(.placeOrder(wish)).placements[0]
        rig.tell(.placementAnswered(intent.orderID, .unknown("timeout")))
        #expect(Self.cancels(Self.close(rig, 1)) == [intent.orderID])
        #expect(rig.state(of: intent)?.pendingCancel != nil)
    }

    @Test func `a listing says who is there, what is left of the time, and what it guards`() {
        let rig = Rig.ready()
        func listed() -> [SessionStatus] {
            guard case .sessions(let statuses)? = rig.ask(.sessions).replies.first else {
                return []
            }
            return statuses
        }
        #expect(listed().isEmpty)
        rig.ask(Self.wish(1_000, over: 1))
        rig.ask(Self.wish(1_000, over: 2))
        rig.ask(Self.wish(500, over: 2, name: "s0", of: "bob"))
        let own = Self.place(rig, over: 1, venue: 1_000)
        _ = Self.place(rig, over: 3, venue: 1_001)
        #expect(listed().map(\.session.name.description) == ["s1 of alice", "s0 of bob"])
        #expect(listed().map(\.connectionCount) == [2, 1])
        #expect(listed().map(\.open) == [[own.orderID], []])
        _ = Self.close(rig, 2)
        rig.advance(milliseconds: 499)
        #expect(listed().map(\.connectionCount) == [1, 0])
        #expect(listed().map(\.graceLeftMilliseconds) == [0, 1])
        _ = Self.wake(rig, after: 1)
        #expect(listed().map(\.open) == [[own.orderID]])
        _ = Self.close(rig, 1)
        rig.start()
        #expect(listed().map(\.graceLeftMilliseconds) == [1_000])
    }

    @Test func `the exits of what an entry has bought are not the session's`() throws {
        let rig = Rig.ready()
        rig.ask(Self.wish(0))
        var wish = Make.wish()
        wish.connection = 1
        wish.exits = Make.exits()
        let entry = try #require(rig.ask(.placeOrder(wish)).placements.first)
        #expect(entry.session == "s1")
        let report = Make.report(entry, venue: 1_000)
        rig.tell(.placementAnswered(entry.orderID, .accepted(report)))
        let stop = try #require(rig.fill(entry, "0.4", of: "0.4", trade: 1).placements.first)
        rig.take(stop, venue: 2_000)
        #expect(stop.session.isEmpty)
        // The rest of the entry goes, the stop of what was bought stays.
        #expect(Self.cancels(Self.close(rig, 1)) == [entry.orderID])
        #expect(rig.state(of: stop)?.pendingCancel == nil)
        rig.tell(
            .orderReported(Make.exitReport(entry, .canceled, venue: 1_000, executed: "0.4"))
        )
        #expect(rig.exits(of: entry)?.working == [stop.orderID])
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `what is placed for a position belongs to the session, too`() {
        let rig = FlattenTests.holding()
        rig.ask(Self.wish(0))
        var wish = PositionRequest(
            symbol: Make.bitcoin,
            goal: .close,
            principal: Principal("alice")
        )
        wish.connection = 1
        #expect(rig.ask(.position(wish)).placements.map(\.session) == ["s1"])
    }
}
