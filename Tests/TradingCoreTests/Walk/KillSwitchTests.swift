import Testing

@testable import TradingCore

/// K1, K2, K3: the kill switch as the core decides it.
@Suite struct KillSwitchTests {
    static let admin = Principal("admin")

    static func engage(_ level: KillLevel) -> Request { .killEngage(level, admin, reason: "test") }
    static let release = Request.killRelease(admin, reason: "test", KillRelease())

    @Test func `engaging closes the gate before the write and records who, why and when`() {
        let rig = Rig.ready()
        let turn = rig.turn(
            [.request(rig.token(), Self.engage(.block), deadline: nil)],
            crash: .beforeWrite
        )
        #expect(turn.engagesKillSwitch)
        #expect(turn.effects.isEmpty)

        let other = Rig.ready()
        let answer = other.ask(Self.engage(.block))
        #expect(answer.needsSync)
        guard case .killSwitch(let view)? = answer.replies.first else {
            return #expect(Bool(false))
        }
        #expect(view.state.level == .block)
        #expect(view.state.principal == Self.admin)
        #expect(view.state.reason == "test")
        #expect(view.state.since == other.now.wall)
    }

    @Test func `nothing new passes while it is engaged, and cancels do`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.engage(.block))
        #expect(rig.place().order?.refusal?.rule == .killSwitch)
        #expect(rig.ask(.cancel(intent.orderID)).requests.count == 1)
    }

    @Test func `block cancels nothing, cancel cancels every order of ours wherever it stands`() {
        let rig = Rig.ready()
        let open = rig.openOrder()
        let onTheWay = rig.submitted()
        let unknown = rig.unknownOrder(Make.terms(.sell))
        #expect(rig.ask(Self.engage(.block)).requests.isEmpty)
        let turn = rig.ask(Self.engage(.cancel))
        let targets = turn.requests.compactMap { request in
            if case .cancel(let orderID, _, _, _) = request { orderID } else { nil }
        }
        #expect(targets == [open.orderID, onTheWay.orderID, unknown.orderID])
        guard case .killSwitch(let view)? = turn.replies.first else {
            return #expect(Bool(false))
        }
        #expect(view.inFlight == [onTheWay.orderID])
        #expect(view.open == targets)
    }

    @Test func `a weaker level does not weaken it`() {
        let rig = Rig.ready()
        rig.ask(Self.engage(.cancel))
        rig.ask(Self.engage(.block))
        #expect(rig.gateway.state.killSwitch.level == .cancel)
        rig.ask(Self.engage(.flatten))
        #expect(rig.gateway.state.killSwitch.level == .flatten)
        rig.ask(Self.engage(.cancel))
        #expect(rig.gateway.state.killSwitch.level == .flatten)
    }

    @Test func `it survives a restart, and the gate stays closed`() {
        let rig = Rig.ready()
        rig.ask(Self.engage(.block))
        let start = rig.start()
        #expect(start.closesGate && start.engagesKillSwitch)
        #expect(rig.gateway.state.killSwitch.level == .block)
        #expect(!rig.connect().liftsKillSwitch)
        #expect(rig.place().order?.refusal?.rule == .killSwitch)
        #expect(rig.ask(Self.release).liftsKillSwitch)
        #expect(rig.place().placements.count == 1)
    }

    @Test func `a release that an engagement follows in the same turn opens no gate (K1)`() {
        let rig = Rig.ready()
        rig.ask(Self.engage(.block))
        let turn = rig.turn([
            .request(rig.token(), Self.release, deadline: nil),
            .request(rig.token(), .placeOrder(Make.wish()), deadline: nil),
            .request(rig.token(), Self.engage(.block), deadline: nil),
        ])
        #expect(turn.engagesKillSwitch)
        #expect(!turn.liftsKillSwitch)
    }

    @Test func `a stream that is lost in the turn that made the venue ready opens no gate`() {
        let rig = Rig()
        rig.start()
        rig.tell(.streamOpened)
        rig.tell(.clockMeasured(offsetMilliseconds: 0, roundTripMilliseconds: 1))
        rig.tell(.answered(.rules([]), .rules([Make.rules()])))
        rig.tell(.answered(.account(Make.read), .account(Make.account())))
        rig.tell(.answered(.orderCounts, .orderCounts([])))
        let turn = rig.turn([
            .venue(.testnet, .answered(.openOrders(Make.read), .orders([]))),
            .venue(.testnet, .streamLost("test")),
        ])
        #expect(!turn.opensGate)
    }

    @Test func `an engagement that a release follows leaves the gate open`() {
        let rig = Rig.ready()
        let turn = rig.turn([
            .request(rig.token(), Self.engage(.block), deadline: nil),
            .request(rig.token(), Self.release, deadline: nil),
        ])
        #expect(turn.engagesKillSwitch)
        #expect(turn.liftsKillSwitch)
    }

    @Test func `a release while the venue is not ready opens no gate`() {
        let rig = Rig.ready()
        rig.ask(Self.engage(.block))
        rig.tell(.streamLost("test"))
        #expect(!rig.ask(Self.release).opensGate)
        #expect(rig.connect().opensGate)
    }

    @Test func `an order that comes back to life under cancel is cancelled too (K3)`() {
        let rig = Rig.ready()
        let intent = rig.submitted()
        rig.ask(Self.engage(.cancel))
        rig.tell(.placementAnswered(intent.orderID, .notSent(.gateClosed)))
        let turn = rig.tell(.orderReported(Make.report(intent)))
        #expect(rig.state(of: intent)?.status == .open)
        #expect(turn.requests.contains { if case .cancel = $0 { true } else { false } })
    }

    @Test func `the status answers with what is still open`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        let turn = rig.ask(.killStatus)
        guard case .killSwitch(let view)? = turn.replies.first else {
            return #expect(Bool(false))
        }
        #expect(view.open == [intent.orderID])
        #expect(view.inFlight.isEmpty)
        #expect(!view.state.isEngaged)
    }

    static func view(_ turn: Turn) -> KillSwitchView? {
        for case .killSwitch(let view) in turn.replies { return view }
        return nil
    }

    static func read(in turn: Turn) -> ReadID? {
        // The switch asks last, after what is asked each minute.
        for case .openOrders(let read) in turn.requests.reversed() { return read }
        return nil
    }

    @Test func `zero is verified by a reading that began after the last order was settled (K3)`()
        throws
    {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        let engaged = rig.ask(Self.engage(.cancel))
        #expect(Self.read(in: engaged) == nil)
        #expect(Self.view(engaged)?.unconfirmed == [intent.orderID])
        #expect(Self.view(engaged)?.isDone == false)

        // An answer to an older reading proves nothing.
        rig.tell(.answered(.openOrders(Make.read), .orders([])))
        let settled = rig.tell(.orderReported(Make.report(intent, .canceled)))
        let read = try #require(Self.read(in: settled))
        rig.tell(.answered(.openOrders(ReadID(raw: read.raw - 1)), .orders([])))
        #expect(Self.view(rig.ask(.killStatus))?.isDone == false)

        rig.tell(.answered(.openOrders(read), .orders([])))
        let view = try #require(Self.view(rig.ask(.killStatus)))
        #expect(view.canceled == [intent.orderID])
        #expect(view.unconfirmed.isEmpty)
        #expect(view.venues.map(\.zeroSince) == [rig.now.wall])
        #expect(view.isDone)
    }

    @Test func `a reading that fails, or shows one of ours, is repeated (K3)`() throws {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.engage(.cancel))
        var read = Self.read(in: rig.tell(.orderReported(Make.report(intent, .canceled))))
        for answer in [VenueAnswer.failed("timeout"), .orders([Make.report(intent)])] {
            let failed = rig.tell(.answered(.openOrders(try #require(read)), answer))
            #expect(Self.read(in: failed) == nil)
            rig.advance(milliseconds: 500)
            read = Self.read(in: rig.turn(.wake))
        }
        rig.tell(.answered(.openOrders(try #require(read)), .orders([])))
        #expect(Self.view(rig.ask(.killStatus))?.isDone == true)
    }

    @Test func `a release is refused while its cause lasts, unless it is forced`() {
        let rig = Rig.ready()
        rig.ask(Self.engage(.block))
        let release = { (isForced: Bool) in
            Request.killRelease(
                Self.admin,
                reason: "test",
                KillRelease(isForced: isForced, causes: ["the kill file is there"])
            )
        }
        let refused = rig.ask(release(false))
        #expect(refused.refusal?.rule == .killCause)
        #expect(refused.refusal?.actual == "the kill file is there")
        #expect(rig.gateway.state.killSwitch.isEngaged)
        #expect(rig.ask(release(true)).liftsKillSwitch)
        #expect(!rig.gateway.state.killSwitch.isEngaged)
    }

    @Test func `the answer lists what is on the wire, and not what never left (K1)`() {
        let rig = Rig.ready()
        let left = rig.submitted()
        let queued = rig.submitted(Make.terms(.sell))
        var fetched = Fetched()
        fetched.onTheWire = [left.orderID, OrderID(raw: 99)]
        let turn = rig.ask(Self.engage(.cancel), fetched: fetched)
        #expect(Self.view(turn)?.inFlight == [left.orderID])
        #expect(Self.view(turn)?.open == [left.orderID, queued.orderID])
    }

    @Test func `a release by force records what it passed over`() {
        let rig = Rig.ready()
        rig.ask(Self.engage(.block))
        let causes = ["the kill file is there"]
        let release = KillRelease(isForced: true, causes: causes)
        rig.ask(.killRelease(Self.admin, reason: "drill", release))
        let state = rig.gateway.state.killSwitch
        #expect(!state.isEngaged)
        #expect(state.reason == "drill (forced while: the kill file is there)")
        #expect(state.principal == Self.admin)
    }

    @Test func `cancels are followed to their end, at a level that asks for them (K2)`() throws {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.engage(.block))
        #expect(rig.gateway.cancelProgress(at: rig.now) == .notAskedFor)
        rig.ask(Self.engage(.cancel))
        #expect(rig.gateway.cancelProgress(at: rig.now) == .unconfirmed)
        let settled = rig.tell(.orderReported(Make.report(intent, .canceled)))
        let read = try #require(Self.read(in: settled))
        #expect(rig.gateway.cancelProgress(at: rig.now) == .unconfirmed)
        rig.tell(.answered(.openOrders(read), .orders([])))
        #expect(rig.gateway.cancelProgress(at: rig.now) == .confirmed)
    }

    @Test func `without a journal only what needs none is answered (J1, K2)`() {
        let rig = Rig.ready()
        #expect(rig.ask(Self.engage(.block)).replies.allSatisfy { $0.needsNoJournal })
        #expect(rig.ask(.health).replies.allSatisfy { $0.needsNoJournal })
        // An order was told of, though a refused one: it would have to be found afterwards.
        #expect(rig.place().order?.status == .refused)
        #expect(!rig.place().replies.contains { $0.needsNoJournal })
        for request in [Request.positions(nil), .mode, .cancelAll(nil)] {
            #expect(!rig.ask(request).replies.contains { $0.needsNoJournal })
        }
    }
}
