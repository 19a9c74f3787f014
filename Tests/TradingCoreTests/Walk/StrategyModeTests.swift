import Testing

@testable import TradingCore

/// B6, M1: a strategy has a mode of its own, and an order goes to the lower of the two.
@Suite struct StrategyModeTests {
    static func settings(
        mode: TradingMode = .live,
        strategies: [String: TradingMode] = [:]
    ) -> GatewaySettings {
        var settings = Make.settings(
            mode: mode,
            allowsLive: true,
            exchanges: [.testnet, .live, .paper]
        )
        settings.strategies = strategies.mapValues { StrategySettings(initialMode: $0) }
        return settings
    }

    static func set(
        _ mode: TradingMode,
        of strategy: String = "grid",
        _ policy: OpenOrdersPolicy = .refuse,
        confirmation: String = ""
    ) -> Request {
        .setMode(
            ModeWish(
                mode,
                policy,
                Principal("admin"),
                strategy: strategy,
                reason: "test",
                confirmation: confirmation
            )
        )
    }

    static func wish(
        _ strategy: String,
        _ side: Side = .buy,
        expectedMode: TradingMode? = nil
    ) -> Request {
        var wish = Make.wish(Make.terms(side), expectedMode: expectedMode)
        wish.strategy = strategy
        return .placeOrder(wish)
    }

    /// An order of a strategy that its venue has taken.
    static func open(_ strategy: String, _ side: Side = .buy, on rig: Rig) throws -> OrderIntent {
        let intent = try #require(rig.ask(Self.wish(strategy, side)).placements.first)
        let accepted = PlacementOutcome.accepted(
            Make.report(intent, venue: Int64(intent.orderID.raw))
        )
        rig.tell(.placementAnswered(intent.orderID, accepted), from: intent.venue)
        return intent
    }

    static func fill(_ intent: OrderIntent, on rig: Rig) {
        let number = Int64(intent.orderID.raw)
        let report = Make.report(
            intent,
            .filled,
            venue: number,
            executed: "1",
            fills: [Make.fill(number, "1")]
        )
        rig.tell(.orderReported(report), from: intent.venue)
    }

    static func goLive(
        _ rig: Rig,
        of strategy: String,
        confirmation: String = ModeWish.liveConfirmation,
        key: VenueAnswer = ModeTests.goodKey
    ) -> Turn {
        let asked = rig.ask(Self.set(.live, of: strategy, confirmation: confirmation))
        guard asked.requests.contains(.keyRights) else { return asked }
        return rig.tell(.answered(.keyRights, key), from: .live)
    }

    static func cancels(of turn: Turn) -> [OrderID] {
        turn.requests.compactMap { request in
            if case .cancel(let orderID, _, _, _) = request { orderID } else { nil }
        }
    }

    // MARK: The lower of the two

    @Test(arguments: TradingMode.allCases, TradingMode.allCases)
    func `an order goes to the lower of its strategy's mode and the installation's`(
        installation: TradingMode,
        own: TradingMode
    ) throws {
        let rig = Rig.ready(
            Self.settings(mode: installation, strategies: ["grid": own])
        )
        let lower = min(installation, own)
        for (strategy, mode) in [("grid", lower), ("trend", installation), ("", installation)] {
            let turn = rig.ask(Self.wish(strategy, expectedMode: mode))
            let intent = turn.placements.first ?? turn.order?.intent
            #expect(turn.refusal == nil && turn.order?.refusal == nil, "\(turn.replies)")
            #expect(intent?.venue.mode == mode, "\(strategy)")
            let other = TradingMode.allCases.first { $0 != mode }
            let refused = rig.ask(Self.wish(strategy, expectedMode: other)).order?.refusal
            #expect(refused?.rule == .expectedMode && refused?.actual == mode.name)
        }
    }

    @Test func `modes are ordered from the one that does least to real money`() {
        #expect(TradingMode.allCases == [.monitor, .paper, .dryRun, .testnet, .live])
        #expect(TradingMode.allCases == TradingMode.allCases.sorted())
    }

