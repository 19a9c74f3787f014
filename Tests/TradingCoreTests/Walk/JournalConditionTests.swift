import Testing

@testable import TradingCore

@Suite struct JournalConditionTests {
    /// A rig whose journal is in a condition, connected to its venue.
    static func rig(_ condition: JournalCondition) -> (Rig, connected: Turn) {
        let rig = Rig()
        rig.start()
        rig.turn(.journal(condition))
        return (rig, rig.connect())
    }

    @Test func `nothing is placed until the journal is verified, then it is`() {
        let (rig, connected) = Self.rig(.unverified)
        #expect(!connected.opensGate)
        #expect(rig.place().order?.refusal?.rule == .notReady)
        let reasons = rig.gateway.health(at: rig.now).notReadyReasons
        #expect(reasons == ["the journal is being verified"])
        #expect(rig.turn(.journal(.sound)).opensGate)
        #expect(rig.gateway.health(at: rig.now).notReadyReasons.isEmpty)
        #expect(rig.place().placements.count == 1)
    }

    @Test func `damage shuts the gate, means monitor and stays`() {
        let rig = Rig.ready()
        let turn = rig.turn(.journal(.damaged("record 7: changed")))
        #expect(turn.closesGate)
        #expect(turn.events.isEmpty)
        #expect(rig.gateway.mode == .monitor)
        #expect(!rig.turn(.journal(.sound)).opensGate)
        rig.tell(.streamLost("test"))
        #expect(!rig.connect().opensGate)
        let placed = rig.place()
        #expect(placed.refusal?.rule == .notReady)
        #expect(placed.events.isEmpty)
        #expect(placed.order == nil, "an order was told of that nobody will find (J1)")
        let reasons = rig.gateway.health(at: rig.now).notReadyReasons
        #expect(reasons.contains("the journal is damaged: record 7: changed"))
    }

    @Test func `on a damaged journal the kill switch cancels and says that it is not durable (K2)`()
    {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.turn(.journal(.damaged("gone")))
        let kill = rig.ask(.killEngage(.cancel, Principal("me"), reason: "why"))
        let isCancelSent = kill.requests.contains { request in
            if case .cancel(intent.orderID, _, _, _) = request { true } else { false }
        }
        #expect(isCancelSent)
        for case .killSwitch(let view) in kill.replies { #expect(!view.isDurable) }
        #expect(rig.gateway.positions().mode == .testnet)
        for request in [
            Request.setMode(ModeWish(.dryRun, .keep, Principal("me"), reason: "why")),
            .killRelease(Principal("me"), reason: "why", KillRelease()),
        ] {
            #expect(rig.ask(request).refusal?.rule == .notReady)
        }
    }
}
