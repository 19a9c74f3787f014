import Testing

@testable import TradingCore

/// E6: what the gateway cannot find out a person decides, and the journal says who and why.
@Suite struct OperatorTests {
    /// An order of 1 BTC for 100 USDT that nobody can say anything about.
    static func givenUp() -> (rig: Rig, intent: OrderIntent) {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(AbsenceTests.askUntilProof(rig, intent) == 3)
        var row = Make.report(intent, .new, name: "web_1")
        row.quantity = Make.quantity("2")
        rig.tell(.answered(AbsenceTests.proofQuestion(intent), .orders([row])))
        #expect(rig.state(of: intent)?.status == .needsOperator)
        return (rig, intent)
    }

    static func resolve(_ rig: Rig, _ intent: OrderIntent, _ resolution: Resolution) -> Turn {
        let request = ResolveRequest(
            orderID: intent.orderID,
            resolution: resolution,
            principal: Principal("alice"),
            reason: "the venue's support says so"
        )
        return rig.turn(.request(rig.token(), .resolve(request), deadline: nil))
    }

    static func reserved(_ rig: Rig) -> Amount {
        rig.gateway.state.ledger(of: .testnet).reserved(of: Asset("USDT"))
    }

    @Test(
        arguments: [
            (Resolution.absent, OrderStatus.notPlaced), (.canceled, .canceled),
            (.filled(at: Make.price("99")), .filled),
        ]
    )
    func `a word ends the doubt, frees what was reserved, and is recorded`(
        resolution: Resolution,
        status: OrderStatus
    ) {
        let (rig, intent) = Self.givenUp()
        let turn = Self.resolve(rig, intent, resolution)
        #expect(turn.order?.status == status)
        let words = "resolved by alice as \(resolution.name): the venue's support says so"
        #expect(turn.order?.reason == words)
        #expect(turn.needsSync)
        #expect(Self.reserved(rig) == .zero)
        #expect(
            turn.events.first
                == .orderChanged(
                    intent.orderID,
                    .resolved(
                        resolution,
                        by: Principal("alice"),
                        reason: "the venue's support says so"
                    )
                )
        )
        rig.start()
        #expect(Self.reserved(rig) == .zero)
        #expect(rig.gateway.state.ordersInDoubt.isEmpty)
    }

    @Test func `what a person says was traded is held, once, whatever the venue tells later`() {
        let (rig, intent) = Self.givenUp()
        let turn = Self.resolve(rig, intent, .filled(at: Make.price("99")))
        #expect(turn.order?.averagePrice == Make.price("99"))
        let bought = { rig.gateway.state.ledger(of: .testnet).positionsBySymbol.first?.quantity }
        #expect(bought() == Make.amount("1"))
        let fills = [Make.fill(7, "1")]
        rig.tell(.orderReported(Make.report(intent, .filled, executed: "1", fills: fills)))
        #expect(bought() == Make.amount("1"))
        #expect(rig.gateway.state.lastTrades.isEmpty)
    }

    @Test func `an order that the venue shows after all is alive again`() {
        let (rig, intent) = Self.givenUp()
        #expect(Self.resolve(rig, intent, .absent).order?.status == .notPlaced)
        rig.tell(.orderReported(Make.report(intent, .new)))
        #expect(rig.state(of: intent)?.status == .open)
        #expect(Self.reserved(rig) == Make.amount("100"))
    }

    @Test func `the venue is asked for the order that a person names, and its word counts`() {
        let (rig, intent) = Self.givenUp()
        let named = VenueOrderID(raw: 4_711)
        let turn = Self.resolve(rig, intent, .identified(named))
        #expect(turn.order?.status == .unknown)
        let question = VenueRequest.order(
            intent.orderID,
            symbol: intent.terms.symbol,
            client: intent.clientOrderID,
            venue: named
        )
        #expect(turn.requests == [question])
        var report = Make.report(intent, .canceled, name: "web_1")
        report.venueOrderID = named
        rig.tell(.answered(question, .order(report)))
        #expect(rig.state(of: intent)?.status == .canceled)
    }

    @Test func `a number of another order is found out, and the doubt stays`() {
        let (rig, intent) = Self.givenUp()
        let question = Self.resolve(rig, intent, .identified(VenueOrderID(raw: 5))).requests[0]
        var report = Make.report(intent, .filled, executed: "1", name: "web_2")
        report.venueOrderID = VenueOrderID(raw: 5)
        report.side = .sell
        rig.tell(.answered(question, .order(report)))
        #expect(rig.state(of: intent)?.status == .needsOperator)
        #expect(rig.state(of: intent)?.reason.contains("is another one") == true)
        #expect(Self.reserved(rig) == Make.amount("100"))
    }

    @Test func `a word is not taken while evidence may come`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        let refusal = Self.resolve(rig, intent, .absent).refusal
        #expect(refusal?.rule == .orderInDoubt)
        #expect(refusal?.actual == "UNKNOWN")
        // Nor for an order that is well, nor for one that is over or never was.
        rig.tell(.orderReported(Make.report(intent, .new)))
        #expect(Self.resolve(rig, intent, .canceled).refusal?.actual == "OPEN")
        rig.tell(.orderReported(Make.report(intent, .canceled)))
        #expect(Self.resolve(rig, intent, .canceled).refusal?.actual == "CANCELED")
        var other = intent
        other.orderID = OrderID(raw: 99)
        #expect(Self.resolve(rig, other, .canceled).refusal?.rule == .orderNotFound)
    }

    @Test func `an outcome that stays unknown for long may be resolved too`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 59_999)
        #expect(Self.resolve(rig, intent, .absent).refusal?.rule == .orderInDoubt)
        rig.advance(milliseconds: 1)
        #expect(Self.resolve(rig, intent, .absent).order?.status == .notPlaced)
    }

    @Test func `what has traded is not absent`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        let doubt = OrderChange.needsOperator(reason: "help")
        var batch = OpenBatch(at: rig.now)
        rig.gateway.record(
            .orderChanged(
                intent.orderID,
                .reported(.new, VenueOrderID(raw: 1), executed: Make.quantity("0.5"), reason: "")
            ),
            into: &batch
        )
        rig.gateway.record(.orderChanged(intent.orderID, doubt), into: &batch)
        _ = batch.persisted { _ in }
        #expect(Self.resolve(rig, intent, .absent).refusal?.limit == "0 executed")
    }
}
