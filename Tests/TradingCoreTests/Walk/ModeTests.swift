import Testing

@testable import TradingCore

/// M1: modes, and what becomes of orders when they change.
@Suite struct ModeTests {
    static func set(
        _ mode: TradingMode,
        _ policy: OpenOrdersPolicy = .refuse,
        confirmation: String = "",
        code: ShownCode = .none
    ) -> Request {
        let admin = Principal("admin")
        return .setMode(
            ModeWish(
                mode,
                policy,
                admin,
                reason: "test",
                confirmation: confirmation,
                code: code
            )
        )
    }

    static let bothExchanges: [VenueID] = [.testnet, .live]

    static let goodKey = VenueAnswer.keyRights(KeyRights(canTrade: true, canWithdraw: false))

    /// Asks for live, and lets the venue say what the key may do.
    static func goLive(
        _ rig: Rig,
        confirmation: String = ModeWish.liveConfirmation,
        key answer: VenueAnswer = goodKey,
        code: ShownCode = .none
    ) -> Turn {
        let asked = rig.ask(set(.live, confirmation: confirmation, code: code))
        guard asked.requests.contains(.keyRights) else { return asked }
        #expect(asked.replies.isEmpty)
        return rig.tell(.answered(.keyRights, answer), from: .live)
    }

    @Test func `live without permission starts in monitor and says why`() {
        let rig = Rig(Make.settings(mode: .live, exchanges: [.testnet, .live]))
        rig.start()
        #expect(rig.gateway.state.modes.installation?.mode == .monitor)
        #expect(rig.gateway.state.modes.installation?.reason.contains("allow_live_trading") == true)
    }

    @Test func `the journal's mode beats the configuration`() {
        let rig = Rig.ready(Make.settings(mode: .testnet))
        rig.ask(Self.set(.dryRun))
        rig.start()
        #expect(rig.gateway.state.modes.installation?.mode == .dryRun)
    }

    @Test func `a mode's gates`() {
        let rig = Rig.ready()
        #expect(rig.ask(Self.set(.live)).refusal?.rule == .modeGate)
        #expect(rig.ask(Self.set(.paper)).refusal?.rule == .modeGate)
        #expect(rig.gateway.state.modes.installation?.mode == .testnet)
        let allowed = Rig.ready(Make.settings(allowsLive: true))
        #expect(allowed.ask(Self.set(.live)).refusal?.limit.contains("a configured venue") == true)
        let both = Rig.ready(Make.settings(allowsLive: true, exchanges: Self.bothExchanges))
        let turn = Self.goLive(both)
        #expect(turn.refusal == nil)
        #expect(turn.needsSync)
        #expect(both.gateway.state.modes.installation?.mode == .live)
    }

    /// What is wrong in one of the gates to live, and a word of its sentence.
    static let liveGates: [(name: String, word: String)] = [
        ("permission", "allow_live_trading"), ("confirmation", "type \"trade live\""),
        ("orders", "1 open orders"), ("position", "positions in BTCUSDT"),
        ("trading", "may not trade"), ("withdrawal", "may withdraw"),
        ("refusal", "does not take the live key"), ("silence", "is unknown"),
        ("cap", "daily_notional_cap"), ("code", "needs the code"),
        ("used code", "was used already"),
    ]

