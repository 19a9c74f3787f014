import Testing

@testable import TradingCore

/// K4: what our fills bought is sold, never more, in bounded attempts, and the rest is reported.
@Suite struct FlattenTests {
    static let flatten = Request.killEngage(.flatten, Principal("admin"), reason: "test")
    static let quote = Quote(bid: Make.price("100"), ask: Make.price("101"))

    /// A rig that holds a position bought by one order.
    static func holding(_ quantity: String = "2", free: String = "10") -> Rig {
        let rig = Rig.ready()
        rig.tell(.quoted(Make.bitcoin, Self.quote))
        // A fee in the base asset leaves what no venue takes.
        let intent = rig.submitted(Make.terms(.buy, "3"))
        let fee = (Make.amount("3") - Make.amount(quantity)).description
        let fill = Make.fill(1, "3", fee: fee, in: "BTC")
        let report = Make.report(intent, .filled, executed: "3", fills: [fill])
        rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
        rig.tell(Self.balance(free))
        return rig
    }

    static func balance(_ free: String) -> VenueInput {
        .balancesReported(
            [BalanceReport(asset: Asset("BTC"), free: Make.amount(free), locked: .zero)],
            time: WallTime(milliseconds: 1_000_000)
        )
    }

    static func closing(_ rig: Rig) -> KillSwitchView.Closing? {
        KillSwitchTests.view(rig.ask(.killStatus))?.venues.first?.closings.first
    }

    /// Fills a closing order wholly.
    static func fill(_ intent: OrderIntent, in rig: Rig, trade: Int64, venue: Int64) -> Turn {
        let quantity = intent.terms.quantity.description
        let report = Make.report(
            intent,
            .filled,
            venue: venue,
            executed: quantity,
            fills: [Make.fill(trade, quantity)]
        )
        return rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
    }

    @Test func `a position is sold at the market, by a latch of its own, and reported closed`() {
        let rig = Self.holding()
        let turn = rig.ask(Self.flatten)
        #expect(turn.engagesKillSwitch)
        #expect(turn.effects.contains(.letClosingsPass))
        #expect(turn.placements.map(\.terms) == [Make.terms(.sell, "2", at: nil)])
        #expect(turn.placements.map(\.purpose) == [.flatten])
        #expect(turn.needsSync)
        #expect(Self.closing(rig)?.status == .closing)
        #expect(rig.place().order?.refusal?.rule == .killSwitch)

        let done = Self.fill(turn.placements[0], in: rig, trade: 2, venue: 2_000)
        #expect(done.placements.isEmpty)
        #expect(Self.closing(rig)?.status == .closed)
        #expect(Self.closing(rig)?.orderCount == 1)
    }

    @Test func `open orders are cancelled first, and nothing is sold before they are gone`() {
        let rig = Self.holding()
        let resting = rig.openOrder(Make.terms(.sell, "1", at: "110"), venue: 1_001)
        let turn = rig.ask(Self.flatten)
        #expect(turn.placements.isEmpty)
        #expect(turn.requests.contains { if case .cancel = $0 { true } else { false } })
        #expect(Self.closing(rig)?.reason == "order \(resting.orderID) is not finished")
        let canceled = rig.tell(
            .orderReported(Make.report(resting, .canceled, venue: 1_001))
        )
        #expect(canceled.placements.map(\.terms.quantity) == [Make.quantity("2")])
    }

