import Testing

@testable import TradingCore

/// J2, and what a listing shows.
@Suite struct DurabilityTests {
    @Test func `each kind of event says whether it may be seen before it is synced`() {
        let intent = Make.intent()
        let order = Order(intent: intent, status: .open, createdAt: intent.timestamp)
        let refusal = Refusal(.killSwitch, limit: "", actual: "", message: "")
        let mode = ModeRecord(
            mode: .live,
            principal: Principal("x"),
            reason: "",
            since: intent.timestamp
        )
        let kill = KillSwitch(
            level: .block,
            principal: Principal("x"),
            reason: "",
            since: intent.timestamp
        )
        let one = OrderID(raw: 1)
        let seen = RiskBreach.Acknowledgement(
            principal: Principal("x"),
            reason: "",
            at: intent.timestamp
        )
        let first: [Event] = [
            .storeCreated(clientIDPrefix: "p"), .started(epoch: "e", version: "v"),
            .orderSubmitted(intent), .orderSimulated(intent), .orderRefused(intent, refusal),
            .orderHeld(intent, refusal), .orderApproved(intent, by: Principal("x")),
            .codeShown(.taken(step: 1), by: Principal("x"), purpose: ""),
            .orderChanged(one, .dismissed(.expired(reason: ""))),
            .orderReopened(order), .modeChanged(mode), .strategyModeChanged(mode),
            .killChanged(kill),
            .ledgerBound(.live, accountID: 1),
            .balanceMoved(.live, Asset("BTC"), delta: .zero, isOpening: true),
            .sessionOpened(Make.session()),
            .sessionEnded(Make.session().name, .lost, orders: [one]),
            .tokenChanged(Make.token()), .limitChanged(Make.limitChange()),
            .orderChanged(one, .simulated(request: "")),
            .orderChanged(one, .rejected(code: 1, reason: "")),
            .orderChanged(one, .notPlaced(reason: "")),
            .orderChanged(one, .outcomeUnknown(reason: "")),
            .orderChanged(one, .needsOperator(reason: "")),
            .orderChanged(one, .resolved(.absent, by: Principal("x"), reason: "")),
            .riskBreached(Make.breach()), .breachAcknowledged(1, seen),
            .equityMarked(.live, Asset("USDT"), Make.equityMark()),
            .strategyMarked(.live, "grid", Asset("USDT"), Make.equityMark()),
            .orderChanged(one, .succeeded(by: OrderID(raw: 2))),
            .orderChanged(one, .amendFailed(reason: "")),
            .exitsChanged(one, .reached(.stopLoss)),
        ]
        for event in first { #expect(event.durability == .syncFirst, "\(event)") }
        let cancelID = ClientOrderIDScheme.cancelName(of: intent.clientOrderID)
        var waiting: [Event] = [
            .orderChanged(one, .filled(Make.fill(1))), .cancelRequested(one, cancelID),
            .stopped, .orderChanged(one, .amended(to: Make.quantity("1"))),
            .amendRequested(one, .reduction(to: Make.quantity("1")), by: Principal("x")),
        ]
        for status in VenueOrderStatus.allCases {
            waiting.append(
                .orderChanged(
                    one,
                    .reported(status, VenueOrderID(raw: 1), executed: .zero, reason: "")
                )
            )
        }
        for event in waiting { #expect(event.durability == .mayWait, "\(event)") }
    }

    @Test(arguments: [
        Request.order(OrderID(raw: 1)), .positions(nil), .mode, .killStatus, .health, .limits,
        .tokens(.list), .approvals,
        .orders(OrderFilter(includesClosed: false, symbol: nil, countMax: 10, before: nil)),
    ])
    func `a read that may show unsynced events waits for the sync`(request: Request) {
        let rig = Rig.ready()
        let intent = rig.submitted()
        let accepted = rig.tell(
            .placementAnswered(intent.orderID, .accepted(Make.report(intent)))
        )
        #expect(!accepted.events.isEmpty && !accepted.needsSync)
        let read = rig.ask(request)
        #expect(read.events.isEmpty)
        #expect(read.needsSync)
    }

    @Test func `a placement leaves only with a synced intent, an acceptance need not wait`() {
        let rig = Rig.ready()
        let turn = rig.place()
        #expect(turn.placements.count == 1)
        #expect(turn.needsSync)
    }

    @Test func `nothing of a turn that was not written gets out, but reads, cancels and gates`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        let turn = rig.turn(
            [
                .request(rig.token(), .placeOrder(Make.wish()), deadline: nil),
                .request(rig.token(), .cancel(intent.orderID), deadline: nil),
            ],
            crash: .beforeWrite
        )
        #expect(turn.requests.count == 1)
        #expect(turn.placements.isEmpty && turn.effects.isEmpty)
    }

    struct DiskFull: Error {}

    @Test func `a write that fails lets nothing out (J1)`() {
        let rig = Rig.ready()
        var batch = OpenBatch(at: rig.now)
        rig.gateway.decide(
            .request(rig.token(), .placeOrder(Make.wish()), deadline: nil),
            fetched: Fetched(),
            into: &batch
        )
        rig.gateway.decide(
            .request(rig.token(), .killEngage(.cancel, Principal("x"), reason: ""), deadline: nil),
            fetched: Fetched(),
            into: &batch
        )
        #expect(batch.takeImmediateEffects().count == 2)
        var isOut = false
        do {
            let durable = try batch.persisted { _ in throw DiskFull() }
            durable.release(place: { _ in isOut = true }, perform: { _ in isOut = true })
        } catch {
            #expect(error is DiskFull)
        }
        #expect(!isOut)
    }

    @Test func `a batch that only asks the venue is not empty until it has asked`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(.cancel(intent.orderID))
        var batch = OpenBatch(at: rig.now)
        rig.gateway.decide(
            .request(rig.token(), .cancel(intent.orderID), deadline: nil),
            fetched: Fetched(),
            into: &batch
        )
        let isEmptyBefore = batch.isEmpty
        #expect(!isEmptyBefore)
        #expect(!batch.takeImmediateEffects().isEmpty)
    }

