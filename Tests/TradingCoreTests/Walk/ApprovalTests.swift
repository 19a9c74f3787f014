import Testing

@testable import TradingCore

/// Orders above the sensitive notional wait for a person and a code.
@Suite struct ApprovalTests {
    static let person = Principal("person")
    /// Worth 1,001, one more than passes without a person.
    static let large = Make.terms(.buy, "10.01")

    static func settings(
        mode: TradingMode = .testnet,
        exchanges: [VenueID] = [.testnet]
    ) -> GatewaySettings {
        var settings = Make.settings(
            mode: mode,
            allowsLive: exchanges.contains(.live),
            exchanges: exchanges
        )
        settings.limits.sensitiveNotional = Make.amount("1000")
        return settings
    }

    static func approve(
        _ order: OrderID,
        code: ShownCode = .matching(step: 1)
    ) -> Request {
        .approve(ApprovalRequest(orderID: order, principal: person, code: code))
    }

    /// A rig with one held order.
    static func held(
        _ settings: GatewaySettings = settings(),
        key: String? = nil
    ) throws -> (Rig, Order) {
        let rig = Rig.ready(settings)
        let order = try #require(rig.place(large, key: key).order)
        try #require(order.status == .held)
        return (rig, order)
    }

    static func view(_ rig: Rig) throws -> ApprovalsView {
        guard case .approvals(let view)? = rig.ask(.approvals).replies.first else {
            throw Missing()
        }
        return view
    }

    struct Missing: Error {}

    // MARK: Holding

