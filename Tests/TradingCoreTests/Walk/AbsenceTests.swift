import Testing

@testable import TradingCore

/// E1 and E2: what an order of unknown outcome takes to be called absent.
@Suite struct AbsenceTests {
    static let missing = VenueAnswer.refused(
        VenueError(httpStatus: 400, code: -2013, message: "Order does not exist.")
    )

    static func question(_ intent: OrderIntent) -> VenueRequest {
        .order(
            intent.orderID,
            symbol: intent.terms.symbol,
            client: intent.clientOrderID,
            venue: nil
        )
    }

    static func proofQuestion(_ intent: OrderIntent) -> VenueRequest {
        .allOrders(
            intent.terms.symbol,
            since: intent.timestamp.adding(milliseconds: -10_000)
        )
    }

    static func tradesQuestion(_ intent: OrderIntent) -> VenueRequest {
        .tradesSince(
            intent.terms.symbol,
            since: intent.timestamp.adding(milliseconds: -10_000)
        )
    }

    /// Lets the gateway ask until it wants all orders; returns how many absences that took.
    static func askUntilProof(_ rig: Rig, _ intent: OrderIntent) -> Int? {
        for count in 1...50 {
            rig.advance(milliseconds: 500)
            guard rig.turn(.wake).requests.contains(question(intent)) else { continue }
            let turn = rig.tell(.answered(question(intent), missing))
            if turn.requests.contains(proofQuestion(intent)) { return count }
        }
        return nil
    }

