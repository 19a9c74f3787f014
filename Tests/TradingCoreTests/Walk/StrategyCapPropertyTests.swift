import Testing

@testable import TradingCore

/// Whatever is placed, filled, reduced and cancelled, and however often the process ends: what
/// counts today, and what passes, is what a model says that keeps every order and adds them up.
@Suite struct StrategyCapPropertyTests {
    static let caps = ["a": 1_200, "b": 1_800]
    static let venueCap = 3_500
    /// The last two have no caps of their own.
    static let names = ["a", "b", "c", ""]

    /// All in whole dollars and whole bitcoins, so that the model needs no decimals.
    struct Model {
        struct Order {
            var name: String
            var price: Int
            var quantity: Int
            var filled = 0
            var isOver = false
            var day: Int64
            var intent: OrderIntent
            var fills: [Fill] = []

            var counted: Int { self.price * (self.isOver ? self.filled : self.quantity) }
        }

        var orders: [Order] = []

        /// What counts on a day: of all, or of a name.
        func placed(by name: String? = nil, on day: Int64) -> Int {
            self.orders.reduce(0) { sum, order in
                sum + (order.day == day && order.name == name ?? order.name ? order.counted : 0)
            }
        }

        /// Why an order does not pass: the cap, and what was placed with it.
        func refusal(_ name: String, worth: Int, on day: Int64) -> (cap: Int, actual: Int)? {
            let all = (cap: StrategyCapPropertyTests.venueCap, placed: self.placed(on: day))
            let own = StrategyCapPropertyTests.caps[name].map { cap in
                (cap: cap, placed: self.placed(by: name, on: day))
            }
            let strictest = [all, own].compactMap { $0 }
                .reduce(all) { $1.cap - $1.placed < $0.cap - $0.placed ? $1 : $0 }
            let actual = strictest.placed + worth
            return actual > strictest.cap ? (strictest.cap, actual) : nil
        }
    }

    struct Run {
        let rig: Rig
        var random: SeededRandom
        var model = Model()
        var counts: [String: Int] = [:]
        private var trades: Int64 = 0

        init(seed: UInt64) {
            self.random = SeededRandom(seed: seed)
            let settings = StrategyCapTests.settings(
                StrategyCapPropertyTests.caps.mapValues { "\($0)" },
                venue: "\(StrategyCapPropertyTests.venueCap)"
            ) {
                $0.quoteAgeMaxMilliseconds = 1_000_000_000
                $0.clockSkewMaxMilliseconds = 1_000_000_000
            }
            self.rig = StrategyCapTests.rig(settings)
        }

        /// The venue's, which follows no clock but the one that only goes forward.
        var day: Int64 {
            let now = self.rig.now.monotonic.nanoseconds - Rig.begin.monotonic.nanoseconds
            return (Rig.begin.wall.milliseconds + Int64(now / 1_000_000)) / 86_400_000
        }

        mutating func step() {
            switch self.random.number(0...99) {
            case 0..<45: self.place()
            case 45..<62: self.fill()
            case 62..<80: self.end()
            case 80..<86: self.reduce()
            case 86..<91: self.restart()
            default: self.pass()
            }
        }

        private mutating func place() {
            let name = StrategyCapPropertyTests.names[self.random.number(0...3)]
            let (quantity, price) = (self.random.number(1...8), self.random.number(80...120))
            let refusal = self.model.refusal(name, worth: quantity * price, on: self.day)
            let terms = Make.terms(.buy, "\(quantity)", at: "\(price)")
            let turn = StrategyLossTests.place(self.rig, name, terms)
            if let told = turn.order?.refusal {
                #expect(told.rule == .dailyNotional && told.limit == "\(refusal?.cap ?? -1)")
                #expect(told.actual == "\(refusal?.actual ?? -1)")
                let isOwn = StrategyCapPropertyTests.caps[name] == refusal?.cap
                #expect(told.message.contains("strategy \(name) placed") == isOwn)
                self.counts[isOwn ? "refused by its own" : "refused by the venue's", default: 0] +=
                    1
            }
            #expect(turn.placements.isEmpty == (refusal != nil))
            guard let intent = turn.placements.first else { return }
            var order = Model.Order(
                name: name,
                price: price,
                quantity: quantity,
                day: self.day,
                intent: intent
            )
            self.answer(&order)
            self.model.orders.append(order)
        }

