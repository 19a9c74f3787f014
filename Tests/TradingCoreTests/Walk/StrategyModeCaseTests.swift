import Testing

@testable import TradingCore

/// M1, B6: a strategy's mode changes while something of it is under way.
@Suite struct StrategyModeCaseTests {
    /// Live, with a strategy in a mode of its own.
    static func rig(_ mode: TradingMode = .testnet) -> Rig {
        Rig.ready(StrategyModeTests.settings(strategies: ["grid": mode]))
    }

    static func wish(_ terms: OrderTerms = Make.terms(), exits: ExitTerms? = nil) -> OrderRequest {
        var wish = Make.wish(terms)
        wish.strategy = "grid"
        wish.exits = exits
        return wish
    }

    static func accept(_ intent: OrderIntent, on rig: Rig) {
        let report = Make.exitReport(intent, venue: Int64(intent.orderID.raw))
        rig.tell(.placementAnswered(intent.orderID, .accepted(report)), from: intent.venue)
    }

    /// An order ends, filled wholly or canceled.
    @discardableResult
    static func end(_ intent: OrderIntent, _ status: VenueOrderStatus, on rig: Rig) -> Turn {
        let number = Int64(intent.orderID.raw)
        let executed = status == .filled ? intent.terms.quantity.description : "0"
        let report = Make.exitReport(
            intent,
            status,
            venue: number,
            executed: executed,
            fills: status == .filled ? [Make.fill(number, executed)] : []
        )
        return rig.tell(.orderReported(report), from: intent.venue)
    }

    static func quote(_ bid: String, on rig: Rig, at venue: VenueID) -> Turn {
        let quote = Quote(bid: Make.price(bid), ask: Make.price(bid))
        return rig.tell(.quoted(Make.bitcoin, quote), from: venue)
    }

    /// An entry of the strategy that is filled, in the mode that it has, and what follows from it.
    static func entered(_ exits: ExitTerms, on rig: Rig) throws -> (OrderIntent, Turn) {
        let entry = try #require(rig.ask(.placeOrder(Self.wish(exits: exits))).placements.first)
        Self.accept(entry, on: rig)
        return (entry, Self.end(entry, .filled, on: rig))
    }

    static func held(_ rig: Rig, on venue: VenueID) -> Amount {
        rig.gateway.state.ledger(of: venue).positions[Make.bitcoin]?.quantity ?? .zero
    }

    // MARK: Exits

    @Test(arguments: [TradingMode.paper, .testnet], [TradingMode.monitor, .dryRun])
    func `a stop that is kept goes on at its venue, and so does what follows it`(
        _ mode: TradingMode,
        _ next: TradingMode
    ) throws {
        let rig = Self.rig(mode)
        let (entry, filled) = try Self.entered(Make.exits(), on: rig)
        let stop = try #require(filled.placements.first)
        Self.accept(stop, on: rig)
        #expect(rig.ask(StrategyModeTests.set(next)).refusal?.actual == "1")
        #expect(rig.ask(StrategyModeTests.set(next, .keep)).refusal == nil)
        // The price of another venue is no matter of it.
        for venue in rig.settings.exchanges where venue != mode.venue {
            #expect(Self.quote("111", on: rig, at: venue).requests.isEmpty)
        }
        let reached = Self.quote("111", on: rig, at: mode.venue)
        #expect(StrategyModeTests.cancels(of: reached) == [stop.orderID])
        let profit = try #require(Self.end(stop, .canceled, on: rig).placements.first)
        #expect(profit.venue == mode.venue && profit.entry == entry.orderID)
        Self.accept(profit, on: rig)
        Self.end(profit, .filled, on: rig)
        #expect(rig.exits(of: entry) == nil && Self.held(rig, on: mode.venue) == .zero)
        ExitTests.expectSame(rig)
    }

    @Test(arguments: [OpenOrdersPolicy.refuse, .cancel, .keep])
    func `exits that are only watched are left behind with a word about them`(
        _ policy: OpenOrdersPolicy
    ) throws {
        let rig = Self.rig()
        let (entry, filled) = try Self.entered(Make.exits(stop: nil), on: rig)
        #expect(filled.placements.isEmpty)
        let refusal = rig.ask(StrategyModeTests.set(.paper, policy)).refusal
        #expect((refusal == nil) == (policy != .refuse))
        #expect((rig.exits(of: entry) == nil) == (policy == .cancel))
        let reached = Self.quote("111", on: rig, at: .testnet)
        #expect(reached.placements.map(\.venue) == (policy == .cancel ? [] : [.testnet]))
        ExitTests.expectSame(rig)
    }

