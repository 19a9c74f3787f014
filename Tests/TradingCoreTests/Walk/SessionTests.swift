import Testing

@testable import TradingCore

/// Reconciliation, fills and balances: E4, E5, E6.
@Suite struct SessionTests {
    static func differing(_ dollars: String) -> VenueInput {
        .answered(.account(Make.read), .account(Make.account(dollars: dollars)))
    }

    @Test(arguments: [false, true])
    func `the gate opens when everything is known, and not before`(isRestart: Bool) {
        var messages: [VenueInput] = [
            .clockMeasured(offsetMilliseconds: 0, roundTripMilliseconds: 1),
            .answered(.rules([]), .rules([Make.rules()])),
            .answered(.account(Make.read), .account(Make.account())),
            .answered(.openOrders(Make.read), .orders([])),
            .answered(.orderCounts, .orderCounts([])),
        ]
        if isRestart {
            let since = Rig.begin.wall.adding(milliseconds: -86_400_000)
            messages += [Make.bitcoin, Make.ether].map { symbol in
                .answered(.allOrders(symbol, since: since), .orders([]))
            }
        }
        for last in messages.indices {
            let rig = Rig()
            rig.start()
            if isRestart { rig.start() }
            // Prices are asked for too, but not waited for: a market may have none.
            let opened = rig.tell(.streamOpened)
            #expect(opened.closesGate && opened.requests.count == messages.count + 1)
            for index in messages.indices where index != last {
                #expect(!rig.tell(messages[index]).opensGate)
                #expect(rig.place().order?.refusal?.rule == .notReady)
            }
            #expect(rig.tell(messages[last]).opensGate)
        }
    }

    @Test func `questions without an answer are asked again`() {
        let rig = Rig()
        rig.start()
        rig.tell(.streamOpened)
        rig.tell(.answered(.account(Make.read), .account(Make.account())))
        rig.tell(.answered(.openOrders(Make.read), .failed("timeout")))
        rig.advance(milliseconds: 2_000)
        let requests = rig.turn(.wake).requests
        #expect(requests.contains { $0.isOpenOrders } && requests.contains(.time))
        #expect(!requests.contains { if case .account = $0 { true } else { false } })
    }

    static func histories(of turn: Turn) -> [VenueRequest] {
        turn.requests.filter { if case .allOrders = $0 { true } else { false } }
    }