        private mutating func answer(_ order: inout Model.Order) {
            let orderID = order.intent.orderID
            switch self.random.number(0...9) {
            case 0:
                order.isOver = true
                self.rig.reject(order.intent)
            case 1:
                order.isOver = true
                self.rig.tell(.placementAnswered(orderID, .notSent(.gateClosed)))
            case 2...3:
                self.counts["unknown", default: 0] += 1
                self.rig.tell(.placementAnswered(orderID, .unknown("timeout")))
            case 4: break
            default: self.rig.tell(.placementAnswered(orderID, .accepted(self.report(order))))
            }
        }

        private func report(
            _ order: Model.Order,
            _ status: VenueOrderStatus? = nil
        ) -> OrderReport {
            let alive: VenueOrderStatus = order.filled == 0 ? .new : .partiallyFilled
            var report = Make.report(
                order.intent,
                status ?? alive,
                venue: StrategyCapTests.number(of: order.intent),
                executed: "\(order.filled)",
                fills: order.fills
            )
            report.quantity = Make.quantity("\(order.quantity)")
            return report
        }

        /// One of those that are not over.
        private mutating func alive() -> Int? {
            self.model.orders.indices.filter { !self.model.orders[$0].isOver }
                .randomElement(using: &self.random)
        }

        private mutating func fill() {
            guard let index = self.alive() else { return }
            var order = self.model.orders[index]
            let part = self.random.number(1...order.quantity - order.filled)
            self.trades += 1
            order.filled += part
            order.fills.append(Make.fill(self.trades, "\(part)", at: "\(order.price - 1)"))
            order.isOver = order.filled == order.quantity
            self.model.orders[index] = order
            let report = self.report(order, order.isOver ? .filled : nil)
            self.rig.tell(.orderReported(report))
            self.counts["filled", default: 0] += 1
        }

        private mutating func end() {
            guard let index = self.alive() else { return }
            self.model.orders[index].isOver = true
            let order = self.model.orders[index]
            self.rig.tell(.orderReported(self.report(order, .canceled)))
            self.counts[order.filled == 0 ? "canceled" : "canceled in part", default: 0] += 1
            if order.day < self.day { self.counts["ended later", default: 0] += 1 }
        }

        private mutating func reduce() {
            guard let index = self.alive() else { return }
            let order = self.model.orders[index]
            guard order.quantity - order.filled > 1 else { return }
            let quantity = self.random.number(order.filled + 1...order.quantity - 1)
            self.rig.ask(AmendTests.wish(order.intent, "\(quantity)"))
            self.model.orders[index].quantity = quantity
            self.rig.tell(.orderReported(self.report(self.model.orders[index])))
            self.counts["reduced", default: 0] += 1
        }

        private mutating func restart() {
            self.rig.start()
            let open = self.model.orders.filter { !$0.isOver }
            ExposureTests.connect(self.rig, open: open.map { self.report($0) })
            self.counts["restarts", default: 0] += 1
        }

        private mutating func pass() {
            let day = self.day
            self.rig.advance(milliseconds: Int64(self.random.number(1...50_000_000)))
            if self.day > day { self.counts["days", default: 0] += 1 }
        }

        /// Whether the gateway says the same.
        func judge() throws -> Bool {
            let time = WallTime(milliseconds: self.day * 86_400_000)
            let (state, dollar) = (self.rig.gateway.state, StrategyCapTests.dollar)
            let names = StrategyCapPropertyTests.names.filter { !$0.isEmpty }
            let stored = try SnapshotTests.roundTrip(state)
            return names.allSatisfy { name in
                let placed = state.placedOfDay(in: dollar, by: name, on: .testnet, at: time)
                return "\(placed)" == "\(self.model.placed(by: name, on: self.day))"
            }
                && "\(state.placedOfDay(in: dollar, on: .testnet, at: time))"
                    == "\(self.model.placed(on: self.day))"
                && self.rig.journal.fold() == state && stored.dayNotionals == state.dayNotionals
        }
    }

    @Test func `what each strategy placed today is what its orders add up to, over restarts`()
        throws
    {
        var counts: [String: Int] = [:]
        for seed in Seeds.range.prefix(40) {
            var run = Run(seed: seed)
            for step in 0..<80 {
                run.step()
                guard try run.judge() else {
                    Issue.record("seed \(seed): the model says otherwise after step \(step)")
                    break
                }
            }
            counts.merge(run.counts) { $0 + $1 }
        }
        // Runs in which nothing of that happens would prove nothing.
        for kind in [
            "refused by its own", "refused by the venue's", "unknown", "filled", "canceled",
            "canceled in part", "ended later", "reduced", "restarts", "days",
        ] {
            #expect(counts[kind, default: 0] > 20, "\(kind): \(counts[kind, default: 0])")
        }
    }
}