    @Test func `an order above the limit is held: durable, shown, with nothing sent or reserved`()
        throws
    {
        let rig = Rig.ready(Self.settings())
        #expect(rig.place(Make.terms(.buy, "10")).placements.count == 1)
        let turn = rig.place(Self.large, key: "k")
        let order = try #require(turn.order)
        #expect(order.status == .held && turn.needsSync)
        #expect(turn.placements.isEmpty && turn.requests.isEmpty)
        #expect(order.refusal?.rule == .sensitiveNotional)
        #expect(order.refusal?.limit == "1000" && order.refusal?.actual == "1001")
        #expect(order.refusal?.permitted == "a quantity of at most 10")
        let ledger = rig.gateway.state.ledger(of: .testnet)
        #expect(ledger.reserved(of: Asset("USDT")) == Make.amount("1000"))
        #expect(rig.gateway.state.openOrderCount(on: .testnet) == 1)
        #expect(try Self.view(rig).held.map(\.order) == [order])
        #expect(rig.gateway.standingAlerts(at: rig.now).map(\.kind) == [.approvalWanted])
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `the key of a held order is bound: the same again is the same order (M2)`() throws {
        let (rig, order) = try Self.held(key: "k")
        let again = rig.place(Self.large, key: "k")
        #expect(again.order == order && again.events.isEmpty)
        #expect(rig.place(Make.terms(), key: "k").refusal?.rule == .idempotencyKey)
        rig.start()
        rig.connect()
        #expect(rig.place(Self.large, key: "k").order?.orderID == order.orderID)
    }

    @Test func `the stricter limit holds, and a symbol may have one of its own`() {
        var settings = Self.settings()
        var ofSymbol = SymbolLimits()
        ofSymbol.sensitiveNotional = Make.amount("99.99")
        settings.limits.bySymbol[Make.bitcoin] = ofSymbol
        let rig = Rig.ready(settings)
        #expect(rig.place().order?.status == .held)
        #expect(rig.place(Make.terms(symbol: Make.ether)).placements.count == 1)
    }

    @Test func `held orders count among the open ones, so that nobody fills the memory with them`()
        throws
    {
        var settings = Self.settings()
        settings.limits.openOrdersMax = 2
        let (rig, order) = try Self.held(settings)
        #expect(rig.place(Self.large).order?.status == .held)
        #expect(rig.place(Self.large).order?.refusal?.rule == .openOrders)
        // An approved one takes its own place.
        #expect(rig.ask(Self.approve(order.orderID)).placements.count == 1)
    }

    @Test func `what closes a position for the kill switch waits for nobody (K4)`() throws {
        var settings = Self.settings()
        settings.limits.sensitiveNotional = Make.amount("1")
        let rig = Rig.ready(settings)
        let order = try #require(rig.place().order)
        let intent = try #require(rig.ask(Self.approve(order.orderID)).placements.first)
        let fills = [Make.fill(1, "1")]
        rig.tell(
            .orderReported(Make.report(intent, .filled, executed: "1", fills: fills))
        )
        rig.tell(.placementAnswered(intent.orderID, .accepted(Make.report(intent))))
        let turn = rig.ask(.killEngage(.flatten, Self.person, reason: "test"))
        #expect(turn.placements.map(\.purpose) == [.flatten])
    }

    // MARK: Approving

    @Test func `an approved order is placed with the time of its approval, after a sync (S1)`()
        throws
    {
        let (rig, order) = try Self.held(key: "k")
        rig.advance(milliseconds: 4_000)
        let turn = rig.ask(Self.approve(order.orderID))
        let intent = try #require(turn.placements.first)
        #expect(turn.placements.count == 1 && turn.needsSync)
        #expect(turn.events.contains(.orderApproved(intent, by: Self.person)))
        #expect(intent.orderID == order.orderID && intent.key == order.intent.key)
        #expect(intent.timestamp == order.intent.timestamp.adding(milliseconds: 4_000))
        #expect(turn.replies.isEmpty, "it is answered when the fate is known")
        let answered = rig.tell(
            .placementAnswered(intent.orderID, .accepted(Make.report(intent)))
        )
        #expect(answered.order?.status == .open && answered.order?.refusal == nil)
        #expect(rig.journal.fold() == rig.gateway.state)
        #expect(rig.ask(Self.approve(order.orderID)).refusal?.rule == .orderNotHeld)
    }

    @Test func `the whole gate looks again: what it refuses now ends the order with its rule`()
        throws
    {
        let (rig, order) = try Self.held(key: "k")
        rig.tell(.quoted(Make.bitcoin, Quote(bid: Make.price("99"), ask: Make.price("101"))))
        _ = rig.submitted(Make.terms(.buy, "9"))
        for _ in 0..<11 { _ = rig.submitted(Make.terms(.buy, "9.9")) }
        var quantity = 100_000 - 900 - 11 * 990
        while quantity > 1_000 {
            _ = rig.submitted(Make.terms(.buy, "10"))
            quantity -= 1_000
        }
        let turn = rig.ask(Self.approve(order.orderID))
        #expect(turn.placements.isEmpty)
        let ended = try #require(turn.order)
        #expect(ended.status == .refused && ended.refusal?.rule == .availableBalance)
        #expect(ended.refusal?.limit.isEmpty == false && ended.refusal?.actual.isEmpty == false)
        #expect(turn.events.count == 2, "the code and the end")
        #expect(rig.place(Self.large, key: "k").order == ended)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `an approval within the principal's own rate does not count twice`() throws {
        var settings = Self.settings()
        settings.limits.orderRate = OrderRate(countMax: 1, intervalMilliseconds: 60_000)
        let (rig, order) = try Self.held(settings)
        #expect(rig.place().order?.refusal?.rule == .orderRate)
        #expect(rig.ask(Self.approve(order.orderID)).placements.count == 1)
    }

    @Test func `an approval whose deadline has passed changes nothing, and spends no code`() throws
    {
        let (rig, order) = try Self.held()
        let late = rig.ask(Self.approve(order.orderID), deadline: rig.now.monotonic)
        #expect(late.refusal?.rule == .deadline && late.events.isEmpty)
        #expect(rig.ask(Self.approve(order.orderID)).placements.count == 1)
    }

    @Test func `modes that send nothing hold and approve all the same`() throws {
        for mode in [TradingMode.monitor, .dryRun] {
            let (rig, order) = try Self.held(Self.settings(mode: mode))
            let turn = rig.ask(Self.approve(order.orderID))
            if mode == .monitor {
                #expect(turn.order?.status == .simulated && turn.placements.isEmpty)
            } else {
                let intent = try #require(turn.placements.first)
                let outcome = PlacementOutcome.simulated(request: "POST")
                let told = rig.tell(.placementAnswered(intent.orderID, outcome), from: .dryRun)
                #expect(told.order?.status == .simulated)
            }
            #expect(rig.journal.fold() == rig.gateway.state)
        }
    }

    @Test func `an approval is for one placement: what is placed once more is held again (S3)`()
        throws
    {
        let rig = Rig.ready(Self.settings())
        var wish = Make.wish(Self.large)
        wish.resubmitsIfAbsent = true
        let order = try #require(rig.ask(.placeOrder(wish)).order)
        let first = try #require(rig.ask(Self.approve(order.orderID)).placements.first)
        rig.tell(.placementAnswered(first.orderID, .unknown("timeout")))
        #expect(ResubmissionTests.prove(rig, first).placements.isEmpty)
        let successor = try #require(rig.state(of: first)?.successor)
        #expect(rig.gateway.state.orders[successor]?.status == .held)
    }

    // MARK: Ends

    @Test func `a denied order ends refused, with who denied it and why`() throws {
        let (rig, order) = try Self.held()
        let turn = rig.ask(.deny(order.orderID, Self.person, reason: "too large"))
        #expect(turn.order?.status == .refused && turn.needsSync)
        #expect(turn.order?.refusal?.rule == .approvalDenied)
        #expect(turn.order?.refusal?.message == "person denied it: too large")
        let again = rig.ask(.deny(order.orderID, Self.person, reason: "x"))
        #expect(again.refusal?.rule == .orderNotHeld)
        let unknown = rig.ask(.deny(OrderID(raw: 99), Self.person, reason: "x"))
        #expect(unknown.refusal?.rule == .orderNotFound)
    }

    @Test func `what nobody approves in time expires, also across a restart (M3)`() throws {
        let (rig, order) = try Self.held()
        let end = try #require(try Self.view(rig).held.first?.expiresAt)
        #expect(end == order.createdAt.adding(milliseconds: 300_000))
        rig.advance(milliseconds: 200_000)
        rig.start()
        #expect(try Self.view(rig).held.first?.expiresAt == end)
        rig.advance(milliseconds: 99_999)
        #expect(rig.turn(.wake).events.isEmpty)
        #expect(
            rig.gateway.nextWake.map { $0 <= rig.now.monotonic.adding(milliseconds: 1) } == true
        )
        rig.advance(milliseconds: 1)
        rig.turn(.wake)
        let ended = try #require(rig.state(of: order.intent))
        #expect(ended.status == .expired && ended.reason == "nobody approved it within 300 s")
        #expect(rig.ask(Self.approve(order.orderID)).refusal?.rule == .orderNotHeld)
    }