    @Test func `absence before the window and the margin are over does not count`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        var asked = 0
        rig.turn(.wake)
        // The venue's clock must be past timestamp + recvWindow + margin, 12 s.
        for _ in 0..<23 {
            rig.advance(milliseconds: 500)
            asked += rig.turn(.wake).requests.count { $0 == Self.question(intent) }
            let answer = rig.tell(.answered(Self.question(intent), Self.missing))
            #expect(!answer.requests.contains(Self.proofQuestion(intent)))
            #expect(rig.state(of: intent)?.status == .unknown)
        }
        #expect(asked > 10)
    }

    @Test func `three absences, no order and no trade: only all of it is a proof (E2)`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, intent) == 3)
        #expect(rig.state(of: intent)?.status == .unknown)
        let listed = rig.tell(.answered(Self.proofQuestion(intent), .orders([])))
        #expect(listed.requests == [Self.tradesQuestion(intent)])
        #expect(rig.state(of: intent)?.status == .unknown)
        let turn = rig.tell(.answered(Self.tradesQuestion(intent), .trades([])))
        #expect(rig.state(of: intent)?.status == .notPlaced)
        #expect(turn.needsSync)
        #expect(rig.gateway.state.ledger(of: .testnet).reserved(of: Asset("USDT")).isZero)
    }

    @Test
    func `a question that left before the window was over does not count however late its answer`()
    {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        #expect(rig.turn(.wake).requests.contains(Self.question(intent)))
        rig.advance(milliseconds: 60_000)
        rig.tell(.answered(Self.question(intent), Self.missing))
        #expect(Self.askUntilProof(rig, intent) == 3)
    }

    @Test func `the list shows the order itself, so it is not absent`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, intent) == 3)
        let row = Make.report(intent, .partiallyFilled, executed: "0.25")
        rig.tell(.answered(Self.proofQuestion(intent), .orders([row])))
        #expect(rig.state(of: intent)?.status == .open)
        #expect(rig.state(of: intent)?.executedQuantity == Make.quantity("0.25"))
    }

    @Test func `the list shows the order under its cancel's name, so it is not absent`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, intent) == 3)
        let row = Make.report(intent, .canceled, name: intent.clientOrderID.text + "_c")
        rig.tell(.answered(Self.proofQuestion(intent), .orders([row])))
        #expect(rig.state(of: intent)?.status == .canceled)
    }

    @Test func `a list that begins after the order proves nothing about it`() {
        let rig = Rig.ready()
        let older = rig.unknownOrder(Make.terms(.buy))
        rig.advance(milliseconds: 20_000)
        // A younger order asks for a list that begins after the older one was sent.
        let younger = rig.unknownOrder(Make.terms(.sell))
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, older) == 3)
        rig.tell(.answered(Self.proofQuestion(younger), .orders([])))
        #expect(rig.state(of: older)?.status == .unknown)
    }

    @Test func `another stranger on this side stops the proof`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, intent) == 3)
        var row = Make.report(intent, .new, name: "web_1")
        row.quantity = Make.quantity("2")
        rig.tell(.answered(Self.proofQuestion(intent), .orders([row])))
        #expect(rig.state(of: intent)?.status == .needsOperator)
        // It reserves on (E6).
        #expect(
            rig.gateway.state.ledger(of: .testnet).reserved(of: Asset("USDT")) == Make.amount("100")
        )
    }

    @Test func `a stranger on the other side does not stop it`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, intent) == 3)
        var row = Make.report(intent, .new, name: "web_1")
        row.side = .sell
        rig.tell(.answered(Self.proofQuestion(intent), .orders([row])))
        rig.tell(.answered(Self.tradesQuestion(intent), .trades([])))
        #expect(rig.state(of: intent)?.status == .notPlaced)
    }

    @Test func `an order that needs an operator is not asked for without end`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, intent) == 3)
        var row = Make.report(intent, .new, name: "web_1")
        row.quantity = Make.quantity("2")
        rig.tell(.answered(Self.proofQuestion(intent), .orders([row])))
        var asked = 0
        for _ in 0..<100 {
            rig.advance(milliseconds: 500)
            if rig.turn(.wake).requests.contains(Self.question(intent)) {
                asked += 1
                rig.tell(.answered(Self.question(intent), Self.missing))
            }
        }
        #expect(asked <= 1)
    }

    @Test func `an order that needs an operator is not cancelled without end`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, intent) == 3)
        var row = Make.report(intent, .new, name: "web_1")
        row.quantity = Make.quantity("2")
        rig.tell(.answered(Self.proofQuestion(intent), .orders([row])))
        let cancel = VenueRequest.cancel(
            intent.orderID,
            symbol: Make.bitcoin,
            target: intent.clientOrderID,
            cancelID: ClientOrderIDScheme.cancelName(of: intent.clientOrderID)
        )
        let unknown = VenueError(httpStatus: 400, code: -2011, message: "Unknown order sent.")
        var sent = rig.ask(.cancel(intent.orderID)).requests.count { $0 == cancel }
        rig.tell(.answered(cancel, .refused(unknown)))
        for _ in 0..<240 {
            rig.advance(milliseconds: 500)
            guard rig.turn(.wake).requests.contains(cancel) else { continue }
            sent += 1
            rig.tell(.answered(cancel, .refused(unknown)))
        }
        #expect(sent >= 2)
        #expect(sent <= 3)
        // Once it shows up it is cancelled at once.
        let turn = rig.tell(.orderReported(Make.report(intent)))
        #expect(turn.requests.contains(cancel))
    }

    @Test func `an exact stranger is adopted, followed and never adopted twice`() {
        let rig = Rig.ready()
        let first = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, first) == 3)
        let row = Make.report(first, .new, venue: 77, name: "web_1")
        rig.tell(.answered(Self.proofQuestion(first), .orders([row])))
        #expect(rig.state(of: first)?.status == .open)
        // Its later messages carry the foreign name.
        let fill = Make.fill(1, "1")
        rig.tell(
            .orderReported(
                Make.report(first, .filled, venue: 77, executed: "1", fills: [fill], name: "web_1")
            )
        )
        #expect(rig.state(of: first)?.status == .filled)

        let second = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, second) == 3)
        let old = Make.report(
            second,
            .filled,
            venue: 77,
            executed: "1",
            name: "web_1",
            time: second.timestamp
        )
        rig.tell(.answered(Self.proofQuestion(second), .orders([old])))
        rig.tell(.answered(Self.tradesQuestion(second), .trades([])))
        #expect(rig.state(of: second)?.status == .notPlaced)
    }

    @Test func `a foreign order on another symbol is no excuse for one on this`() {
        let rig = Rig.ready()
        let other = Make.intent(1, Make.terms(symbol: Make.ether))
        rig.tell(.orderReported(Make.report(other, .new, venue: 77, name: "web_1")))
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(Self.askUntilProof(rig, intent) == 3)
        let row = Make.report(intent, .new, venue: 77, name: "web_2")
        rig.tell(.answered(Self.proofQuestion(intent), .orders([row])))
        #expect(rig.state(of: intent)?.status == .open)
    }

    @Test func `a jump of the wall clock does not shorten the window`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.now = Instant(
            monotonic: rig.now.monotonic,
            wall: rig.now.wall.adding(milliseconds: 3_600_000)
        )
        rig.turn(.wake)
        for _ in 0..<8 {
            rig.tell(.answered(Self.question(intent), Self.missing))
            rig.advance(milliseconds: 500)
            rig.turn(.wake)
        }
        let turn = rig.tell(.answered(Self.question(intent), Self.missing))
        #expect(!turn.requests.contains(Self.proofQuestion(intent)))
        rig.tell(.answered(Self.proofQuestion(intent), .orders([])))
        #expect(rig.state(of: intent)?.status == .unknown)
    }

    @Test(arguments: [
        (503, 0, "unavailable"), (500, -1006, "unexpected"), (504, -1007, "timeout"),
        (400, -1006, "unexpected response"), (400, -1007, "timeout"),
        (400, -2010, "Duplicate order sent."), (408, 0, ""), (404, 0, "<html>"),
    ])
    func `what is no evidence of absence does not reject (E1)`(
        status: Int,
        code: Int,
        message: String
    ) {
        let rig = Rig.ready()
        let intent = rig.submitted()
        let error = VenueError(httpStatus: status, code: code, message: message)
        rig.tell(.placementAnswered(intent.orderID, .rejected(error)))
        #expect(rig.state(of: intent)?.status == .unknown)
    }

    @Test func `a refusal of the venue rejects, once and at once`() {
        let rig = Rig.ready()
        let intent = rig.submitted()
        let error = VenueError(httpStatus: 400, code: -2010, message: "insufficient balance")
        let turn = rig.tell(.placementAnswered(intent.orderID, .rejected(error)))
        #expect(turn.order?.status == .rejected)
        #expect(turn.needsSync)
    }

    @Test(arguments: [VenueOrderStatus.new, .partiallyFilled, .filled, .canceled, .expired])
    func `an order that was called absent and is seen exists`(status: VenueOrderStatus) {
        let rig = Rig.ready()
        let intent = rig.submitted()
        rig.tell(.placementAnswered(intent.orderID, .notSent(.gateClosed)))
        #expect(rig.state(of: intent)?.status == .notPlaced)
        let turn = rig.tell(.orderReported(Make.report(intent, status)))
        #expect(rig.state(of: intent)?.status != .notPlaced)
        #expect(rig.state(of: intent)?.venueOrderID == VenueOrderID(raw: 1_000))
        #expect(turn.events.contains { if case .orderReopened = $0 { true } else { false } })
    }

    @Test func `a cancel that overtakes its placement is repeated until the fate is known`() {
        let rig = Rig.ready()
        let intent = rig.submitted()
        rig.ask(.cancel(intent.orderID))
        let cancel = VenueRequest.cancel(
            intent.orderID,
            symbol: Make.bitcoin,
            target: intent.clientOrderID,
            cancelID: ClientOrderIDScheme.cancelName(of: intent.clientOrderID)
        )
        let unknownOrder = VenueError(httpStatus: 400, code: -2011, message: "Unknown order sent.")
        rig.tell(.answered(cancel, .refused(unknownOrder)))
        #expect(rig.state(of: intent)?.status == .submitting)
        #expect(rig.state(of: intent)?.pendingCancel != nil)
        let turn = rig.tell(.placementAnswered(intent.orderID, .accepted(Make.report(intent))))
        #expect(turn.requests.contains(cancel))
        let end = rig.tell(.answered(cancel, .order(Make.report(intent, .canceled))))
        #expect(end.replies.count == 1)
        #expect(end.order?.status == .canceled)
    }
}
