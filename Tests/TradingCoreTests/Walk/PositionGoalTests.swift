import Testing

@testable import TradingCore

/// ClosePosition and AdjustPosition: one order, decided from everything that was decided before.
@Suite struct PositionGoalTests {
    static func wish(
        _ goal: PositionGoal,
        key: String? = nil,
        expectedMode: TradingMode? = nil
    ) -> Request {
        .position(
            PositionRequest(
                symbol: Make.bitcoin,
                goal: goal,
                principal: Principal("alice"),
                key: key.map { Make.key($0) },
                expectedMode: expectedMode,
                tag: "t",
                strategy: "s"
            )
        )
    }

    static func share(_ text: String) -> PositionGoal {
        guard let share = try? PositionShare(text) else { fatalError("\(text) is no share") }
        return .closeShare(share)
    }

    static func reach(_ text: String) -> PositionGoal { .reach(Make.quantity(text)) }

    /// A rig without a position, whose venue tells what an order must be worth.
    static func flat() -> Rig {
        let rig = Rig.ready()
        rig.tell(.quoted(Make.bitcoin, FlattenTests.quote))
        return rig
    }

    static func askWorth(_ rig: Rig, at least: String) {
        var rules = Make.rules()
        rules.isNotionalMinForMarket = true
        rules.notionalMin = Make.amount(least)
        let symbols = rig.settings.limits.allowedSymbols
        let all = [rules] + symbols.dropFirst().map { Make.rules($0) }
        rig.tell(.answered(.rules(symbols), .rules(all)))
    }

    static func reached(_ turn: Turn) -> PositionReached? {
        guard case .positionReached(let reached)? = turn.replies.first else { return nil }
        return reached
    }

    // MARK: Closing

    @Test(arguments: [
        (PositionGoal.close, "2"), (share("0.5"), "1"), (share("1"), "2"),
        (share("0.33333333"), "0.66666"), (.closeQuantity(Make.quantity("1.5")), "1.5"),
    ])
    func `a position or a part of it is sold at the market`(goal: PositionGoal, sold: String) {
        let rig = FlattenTests.holding()
        let turn = rig.ask(Self.wish(goal))
        #expect(turn.placements.map(\.terms) == [Make.terms(.sell, sold, at: nil)])
        #expect(turn.placements.map(\.goal) == [goal])
        #expect(turn.placements.map(\.tag) == ["t"] && turn.placements.map(\.strategy) == ["s"])
        #expect(turn.needsSync)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `two calls at once never sell the same position twice`() {
        for inputsPerTurn in [1, 2] {
            let rig = FlattenTests.holding()
            let inputs = (0..<2).map { _ in
                Input.request(rig.token(), Self.wish(.close), deadline: nil)
            }
            let turns =
                inputsPerTurn == 2 ? [rig.turn(inputs)] : inputs.map { rig.turn([$0]) }
            let sold = turns.flatMap(\.placements).map(\.terms.quantity)
            #expect(sold == [Make.quantity("2")])
            let refusal = turns.flatMap(\.replies).compactMap { reply in
                if case .refused(let refusal) = reply { refusal } else { nil }
            }
            #expect(refusal.map(\.rule) == [.reduceOnly])
            #expect(refusal.map(\.limit) == ["0"] && refusal.map(\.actual) == ["2"])
        }
    }

    @Test func `what other orders sell, or may have sold, is not sold again (K4)`() {
        let rig = FlattenTests.holding()
        _ = rig.openOrder(Make.terms(.sell, "0.5", at: "110"), venue: 1_001)
        _ = rig.unknownOrder(Make.terms(.sell, "0.25", at: "110"))
        let turn = rig.ask(Self.wish(Self.share("0.75")))
        #expect(turn.placements.map(\.terms.quantity) == [Make.quantity("1.25")])
    }

    @Test func `a quantity that is named is sold whole or refused by the gate, on the record`() {
        let rig = FlattenTests.holding()
        let goal = PositionGoal.closeQuantity(Make.quantity("2.00001"))
        let turn = rig.ask(Self.wish(goal, key: "k"))
        #expect(turn.order?.refusal?.rule == .reduceOnly)
        #expect(turn.order?.refusal?.limit == "2" && turn.order?.refusal?.actual == "2.00001")
        #expect(turn.placements.isEmpty)
        // A refusal binds the key, too (M2).
        #expect(rig.ask(Self.wish(goal, key: "k")).order?.orderID == turn.order?.orderID)
    }

