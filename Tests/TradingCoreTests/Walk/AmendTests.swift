import Testing

@testable import TradingCore

/// What becomes of an order whose caller wants it otherwise.
@Suite struct AmendTests {
    static func wish(
        _ intent: OrderIntent,
        _ quantity: String? = nil,
        at price: String? = nil
    ) -> Request {
        .amend(
            AmendRequest(
                orderID: intent.orderID,
                quantity: quantity.map { Make.quantity($0) },
                price: price.map { Make.price($0) },
                principal: Principal("me")
            )
        )
    }

    static func question(_ intent: OrderIntent, _ quantity: String) -> VenueRequest {
        .amend(
            intent.orderID,
            symbol: intent.terms.symbol,
            client: intent.clientOrderID,
            to: Make.quantity(quantity)
        )
    }

    static func report(
        _ intent: OrderIntent,
        _ status: VenueOrderStatus = .new,
        quantity: String,
        executed: String = "0"
    ) -> OrderReport {
        var report = Make.report(intent, status, venue: 1_000, executed: executed)
        report.quantity = Make.quantity(quantity)
        return report
    }

    static func reserved(_ rig: Rig) -> Amount {
        rig.gateway.state.ledger(of: .testnet).reserved(of: Asset("USDT"))
    }

    @Test func `a smaller quantity keeps the order, and frees what it no longer needs`() throws {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        let asked = rig.ask(Self.wish(intent, "0.4"))
        #expect(asked.requests == [Self.question(intent, "0.4")])
        #expect(asked.effects.isEmpty)
        #expect(rig.state(of: intent)?.pendingAmend == .reduction(to: Make.quantity("0.4")))
        // Until the venue says so, all of it is reserved.
        #expect(Self.reserved(rig) == Make.amount("100"))
        let answer = VenueAnswer.order(Self.report(intent, quantity: "0.4"))
        let turn = rig.tell(.answered(Self.question(intent, "0.4"), answer))
        let order = try #require(turn.order)
        #expect(order.orderID == intent.orderID && order.quantity == Make.quantity("0.4"))
        #expect(order.pendingAmend == nil && order.status == .open)
        #expect(Self.reserved(rig) == Make.amount("40"))
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `the stream tells it, whatever became of the answer (E1)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, "0.4"))
        let turn = rig.tell(.orderReported(Self.report(intent, quantity: "0.4")))
        #expect(turn.order?.quantity == Make.quantity("0.4"))
        rig.tell(.answered(Self.question(intent, "0.4"), .failed("timeout")))
        rig.advance(milliseconds: 60_000)
        #expect(!rig.turn(.wake).requests.contains(Self.question(intent, "0.4")))
    }

    @Test func `a lost answer is followed by the same request until the venue speaks`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, "0.4"))
        rig.tell(.answered(Self.question(intent, "0.4"), .failed("timeout")))
        rig.advance(milliseconds: 1_000)
        #expect(rig.turn(.wake).requests.contains(Self.question(intent, "0.4")))
        // The first had been executed after all: the query shows it.
        let noChange = VenueError(
            httpStatus: 400,
            code: -2038,
            message: "The requested action would change no state; rejecting"
        )
        rig.tell(.answered(Self.question(intent, "0.4"), .refused(noChange)))
        #expect(rig.state(of: intent)?.pendingAmend != nil)
        let report = Self.report(intent, quantity: "0.4")
        let turn = rig.tell(.orderReported(report))
        #expect(turn.order?.quantity == Make.quantity("0.4"))
        #expect(rig.state(of: intent)?.pendingAmend == nil)
    }

    @Test func `what the venue refuses is told with its words, and the order stays`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, "0.4"))
        let error = VenueError(httpStatus: 400, code: -2038, message: "MAX_NUM_ORDER_AMENDS")
        let turn = rig.tell(.answered(Self.question(intent, "0.4"), .refused(error)))
        #expect(turn.refusal?.rule == .amendment)
        #expect(turn.refusal?.message.contains("MAX_NUM_ORDER_AMENDS") == true)
        #expect(rig.state(of: intent)?.status == .open)
        #expect(rig.state(of: intent)?.quantity == Make.quantity("1"))
    }

    @Test func `an older report does not make the order larger again (E5)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Self.report(intent, quantity: "0.4")))
        rig.tell(.orderReported(Self.report(intent, quantity: "1")))
        #expect(rig.state(of: intent)?.quantity == Make.quantity("0.4"))
    }

    @Test func `a smaller order is filled when that much is filled`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Self.report(intent, quantity: "0.5")))
        var report = Self.report(intent, .filled, quantity: "0.5", executed: "0.5")
        report.trades = [Make.fill(1, "0.5")].map { Make.trade($0, of: intent, venue: 1_000) }
        rig.tell(.orderReported(report))
        #expect(rig.state(of: intent)?.status == .filled)
        #expect(Self.reserved(rig).isZero)
    }

    @Test func `another price is a cancel, and a new order once the old one's end is proven`()
        throws
    {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(
            .orderReported(
                Make.report(
                    intent,
                    .partiallyFilled,
                    venue: 1_000,
                    executed: "0.25",
                    fills: [Make.fill(1, "0.25")]
                )
            )
        )
        let asked = rig.ask(Self.wish(intent, at: "99"))
        #expect(asked.requests.count == 1 && asked.placements.isEmpty)
        let end = Make.report(intent, .canceled, venue: 1_000, executed: "0.25")
        let turn = rig.tell(.orderReported(end))
        let next = try #require(turn.placements.first)
        #expect(next.predecessor == intent.orderID)
        #expect(next.terms.quantity == Make.quantity("0.75"))
        #expect(next.terms.type.limitPrice == Make.price("99"))
        #expect(rig.state(of: intent)?.successor == next.orderID)
        let answer = rig.tell(.placementAnswered(next.orderID, .accepted(Make.report(next))))
        #expect(answer.order?.orderID == next.orderID)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `an order that was filled before its cancel is not replaced`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, "2", at: "99"))
        let whole = Make.report(
            intent,
            .filled,
            venue: 1_000,
            executed: "1",
            fills: [Make.fill(1, "1")]
        )
        let turn = rig.tell(.orderReported(whole))
        #expect(turn.placements.isEmpty)
        #expect(turn.order?.status == .filled)
    }

    @Test func `fills that are missing come before the new order: its size depends on them (E4)`()
        throws
    {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, at: "99"))
        let end = Make.report(intent, .canceled, venue: 1_000, executed: "0.6")
        #expect(rig.tell(.orderReported(end)).placements.isEmpty)
        let fetched = rig.tell(
            .answered(
                .orderTrades(
                    intent.orderID,
                    symbol: intent.terms.symbol,
                    venue: VenueOrderID(raw: 1_000)
                ),
                .trades([Make.trade(Make.fill(1, "0.6"), of: intent, venue: 1_000)])
            )
        )
        #expect(fetched.placements.first?.terms.quantity == Make.quantity("0.4"))
    }

    @Test func `nothing is cancelled for an order that the gate would refuse`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        let turn = rig.ask(Self.wish(intent, "1000000"))
        #expect(turn.refusal != nil && turn.requests.isEmpty && turn.events.isEmpty)
        #expect(rig.state(of: intent)?.pendingAmend == nil)
    }

    @Test func `going back to the terms of a moment ago is no duplicate`() throws {
        let rig = Rig.ready(ExposureTests.settings { $0.duplicateMilliseconds = 60_000 })
        let first = rig.openOrder()
        rig.ask(Self.wish(first, at: "99"))
        let ended = rig.tell(.orderReported(Make.report(first, .canceled)))
        let second = try #require(ended.placements.first)
        rig.tell(.placementAnswered(second.orderID, .accepted(Make.report(second, venue: 1_001))))
        #expect(rig.ask(Self.wish(second, at: "100")).refusal == nil)
        let again = rig.tell(.orderReported(Make.report(second, .canceled, venue: 1_001)))
        #expect(again.placements.first?.terms == first.terms)
        #expect(rig.place().order?.refusal?.rule == .duplicateOrder)
    }

    @Test func `a cancel ends the amendment: nothing replaces the order`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, at: "99"))
        let cancel = rig.ask(.cancel(intent.orderID))
        #expect(cancel.refusal?.rule == .amendment)
        #expect(rig.tell(.orderReported(Make.report(intent, .canceled))).placements.isEmpty)
        #expect(rig.state(of: intent)?.status == .canceled)
    }

    @Test func `a kill ends the amendment too (K3)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, at: "99"))
        rig.ask(.killEngage(.cancel, Principal("admin"), reason: "test"))
        #expect(rig.tell(.orderReported(Make.report(intent, .canceled))).placements.isEmpty)
    }

    @Test func `after a restart the cancel goes on and nothing replaces the order`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, at: "99"))
        rig.ask(.mode)
        rig.start()
        rig.connect()
        #expect(rig.tell(.orderReported(Make.report(intent, .canceled))).placements.isEmpty)
        #expect(rig.state(of: intent)?.status == .canceled)
        #expect(rig.state(of: intent)?.successor == nil)
    }

    @Test func `after a restart a reduction is asked for again (M3)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, "0.4"))
        rig.ask(.mode)
        rig.start()
        #expect(rig.turn(.wake).requests.contains(Self.question(intent, "0.4")))
    }

    @Test func `an end that is known too late replaces nothing`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, at: "99"))
        rig.advance(milliseconds: 60_000)
        #expect(rig.tell(.orderReported(Make.report(intent, .canceled))).placements.isEmpty)
    }

    struct Row: Sendable {
        var quantity: String?
        var price: String?
        var limit: String
    }

    @Test(arguments: [
        Row(quantity: "1", price: "100", limit: "a change"),
        Row(quantity: "0.25", price: nil, limit: "more than the 0.25"),
        Row(quantity: "0.1", price: "99", limit: "more than the 0.25"),
    ])
    func `what makes no sense is refused`(row: Row) {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(
            .orderReported(
                Make.report(
                    intent,
                    .partiallyFilled,
                    venue: 1_000,
                    executed: "0.25",
                    fills: [Make.fill(1, "0.25")]
                )
            )
        )
        let turn = rig.ask(Self.wish(intent, row.quantity, at: row.price))
        #expect(turn.refusal?.rule == .amendment)
        #expect(turn.refusal?.limit.contains(row.limit) == true)
        #expect(turn.requests.isEmpty)
    }

    @Test func `an order that is not open, or being cancelled, or amended, takes no amendment`() {
        let rig = Rig.ready()
        let unknown = rig.unknownOrder(Make.terms(.sell))
        #expect(rig.ask(Self.wish(unknown, "0.5")).refusal?.actual == "UNKNOWN")
        let intent = rig.openOrder()
        rig.ask(Self.wish(intent, "0.5"))
        #expect(rig.ask(Self.wish(intent, "0.4")).refusal?.limit == "one at a time")
        rig.ask(.cancel(intent.orderID))
        #expect(rig.ask(Self.wish(intent, "0.4")).refusal?.actual == "being cancelled")
    }
}