    /// A rig before whose change to live the named things are wrong, and the change.
    static func tryLive(_ wrong: Set<String>) -> (Rig, Turn) {
        var settings = Make.settings(
            allowsLive: !wrong.contains("permission"),
            exchanges: bothExchanges
        )
        settings.approvals.requiring = [.live]
        if wrong.contains("cap") { settings.dailyNotionalCaps = [:] }
        let rig = Rig.ready(settings)
        if wrong.contains("position") {
            let bought = rig.openOrder()
            let fills = [Make.fill(1, "1")]
            let report = Make.report(bought, .filled, executed: "1", fills: fills)
            rig.tell(.orderReported(report))
        }
        if wrong.contains("orders") { _ = rig.openOrder(Make.terms(.sell)) }
        var answer = goodKey
        if wrong.contains("trading") {
            answer = .keyRights(KeyRights(canTrade: false, canWithdraw: false))
        }
        if wrong.contains("withdrawal") {
            answer = .keyRights(KeyRights(canTrade: true, canWithdraw: true))
        }
        if wrong.contains("refusal") {
            answer = .refused(VenueError(httpStatus: 401, code: -2015, message: "Invalid API-key"))
        }
        if wrong.contains("silence") { answer = .failed("timeout") }
        let words = wrong.contains("confirmation") ? "yes" : ModeWish.liveConfirmation
        let step: Int64 = wrong.contains("used code") ? 0 : 1
        let code = wrong.contains("code") ? ShownCode.none : .matching(step: step)
        return (rig, goLive(rig, confirmation: words, key: answer, code: code))
    }

    @Test(arguments: liveGates)
    func `each gate to live alone keeps it shut, and says why (B4)`(name: String, word: String)
        throws
    {
        let (rig, turn) = Self.tryLive([name])
        let refusal = try #require(turn.refusal)
        #expect(refusal.rule == .modeGate)
        #expect(refusal.message.contains(word), "\(refusal.message)")
        #expect(!refusal.limit.contains(";"), "\(refusal.limit)")
        // A code that was looked at is on the record; nothing else happened.
        #expect(turn.events.allSatisfy { if case .codeShown = $0 { true } else { false } })
        #expect(rig.gateway.mode == .testnet)
    }

    @Test func `all gates to live at once are named in one answer, and nothing changes (B4)`()
        throws
    {
        let together: Set<String> = [
            "permission", "confirmation", "orders", "position", "withdrawal", "cap", "code",
        ]
        let (rig, turn) = Self.tryLive(together)
        let refusal = try #require(turn.refusal)
        for gate in Self.liveGates where together.contains(gate.name) {
            #expect(refusal.message.contains(gate.word), "\(refusal.message)")
        }
        #expect(refusal.limit.split(separator: ";").count == together.count)
        #expect(turn.events.isEmpty && turn.requests.isEmpty)
        #expect(rig.gateway.mode == .testnet)
    }

    @Test func `a key that may withdraw is taken where the configuration says so`() {
        var settings = Make.settings(allowsLive: true, exchanges: Self.bothExchanges)
        settings.allowsWithdrawingKeys = true
        let rig = Rig.ready(settings)
        let answer = VenueAnswer.keyRights(KeyRights(canTrade: true, canWithdraw: true))
        #expect(Self.goLive(rig, key: answer).refusal == nil)
        #expect(rig.gateway.mode == .live)
    }

    @Test func `a change whose caller has gone before the key was proven changes nothing`() {
        let rig = Rig.ready(Make.settings(allowsLive: true, exchanges: Self.bothExchanges))
        let wish = Self.set(.live, confirmation: ModeWish.liveConfirmation)
        rig.ask(wish, deadline: rig.now.monotonic.adding(milliseconds: 100))
        rig.advance(milliseconds: 200)
        let late = rig.tell(.answered(.keyRights, Self.goodKey), from: .live)
        #expect(late.refusal?.rule == .deadline)
        #expect(rig.gateway.mode == .testnet)
    }

