import Testing

@testable import TradingCore

/// E4: true evidence, repeated and in any order, ends in one and the same order.
@Suite struct EvidenceTests {
    /// What an order's life at the venue left to be told, in the order in which it happened.
    struct Life {
        var reports: [OrderReport] = []
        var trades: [TradeReport] = []
        var status: OrderStatus = .open
        var executed: Quantity = .zero
    }

    static func life(of intent: OrderIntent, _ random: inout SeededRandom) -> Life {
        var life = Life()
        life.reports.append(Make.report(intent, .new))
        let parts = random.number(0...4)
        for part in 0..<parts {
            let isLast = part == parts - 1 && random.happens(50)
            let rest = intent.terms.quantity - life.executed
            let quantity = isLast ? rest : Quantity(raw: rest.raw / Int64(random.number(2...5)))
            var fill = Make.fill(Int64(part + 1), "1")
            fill.quantity = quantity
            fill.quoteQuantity = (fill.price * quantity).amount(rounding: .down)
            let trade = Make.trade(fill, of: intent, venue: 1_000)
            life.trades.append(trade)
            life.executed += quantity
            life.status = isLast ? .filled : .partiallyFilled
            var report = Make.report(intent, isLast ? .filled : .partiallyFilled)
            report.executedQuantity = life.executed
            life.reports.append(report)
            report.trades = random.happens(70) ? [trade] : []
            life.reports.append(report)
        }
        if life.status != .filled, random.happens(60) {
            let isCanceled = random.happens(50)
            var report = Make.report(intent, isCanceled ? .canceled : .expired)
            report.executedQuantity = life.executed
            life.reports.append(report)
            life.status = isCanceled ? .canceled : .expired
        }
        return life
    }

    @Test func `any order and any repetition of the evidence ends the same`() {
        for seed in UInt64(1)...400 {
            var random = SeededRandom(seed: seed)
            let rig = Rig.ready()
            let intent = rig.submitted()
            let life = EvidenceTests.life(of: intent, &random)
            let question = VenueRequest.orderTrades(
                intent.orderID,
                symbol: Make.bitcoin,
                venue: VenueOrderID(raw: 1_000)
            )
            var messages: [VenueInput] = life.reports.flatMap { report in
                Array(repeating: .orderReported(report), count: random.number(1...2))
            }
            messages.append(.answered(question, .trades(life.trades)))
            // The placement's answer is as good as lost in some lives, and late in others.
            let outcomes: [PlacementOutcome] = [
                .accepted(Make.report(intent)), .unknown("timeout"),
            ]
            messages.append(.placementAnswered(intent.orderID, outcomes[random.number(0...1)]))
            messages.shuffle(using: &random)
            for message in messages { rig.tell(message) }

            let order = rig.state(of: intent)
            #expect(order?.status == life.status, "seed \(seed)")
            #expect(order?.filledQuantity == life.executed, "seed \(seed)")
            #expect(order?.executedQuantity == life.executed, "seed \(seed)")
            #expect(
                Set(order?.fills.map(\.tradeID) ?? []) == Set(life.trades.map(\.tradeID)),
                "seed \(seed)"
            )
            let ledger = rig.gateway.state.ledger(of: .testnet)
            let bought = Make.amount("10") + life.executed.amount
            #expect(ledger.total(of: Asset("BTC")) == bought, "seed \(seed)")
            #expect(rig.journal.fold() == rig.gateway.state, "seed \(seed)")
            let isOver = order?.status.isTerminal == true
            #expect(rig.gateway.state.orders.isEmpty == isOver, "seed \(seed)")
            if isOver { #expect(ledger.reserved(of: Asset("USDT")).isZero, "seed \(seed)") }
        }
    }
}