    @Test(arguments: [-7_200_000, 7_200_000] as [Int64])
    func `a wall clock that is set changes no expiry of this process, and at most ends one (M3)`(
        step: Int64
    ) throws {
        let (rig, order) = try Self.held()
        rig.now = Instant(
            monotonic: rig.now.monotonic,
            wall: rig.now.wall.adding(milliseconds: step)
        )
        rig.turn(.wake)
        #expect(rig.gateway.state.heldOrders == [order.orderID])
        // Whatever the clock says after a restart, it is not held for longer than once more.
        rig.start()
        rig.advance(milliseconds: 300_000)
        rig.turn(.wake)
        #expect(rig.gateway.state.heldOrders.isEmpty)
    }

    @Test(arguments: KillLevel.allCases)
    func `the kill switch ends held orders at every level, after a restart too`(level: KillLevel)
        throws
    {
        let (rig, order) = try Self.held()
        let turn = rig.ask(.killEngage(level, Self.person, reason: "fire"))
        #expect(turn.immediate.first == .engageKillSwitch, "the gates come first (K2)")
        let ended = try #require(rig.state(of: order.intent))
        #expect(ended.status == .canceled && ended.reason.contains("fire"))
        #expect(turn.requests.allSatisfy { if case .cancel = $0 { false } else { true } })
        #expect(rig.ask(Self.approve(order.orderID)).refusal?.rule == .orderNotHeld)
        #expect(rig.place(Self.large).order?.refusal?.rule == .killSwitch)
        rig.start()
        #expect(rig.gateway.state.heldOrders.isEmpty)
    }

