import Testing

@testable import TradingCore

/// Streams that lie by saying nothing, prices that age, and venues that begin to count anew (S5).
@Suite struct StreamCareTests {
    // MARK: A stream that brings nothing

    /// A rig with an order that REST has accepted since the stream was opened.
    private func accepted() -> (Rig, OrderIntent) {
        let rig = Rig.ready()
        rig.advance(milliseconds: 100)
        return (rig, rig.openOrder())
    }

    @Test func `a stream that does not bring what REST shows is dead, and the gate closes`() {
        let (rig, intent) = self.accepted()
        rig.advance(milliseconds: 9_999)
        #expect(!rig.turn(.wake).closesGate)
        rig.advance(milliseconds: 1)
        let turn = rig.turn(.wake)
        #expect(turn.closesGate)
        #expect(
            turn.immediate.contains { effect in
                if case .renewStream(.testnet, _) = effect { true } else { false }
            }
        )
        #expect(rig.place().order?.refusal?.rule == .notReady)
        rig.advance(milliseconds: 20_000)
        #expect(!rig.turn(.wake).closesGate, "told once")
        #expect(rig.connect(open: [Make.report(intent)]).opensGate)
    }

    @Test func `a stream that brings it late or early is alive`() {
        let (late, lateIntent) = self.accepted()
        late.advance(milliseconds: 9_000)
        late.tell(.orderReported(Make.report(lateIntent)))
        let early = Rig.ready()
        early.advance(milliseconds: 100)
        let intent = early.submitted()
        early.tell(.orderReported(Make.report(intent)))
        early.tell(.placementAnswered(intent.orderID, .accepted(Make.report(intent))))
        for rig in [late, early] {
            rig.advance(milliseconds: 30_000)
            #expect(!rig.turn(.wake).closesGate)
        }
    }

    @Test func `an order that REST shows as ended must end on the stream`() {
        let (rig, intent) = self.accepted()
        rig.tell(.orderReported(Make.report(intent)))
        rig.advance(milliseconds: 60_000)
        let question = VenueRequest.order(
            intent.orderID,
            symbol: Make.bitcoin,
            client: intent.clientOrderID,
            venue: VenueOrderID(raw: 1_000)
        )
        let ended = Make.report(intent, .canceled, time: rig.now.wall)
        rig.tell(.answered(question, .order(ended)))
        // What it said before is not what it must say.
        rig.tell(.orderReported(Make.report(intent)))
        rig.advance(milliseconds: 10_000)
        #expect(rig.turn(.wake).closesGate)
    }

    @Test func `what happened before the stream was opened is not its to bring`() {
        let rig = Rig.ready()
        rig.advance(milliseconds: 100)
        let intent = rig.openOrder()
        rig.tell(.streamLost("x"))
        rig.advance(milliseconds: 5_000)
        let before = rig.now.wall
        rig.advance(milliseconds: 5_000)
        rig.connect(open: [Make.report(intent)])
        // A read that lagged during the reconciliation is current now (E5).
        let question = VenueRequest.order(
            intent.orderID,
            symbol: Make.bitcoin,
            client: intent.clientOrderID,
            venue: VenueOrderID(raw: 1_000)
        )
        rig.tell(.answered(question, .order(Make.report(intent, .canceled, time: before))))
        rig.advance(milliseconds: 30_000)
        #expect(!rig.turn(.wake).closesGate)
    }

    // MARK: Prices

    private let market = Make.terms(.buy, "0.1", at: nil)

    @Test func `a price that the stream keeps current does not age, however quiet the market`() {
        let rig = Rig.ready()
        rig.advance(milliseconds: 3_600_000)
        #expect(rig.place(self.market).placements.count == 1)
    }

    @Test func `without the market stream a price ages, and then no market order is judged by it`()
    {
        let rig = Rig.ready()
        rig.advance(milliseconds: 60_000)
        rig.tell(.quoted(Make.bitcoin, Quote(bid: Make.price("99"), ask: Make.price("101"))))
        rig.tell(.marketStreamLost("x"))
        rig.advance(milliseconds: 5_000)
        #expect(rig.place(self.market).placements.count == 1)
        rig.advance(milliseconds: 1)
        let refusal = rig.place(self.market).order?.refusal
        #expect(refusal?.rule == .staleQuote)
        #expect(refusal?.limit == "5000 ms" && refusal?.actual == "5001 ms")
        #expect(rig.place().placements.count == 1, "a limit order brings its own price")
    }

    @Test func `after a gap of the market stream the prices are asked for`() {
        let rig = Rig.ready()
        rig.tell(.marketStreamLost("x"))
        rig.advance(milliseconds: 60_000)
        let symbols = rig.settings.limits.allowedSymbols
        #expect(rig.tell(.marketStreamOpened).requests == [.quotes(symbols)])
        #expect(rig.place(self.market).order?.refusal?.rule == .staleQuote)
        let quote = Quote(bid: Make.price("80"), ask: Make.price("81"))
        let answer = VenueAnswer.quotes([SymbolQuote(symbol: Make.bitcoin, quote: quote)])
        rig.tell(.answered(.quotes(symbols), answer))
        #expect(rig.place(self.market).placements.count == 1)
    }

    // MARK: Trade numbers

    private func fill(_ trade: Int64, at milliseconds: Int64) -> Fill {
        var fill = Make.fill(trade)
        fill.time = WallTime(milliseconds: 1_700_000_000_000 + milliseconds)
        return fill
    }

    private func trade(_ fill: Fill, _ intent: OrderIntent, _ rig: Rig, number: Int64) -> Turn {
        rig.tell(
            .orderReported(
                Make.report(
                    intent,
                    .partiallyFilled,
                    venue: number,
                    executed: "0.5",
                    fills: [fill]
                )
            )
        )
    }

    @Test func `a trade that is later and has a smaller number stops trading on the ledger (S5)`() {
        let rig = Rig.ready()
        let first = rig.openOrder(venue: 1_000)
        _ = self.trade(self.fill(90_000, at: 10_000), first, rig, number: 1_000)
        // The mark survives a restart, like everything that the journal says.
        rig.start()
        rig.connect(open: [Make.report(first, .partiallyFilled, executed: "0.5")])
        let second = rig.openOrder(Make.terms(.sell), venue: 3)
        let turn = self.trade(self.fill(5, at: 20_000), second, rig, number: 3)
        #expect(turn.closesGate)
        #expect(rig.gateway.state.killSwitch.level == .block)
        #expect(rig.gateway.state.killSwitch.reason.contains("(S5)"))
        #expect(rig.state(of: second)?.fills.map(\.tradeID.raw) == [5], "evidence is kept")
        #expect(rig.place().order?.refusal?.rule == .killSwitch)
    }

    @Test func `trades that arrive late or together are no reason to stop (E4)`() {
        let rig = Rig.ready()
        let first = rig.openOrder(venue: 1_000)
        let second = rig.openOrder(Make.terms(.sell), venue: 1_001)
        _ = self.trade(self.fill(90_000, at: 10_000), first, rig, number: 1_000)
        // Made before it, told after it.
        _ = self.trade(self.fill(89_000, at: 9_000), second, rig, number: 1_001)
        let third = rig.openOrder(venue: 1_002)
        _ = self.trade(self.fill(89_999, at: 11_000), third, rig, number: 1_002)
        #expect(!rig.gateway.state.killSwitch.isEngaged, "stamps may be a second apart")
    }
}