    @Test func `a strategy does not go live while exits of it are watched elsewhere (B4)`() throws {
        let rig = Self.rig()
        rig.ask(StrategyModeTests.set(.testnet, of: "trend"))
        _ = try Self.entered(Make.exits(stop: nil), on: rig)
        // What they would sell is sold, and another strategy holds as much.
        StrategyModeTests.fill(try StrategyModeTests.open("trend", on: rig), on: rig)
        StrategyModeTests.fill(try StrategyModeTests.open("grid", .sell, on: rig), on: rig)
        let refusal = StrategyModeTests.goLive(rig, of: "grid").refusal
        #expect(refusal?.limit == "0 open orders" && refusal?.actual == "1")
        #expect(rig.gateway.mode(of: "grid") == .testnet)
    }

    // MARK: Orders in another's place

    static func amend(_ order: OrderIntent, _ quantity: String?, at price: String?) -> Request {
        .amend(
            AmendRequest(
                orderID: order.orderID,
                quantity: quantity.map(Make.quantity),
                price: price.map(Make.price),
                principal: Principal("alice")
            )
        )
    }

    @Test func `an order that is kept is made smaller, and not replaced in another mode`() throws {
        let rig = Self.rig()
        let order = try StrategyModeTests.open("grid", on: rig)
        rig.ask(StrategyModeTests.set(.paper, .keep))
        let refused = rig.ask(Self.amend(order, nil, at: "90"))
        #expect(refused.refusal?.rule == .expectedMode && refused.requests.isEmpty)
        #expect(rig.ask(Self.amend(order, "0.5", at: nil)).requests.count == 1)
    }

    @Test func `a replacement that is under way ends with the mode`() throws {
        let rig = Self.rig()
        let order = try StrategyModeTests.open("grid", on: rig)
        let asked = rig.ask(Self.amend(order, nil, at: "90"))
        #expect(StrategyModeTests.cancels(of: asked) == [order.orderID])
        rig.ask(StrategyModeTests.set(.paper, .keep))
        let ended = Self.end(order, .canceled, on: rig)
        #expect(ended.placements.isEmpty && ended.order?.refusal?.rule == .expectedMode)
        ExitTests.expectSame(rig)
    }

    @Test(arguments: [true, false])
    func `an order of unknown outcome is settled where it was sent`(isFilled: Bool) throws {
        let rig = Self.rig()
        var wish = Self.wish()
        wish.resubmitsIfAbsent = true
        let order = try #require(rig.ask(.placeOrder(wish)).placements.first)
        rig.tell(.placementAnswered(order.orderID, .unknown("timeout")))
        #expect(rig.ask(StrategyModeTests.set(.paper)).refusal?.actual == "1")
        #expect(rig.ask(StrategyModeTests.set(.paper, .keep)).refusal == nil)
        if isFilled {
            Self.end(order, .filled, on: rig)
        } else {
            #expect(ResubmissionTests.prove(rig, order).placements.isEmpty)
        }
        #expect(rig.state(of: order)?.status == (isFilled ? .filled : .notPlaced))
        for venue in rig.settings.exchanges {
            #expect(Self.held(rig, on: venue).isPositive == (isFilled && venue == .testnet))
        }
        #expect(rig.gateway.state.modes.history.map(\.mode) == [.live, .testnet, .paper])
        ExitTests.expectSame(rig)
    }

    // MARK: The kill switch

    @Test func `flatten closes on each venue what is held there, and waits for none of the others`()
        throws
    {
        let rig = Self.rig(.paper)
        for strategy in ["grid", "trend"] {
            StrategyModeTests.fill(try StrategyModeTests.open(strategy, on: rig), on: rig)
        }
        rig.tell(.streamLost("test"), from: .paper)
        let turn = rig.ask(FlattenTests.flatten)
        #expect(turn.placements.map(\.venue) == [.live])
        let closing = try #require(turn.placements.first)
        Self.accept(closing, on: rig)
        for case .request(.live, .openOrders(let read)) in Self.end(closing, .filled, on: rig)
            .immediate
        {
            rig.tell(.answered(.openOrders(read), .orders([])), from: .live)
        }
        let venues = try #require(KillSwitchTests.view(rig.ask(.killStatus))).venues
        let live = venues.first { $0.venue == .live }
        #expect(live?.zeroSince != nil && live?.closings.map(\.status) == [.closed])
        let paper = venues.first { $0.venue == .paper }
        #expect(paper?.closings.map(\.reason) == ["the venue is not ready"])
        rig.connect(venue: .paper)
        #expect(Self.held(rig, on: .live).isZero && rig.state(of: closing)?.status == .filled)
        let sold = rig.gateway.state.orders.values.filter { $0.intent.purpose == .flatten }
        #expect(sold.map(\.intent.venue) == [.paper])
    }