    @Test func `an order of unknown outcome on the selling side counts as filled (K4)`() {
        let rig = Self.holding()
        let unknown = rig.unknownOrder(Make.terms(.sell, "0.5", at: "110"))
        let turn = rig.ask(Self.flatten)
        #expect(turn.placements.map(\.terms.quantity) == [Make.quantity("1.5")])
        _ = Self.fill(turn.placements[0], in: rig, trade: 2, venue: 2_000)
        #expect(
            Self.closing(rig)?.reason == "the outcome of order \(unknown.orderID) is unknown"
        )
        let absent = rig.tell(.placementAnswered(unknown.orderID, .notSent(.gateClosed)))
        #expect(absent.placements.map(\.terms.quantity) == [Make.quantity("0.5")])
    }

    @Test func `an own order of unknown outcome is waited for, none is sent beside it`() {
        let rig = Self.holding()
        let turn = rig.ask(Self.flatten)
        let unknown = rig.tell(.placementAnswered(turn.placements[0].orderID, .unknown("timeout")))
        #expect(unknown.placements.isEmpty)
        #expect(Self.closing(rig)?.status == .closing)
    }

    struct Size: CustomTestStringConvertible, Sendable {
        var held: String
        var free: String
        var sold: String?
        var reason = ""

        var testDescription: String { "\(self.held) held, \(self.free) free" }
    }

    @Test(arguments: [
        Size(held: "2", free: "10", sold: "2"),
        Size(held: "2", free: "1.000019", sold: "1.00001"),
        Size(held: "2", free: "0", sold: nil, reason: "only 0 BTC is free"),
        Size(held: "0.000009", free: "10", sold: nil, reason: "dust"),
        Size(held: "0.00001", free: "10", sold: "0.00001"),
    ])
    func `it sells the position or what is free, rounded down, and reports dust (K4)`(size: Size) {
        let rig = Self.holding(size.held, free: size.free)
        let turn = rig.ask(Self.flatten)
        #expect(
            turn.placements.map(\.terms.quantity) == size.sold.map { [Make.quantity($0)] } ?? []
        )
        if size.sold == nil {
            let closing = Self.closing(rig)
            #expect(closing?.status == .left)
            #expect(closing?.reason.hasPrefix(size.reason) == true)
        }
    }

    @Test func `holdings that our fills did not buy are never sold (K4)`() {
        let rig = Rig.ready()
        rig.tell(.quoted(Make.bitcoin, Self.quote))
        #expect(rig.gateway.state.ledger(of: .testnet).total(of: Asset("BTC")).isPositive)
        #expect(rig.ask(Self.flatten).placements.isEmpty)
        #expect(Self.closing(rig) == nil)
    }

    @Test func `a position sold from other holdings is left, not bought back`() {
        let rig = Rig.ready()
        let intent = rig.submitted(Make.terms(.sell, "1"))
        let report = Make.report(intent, .filled, executed: "1", fills: [Make.fill(1, "1")])
        rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
        #expect(rig.ask(Self.flatten).placements.isEmpty)
        #expect(Self.closing(rig)?.status == .left)
        #expect(Self.closing(rig)?.quantity == -Make.amount("1"))
    }

    @Test func `it stops after five orders that did not close the position, also across a restart`()
        throws
    {
        let rig = Self.holding()
        var intent = try #require(rig.ask(Self.flatten).placements.first)
        for attempt in 1...5 {
            let error = VenueError(httpStatus: 400, code: -2010, message: "insufficient balance")
            #expect(
                rig.tell(.placementAnswered(intent.orderID, .rejected(error))).placements.isEmpty
            )
            #expect(rig.turn(.wake).placements.isEmpty)
            rig.advance(milliseconds: 1_000)
            if attempt == 3 {
                rig.start()
                rig.connect()
            }
            guard attempt < 5 else { break }
            let next = rig.turn(.wake).placements + rig.journal.flattening(after: intent.orderID)
            intent = try #require(next.first)
        }
        #expect(rig.turn(.wake).placements.isEmpty)
        #expect(Self.closing(rig)?.status == .left)
        #expect(Self.closing(rig)?.reason == "5 orders did not close it")
        // Engaging it once more is the operator's word to try again.
        #expect(rig.ask(Self.flatten).placements.count == 1)
    }

    @Test func `a release stops it`() {
        let rig = Self.holding()
        _ = rig.ask(Self.flatten)
        let turn = rig.ask(KillSwitchTests.release)
        #expect(turn.immediate.contains(.stopClosings))
        #expect(turn.liftsKillSwitch)
        #expect(rig.turn(.wake).placements.isEmpty)
    }

    @Test func `an order of flatten that ends after the release gives no reason to wake up`() throws
    {
        let rig = Self.holding()
        let intent = try #require(rig.ask(Self.flatten).placements.first)
        rig.ask(KillSwitchTests.release)
        rig.ask(KillSwitchTests.engage(.block))
        rig.tell(.placementAnswered(intent.orderID, .notSent(.gateClosed)))
        rig.advance(milliseconds: 2_000)
        rig.turn(.wake)
        let wake = rig.gateway.nextWake
        #expect(wake.map { $0 > rig.now.monotonic } ?? true)
    }

    @Test func `engaged and released in one turn, no closing passes (K1)`() {
        let rig = Self.holding()
        let turn = rig.turn([
            .request(rig.token(), Self.flatten, deadline: nil),
            .request(rig.token(), KillSwitchTests.release, deadline: nil),
        ])
        #expect(!turn.effects.contains(.letClosingsPass))
    }

    @Test func `a larger position than the venue takes at once is sold in parts`() throws {
        let rig = Self.holding()
        var rules = Make.rules()
        rules.marketQuantityMax = Make.quantity("0.8")
        rig.tell(.answered(.rules([Make.bitcoin]), .rules([rules])))
        var sold: [Quantity] = []
        var next = rig.ask(Self.flatten).placements.first
        while let intent = next {
            sold.append(intent.terms.quantity)
            let number = Int64(sold.count)
            next =
                Self.fill(intent, in: rig, trade: 1 + number, venue: 2_000 + number)
                .placements.first
        }
        #expect(sold == ["0.8", "0.8", "0.4"].map(Make.quantity))
        #expect(Self.closing(rig)?.status == .closed)
    }
}

extension MemoryJournal {
    /// The orders that close positions and came after one.
    fileprivate func flattening(after orderID: OrderID) -> [OrderIntent] {
        self.events.compactMap { event in
            guard case .orderSubmitted(let intent) = event, intent.purpose == .flatten,
                intent.orderID > orderID
            else { return nil }
            return intent
        }
    }
}