    @Test func `a start reads the orders since the last one before the gate opens (J5)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Make.report(intent, .canceled)))
        rig.start()
        let since = intent.timestamp.adding(milliseconds: -60_000)
        let question = VenueRequest.allOrders(Make.bitcoin, since: since)
        #expect(Self.histories(of: rig.tell(.streamOpened)).contains(question))
        // The list may have many pages: it is asked for again only after it failed.
        rig.advance(milliseconds: 2_000)
        #expect(Self.histories(of: rig.turn(.wake)).isEmpty)
        rig.tell(.answered(question, .failed("timeout")))
        rig.advance(milliseconds: 2_000)
        #expect(Self.histories(of: rig.turn(.wake)) == [question])
        rig.connect()
        // After a lost stream, the journal has no gap.
        rig.tell(.streamLost("test"))
        #expect(Self.histories(of: rig.tell(.streamOpened)).isEmpty)
    }

    @Test func `an order of ours that ended after a backup was taken stops trading (J5, S5)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Make.report(intent, .canceled)))
        rig.start()
        // The store that was copied went on with another epoch; its order has long ended.
        var missing = Make.report(intent, .filled, venue: 1_001, executed: "1")
        missing.ownerID = "\(Make.prefix)-zzzzzzzz-2"
        #expect(!rig.connect(history: [missing]).opensGate)
        #expect(rig.gateway.state.killSwitch.isEngaged)
        #expect(rig.place().order?.refusal != nil)
    }

    @Test func `a start's reading that lagged is made up for while orders go out (E5, S5)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Make.report(intent, .canceled)))
        rig.start()
        #expect(rig.connect().opensGate)
        #expect(Self.histories(of: rig.turn(.wake)).isEmpty)
        rig.advance(milliseconds: 10_000)
        #expect(rig.gateway.nextWake.map { $0 <= rig.now.monotonic } == true)
        let questions = Self.histories(of: rig.turn(.wake))
        #expect(questions.count == 2)
        #expect(rig.place().placements.count == 1)
        #expect(Self.histories(of: rig.turn(.wake)).isEmpty)
        // One that fails is asked for again, the other is not.
        rig.tell(.answered(questions[0], .failed("timeout")))
        rig.tell(.answered(questions[1], .orders([])))
        rig.advance(milliseconds: 10_000)
        #expect(Self.histories(of: rig.turn(.wake)) == [questions[0]])
        var missing = Make.report(intent, .filled, venue: 1_001, executed: "1")
        missing.ownerID = "\(Make.prefix)-zzzzzzzz-2"
        #expect(rig.tell(.answered(questions[0], .orders([missing]))).closesGate)
        #expect(rig.gateway.state.killSwitch.isEngaged)
        rig.advance(milliseconds: 30_000)
        #expect(Self.histories(of: rig.turn(.wake)).isEmpty)
    }

    @Test func `what a second copy has open is seen without a word of the stream (S5)`() {
        let rig = Rig.ready()
        rig.advance(milliseconds: 60_000)
        let asked = rig.turn(.wake).requests.first { $0.isOpenOrders }
        guard let asked else {
            Issue.record("the open orders are not asked for")
            return
        }
        var twin = Make.report(Make.intent())
        twin.ownerID = "\(Make.prefix)-zzzzzzzz-1"
        #expect(rig.tell(.answered(asked, .orders([twin]))).closesGate)
        #expect(rig.gateway.state.killSwitch.isEngaged)
    }

    @Test func `a store without a placement is read from the day before it was made (J5)`() {
        let rig = Rig.ready()
        rig.start()
        let since = Rig.begin.wall.adding(milliseconds: -86_400_000)
        #expect(
            Self.histories(of: rig.tell(.streamOpened)).first
                == .allOrders(Make.bitcoin, since: since)
        )
    }

    @Test func `another symbol's order of the same number does not stand for one (E1)`() {
        let rig = Rig.ready()
        let gone = rig.openOrder(venue: 3)
        let listed = rig.openOrder(Make.terms(symbol: Make.ether), venue: 3)
        let read = ReadID(raw: .max)
        let turn = rig.tell(
            .answered(.openOrders(read), .orders([Make.report(listed, venue: 3)]))
        )
        let asked = turn.requests.compactMap { request -> OrderID? in
            if case .order(let orderID, _, _, _) = request { orderID } else { nil }
        }
        #expect(asked == [gone.orderID])
    }

    @Test func `an open order that the list lacks is asked for before the gate opens`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.streamLost("test"))
        #expect(!rig.connect().opensGate)
        let question = VenueRequest.order(
            intent.orderID,
            symbol: Make.bitcoin,
            client: intent.clientOrderID,
            venue: VenueOrderID(raw: 1_000)
        )
        let turn = rig.tell(.answered(question, .order(Make.report(intent, .canceled))))
        #expect(turn.opensGate)
        #expect(rig.state(of: intent)?.status == .canceled)
    }

    @Test func `an order that ends while it is asked for does not hold the gate for ever (E6)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.streamLost("test"))
        rig.connect()
        rig.tell(.orderReported(Make.report(intent, .canceled)))
        let question = VenueRequest.order(
            intent.orderID,
            symbol: Make.bitcoin,
            client: intent.clientOrderID,
            venue: VenueOrderID(raw: 1_000)
        )
        rig.tell(.answered(question, .failed("timeout")))
        for _ in 0..<20 {
            rig.advance(milliseconds: 500)
            rig.turn(.wake)
        }
        #expect(rig.place().placements.count == 1)
    }

    @Test func `a trade that a report counts and nobody brought is fetched (E4)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Make.report(intent, .filled, executed: "1")))
        #expect(rig.state(of: intent)?.status == .partiallyFilled)
        rig.advance(milliseconds: 250)
        let request = VenueRequest.orderTrades(
            intent.orderID,
            symbol: Make.bitcoin,
            venue: VenueOrderID(raw: 1_000)
        )
        #expect(rig.turn(.wake).requests.contains(request))
        let trades = [Make.fill(1), Make.fill(2)].map { Make.trade($0, of: intent, venue: 1_000) }
        rig.tell(.answered(request, .trades([trades[0]])))
        #expect(rig.state(of: intent)?.status == .partiallyFilled)
        rig.tell(.answered(request, .trades(trades)))
        #expect(rig.state(of: intent)?.status == .filled)
    }

    @Test func `what a cancelled order has bought stays reserved until its trades are here`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Make.report(intent, .canceled, executed: "0.5")))
        let ledger = rig.gateway.state.ledger(of: .testnet)
        #expect(ledger.available(of: Asset("USDT")) == Make.amount("99950"))
        let trade = Make.trade(Make.fill(1), of: intent, venue: 1_000)
        let request = VenueRequest.orderTrades(
            intent.orderID,
            symbol: Make.bitcoin,
            venue: VenueOrderID(raw: 1_000)
        )
        rig.tell(.answered(request, .trades([trade])))
        let after = rig.gateway.state.ledger(of: .testnet)
        #expect(after.available(of: Asset("USDT")) == Make.amount("99950"))
        #expect(after.reserved(of: Asset("USDT")).isZero)
    }

    @Test func `a late fill of a closed order is counted on the order woken from the disk`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Make.report(intent, .canceled)))
        rig.ask(.mode)
        rig.start()
        rig.connect()
        #expect(rig.gateway.state.orders.isEmpty)
        let turn = rig.tell(
            .orderReported(Make.report(intent, .canceled, executed: "0.5", fills: [Make.fill(1)]))
        )
        #expect(turn.events.contains { if case .orderReopened = $0 { true } else { false } })
        #expect(rig.state(of: intent)?.filledQuantity == Make.quantity("0.5"))
        #expect(rig.state(of: intent)?.status == .canceled)
        #expect(rig.gateway.state.orders.isEmpty)
        #expect(
            rig.gateway.state.ledger(of: .testnet).total(of: Asset("BTC")) == Make.amount("10.5")
        )
        let again = rig.tell(
            .orderReported(Make.report(intent, .canceled, executed: "0.5", fills: [Make.fill(1)]))
        )
        #expect(again.events.isEmpty)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `both sides of a trade with ourselves count, though they share its number (E4)`() {
        let rig = Rig.ready()
        let buy = rig.openOrder(Make.terms(.buy), venue: 1)
        let sell = rig.openOrder(Make.terms(.sell), venue: 2)
        for (intent, number) in [(buy, Int64(1)), (sell, 2), (buy, 1), (sell, 2)] {
            rig.tell(
                .orderReported(
                    Make.report(
                        intent,
                        .filled,
                        venue: number,
                        executed: "1",
                        fills: [Make.fill(9, "1")]
                    )
                )
            )
        }
        #expect(rig.state(of: buy)?.status == .filled)
        #expect(rig.state(of: sell)?.status == .filled)
        let ledger = rig.gateway.state.ledger(of: .testnet)
        #expect(ledger.total(of: Asset("BTC")) == Make.amount("10"))
        #expect(ledger.positions[Make.bitcoin]?.fillCount == 2)
    }

    @Test func `a foreign movement needs two readings further apart than the lag (E5)`() {
        let rig = Rig.ready()
        #expect(rig.tell(Self.differing("100500")).events.isEmpty)
        rig.advance(milliseconds: 9_999)
        #expect(rig.tell(Self.differing("100500")).events.isEmpty)
        rig.advance(milliseconds: 1)
        let turn = rig.tell(Self.differing("100500"))
        #expect(
            turn.events == [
                .balanceMoved(
                    .testnet,
                    Asset("USDT"),
                    delta: Make.amount("500"),
                    isOpening: false
                )
            ]
        )
        #expect(rig.tell(Self.differing("100500")).events.isEmpty)
    }

    @Test func `another difference or an event in between starts anew`() {
        let rig = Rig.ready()
        rig.tell(Self.differing("100500"))
        rig.advance(milliseconds: 10_000)
        #expect(rig.tell(Self.differing("100400")).events.isEmpty)
        rig.advance(milliseconds: 9_000)
        let dollars = BalanceReport(
            asset: Asset("USDT"),
            free: Make.amount("100400"),
            locked: .zero
        )
        rig.tell(.balancesReported([dollars], time: rig.now.wall))
        rig.advance(milliseconds: 1_000)
        #expect(rig.tell(Self.differing("100400")).events.isEmpty)
        rig.advance(milliseconds: 10_000)
        #expect(rig.tell(Self.differing("100400")).events.count == 1)
    }

    @Test func `a fill of ours in between starts anew as well`() {
        let rig = Rig.ready()
        let intent = rig.openOrder(Make.terms(.sell))
        // The reading has a trade of ours that the stream still owes us.
        rig.tell(Self.differing("100050"))
        rig.advance(milliseconds: 5_000)
        let first = Make.report(intent, .partiallyFilled, executed: "0.5", fills: [Make.fill(1)])
        rig.tell(.orderReported(first))
        rig.advance(milliseconds: 5_000)
        // And so has the next one, of the same size.
        #expect(rig.tell(Self.differing("100100")).events.isEmpty)
    }

    @Test func `while an order's fate is unknown the account says nothing`() {
        let rig = Rig.ready()
        _ = rig.unknownOrder()
        for _ in 0..<3 {
            #expect(rig.tell(Self.differing("90000")).events.isEmpty)
            rig.advance(milliseconds: 10_000)
        }
    }

    @Test func `open orders are checked against the venue on a timer`() {
        let rig = Rig.ready()
        _ = rig.openOrder()
        var asked = 0
        for _ in 0..<130 {
            rig.advance(milliseconds: 1_000)
            asked += rig.turn(.wake).requests.count { $0.isOpenOrders }
        }
        #expect((1...4).contains(asked))
    }

    @Test func `the venue's clock is measured again while the venue is ready (M3)`() {
        let rig = Rig.ready()
        var measured = 0
        for _ in 0..<130 {
            rig.advance(milliseconds: 1_000)
            measured += rig.turn(.wake).requests.count { $0 == .time }
        }
        #expect((1...4).contains(measured))
    }

    @Test func `a wake that has nothing to do asks for a later one`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        _ = rig.unknownOrder(Make.terms(.sell))
        rig.ask(.cancel(intent.orderID))
        for _ in 0..<50 {
            rig.advance(milliseconds: 100)
            rig.turn(.wake)
            if let next = rig.gateway.nextWake { #expect(next > rig.now.monotonic) }
        }
    }

    @Test func `a question to a venue that is no exchange does not spin the loop`() {
        let rig = Rig.ready(Make.settings(mode: .dryRun))
        let intent = rig.submitted()
        rig.ask(.cancel(intent.orderID))
        let cancel = VenueRequest.cancel(
            intent.orderID,
            symbol: Make.bitcoin,
            target: intent.clientOrderID,
            cancelID: ClientOrderIDScheme.cancelName(of: intent.clientOrderID)
        )
        let unknown = VenueError(httpStatus: 400, code: -2011, message: "Unknown order sent.")
        rig.tell(.answered(cancel, .refused(unknown)), from: .dryRun)
        rig.turn(.wake)
        if let next = rig.gateway.nextWake { #expect(next > rig.now.monotonic) }
    }
}