    @Test func `each mode keeps its own ledger, and a strategy sees and closes that of its own`()
        throws
    {
        let rig = Rig.ready(Self.settings(strategies: ["grid": .testnet]))
        Self.fill(try Self.open("grid", on: rig), on: rig)
        for (mode, held) in [(nil, []), (TradingMode.live, []), (.testnet, ["1"])] {
            guard case .positions(let view)? = rig.ask(.positions(mode)).replies.first else {
                Issue.record("no positions")
                return
            }
            #expect(view.mode == mode ?? .live)
            #expect(view.positions.map(\.position.quantity) == held.map { Make.amount($0) })
        }
        var close = PositionRequest(
            symbol: Make.bitcoin,
            goal: .close,
            principal: Principal("alice")
        )
        let nothing = rig.ask(.position(close))
        guard case .positionReached? = nothing.replies.first else {
            Issue.record("\(nothing.replies)")
            return
        }
        close.strategy = "grid"
        let sold = try #require(rig.ask(.position(close)).placements.first)
        #expect(sold.venue == .testnet && sold.terms.quantity == Make.quantity("1"))
    }

    @Test func `the mode is hot, of one strategy and of all, and is told`() throws {
        let rig = Rig.ready(Self.settings())
        let changed = rig.ask(Self.set(.paper))
        #expect(changed.needsSync)
        guard case .mode(let answer)? = changed.replies.first else {
            Issue.record("\(changed.replies)")
            return
        }
        #expect(answer.record.mode == .paper && answer.previous == nil)
        #expect(answer.effective == .paper)
        #expect(try Self.open("grid", on: rig).venue == .paper)
        #expect(try Self.open("trend", .sell, on: rig).venue == .live)
        rig.ask(Self.set(.monitor, of: "", .keep))
        #expect(rig.ask(Self.wish("grid")).order?.intent.venue == .monitor)
        guard case .mode(let view)? = rig.ask(.mode).replies.first else {
            Issue.record("no answer")
            return
        }
        #expect(view.record.mode == .monitor)
        #expect(view.strategies.map(\.record.strategy) == ["grid"])
        #expect(view.strategies.map(\.record.mode) == [.paper])
        #expect(view.strategies.map(\.effective) == [.monitor])
        #expect(view.history.map(\.strategy) == ["", "grid", ""])
    }

    @Test func `a call that would change nothing is answered and changes nothing`() {
        let rig = Rig.ready(Self.settings(strategies: ["grid": .paper]))
        #expect(rig.ask(Self.set(.paper)).events.isEmpty)
    }

    // MARK: Leaving

    @Test func `what a strategy leaves open is asked about, and nobody else's`() throws {
        let rig = Rig.ready(Self.settings(mode: .testnet))
        let other = try Self.open("trend", on: rig)
        #expect(rig.ask(Self.set(.paper)).refusal == nil)
        rig.ask(Self.set(.live))
        let own = try Self.open("grid", on: rig)
        let refusal = try #require(rig.ask(Self.set(.paper)).refusal)
        #expect(refusal.rule == .modeGate && refusal.actual == "1")
        #expect(refusal.message.contains("Strategy grid in mode testnet has 1 open orders"))
        let left = rig.ask(Self.set(.paper, .cancel))
        #expect(left.refusal == nil)
        #expect(Self.cancels(of: left) == [own.orderID])
        #expect(rig.state(of: other)?.pendingCancel == nil)
    }

    @Test func `what is kept keeps its venue for life`() throws {
        let rig = Rig.ready(Self.settings(mode: .testnet))
        let own = try Self.open("grid", on: rig)
        #expect(rig.ask(Self.set(.paper, .keep)).requests.isEmpty)
        #expect(rig.state(of: own)?.intent.venue == .testnet)
        #expect(Self.cancels(of: rig.ask(.cancel(own.orderID))) == [own.orderID])
    }

