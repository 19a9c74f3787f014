import Testing

@testable import TradingCore

/// Limits on what may come to be held, through the whole gateway.
@Suite struct ExposureTests {
    static func settings(
        position: String? = nil,
        exposure: String? = nil,
        change: (inout RiskLimits) -> Void = { _ in }
    ) -> GatewaySettings {
        var limits = Make.limits()
        limits.positionNotionalMax = position.map { Make.amount($0) }
        limits.exposureNotionalMax = exposure.map { Make.amount($0) }
        limits.unknownBlocks = false
        limits.rejects.rejectsMax = 1_000
        change(&limits)
        return Make.settings(limits: limits)
    }

    static let account = AccountReport(
        accountID: 7,
        canTrade: true,
        balances: ["USDT", "BTC", "ETH"].map {
            BalanceReport(asset: Asset($0), free: Make.amount("1000000"), locked: .zero)
        }
    )

    /// Connects, with the same best prices for both symbols.
    static func connect(_ rig: Rig, open: [OrderReport] = []) {
        rig.connect(Self.account, open: open)
        for symbol in [Make.bitcoin, Make.ether] {
            let quote = Quote(bid: Make.price("99"), ask: Make.price("101"))
            rig.tell(.quoted(symbol, quote))
        }
    }

    static func rig(_ settings: GatewaySettings) -> Rig {
        let rig = Rig(settings)
        rig.start()
        Self.connect(rig)
        return rig
    }

    /// How an earlier order of three bitcoins stands when the next is decided on.
    enum Standing: CaseIterable {
        case open, inFlight, unknown, halfFilled, filled, canceled
    }

    static func stand(_ rig: Rig, _ standing: Standing, _ side: Side) {
        let terms = Make.terms(side, "3")
        switch standing {
        case .open: _ = rig.openOrder(terms)
        case .inFlight: _ = rig.submitted(terms)
        case .unknown: _ = rig.unknownOrder(terms)
        case .halfFilled:
            let intent = rig.openOrder(terms)
            let fill = Make.fill(1, "1.5")
            rig.tell(
                .orderReported(
                    Make.report(intent, .partiallyFilled, executed: "1.5", fills: [fill])
                )
            )
        case .filled:
            let intent = rig.openOrder(terms)
            let fill = Make.fill(1, "3")
            rig.tell(
                .orderReported(Make.report(intent, .filled, executed: "3", fills: [fill]))
            )
        case .canceled:
            let intent = rig.openOrder(terms)
            rig.tell(.orderReported(Make.report(intent, .canceled)))
        }
    }

    @Test(arguments: Standing.allCases, [Side.buy, .sell])
    func `an earlier order counts as filled, whatever is known of it`(
        standing: Standing,
        side: Side
    ) {
        // At the ask of 101 there is room for ten bitcoins.
        let room = standing == .canceled ? 10 : 7
        for (quantity, rule) in [
            ("\(room - 1).99999", nil), ("\(room)", nil),
            ("\(room).00001", Rule.positionNotional),
        ] {
            let rig = Self.rig(Self.settings(position: "1010"))
            Self.stand(rig, standing, side)
            let turn = rig.place(Make.terms(side, quantity))
            #expect(turn.order?.refusal?.rule == rule, "\(quantity)")
            #expect(turn.placements.isEmpty == (rule != nil), "\(quantity)")
            if rule != nil {
                #expect(turn.order?.refusal?.permitted == "a quantity of at most \(room)")
            }
        }
    }

    @Test(arguments: Standing.allCases)
    func `an order on another symbol counts towards the exposure of the account`(
        standing: Standing
    ) {
        let room = standing == .canceled ? 10 : 7
        for (quantity, rule) in [("\(room)", nil), ("\(room).00001", Rule.exposureNotional)] {
            let rig = Self.rig(Self.settings(exposure: "1010"))
            Self.stand(rig, standing, .sell)
            let turn = rig.place(Make.terms(.buy, quantity, symbol: Make.ether))
            #expect(turn.order?.refusal?.rule == rule, "\(quantity)")
        }
    }

    @Test func `a position beyond its limit may be reduced, in every mode that imitates it`() {
        for mode in [TradingMode.testnet, .dryRun, .monitor] {
            let rig = Self.rig(Self.settings(position: "1010", exposure: "1010"))
            Self.stand(rig, .filled, .buy)
            let dear = Quote(bid: Make.price("9900"), ask: Make.price("9990"))
            rig.tell(.quoted(Make.bitcoin, dear))
            rig.ask(.setMode(ModeWish(mode, .keep, Principal("admin"), reason: "test")))
            let grown = rig.place(Make.terms(.buy, "0.1", at: "9900"))
            #expect(grown.order?.refusal?.rule == .positionNotional, "\(mode)")
            let turned = rig.place(Make.terms(.sell, "3.2", at: "9900"))
            #expect(turned.order?.refusal?.rule == .positionNotional, "\(mode)")
            let reduced = rig.place(Make.terms(.sell, "3", at: "9900"))
            #expect(reduced.order?.refusal == nil, "\(mode)")
        }
    }

