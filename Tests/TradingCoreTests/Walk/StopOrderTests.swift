import Testing

@testable import TradingCore

/// The life of orders that rest only or wait for a price.
@Suite struct StopOrderTests {
    static let stop = Make.terms(.sell, .stopLoss, stop: "90")
    static let stopLimit = Make.terms(.sell, .stopLossLimit, at: "89", stop: "90")

    static func report(
        _ intent: OrderIntent,
        _ status: VenueOrderStatus = .new,
        executed: String = "0",
        fills: [Fill] = []
    ) -> OrderReport {
        var report = Make.report(intent, status, executed: executed, fills: fills)
        report.type = intent.terms.type.venueType
        report.stopPrice = intent.terms.type.trigger?.stopPrice ?? .zero
        return report
    }

    static func reserved(_ rig: Rig, _ asset: String) -> Amount {
        rig.gateway.state.ledger(of: .testnet).reserved(of: Asset(asset))
    }

    /// Places an order that the venue takes.
    static func open(_ rig: Rig, _ terms: OrderTerms) throws -> OrderIntent {
        let turn = rig.place(terms)
        let intent = try #require(turn.placements.first)
        rig.tell(.placementAnswered(intent.orderID, .accepted(Self.report(intent))))
        return intent
    }

    @Test func `a stop is open and reserved until its price comes, then it fills`() throws {
        let rig = Rig.ready()
        let intent = try Self.open(rig, Self.stop)
        #expect(intent.reservePrice == Make.price("90"))
        #expect(intent.referencePrice == Make.price("90"))
        #expect(rig.state(of: intent)?.status == .open)
        #expect(Self.reserved(rig, "BTC") == Make.amount("1"))
        #expect(rig.gateway.state.stopOrderCount(on: .testnet, symbol: Make.bitcoin) == 1)
        // Its trigger is told as another NEW, which is no news.
        let events = rig.journal.events.count
        rig.tell(.orderReported(Self.report(intent)))
        #expect(rig.journal.events.count == events)
        let fill = Make.fill(1, "1", at: "89.9")
        rig.tell(
            .orderReported(Self.report(intent, .filled, executed: "1", fills: [fill]))
        )
        #expect(rig.state(of: intent)?.status == .filled)
        #expect(Self.reserved(rig, "BTC") == .zero)
        #expect(rig.gateway.state.stopOrderCount(on: .testnet, symbol: Make.bitcoin) == 0)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `a buy stop reserves what it waits for and its slippage`() throws {
        let rig = Rig.ready()
        let intent = try Self.open(rig, Make.terms(.buy, .stopLoss, "2", stop: "200"))
        #expect(intent.reservePrice == Make.price("202"))
        #expect(Self.reserved(rig, "USDT") == Make.amount("404"))
    }

    @Test(arguments: VenueError.lateness)
    func `an order that the market overtook is rejected in the venue's words, and no failure`(
        text: String
    ) throws {
        let rig = Rig.ready()
        let terms =
            text.contains("match") ? Make.terms(.buy, .limitMaker, at: "100") : Self.stop
        for _ in 0..<5 {
            let intent = try #require(rig.place(terms).placements.first)
            let error = VenueError(httpStatus: 400, code: -2010, message: text)
            let turn = rig.tell(.placementAnswered(intent.orderID, .rejected(error)))
            let order = try #require(turn.order)
            #expect(order.status == .rejected && order.reason == "\(text) (-2010)")
        }
        #expect(rig.gateway.state.failureCounts[.testnet] == nil)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `what else the venue rejects counts as ever`() throws {
        let rig = Rig.ready()
        let intent = try #require(rig.place(Self.stop).placements.first)
        let error = VenueError(httpStatus: 400, code: -2010, message: "Market is closed.")
        rig.tell(.placementAnswered(intent.orderID, .rejected(error)))
        #expect(rig.gateway.state.failureCounts[.testnet] == 1)
    }

    @Test(arguments: [Self.stop, Self.stopLimit])
    func `a waiting order takes a smaller quantity and nothing else`(terms: OrderTerms) throws {
        let rig = Rig.ready()
        let intent = try Self.open(rig, terms)
        for wish in [AmendTests.wish(intent, at: "88"), AmendTests.wish(intent, "1.5")] {
            let refused = rig.ask(wish)
            #expect(refused.refusal?.rule == .amendment && refused.requests.isEmpty)
            #expect(refused.refusal?.limit.contains("a smaller quantity") == true)
        }
        let asked = rig.ask(AmendTests.wish(intent, "0.4"))
        #expect(asked.requests == [AmendTests.question(intent, "0.4")])
        var smaller = Self.report(intent)
        smaller.quantity = Make.quantity("0.4")
        rig.tell(.answered(AmendTests.question(intent, "0.4"), .order(smaller)))
        #expect(rig.state(of: intent)?.quantity == Make.quantity("0.4"))
        #expect(Self.reserved(rig, "BTC") == Make.amount("0.4"))
    }

    @Test func `another price makes another post-only order`() throws {
        let rig = Rig.ready()
        let intent = try Self.open(rig, Make.terms(.buy, .limitMaker, at: "99"))
        rig.ask(AmendTests.wish(intent, at: "98"))
        let turn = rig.tell(.orderReported(Self.report(intent, .canceled)))
        #expect(turn.placements.map(\.terms.type) == [.limitMaker(Make.price("98"))])
    }

    @Test func `a stranger is this order only where type and stop price are the same (E2)`() {
        let order = Order(
            intent: Make.intent(1, Self.stopLimit),
            status: .unknown,
            createdAt: WallTime(milliseconds: 1)
        )
        let report = Self.report(order.intent)
        #expect(order.matches(report))
        var other = report
        other.stopPrice = Make.price("90.01")
        #expect(!order.matches(other))
        other = report
        other.type = .takeProfitLimit
        #expect(!order.matches(other))
        other = report
        other.type = .limit
        other.stopPrice = .zero
        #expect(!order.matches(other))
    }
}