    @Test(arguments: [OpenOrdersPolicy.refuse, .cancel, .keep])
    func `held orders die with their mode (M1)`(policy: OpenOrdersPolicy) throws {
        let (rig, order) = try Self.held()
        rig.ask(.setMode(ModeWish(.dryRun, policy, Self.person, reason: "test")))
        #expect(rig.gateway.mode == .dryRun)
        let ended = try #require(rig.state(of: order.intent))
        #expect(ended.status == .canceled && ended.reason.contains("testnet was left for dry_run"))
        #expect(rig.gateway.state.heldOrders.isEmpty)
    }

    @Test func `a mode that a start leaves takes its held orders along (M1)`() throws {
        let rig = Rig.ready(Self.settings(exchanges: ModeTests.bothExchanges))
        #expect(ModeTests.goLive(rig).refusal == nil)
        let order = try #require(rig.place(Self.large).order)
        try #require(order.status == .held && order.intent.venue == .live)
        var gateway = Gateway(
            recovered: rig.journal.fold(),
            settings: Self.settings(exchanges: [.testnet])
        )
        var batch = OpenBatch(at: rig.now)
        gateway.start(prefix: Make.prefix, epoch: "e0000009", version: "test", into: &batch)
        #expect(gateway.mode == .monitor && gateway.state.heldOrders.isEmpty)
        _ = batch.takeImmediateEffects()
    }

    @Test func `a client takes its held order back without asking the venue`() throws {
        let (rig, order) = try Self.held()
        let turn = rig.ask(.cancel(order.orderID))
        #expect(turn.order?.status == .canceled && turn.requests.isEmpty)
        let other = try #require(rig.place(Self.large).order)
        _ = rig.openOrder()
        guard case .cancelsSent(let sent)? = rig.ask(.cancelAll(Make.ether)).replies.first else {
            throw Missing()
        }
        #expect(sent.isEmpty)
        let all = rig.ask(.cancelAll(nil))
        #expect(all.requests.count == 1)
        #expect(rig.state(of: other.intent)?.status == .canceled)
    }

    @Test(arguments: RestartPolicy.allCases)
    func `a restart treats held orders as its policy says`(policy: RestartPolicy) throws {
        var settings = Self.settings()
        settings.restartPolicy = policy
        let (rig, order) = try Self.held(settings)
        rig.start()
        #expect(rig.gateway.state.heldOrders == (policy == .resume ? [order.orderID] : []))
        #expect(rig.gateway.state.killSwitch.isEngaged == (policy == .halt))
        guard policy == .resume else { return }
        #expect(rig.ask(Self.approve(order.orderID)).order?.refusal?.rule == .notReady)
    }

    @Test func `a held order at the venue, or one that ended unsent, betrays a twin (S5)`() throws {
        for isEnded in [false, true] {
            let (rig, order) = try Self.held()
            if isEnded { rig.ask(.cancel(order.orderID)) }
            let turn = rig.tell(.orderReported(Make.report(order.intent)))
            #expect(turn.alerts == [.venueStopped])
            #expect(rig.gateway.state.killSwitch.level == .block)
        }
    }

    @Test func `a reconciliation asks the venue for no held order`() throws {
        let (rig, order) = try Self.held()
        rig.tell(.streamLost("test"))
        let turn = rig.connect()
        #expect(turn.opensGate)
        #expect(rig.gateway.state.heldOrders == [order.orderID])
        #expect(rig.ask(Self.approve(order.orderID)).placements.count == 1)
    }

    @Test func `on a damaged journal nothing is approved or denied`() throws {
        let (rig, order) = try Self.held()
        rig.turn(.journal(.damaged("bit")))
        #expect(rig.ask(Self.approve(order.orderID)).refusal?.rule == .notReady)
        let denial = rig.ask(.deny(order.orderID, Self.person, reason: "x"))
        #expect(denial.refusal?.rule == .notReady)
    }
}