    @Test func `a strategy that stays where it is leaves nothing when the installation moves`()
        throws
    {
        let rig = Rig.ready(Self.settings(mode: .testnet, strategies: ["grid": .paper]))
        let staying = try Self.open("grid", on: rig)
        let leaving = try Self.open("", on: rig)
        #expect(staying.venue == .paper)
        let refusal = try #require(rig.ask(Self.set(.dryRun, of: "")).refusal)
        #expect(refusal.actual == "1")
        #expect(Self.cancels(of: rig.ask(Self.set(.dryRun, of: "", .cancel))) == [leaving.orderID])
        // Below the strategy's own, it leaves as well.
        let below = try #require(rig.ask(Self.set(.monitor, of: "")).refusal)
        #expect(below.message.contains("Mode paper has 1 open orders"), "\(below.message)")
        #expect(
            Self.cancels(of: rig.ask(Self.set(.monitor, of: "", .cancel))) == [staying.orderID]
        )
    }

    @Test func `held orders die with their strategy's mode, and no others`() throws {
        var settings = Self.settings(mode: .testnet)
        settings.limits.sensitiveNotional = Make.amount("50")
        let rig = Rig.ready(settings)
        let held = ["grid", "trend"].compactMap { rig.ask(Self.wish($0)).order }
        #expect(held.map(\.status) == [.held, .held])
        rig.ask(Self.set(.paper))
        #expect(rig.state(of: held[0].intent)?.status == .canceled)
        #expect(rig.state(of: held[0].intent)?.reason.contains("(M1)") == true)
        #expect(rig.state(of: held[1].intent)?.status == .held)
        #expect(rig.gateway.state.heldCount(on: .testnet) == 1)
        #expect(rig.gateway.state.heldCount(on: .paper) == 0)
    }

    @Test func `live with a strategy's position is left only with a word about it`() throws {
        let rig = Rig.ready(Self.settings())
        Self.fill(try Self.open("grid", on: rig), on: rig)
        #expect(rig.ask(Self.set(.testnet, of: "trend")).refusal == nil)
        let refusal = try #require(rig.ask(Self.set(.testnet)).refusal)
        #expect(refusal.limit == "no open position" && refusal.actual == "BTCUSDT")
        #expect(rig.ask(Self.set(.testnet, .keep)).refusal == nil)
        #expect(rig.gateway.mode(of: "grid") == .testnet)
    }

    // MARK: Gates to live

    /// What is wrong in one of the gates of a strategy to live, and a word of its sentence.
    static let liveGates: [(name: String, word: String)] = [
        ("confirmation", "type \"trade live\""), ("withdrawal", "may withdraw"),
        ("orders", "Strategy grid in mode testnet has 1 open orders"),
        ("position", "Strategy grid in mode testnet has positions in BTCUSDT"),
    ]

    static func tryLive(_ wrong: Set<String>) throws -> (Rig, Turn) {
        let rig = Rig.ready(Self.settings(strategies: ["grid": .testnet, "trend": .testnet]))
        // What others hold there is no matter of this strategy.
        Self.fill(try Self.open("trend", on: rig), on: rig)
        _ = try Self.open("trend", .sell, on: rig)
        if wrong.contains("position") { Self.fill(try Self.open("grid", on: rig), on: rig) }
        if wrong.contains("orders") { _ = try Self.open("grid", on: rig) }
        let turn = Self.goLive(
            rig,
            of: "grid",
            confirmation: wrong.contains("confirmation") ? "yes" : ModeWish.liveConfirmation,
            key: .keyRights(KeyRights(canTrade: true, canWithdraw: wrong.contains("withdrawal")))
        )
        return (rig, turn)
    }

    @Test(arguments: liveGates)
    func `each gate keeps a strategy out of live (B4, B6)`(name: String, word: String) throws {
        let (rig, turn) = try Self.tryLive([name])
        let refusal = try #require(turn.refusal)
        #expect(refusal.rule == .modeGate && refusal.message.contains(word), "\(refusal)")
        #expect(!refusal.limit.contains(";"), "\(refusal.limit)")
        #expect(turn.events.isEmpty && rig.gateway.mode(of: "grid") == .testnet)
    }

    @Test func `all gates of a strategy are named in one answer, and none lets it pass`() throws {
        let (rig, turn) = try Self.tryLive(Set(Self.liveGates.map(\.name)))
        let refusal = try #require(turn.refusal)
        #expect(refusal.limit.split(separator: ";").count == Self.liveGates.count)
        #expect(rig.gateway.mode(of: "grid") == .testnet)
        let (passed, through) = try Self.tryLive([])
        #expect(through.refusal == nil)
        #expect(passed.gateway.mode(of: "grid") == .live)
        #expect(passed.gateway.mode(of: "trend") == .testnet)
    }

    @Test func `a strategy that may go live goes as far as the installation, without a proof`() {
        let rig = Rig.ready(Self.settings(mode: .testnet, strategies: ["grid": .paper]))
        let turn = rig.ask(Self.set(.live))
        #expect(turn.refusal == nil && turn.requests.isEmpty)
        #expect(rig.gateway.mode(of: "grid") == .testnet)
    }

    @Test func `a position of a strategy that stays on the testnet does not keep others there`()
        throws
    {
        let rig = Rig.ready(Self.settings(mode: .testnet, strategies: ["grid": .testnet]))
        Self.fill(try Self.open("grid", on: rig), on: rig)
        #expect(Self.goLive(rig, of: "").refusal == nil)
        #expect(rig.gateway.mode == .live && rig.gateway.mode(of: "grid") == .testnet)
        rig.ask(Self.set(.testnet, of: ""))
        Self.fill(try Self.open("trend", on: rig), on: rig)
        #expect(Self.goLive(rig, of: "").refusal?.limit == "no open position")
    }

    @Test func `a strategy does not go live when somebody changes its mode meanwhile`() {
        let rig = Rig.ready(Self.settings(strategies: ["grid": .testnet]))
        let live = Self.set(.live, confirmation: ModeWish.liveConfirmation)
        #expect(rig.ask(live).replies.isEmpty)
        // Another strategy's change is no matter of it.
        rig.ask(Self.set(.paper, of: "trend"))
        rig.ask(Self.set(.monitor))
        let late = rig.tell(.answered(.keyRights, ModeTests.goodKey), from: .live)
        #expect(late.refusal?.message.contains("set the mode of strategy grid to monitor") == true)
        #expect(rig.gateway.mode(of: "grid") == .monitor)
    }

    @Test func `a mode that is not configured is no mode of a strategy`() {
        let rig = Rig.ready(Make.settings())
        #expect(rig.ask(Self.set(.paper)).refusal?.limit == "a configured venue")
        #expect(rig.gateway.mode(of: "grid") == .testnet)
    }

    // MARK: Restarts

    @Test func `a strategy's mode survives a restart and beats the configuration (B2, M1)`() {
        let rig = Rig.ready(Self.settings(mode: .testnet, strategies: ["grid": .paper]))
        #expect(rig.gateway.state.modes.ofStrategies["grid"]?.reason == "first start")
        rig.ask(Self.set(.monitor))
        rig.ask(Self.set(.paper, of: "trend"))
        rig.start()
        #expect(rig.gateway.mode(of: "grid") == .monitor)
        #expect(rig.gateway.mode(of: "trend") == .paper)
        #expect(rig.gateway.mode == .testnet)
    }

    @Test func `a strategy whose venue is gone starts in monitor and says why`() {
        let rig = Rig(Make.settings())
        rig.start()
        var settings = rig.settings
        settings.strategies = ["grid": StrategySettings(initialMode: .paper)]
        let other = Rig(settings)
        other.start()
        #expect(other.gateway.mode(of: "grid") == .monitor)
        let reason = other.gateway.state.modes.ofStrategies["grid"]?.reason
        #expect(reason?.contains("No venue for mode paper") == true)
    }
}