    @Test func `a change to live does not undo what somebody sets while the key is proven`() {
        let rig = Rig.ready(Make.settings(allowsLive: true, exchanges: Self.bothExchanges))
        let live = Self.set(.live, confirmation: ModeWish.liveConfirmation)
        #expect(rig.ask(live).replies.isEmpty && rig.ask(live).replies.isEmpty)
        #expect(rig.ask(Self.set(.monitor)).refusal == nil)
        for _ in 0..<2 {
            let late = rig.tell(.answered(.keyRights, Self.goodKey), from: .live)
            #expect(
                late.refusal?.rule == .modeGate && late.refusal?.actual.contains("admin") == true
            )
        }
        #expect(rig.gateway.mode == .monitor && rig.gateway.modeChanges.isEmpty)
        // The same change asked for twice at once is one change, and both are told of it.
        #expect(rig.ask(live).replies.isEmpty && rig.ask(live).replies.isEmpty)
        for _ in 0..<2 {
            let told = rig.tell(.answered(.keyRights, Self.goodKey), from: .live)
            guard case .mode(let view)? = told.replies.first else {
                Issue.record("\(told.replies)")
                return
            }
            #expect(view.record.mode == .live)
        }
        #expect(rig.gateway.state.modes.history.filter { $0.mode == .live }.count == 1)
    }

    @Test func `live with a position is left only with a word about it`() throws {
        let rig = Rig.ready(Make.settings(allowsLive: true, exchanges: Self.bothExchanges))
        #expect(Self.goLive(rig).refusal == nil)
        let intent = try #require(rig.place().placements.first)
        let fills = [Make.fill(1, "1")]
        let report = Make.report(intent, .filled, executed: "1", fills: fills)
        rig.tell(.placementAnswered(intent.orderID, .accepted(report)), from: .live)
        rig.tell(.orderReported(report), from: .live)
        let refusal = try #require(rig.ask(Self.set(.monitor)).refusal)
        #expect(refusal.limit == "no open position")
        #expect(refusal.actual == "BTCUSDT")
        #expect(rig.gateway.mode == .live)
        #expect(rig.ask(Self.set(.monitor, .keep)).refusal == nil)
        #expect(rig.gateway.mode == .monitor)
    }

    @Test func `the history names each change, newest first, over restarts, and is bounded`() {
        let rig = Rig.ready()
        rig.ask(Self.set(.dryRun))
        rig.ask(Self.set(.monitor))
        rig.start()
        guard case .mode(let view)? = rig.ask(.mode).replies.first else {
            return #expect(Bool(false))
        }
        #expect(view.history.map(\.mode) == [.monitor, .dryRun, .testnet])
        #expect(view.history.first == view.record)
        #expect(view.history.first?.principal == Principal("admin"))
        for _ in 0..<ModeBook.historyMax {
            rig.ask(Self.set(.dryRun))
            rig.ask(Self.set(.monitor))
        }
        #expect(rig.gateway.state.modes.history.count == ModeBook.historyMax)
        #expect(rig.gateway.state.modes.history.last?.mode == .monitor)
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

    @Test func `leaving with cancel cancels the orders of the mode that is left, no others`()
        throws
    {
        let rig = Rig.ready(Make.settings(allowsLive: true, exchanges: Self.bothExchanges))
        #expect(Self.goLive(rig).refusal == nil)
        let live = try #require(rig.place(Make.terms(.sell)).placements.first)
        rig.tell(.placementAnswered(live.orderID, .accepted(Make.report(live))), from: .live)
        #expect(live.venue == .live)
        rig.ask(Self.set(.testnet, .keep))
        let test = rig.openOrder()
        #expect(test.venue == .testnet)
        let left = rig.ask(Self.set(.monitor, .cancel))
        let targets = left.requests.compactMap { request in
            if case .cancel(let orderID, _, _, _) = request { orderID } else { nil }
        }
        #expect(targets == [test.orderID])
        #expect(rig.state(of: live)?.pendingCancel == nil)
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
        guard case .positions(let view)? = rig.ask(.positions(nil)).replies.first else {
            return #expect(Bool(false))
        }
        #expect(view.mode == .testnet)
        #expect(view.positions.map(\.position.quantity) == [Make.amount("1")])
        #expect(view.positions.map(\.mark) == [Make.price("100")])
        #expect(view.balances.map(\.total) == [Make.amount("11"), Make.amount("99900")])
    }
}
