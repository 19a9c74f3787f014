import Testing

@testable import TradingCore

/// S3: nothing is placed again without a proof of absence, and then only if the caller asked.
@Suite struct ResubmissionTests {
    static func wish(key: String? = nil, asks: Bool = true) -> OrderRequest {
        var wish = Make.wish(Make.terms(), key: key)
        wish.resubmitsIfAbsent = asks
        return wish
    }

    /// An order that the caller wants placed once more, and whose answer was lost.
    static func lost(_ rig: Rig, key: String? = nil, asks: Bool = true) throws -> OrderIntent {
        let turn = rig.ask(.placeOrder(wish(key: key, asks: asks)))
        let intent = try #require(turn.placements.first)
        rig.tell(.placementAnswered(intent.orderID, .unknown("timeout")))
        return intent
    }

    /// Proves that the venue never had the order; the turn that ends the proof.
    @discardableResult
    static func prove(_ rig: Rig, _ intent: OrderIntent) -> Turn {
        rig.advance(milliseconds: 12_001)
        rig.tell(.quoted(Make.bitcoin, Quote(bid: Make.price("99"), ask: Make.price("101"))))
        _ = AbsenceTests.askUntilProof(rig, intent)
        rig.tell(.answered(AbsenceTests.proofQuestion(intent), .orders([])))
        return rig.tell(.answered(AbsenceTests.tradesQuestion(intent), .trades([])))
    }

    @Test func `an order proven absent is placed once more, with a new name and time`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig)
        let turn = Self.prove(rig, first)
        let second = try #require(turn.placements.first)
        #expect(turn.needsSync && turn.placements.count == 1)
        #expect(second.terms == first.terms && second.predecessor == first.orderID)
        #expect(second.clientOrderID != first.clientOrderID)
        #expect(second.timestamp > first.windowEnd)
        let ended = try #require(rig.state(of: first))
        #expect(ended.status == .notPlaced && ended.successor == second.orderID)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `who did not ask for it gets NOT_PLACED and nothing is sent`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig, asks: false)
        #expect(Self.prove(rig, first).placements.isEmpty)
        #expect(rig.state(of: first)?.status == .notPlaced)
        #expect(rig.state(of: first)?.successor == nil)
    }

    @Test func `without the whole proof nothing is placed again`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig)
        rig.advance(milliseconds: 12_001)
        _ = AbsenceTests.askUntilProof(rig, first)
        let turn = rig.tell(.answered(AbsenceTests.proofQuestion(first), .orders([])))
        #expect(turn.placements.isEmpty)
        #expect(rig.state(of: first)?.status == .unknown)
    }

    @Test func `it happens once: the second order is not placed a third time`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig)
        let second = try #require(Self.prove(rig, first).placements.first)
        rig.tell(.placementAnswered(second.orderID, .unknown("timeout")))
        #expect(Self.prove(rig, second).placements.isEmpty)
        #expect(rig.state(of: second)?.status == .notPlaced)
    }

    @Test func `an order that its caller cancelled meanwhile is not placed again`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig)
        rig.ask(.cancel(first.orderID))
        #expect(Self.prove(rig, first).placements.isEmpty)
        #expect(rig.state(of: first)?.status == .notPlaced)
    }

    @Test func `the second order passes the gate of its own moment`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig)
        rig.ask(.killEngage(.block, Principal("admin"), reason: "test"))
        #expect(Self.prove(rig, first).placements.isEmpty)
        let successor = try #require(rig.state(of: first)?.successor)
        let second = try #require(rig.gateway.recent[successor])
        #expect(second.status == .refused && second.refusal?.rule == .killSwitch)
    }

    @Test func `it is not placed in another mode than its own (M1)`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig)
        rig.ask(.setMode(ModeWish(.monitor, .keep, Principal("me"), reason: "test")))
        #expect(rig.gateway.mode == .monitor)
        Self.prove(rig, first)
        let successor = try #require(rig.state(of: first)?.successor)
        #expect(rig.gateway.recent[successor]?.refusal?.rule == .expectedMode)
    }

    @Test func `the key names the row: a repeat gets the order that is there now (M2)`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig, key: "k")
        let second = try #require(Self.prove(rig, first).placements.first)
        rig.tell(.placementAnswered(second.orderID, .accepted(Make.report(second))))
        #expect(rig.ask(.placeOrder(Self.wish(key: "k"))).order?.orderID == second.orderID)
        // The same after a restart, when the first is on the disk alone,
        rig.start()
        rig.connect()
        #expect(rig.ask(.placeOrder(Self.wish(key: "k"))).order?.orderID == second.orderID)
        // and when both are.
        rig.tell(
            .orderReported(
                Make.report(second, .filled, executed: "1", fills: [Make.fill(1, "1")])
            )
        )
        rig.ask(.mode)
        rig.start()
        rig.connect()
        let repeated = rig.ask(.placeOrder(Self.wish(key: "k")))
        #expect(repeated.order?.orderID == second.orderID)
        #expect(repeated.order?.status == .filled)
        #expect(repeated.placements.isEmpty)
    }

    @Test func `a call that still waits for the first is answered by the second`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig, key: "k")
        rig.advance(milliseconds: 12_001)
        _ = AbsenceTests.askUntilProof(rig, first)
        #expect(rig.ask(.placeOrder(Self.wish(key: "k"))).effects.isEmpty)
        rig.tell(.answered(AbsenceTests.proofQuestion(first), .orders([])))
        let proven = rig.tell(.answered(AbsenceTests.tradesQuestion(first), .trades([])))
        let second = try #require(proven.placements.first)
        #expect(proven.replies.isEmpty)
        let turn = rig.tell(.placementAnswered(second.orderID, .accepted(Make.report(second))))
        #expect(turn.order?.orderID == second.orderID)
    }

    @Test func `an absent order that appears after all stops trading: it is there twice`() throws {
        let rig = Rig.ready()
        let first = try Self.lost(rig)
        let second = try #require(Self.prove(rig, first).placements.first)
        rig.tell(.placementAnswered(second.orderID, .accepted(Make.report(second, venue: 7))))
        let turn = rig.tell(.orderReported(Make.report(first, venue: 6)))
        #expect(turn.closesGate)
        #expect(rig.gateway.state.killSwitch.isEngaged)
        #expect(rig.state(of: first)?.status == .open)
    }
}