    @Test(arguments: [
        ("0.000009", "0", "0.00001 BTC", "0.000009 BTC worth 0.0009 USDT"),
        ("0.04", "5", "0.00001 BTC worth 5 USDT", "0.04 BTC worth 4 USDT"),
    ])
    func `dust is refused with rule, limit and actual`(
        held: String,
        worth: String,
        limit: String,
        actual: String
    ) {
        let rig = FlattenTests.holding(held)
        if worth != "0" { Self.askWorth(rig, at: worth) }
        for goal in [PositionGoal.close, Self.share("1"), Self.reach("0")] {
            let turn = rig.ask(Self.wish(goal))
            #expect(turn.refusal?.rule == .positionDust)
            #expect(turn.refusal?.limit == limit)
            #expect(turn.refusal?.actual == actual)
            #expect(turn.events.isEmpty)
        }
    }

    @Test func `a position that is not there needs no closing, one sold short cannot be closed`() {
        let flat = Self.reached(Self.flat().ask(Self.wish(.close)))
        #expect(flat?.held == .zero && flat?.pending == .zero)
        let short = FlattenTests.holding("-0.5").ask(Self.wish(.close))
        #expect(short.refusal?.rule == .reduceOnly && short.refusal?.actual == "-0.5")
    }

    @Test func `the venue's largest market order is sold, the rest on the next call`() {
        let rig = FlattenTests.holding()
        var rules = Make.rules()
        rules.marketQuantityMax = Make.quantity("1.5")
        let symbols = rig.settings.limits.allowedSymbols
        rig.tell(.answered(.rules(symbols), .rules([rules, Make.rules(Make.ether)])))
        let first = rig.ask(Self.wish(.close))
        #expect(first.placements.map(\.terms.quantity) == [Make.quantity("1.5")])
        #expect(
            rig.ask(Self.wish(.close)).placements.map(\.terms.quantity) == [Make.quantity("0.5")]
        )
    }

    // MARK: Adjusting

    struct Difference: CustomTestStringConvertible, Sendable {
        var held = "2"
        var target: String
        var side = Side.buy
        /// Nil for nothing to do.
        var quantity: String?

        var testDescription: String { "\(self.held) to \(self.target)" }
    }

    @Test(arguments: [
        Difference(target: "3", quantity: "1"),
        Difference(target: "0.5", side: .sell, quantity: "1.5"),
        Difference(target: "0", side: .sell, quantity: "2"),
        Difference(target: "2"),
        // What is not a whole number of steps is left.
        Difference(held: "1.999995", target: "3", quantity: "1"),
        Difference(held: "-0.5", target: "1", quantity: "1.5"),
    ])
    func `a position is taken to its target by the difference`(_ row: Difference) {
        let rig = FlattenTests.holding(row.held)
        let turn = rig.ask(Self.wish(Self.reach(row.target)))
        let expected = row.quantity.map { [Make.terms(row.side, $0, at: nil)] } ?? []
        #expect(turn.placements.map(\.terms) == expected)
        if row.quantity == nil {
            #expect(Self.reached(turn)?.held == Make.amount(row.held))
            #expect(turn.events.isEmpty)
        }
    }

    @Test func `open orders count as filled, those that wait for a price do not`() {
        let rig = FlattenTests.holding()
        _ = rig.openOrder(Make.terms(.buy, "0.75", at: "90"), venue: 1_001)
        _ = rig.openOrder(Make.terms(.sell, "0.25", at: "110"), venue: 1_002)
        var stop = Make.terms(.sell, "0.5")
        stop.type = .stop(Trigger(.stopLoss, at: Make.price("80")))
        _ = rig.openOrder(stop, venue: 1_003)
        let reached = Self.reached(rig.ask(Self.wish(Self.reach("2.5"))))
        #expect(reached?.held == Make.amount("2") && reached?.pending == Make.amount("0.5"))
        let more = rig.ask(Self.wish(Self.reach("3")))
        #expect(more.placements.map(\.terms) == [Make.terms(.buy, "0.5", at: nil)])
    }

    @Test func `more than the position holds is never sold for a target (K4)`() {
        let rig = FlattenTests.holding()
        _ = rig.openOrder(Make.terms(.buy, "1", at: "90"), venue: 1_001)
        let turn = rig.ask(Self.wish(Self.reach("0")))
        #expect(turn.refusal?.rule == .reduceOnly)
        #expect(turn.refusal?.limit == "2")
        #expect(turn.placements.isEmpty)
    }

    @Test func `while an order on the symbol is in flight or unknown, nothing is adjusted`() {
        let cases: [(String, (Rig) -> Void)] = [
            ("SUBMITTING", { _ = $0.submitted() }),
            ("UNKNOWN", { _ = $0.unknownOrder() }),
            (
                "OPEN",
                { rig in
                    let order = rig.openOrder()
                    rig.ask(.cancel(order.orderID))
                }
            ),
        ]
        for (status, begin) in cases {
            let rig = FlattenTests.holding()
            begin(rig)
            let turn = rig.ask(Self.wish(Self.reach("3")))
            #expect(turn.refusal?.rule == .positionBusy, "\(status)")
            #expect(turn.refusal?.actual == "order 2 is \(status)")
            #expect(turn.placements.isEmpty)
        }
        let rig = FlattenTests.holding()
        rig.tell(.quoted(Make.ether, FlattenTests.quote))
        _ = rig.submitted(Make.terms(symbol: Make.ether))
        #expect(rig.ask(Self.wish(Self.reach("3"))).placements.count == 1)
    }

    @Test func `two adjustments at once are one order`() {
        let rig = FlattenTests.holding()
        let inputs = (0..<2).map { _ in
            Input.request(rig.token(), Self.wish(Self.reach("3")), deadline: nil)
        }
        let turn = rig.turn(inputs)
        #expect(turn.placements.map(\.terms.quantity) == [Make.quantity("1")])
        #expect(turn.refusal?.rule == .positionBusy)
    }

    // MARK: What holds for every order

    @Test func `a repeated key is one order, and its position is not looked at again`() throws {
        let rig = FlattenTests.holding()
        let sold = try #require(rig.ask(Self.wish(.close, key: "k")).placements.first)
        _ = FlattenTests.fill(sold, in: rig, trade: 2, venue: 2_000)
        for _ in 0..<2 {
            let again = rig.ask(Self.wish(.close, key: "k"))
            guard case .order(let order, isRepeat: true)? = again.replies.first else {
                Issue.record("\(again.replies)")
                return
            }
            #expect(order.orderID == sold.orderID && again.placements.isEmpty)
            rig.start()
            rig.connect()
        }
    }

    @Test func `a key with another goal, or of an order of its own, is refused`() {
        let rig = FlattenTests.holding()
        #expect(rig.ask(Self.wish(.close, key: "k")).placements.count == 1)
        for other in [Self.reach("0"), Self.share("1"), .closeQuantity(Make.quantity("2"))] {
            #expect(rig.ask(Self.wish(other, key: "k")).refusal?.rule == .idempotencyKey)
        }
        let plain = rig.place(Make.terms(.sell, "2", at: nil), key: "k")
        #expect(plain.refusal?.rule == .idempotencyKey)
        _ = rig.submitted(key: "own")
        #expect(rig.ask(Self.wish(.close, key: "own")).refusal?.rule == .idempotencyKey)
    }

    @Test func `another mode, a symbol that is not traded and a kill switch are refused`() {
        let rig = FlattenTests.holding()
        let paper = rig.ask(Self.wish(.close, expectedMode: .paper))
        #expect(paper.refusal?.rule == .expectedMode)
        let unlisted = PositionRequest(
            symbol: Symbol("DOGEUSDT"),
            goal: .close,
            principal: Principal("alice")
        )
        #expect(rig.ask(.position(unlisted)).refusal?.rule == .symbolAllowed)
        rig.ask(.killEngage(.block, Principal("admin"), reason: "test"))
        #expect(rig.ask(Self.wish(.close)).order?.refusal?.rule == .killSwitch)
        rig.tell(.streamLost("test"))
        #expect(rig.ask(Self.wish(.close)).refusal?.rule == .notReady)
    }

    @Test func `a call whose deadline passed does nothing`() {
        let rig = FlattenTests.holding()
        let turn = rig.ask(Self.wish(.close), deadline: rig.now.monotonic)
        #expect(turn.refusal?.rule == .deadline && turn.events.isEmpty)
    }
}
