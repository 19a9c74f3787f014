import Testing

@testable import TradingCore

/// M1: modes, and what becomes of orders when they change.
@Suite struct ModeTests {
    static func set(_ mode: TradingMode, _ policy: OpenOrdersPolicy = .refuse) -> Request {
        .setMode(mode, policy, Principal("admin"), reason: "test")
    }

    @Test func `live without permission starts in monitor and says why`() {
        let rig = Rig(Make.settings(mode: .live, exchanges: [.testnet, .live]))
        rig.start()
        #expect(rig.gateway.state.mode?.mode == .monitor)
        #expect(rig.gateway.state.mode?.reason.contains("allow_live_trading") == true)
    }

    @Test func `the journal's mode beats the configuration`() {
        let rig = Rig.ready(Make.settings(mode: .testnet))
        rig.ask(Self.set(.dryRun))
        rig.start()
        #expect(rig.gateway.state.mode?.mode == .dryRun)
    }

    @Test func `a mode's gates`() {
        let rig = Rig.ready()
        #expect(rig.ask(Self.set(.live)).refusal?.rule == .modeGate)
        #expect(rig.ask(Self.set(.paper)).refusal?.rule == .modeGate)
        #expect(rig.gateway.state.mode?.mode == .testnet)
        let allowed = Rig.ready(Make.settings(allowsLive: true))
        #expect(allowed.ask(Self.set(.live)).refusal?.limit == "a configured venue")
        let both = Rig.ready(Make.settings(allowsLive: true, exchanges: [.testnet, .live]))
        let turn = both.ask(Self.set(.live))
        #expect(turn.refusal == nil)
        #expect(turn.needsSync)
    }

    @Test func `a mode with open orders is left only with a word about them`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        #expect(rig.ask(Self.set(.monitor)).refusal?.actual == "1")
        let kept = rig.ask(Self.set(.monitor, .keep))
        #expect(kept.refusal == nil)
        #expect(kept.requests.isEmpty)
        // It keeps its venue for life, and cancels still reach it.
        #expect(rig.state(of: intent)?.intent.venue == .testnet)
        #expect(rig.ask(.cancel(intent.orderID)).requests.count == 1)
    }

    @Test func `leaving with cancel cancels the orders of the mode that is left, no others`() {
        let rig = Rig.ready(Make.settings(allowsLive: true, exchanges: [.testnet, .live]))
        let test = rig.openOrder()
        rig.ask(Self.set(.live, .keep))
        let turn = rig.place(Make.terms(.sell))
        guard let live = turn.placements.first else { return #expect(Bool(false)) }
        rig.tell(.placementAnswered(live.orderID, .accepted(Make.report(live))), from: .live)
        #expect(live.venue == .live)
        let left = rig.ask(Self.set(.monitor, .cancel))
        let targets = left.requests.compactMap { request in
            if case .cancel(let orderID, _, _, _) = request { orderID } else { nil }
        }
        #expect(targets == [live.orderID])
        #expect(rig.state(of: test)?.pendingCancel == nil)
    }

    @Test func `monitor decides and sends nothing`() {
        let rig = Rig.ready(Make.settings(mode: .monitor))
        let turn = rig.place(key: "k")
        #expect(turn.placements.isEmpty)
        #expect(turn.order?.status == .simulated)
        #expect(rig.place(key: "k").order?.orderID == turn.order?.orderID)
        #expect(rig.place(Make.terms(at: "0.001")).order?.status == .refused)
        #expect(rig.gateway.state.orders.isEmpty)
    }

    @Test func `a dry run ends as simulated with the request that would have left`() {
        let rig = Rig.ready(Make.settings(mode: .dryRun))
        let intent = rig.submitted()
        let turn = rig.tell(
            .placementAnswered(intent.orderID, .simulated(request: "POST /order")),
            from: .dryRun
        )
        #expect(turn.order?.status == .simulated)
        #expect(turn.order?.reason == "[DRY-RUN] POST /order")
        #expect(rig.gateway.state.ledger(of: .dryRun).reserved(of: Asset("USDT")).isZero)
    }

    @Test func `positions and mode are answered for the mode that is set`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(
            .orderReported(
                Make.report(intent, .filled, executed: "1", fills: [Make.fill(1, "1")])
            )
        )
        guard case .positions(let view)? = rig.ask(.positions).replies.first else {
            return #expect(Bool(false))
        }
        #expect(view.mode == .testnet)
        #expect(view.positions.map(\.position.quantity) == [Make.amount("1")])
        #expect(view.positions.map(\.mark) == [Make.price("100")])
        #expect(view.balances.map(\.total) == [Make.amount("11"), Make.amount("99900")])
    }
}
