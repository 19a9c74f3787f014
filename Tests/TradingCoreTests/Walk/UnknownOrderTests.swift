import Testing

@testable import TradingCore

/// E3, S4 and S5, and what a restart makes of orders on their way.
@Suite struct UnknownOrderTests {
    @Test(arguments: [
        (Side.buy, Make.bitcoin, true), (.sell, Make.bitcoin, false), (.buy, Make.ether, false),
    ])
    func `an unknown order blocks its symbol and side only`(
        side: Side,
        symbol: Symbol,
        isBlocked: Bool
    ) {
        let rig = Rig.ready()
        let unknown = rig.unknownOrder(Make.terms(.buy))
        // Ether must be there to be bought: only dollars are needed.
        let turn = rig.place(Make.terms(side, symbol: symbol))
        #expect((turn.refusal == nil) || turn.order != nil)
        #expect(turn.placements.isEmpty == isBlocked)
        if isBlocked {
            #expect(turn.order?.refusal?.rule == .unknownOrder)
            #expect(turn.order?.refusal?.actual == "order \(unknown.orderID)")
        }
    }

    @Test func `nothing is sent twice, whatever becomes of its answer, and a new wish is new (S3)`()
    {
        let rig = Rig.ready()
        let intent = rig.unknownOrder(key: "k")
        var placements = 0
        for round in 0..<120 {
            rig.advance(milliseconds: 500)
            if round == 60 { rig.start() }
            var turns = round == 60 ? [rig.connect()] : []
            turns += [rig.turn(.wake), rig.place(key: "k")]
            while let turn = turns.popLast() {
                placements += turn.placements.count
                for request in turn.requests {
                    let answer: VenueAnswer
                    switch request {
                    case .order: answer = AbsenceTests.missing
                    case .allOrders: answer = .orders([])
                    case .tradesSince: answer = .trades([])
                    default: answer = .failed("timeout")
                    }
                    turns.append(rig.tell(.answered(request, answer)))
                }
            }
        }
        #expect(placements == 0)
        // Proven absent, and still not sent again: its key names the order that never was.
        #expect(rig.state(of: intent)?.status == .notPlaced)
        #expect(rig.place(key: "k").order?.orderID == intent.orderID)
        let next = rig.submitted(key: "another")
        #expect(next.orderID != intent.orderID && next.clientOrderID != intent.clientOrderID)
    }

    @Test func `an unknown order keeps its whole reservation`() {
        let rig = Rig.ready()
        _ = rig.unknownOrder(Make.terms(.buy, "2", at: "100"))
        let ledger = rig.gateway.state.ledger(of: .testnet)
        #expect(ledger.reserved(of: Asset("USDT")) == Make.amount("200"))
    }

