import Testing

@testable import TradingCore

/// Whatever modes are set, of the installation and of strategies, and however often the process
/// ends: every order goes where a model says, and a change is refused exactly when the model says.
@Suite struct StrategyModePropertyTests {
    static let names = ["", "a", "b"]
    static let modes: [TradingMode] = [.monitor, .paper, .testnet, .live]

    /// Knows the two rules, and keeps every order in a list.
    struct Model {
        struct Placed {
            var intent: OrderIntent
            var strategy: String
            var mode: TradingMode
        }

        var installation = TradingMode.testnet
        var own: [String: TradingMode] = [:]
        var open: [Placed] = []
        /// What each strategy's fills left it, by mode.
        var held: [TradingMode: [String: Int]] = [:]

        func lower(_ name: String) -> TradingMode {
            guard let own = self.own[name] else { return self.installation }
            return own.rawValue < self.installation.rawValue ? own : self.installation
        }

        func setting(_ mode: TradingMode, of name: String) -> Model {
            var after = self
            if name.isEmpty { after.installation = mode } else { after.own[name] = mode }
            return after
        }

        /// Whether the order's strategy is where the order is, and will not be.
        func leaves(_ order: Placed, _ after: Model) -> Bool {
            self.lower(order.strategy) == order.mode && after.lower(order.strategy) != order.mode
        }

        /// What nobody who stays holds, or the one strategy.
        func holds(_ name: String, _ after: Model) -> Bool {
            let mode = self.lower(name)
            let held = self.held[mode] ?? [:]
            guard name.isEmpty else { return held[name] ?? 0 != 0 }
            let staying = ["a", "b"].filter { other in
                self.own[other] != nil && self.lower(other) == mode && after.lower(other) == mode
            }
            let all = held.values.reduce(0, +)
            return all - staying.reduce(0) { $0 + (held[$1] ?? 0) } != 0
        }

        func takes(_ wish: ModeWish) -> Bool {
            let name = wish.strategy
            let after = self.setting(wish.mode, of: name)
            if (name.isEmpty ? self.installation : self.own[name]) == wish.mode { return true }
            let leaves = self.open.contains { self.leaves($0, after) }
            if after.lower(name) == .live, self.lower(name) != .live {
                return !wish.confirmation.isEmpty && !leaves && !self.holds(name, after)
            }
            guard wish.openOrders == .refuse else { return true }
            let leavesLive = self.lower(name) == .live && after.lower(name) != .live
            return !leaves && !(leavesLive && self.holds(name, after))
        }
    }

    struct Run {
        let rig: Rig
        var random: SeededRandom
        var model = Model()
        var counts: [String: Int] = [:]

        init(seed: UInt64) {
            self.random = SeededRandom(seed: seed)
            var settings = StrategyModeTests.settings(mode: .testnet)
            settings.limits.quoteAgeMaxMilliseconds = 1_000_000_000
            self.rig = Rig.ready(settings)
        }

        mutating func step() {
            switch self.random.number(0...99) {
            case 0..<40: self.setMode()
            case 40..<70: self.place()
            case 70..<85: self.end(asFilled: true)
            case 85..<95: self.end(asFilled: false)
            default: self.restart()
            }
        }

        private mutating func setMode() {
            let policies: [OpenOrdersPolicy] = [.refuse, .refuse, .cancel, .keep]
            let wish = ModeWish(
                StrategyModePropertyTests.modes[self.random.number(0...3)],
                policies[self.random.number(0...3)],
                Principal("admin"),
                strategy: StrategyModePropertyTests.names[self.random.number(0...2)],
                reason: "test",
                confirmation: self.random.happens(80) ? ModeWish.liveConfirmation : ""
            )
            var turn = self.rig.ask(.setMode(wish))
            var cancels = StrategyModeTests.cancels(of: turn)
            if turn.requests.contains(.keyRights) {
                turn = self.rig.tell(.answered(.keyRights, ModeTests.goodKey), from: .live)
                cancels += StrategyModeTests.cancels(of: turn)
            }
            let isTaken = self.model.takes(wish)
            #expect((turn.refusal == nil) == isTaken, "\(wish) \(turn.replies)")
            self.count(isTaken ? "set" : "kept")
            guard isTaken else { return }
            let after = self.model.setting(wish.mode, of: wish.strategy)
            let left = self.model.open.filter { self.model.leaves($0, after) }
            let expected = wish.openOrders == .cancel ? left.map(\.intent.orderID) : []
            #expect(cancels.sorted() == expected.sorted())
            if !expected.isEmpty { self.count("left with cancel") }
            if after.lower("a") != after.lower("b") { self.count("apart") }
            self.model = after
        }

        private mutating func place() {
            let name = StrategyModePropertyTests.names[self.random.number(0...2)]
            let mode = self.model.lower(name)
            let turn = self.rig.ask(StrategyModeTests.wish(name))
            guard mode != .monitor else {
                #expect(turn.placements.isEmpty)
                #expect(turn.order?.intent.venue == .monitor)
                return
            }
            guard let intent = turn.placements.first else {
                Issue.record("not placed: \(turn.replies)")
                return
            }
            #expect(intent.venue.mode == mode && intent.strategy == name)
            self.count(mode.name)
            let report = Make.report(intent, venue: Int64(intent.orderID.raw))
            let accepted = PlacementOutcome.accepted(report)
            self.rig.tell(.placementAnswered(intent.orderID, accepted), from: intent.venue)
            self.model.open.append(Model.Placed(intent: intent, strategy: name, mode: mode))
        }

        private mutating func end(asFilled isFilled: Bool) {
            guard !self.model.open.isEmpty else { return }
            let order = self.model.open.remove(
                at: self.random.number(0...self.model.open.count - 1)
            )
            guard isFilled else {
                let canceled = Make.report(
                    order.intent,
                    .canceled,
                    venue: Int64(order.intent.orderID.raw)
                )
                self.rig.tell(.orderReported(canceled), from: order.intent.venue)
                return
            }
            StrategyModeTests.fill(order.intent, on: self.rig)
            self.model.held[order.mode, default: [:]][order.strategy, default: 0] += 1
            self.count("filled")
        }

        private mutating func restart() {
            self.rig.start()
            for venue in self.rig.settings.exchanges {
                let open = self.model.open.map(\.intent).filter { $0.venue == venue }
                self.rig.connect(
                    open: open.map { Make.report($0, venue: Int64($0.orderID.raw)) },
                    venue: venue
                )
            }
            self.count("restarts")
        }

        private mutating func count(_ kind: String) { self.counts[kind, default: 0] += 1 }

        func judge() -> Bool {
            StrategyModePropertyTests.names.allSatisfy { name in
                self.rig.gateway.mode(of: name) == self.model.lower(name)
            } && self.rig.gateway.state.orders.count == self.model.open.count
                && self.rig.journal.fold() == self.rig.gateway.state
        }
    }

    @Test func `orders go where the model says, over changes of modes and restarts (M1, B6)`() {
        var counts: [String: Int] = [:]
        for seed in Seeds.range.prefix(60) {
            var run = Run(seed: seed)
            for step in 0..<80 {
                run.step()
                guard run.judge() else {
                    Issue.record("seed \(seed): the model says otherwise after step \(step)")
                    break
                }
            }
            counts.merge(run.counts) { $0 + $1 }
        }
        // Runs in which nothing of that happens would prove nothing.
        for kind in [
            "set", "kept", "left with cancel", "apart", "paper", "testnet", "live", "filled",
            "restarts",
        ] {
            #expect(counts[kind, default: 0] > 20, "\(kind): \(counts[kind, default: 0])")
        }
    }
}