    @Test func `a principal places no more orders than its rate allows`() {
        let rig = Self.rig(
            Self.settings { $0.orderRate = OrderRate(countMax: 2, intervalMilliseconds: 1_000) }
        )
        _ = rig.openOrder(Make.terms(), venue: 1)
        rig.advance(milliseconds: 400)
        _ = rig.openOrder(Make.terms(), venue: 2)
        let third = rig.place().order?.refusal
        #expect(third?.rule == .orderRate && third?.limit == "2 orders per 1000 ms")
        #expect(third?.permitted == "the same order in 600 ms")
        var wish = Make.wish()
        wish.principal = Principal("bob")
        #expect(rig.ask(.placeOrder(wish)).placements.count == 1)
        rig.advance(milliseconds: 599)
        #expect(rig.place().order?.refusal?.rule == .orderRate)
        rig.advance(milliseconds: 1)
        #expect(rig.place().placements.count == 1)
        #expect(rig.place().order?.refusal?.rule == .orderRate)
    }
}

/// No sequence of orders, fills, cancels and restarts takes what is held beyond its limit.
@Suite struct ExposurePropertyTests {
    static let positionSteps = 900
    static let exposureSteps = 1_400

    /// One run, with the model as the judge of every decision.
    struct Run {
        let rig: Rig
        var random: SeededRandom
        var model = ExposureModel()
        var accepted = 0
        var refused = 0
        let clips: Bool
        var clipped = 0
        private var lastTrade: Int64 = 0

        init(seed: UInt64) {
            self.random = SeededRandom(seed: seed)
            let ask = ExposureModel.ask
            let clips = seed % 2 == 0
            self.clips = clips
            self.rig = ExposureTests.rig(
                ExposureTests.settings(
                    position: Self.text(ExposurePropertyTests.positionSteps * ask),
                    exposure: Self.text(ExposurePropertyTests.exposureSteps * ask)
                ) { $0.onPositionExceeded = clips ? .clip : .reject }
            )
        }

        /// Steps, or their value, as a decimal text.
        static func text(_ steps: Int) -> String {
            let rest = steps % 100
            return "\(steps / 100)." + (rest < 10 ? "0\(rest)" : "\(rest)")
        }

        mutating func step() {
            switch self.random.number(0...99) {
            case 0..<55: self.place()
            case 55..<75: self.fill()
            case 75..<88: self.cancel()
            case 88..<96: self.findOut()
            default: self.restart()
            }
        }

        private mutating func place() {
            let symbol = self.random.happens(50) ? Make.bitcoin : Make.ether
            let other = symbol == Make.bitcoin ? Make.ether : Make.bitcoin
            let side: Side = self.random.happens(60) ? .buy : .sell
            var total = self.random.number(6...400)
            let signed = side == .buy ? total : -total
            // At most the ask, so that the mark alone is the price that everything is valued at.
            let price = self.random.number(90...ExposureModel.ask)
            var fits = self.fits(symbol, signed, beside: other)
            let asked = total
            if !fits, self.clips, let smaller = self.clip(symbol, signed, at: price) {
                fits = self.fits(symbol, side == .buy ? smaller : -smaller, beside: other)
                if fits { total = smaller }
            }
            let turn = self.rig.place(
                Make.terms(side, Self.text(asked), at: "\(price)", symbol: symbol)
            )
            guard let intent = turn.placements.first else {
                let rule = turn.order?.refusal?.rule
                #expect(rule == .positionNotional || rule == .exposureNotional)
                #expect(!fits, "refused by \(String(describing: rule)): \(signed) \(symbol)")
                self.refused += 1
                return
            }
            #expect(fits, "\(signed) of \(symbol) passed")
            #expect(intent.terms.quantity == Make.quantity(Self.text(total)))
            #expect(intent.askedTerms.quantity == Make.quantity(Self.text(asked)))
            self.accepted += 1
            if total < asked { self.clipped += 1 }
            var entry = ExposureModel.Entry(
                intent: intent,
                venueNumber: Int64(1_000 + self.model.entries.count),
                total: total,
                isUnknown: false
            )
            switch self.random.number(0...9) {
            case 0:
                let error = VenueError(httpStatus: 400, code: -2010, message: "rejected")
                self.rig.tell(.placementAnswered(intent.orderID, .rejected(error)))
                entry.isDone = true
            case 1...2:
                self.rig.tell(.placementAnswered(intent.orderID, .unknown("timeout")))
                entry.isUnknown = true
            default:
                let report = Make.report(intent, venue: entry.venueNumber)
                self.rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
            }
            self.model.entries.append(entry)
        }