    @Test func `an unknown order can be cancelled`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        let turn = rig.ask(.cancel(intent.orderID))
        #expect(turn.requests.contains { if case .cancel = $0 { true } else { false } })
        #expect(rig.state(of: intent)?.status == .unknown)
    }

    @Test func `submitting becomes unknown at a restart, never failed`() {
        let rig = Rig.ready()
        let intent = rig.submitted()
        rig.start()
        #expect(rig.state(of: intent)?.status == .unknown)
        #expect(rig.gateway.state.ordersInDoubt == [intent.orderID])
        // It is asked for once the loop wakes, and no order goes out until all is reconciled.
        #expect(rig.turn(.wake).requests.contains(AbsenceTests.question(intent)))
        #expect(rig.place().order?.refusal?.rule == .notReady)
    }

    @Test func `a dry run that was on its way was never sent`() {
        let rig = Rig.ready(Make.settings(mode: .dryRun))
        let intent = rig.submitted()
        #expect(intent.venue == .dryRun)
        rig.start()
        #expect(rig.state(of: intent)?.status == .notPlaced)
    }

    @Test func `a pending cancel is sent again after a restart`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.ask(.cancel(intent.orderID))
        rig.ask(
            .setMode(
                ModeWish(.dryRun, .keep, Principal("admin"), reason: "syncs what came before")
            )
        )
        rig.start()
        rig.connect(open: [Make.report(intent)])
        let turn = rig.turn(.wake)
        #expect(turn.requests.contains { if case .cancel = $0 { true } else { false } })
    }

    @Test func `names carry the prefix, the epoch of their start, and the number`() throws {
        let rig = Rig.ready()
        let first = rig.submitted()
        #expect(first.clientOrderID.text == "pppppppp-e0000001-1")
        rig.start()
        rig.connect()
        rig.tell(.answered(AbsenceTests.question(first), .order(Make.report(first))))
        let second = rig.submitted(Make.terms(.sell))
        #expect(second.clientOrderID.text == "pppppppp-e0000002-2")
        let name = ClientOrderIDScheme.cancelName(of: first.clientOrderID).text
        #expect(name == "pppppppp-e0000001-1_c")
        #expect(ClientOrderIDScheme.owner(of: name, prefix: Make.prefix) == .ours(first.orderID))
        let largest = ClientOrderIDScheme(prefix: "pppppppp", epoch: "eeeeeeee")
            .name(of: OrderID(raw: .max))
        #expect(ClientOrderIDScheme.cancelName(of: largest).text.utf8.count <= 36)
    }

    @Test(arguments: [
        ("web_123", ClientOrderIDScheme.Owner.foreign), ("", .foreign), ("pppppppp", .foreign),
        ("ppppppppx-e-1", .foreign), ("pppppppp-", .oursMalformed), ("pppppppp-e", .oursMalformed),
        ("pppppppp-e-", .oursMalformed), ("pppppppp-e-0", .oursMalformed),
        ("pppppppp-e-!", .oursMalformed), ("pppppppp-e-1-2", .oursMalformed),
        ("pppppppp-e-zzzzzzzzzzzzzzzz", .oursMalformed), ("pppppppp-e-z", .ours(OrderID(raw: 35))),
        ("pppppppp-e-1_c", .ours(OrderID(raw: 1))), ("pppppppp-e-1_c_c", .oursMalformed),
    ])
    func `a name tells its owner`(text: String, owner: ClientOrderIDScheme.Owner) {
        #expect(ClientOrderIDScheme.owner(of: text, prefix: Make.prefix) == owner)
        #expect(ClientOrderIDScheme.owner(of: text, prefix: "") == .foreign)
    }

    @Test(arguments: ["pppppppp-e0000001-9", "pppppppp-e0000009-1", "pppppppp-broken"])
    func `an order with our prefix that we do not know stops trading (S5)`(name: String) {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        let turn = rig.tell(.orderReported(Make.report(intent, venue: 9, name: name)))
        #expect(turn.closesGate)
        #expect(rig.gateway.state.killSwitch.level == .block)
        let release = { (isForced: Bool) in
            Request.killRelease(
                Principal("admin"),
                reason: "looked",
                KillRelease(isForced: isForced)
            )
        }
        #expect(rig.ask(release(false)).refusal?.rule == .killCause)
        #expect(rig.place(Make.terms(.sell)).order?.refusal?.rule == .killSwitch)
        // An operator confirms; what is true is read anew before anything is sent.
        #expect(!rig.ask(release(true)).opensGate)
        #expect(rig.place(Make.terms(.sell)).order?.refusal?.rule == .notReady)
        #expect(rig.connect(open: [Make.report(intent)]).opensGate)
        #expect(rig.place(Make.terms(.sell)).placements.count == 1)
        // The list of open orders and that of all orders tell it as well.
        let lists = [
            VenueRequest.openOrders(Make.read),
            .allOrders(Make.bitcoin, since: intent.timestamp),
        ]
        for request in lists {
            let other = Rig.ready()
            let own = other.openOrder()
            other.tell(.answered(request, .orders([Make.report(own, venue: 9, name: name)])))
            #expect(other.gateway.state.killSwitch.level == .block, "\(request)")
        }
    }

    @Test func `two orders at the venue under one name stop trading (S2)`() {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        rig.tell(.orderReported(Make.report(intent, .new, venue: 1_001)))
        #expect(rig.gateway.state.killSwitch.level == .block)
        #expect(rig.state(of: intent)?.venueOrderID == VenueOrderID(raw: 1_000))
    }

    @Test func `a report under the name of an order that we refused is a twin's, not a crash`() {
        let rig = Rig.ready()
        let refused = rig.place(Make.terms(at: "0.001")).order
        guard let intent = refused?.intent else { return #expect(refused != nil) }
        #expect(refused?.status == .refused)
        rig.tell(.orderReported(Make.report(intent)))
        #expect(rig.gateway.state.killSwitch.level == .block)
        #expect(rig.state(of: intent)?.status == .refused)
    }

    @Test func `a late report of an order that left memory in this very turn is no twin`() {
        let rig = Rig.ready()
        let intent = rig.submitted()
        rig.tell(.placementAnswered(intent.orderID, .notSent(.gateClosed)))
        // 255 refusals fill the memory of recent orders, the last order's end pushes it out.
        for _ in 0..<255 { rig.place(Make.terms(at: "0.001")) }
        let last = rig.openOrder(venue: 2_000)
        let reports = [
            Make.report(last, .canceled, venue: 2_000),
            Make.report(intent, .canceled, venue: 1_000),
        ]
        rig.tell(.answered(.openOrders(Make.read), .orders(reports)))
        #expect(!rig.gateway.state.killSwitch.isEngaged)
        #expect(rig.state(of: intent)?.status == .canceled)
    }

    @Test func `another account stops trading for good`() {
        let rig = Rig.ready()
        let turn = rig.tell(.answered(.account(Make.read), .account(Make.account(8))))
        #expect(turn.closesGate)
        rig.tell(.streamLost("x"))
        #expect(!rig.connect(Make.account(7)).opensGate)
        #expect(rig.place().order?.refusal?.rule == .notReady)
    }
}