    @Test func `immediate effects that nobody took end the process`() async {
        await #expect(processExitsWith: .failure) {
            var batch = OpenBatch(at: Rig().now)
            batch.performAtOnce(.closeGate(.testnet))
            _ = batch.persisted { _ in }
        }
    }

    @Test func `a listing shows newest first, in pages, from memory and disk without repeats`() {
        let rig = Rig.ready()
        for number in 1...9 {
            let intent = rig.openOrder(venue: Int64(number))
            if number % 3 == 0 {
                rig.tell(.orderReported(Make.report(intent, .canceled, venue: Int64(number))))
            }
        }
        func page(_ closed: Bool, before: UInt64?, symbol: Symbol? = nil) -> [UInt64] {
            let filter = OrderFilter(
                includesClosed: closed,
                symbol: symbol,
                countMax: 4,
                before: before.map { OrderID(raw: $0) }
            )
            guard case .orders(let orders, _)? = rig.ask(.orders(filter)).replies.first else {
                return []
            }
            return orders.map(\.orderID.raw)
        }
        for _ in 0..<2 {
            #expect(page(true, before: nil) == [9, 8, 7, 6])
            #expect(page(true, before: 6) == [5, 4, 3, 2])
            #expect(page(true, before: 2) == [1])
            #expect(page(true, before: 1).isEmpty)
            #expect(page(false, before: nil) == [8, 7, 5, 4])
            #expect(page(true, before: nil, symbol: Make.ether).isEmpty)
            // And the same once memory has forgotten the closed ones.
            rig.start()
        }
    }

    @Test func `an order is answered from memory and from the disk, an unknown number refused`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Make.report(intent, .canceled)))
        #expect(rig.ask(.order(intent.orderID)).order?.status == .canceled)
        rig.start()
        #expect(rig.ask(.order(intent.orderID)).order?.status == .canceled)
        #expect(rig.ask(.order(OrderID(raw: 99))).refusal?.rule == .orderNotFound)
        #expect(rig.ask(.cancel(OrderID(raw: 99))).refusal?.rule == .orderNotFound)
        #expect(rig.ask(.cancel(intent.orderID)).refusal?.rule == .orderFinished)
    }
}