    // MARK: Ends of processes

    @Test(arguments: CrashPoint.allCases, [false, true])
    func `a change to live that a crash meets is made wholly, or its gates are passed anew`(
        _ crash: CrashPoint,
        isAnswer: Bool
    ) throws {
        let rig = Self.rig()
        let ask = StrategyModeTests.set(.live, confirmation: ModeWish.liveConfirmation)
        let answer = Input.venue(.live, .answered(.keyRights, ModeTests.goodKey))
        if isAnswer { rig.ask(ask) }
        let last = isAnswer ? answer : .request(rig.token(), ask, deadline: nil)
        rig.turn([last], crash: crash)
        rig.start()
        for venue in rig.settings.exchanges { rig.connect(venue: venue) }
        let isMade = isAnswer && crash == .beforeRelease
        // What was asked before is answered to nobody.
        #expect(rig.turn(answer).events.isEmpty)
        #expect(rig.gateway.mode(of: "grid") == (isMade ? .live : .testnet))
        #expect(rig.ask(ask).requests.contains(.keyRights) == !isMade)
        ExitTests.expectSame(rig)
    }

    /// A new process on the store of another, set up otherwise.
    static func restarted(_ rig: Rig, _ change: (inout GatewaySettings) -> Void) -> (Rig, Turn) {
        var settings = rig.settings
        change(&settings)
        let next = Rig(settings)
        for record in rig.journal.records { next.journal.append(record, isSynced: true) }
        return (next, next.start())
    }

    @Test func `without permission at a start a strategy is as low as the installation, for good`()
    {
        let rig = Self.rig()
        #expect(StrategyModeTests.goLive(rig, of: "grid").refusal == nil)
        let (next, _) = Self.restarted(rig) { $0.allowsLiveTrading = false }
        #expect(next.gateway.mode(of: "grid") == .monitor)
        next.ask(StrategyModeTests.set(.testnet, of: ""))
        #expect(next.gateway.mode(of: "grid") == .testnet)
        #expect(StrategyModeTests.goLive(next, of: "").refusal?.rule == .modeGate)
    }

    @Test func `what is left on a venue that is not configured any more is told (M1)`() throws {
        let rig = Self.rig()
        #expect(Self.restarted(rig) { $0.exchanges = [.live, .paper] }.1.alerts.isEmpty)
        _ = try StrategyModeTests.open("grid", on: rig)
        #expect(Self.restarted(rig) { _ in }.1.alerts.isEmpty)
        let (next, turn) = Self.restarted(rig) { $0.exchanges = [.live, .paper] }
        #expect(turn.alerts == [.venueStopped] && next.gateway.mode(of: "grid") == .monitor)
        guard case .health(let health)? = next.ask(.health).replies.first else {
            Issue.record("no health")
            return
        }
        #expect(health.alerts.map(\.kind) == [.venueStopped])
        #expect(health.alerts.first?.message.contains("venues.testnet") == true)
    }

    @Test(arguments: ["", "grid"])
    func `a journal that is found damaged while the key is proven keeps all out of live`(
        strategy: String
    ) {
        let rig = Rig.ready(StrategyModeTests.settings(mode: strategy.isEmpty ? .testnet : .live))
        if !strategy.isEmpty { rig.ask(StrategyModeTests.set(.testnet, .keep)) }
        let ask = StrategyModeTests.set(
            .live,
            of: strategy,
            confirmation: ModeWish.liveConfirmation
        )
        #expect(rig.ask(ask).requests.contains(.keyRights))
        rig.turn(.journal(.damaged("test")))
        let turn = rig.tell(.answered(.keyRights, ModeTests.goodKey), from: .live)
        #expect(turn.refusal?.rule == .notReady && turn.events.isEmpty)
    }
}
