import Testing

@testable import TradingCore

/// Trades as evidence: the last part of a proof of absence (E2 c), and what the stream lost (E4).
@Suite struct TradesTests {
    /// An order of which the venue's list knows nothing.
    static func unlisted(_ listed: [OrderReport] = []) -> (rig: Rig, intent: OrderIntent) {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(AbsenceTests.askUntilProof(rig, intent) == 3)
        rig.tell(.answered(AbsenceTests.proofQuestion(intent), .orders(listed)))
        return (rig, intent)
    }

    static func trade(
        _ intent: OrderIntent,
        of number: Int64,
        _ side: Side = .buy,
        at time: WallTime? = nil
    ) -> TradeReport {
        var trade = Make.trade(Make.fill(9, "1"), of: intent, venue: number)
        trade.side = side
        trade.time = time ?? intent.timestamp
        return trade
    }

    static func tell(_ rig: Rig, _ intent: OrderIntent, _ trades: [TradeReport]) -> OrderStatus? {
        rig.tell(.answered(AbsenceTests.tradesQuestion(intent), .trades(trades)))
        return rig.state(of: intent)?.status
    }

    @Test func `a trade of an order that the list lacks stops the proof, which begins anew`() {
        let (rig, intent) = Self.unlisted()
        let strange = [Self.trade(intent, of: 55)]
        #expect(Self.tell(rig, intent, strange) == .unknown)
        // The list had lagged: the next one has the order, under our name.
        #expect(AbsenceTests.askUntilProof(rig, intent) != nil)
        let row = Make.report(intent, .filled, venue: 55, executed: "1")
        rig.tell(.answered(AbsenceTests.proofQuestion(intent), .orders([row])))
        #expect(rig.state(of: intent)?.executedQuantity == Make.quantity("1"))
    }

    @Test func `a trade that no list ever explains needs a person (E6)`() {
        let (rig, intent) = Self.unlisted()
        for round in 1...3 {
            let status = Self.tell(rig, intent, [Self.trade(intent, of: 55)])
            #expect(status == (round < 3 ? .unknown : .needsOperator))
            guard round < 3 else { break }
            #expect(AbsenceTests.askUntilProof(rig, intent) != nil)
            rig.tell(.answered(AbsenceTests.proofQuestion(intent), .orders([])))
        }
        #expect(rig.state(of: intent)?.reason.contains("trade 9") == true)
    }

    @Test func `trades that something explains do not stop it`() {
        let probe = Rig.ready().unknownOrder()
        var listed = Make.report(probe, .filled, venue: 44, name: "web_1")
        listed.side = .sell
        let (rig, intent) = Self.unlisted([listed])
        // A foreign order that the stream showed, and one of ours.
        rig.tell(.orderReported(Make.report(intent, .new, venue: 33, name: "web_2")))
        let other = rig.openOrder(Make.terms(.sell), venue: 22)
        let early = intent.timestamp.adding(milliseconds: -10_001)
        let trades = [
            Self.trade(intent, of: 44), Self.trade(intent, of: 33), Self.trade(intent, of: 22),
            Self.trade(intent, of: 11, .sell), Self.trade(intent, of: 10, at: early),
        ]
        #expect(Self.tell(rig, intent, trades) == .notPlaced)
        #expect(rig.state(of: other)?.status == .open)
    }

    @Test func `trades without the list of orders before them prove nothing`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(AbsenceTests.askUntilProof(rig, intent) == 3)
        #expect(Self.tell(rig, intent, []) == .unknown)
        // Nor does an answer that is none.
        rig.tell(.answered(AbsenceTests.proofQuestion(intent), .orders([])))
        rig.tell(.answered(AbsenceTests.tradesQuestion(intent), .failed("timeout")))
        #expect(rig.state(of: intent)?.status == .unknown)
    }

    @Test func `each minute the trades behind the last known one are asked for, and counted once`()
    {
        let rig = Rig.ready()
        let intent = rig.openOrder(venue: 5)
        rig.tell(
            .orderReported(
                Make.report(
                    intent,
                    .partiallyFilled,
                    venue: 5,
                    executed: "0.5",
                    fills: [
                        Make.fill(7)
                    ]
                )
            )
        )
        rig.advance(milliseconds: 60_000)
        let question = VenueRequest.trades(Make.bitcoin, from: TradeID(raw: 8))
        #expect(rig.turn(.wake).requests.contains(question))
        // The stream lost the rest; a trade of another's order is none of ours.
        let rest = Make.trade(Make.fill(8), of: intent, venue: 5)
        let foreign = Make.trade(Make.fill(9), of: intent, venue: 6)
        rig.tell(.answered(question, .trades([rest, foreign])))
        #expect(rig.state(of: intent)?.status == .filled)
        #expect(rig.tell(.answered(question, .trades([rest, foreign]))).events.isEmpty)
        let ledger = rig.gateway.state.ledger(of: .testnet)
        #expect(ledger.positions[Make.bitcoin]?.quantity == Make.amount("1"))
        // Once more, because an order ended there; then only when its turn comes.
        rig.advance(milliseconds: 60_000)
        #expect(rig.turn(.wake).requests.contains(.trades(Make.bitcoin, from: TradeID(raw: 9))))
        var asked = 0
        for _ in 0..<6 {
            rig.advance(milliseconds: 60_000)
            asked += rig.turn(.wake).requests.count {
                $0 == .trades(Make.bitcoin, from: TradeID(raw: 9))
            }
        }
        #expect(asked == 3)
    }
}