        private func fits(_ symbol: Symbol, _ steps: Int, beside other: Symbol) -> Bool {
            if self.model.isReducing(symbol, steps) { return true }
            let worst = self.model.worst(symbol, adding: steps) + self.model.worst(other)
            return self.side(symbol, steps) <= ExposurePropertyTests.positionSteps
                && worst <= ExposurePropertyTests.exposureSteps
        }

        /// What is left of an order whose position would be too large; nil where the venue takes
        /// nothing so small: an order of less than 5 dollars.
        private func clip(_ symbol: Symbol, _ steps: Int, at price: Int) -> Int? {
            let beyond = self.side(symbol, steps) - ExposurePropertyTests.positionSteps
            let rest = abs(steps) - beyond
            return beyond > 0 && rest * price >= 500 ? rest : nil
        }

        /// The largest holding on an order's own side.
        private func side(_ symbol: Symbol, _ steps: Int) -> Int {
            let open = self.model.entries.filter { entry in
                entry.intent.terms.symbol == symbol
                    && (entry.intent.terms.side == .buy) == (steps > 0)
            }
            let pending = open.reduce(0) { $0 + $1.rest }
            let held = self.model.held(symbol)
            return (steps > 0 ? held : -held) + pending + abs(steps)
        }

        private mutating func pick(_ isWanted: (ExposureModel.Entry) -> Bool) -> Int? {
            let wanted = self.model.entries.indices.filter { isWanted(self.model.entries[$0]) }
            return wanted.randomElement(using: &self.random)
        }

        private func report(
            _ entry: ExposureModel.Entry,
            _ status: VenueOrderStatus? = nil,
            fills: [Fill] = []
        ) -> OrderReport {
            let open: VenueOrderStatus = entry.filled == 0 ? .new : .partiallyFilled
            return Make.report(
                entry.intent,
                status ?? open,
                venue: entry.venueNumber,
                executed: Self.text(entry.filled),
                fills: fills
            )
        }

        private mutating func fill() {
            guard let index = self.pick({ $0.rest > 0 && !$0.isUnknown }) else { return }
            let rest = self.model.entries[index].rest
            let steps = self.random.happens(30) ? rest : self.random.number(1...rest)
            self.lastTrade += 1
            self.model.entries[index].filled += steps
            let entry = self.model.entries[index]
            let fill = Make.fill(self.lastTrade, Self.text(steps))
            let status: VenueOrderStatus = entry.rest == 0 ? .filled : .partiallyFilled
            self.rig.tell(.orderReported(self.report(entry, status, fills: [fill])))
        }

        private mutating func cancel() {
            guard let index = self.pick({ $0.rest > 0 && !$0.isUnknown }) else { return }
            let entry = self.model.entries[index]
            self.rig.ask(.cancel(entry.intent.orderID))
            // A cancel that is not confirmed yet frees nothing.
            guard self.random.happens(70) else { return }
            self.rig.tell(.orderReported(self.report(entry, .canceled)))
            self.model.entries[index].isDone = true
        }

        private mutating func findOut() {
            guard let index = self.pick(\.isUnknown) else { return }
            self.model.entries[index].isUnknown = false
            self.rig.tell(.orderReported(self.report(self.model.entries[index])))
        }

        private mutating func restart() {
            self.rig.start()
            // The venue lists what it took, so nothing of it is unknown after that.
            for index in self.model.entries.indices { self.model.entries[index].isUnknown = false }
            let open = self.model.entries.filter { $0.rest > 0 }
            ExposureTests.connect(self.rig, open: open.map { self.report($0) })
        }

        /// What the gateway's own books say is no more than allowed, and what the model says.
        func judge() -> Bool {
            let worst = [Make.bitcoin, Make.ether].map { self.model.worst($0) }
            return worst.allSatisfy { $0 <= ExposurePropertyTests.positionSteps }
                && worst.reduce(0, +) <= ExposurePropertyTests.exposureSteps
        }
    }

    @Test func `nothing makes what is held exceed its limit`() {
        var (accepted, refused, clipped) = (0, 0, 0)
        for seed in Seeds.range {
            var run = Run(seed: seed)
            for step in 0..<80 {
                run.step()
                guard run.judge() else {
                    Issue.record("seed \(seed): beyond the limit after step \(step)")
                    break
                }
            }
            accepted += run.accepted
            refused += run.refused
            clipped += run.clipped
        }
        // A run that refuses nothing, or everything, would prove nothing.
        #expect(clipped > Seeds.range.count)
        #expect(accepted > Seeds.range.count * 5 && refused > Seeds.range.count * 5)
    }
}
