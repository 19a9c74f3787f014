import MatchingEngine
import Testing
import TradingCore

@testable import properties

@Suite("Triggers")
struct TriggerTests {
    /// A floor on which the last trade was at 100, with one order at each price around it.
    static func floor() -> Floor {
        var floor = Floor(accounts: 3)
        for price in 90..<100 { floor.place(floor.limit(0, .buy, 1, at: Int64(price))) }
        for price in 101...110 { floor.place(floor.limit(0, .sell, 1, at: Int64(price))) }
        floor.place(floor.limit(0, .sell, 1, at: 100))
        floor.place(floor.market(2, .buy, 1))
        floor.events = []
        return floor
    }

    static func stop(
        _ floor: Floor,
        _ type: VenueOrderType,
        _ side: Side,
        at trigger: Int64,
        limit: Int64 = 0
    ) -> NewOrder {
        var terms = NewOrder(account: floor.accounts[1], side: side, type: type)
        terms.quantity = .whole(1)
        terms.stopPrice = .whole(trigger)
        terms.price = .whole(limit)
        return terms
    }

    @Test(arguments: [
        (VenueOrderType.stopLoss, Side.buy, Int64(103), Int64(0), Side.buy, 3, ["1@104"]),
        (.stopLoss, .sell, 97, 0, .sell, 3, ["1@96"]),
        (.takeProfit, .sell, 103, 0, .buy, 3, ["1@99"]),
        (.takeProfit, .buy, 97, 0, .sell, 3, ["1@101"]),
        (.stopLossLimit, .buy, 103, 104, .buy, 3, ["1@104"]),
        (.stopLossLimit, .buy, 103, 103, .buy, 3, []),
        (.stopLoss, .buy, 105, 0, .buy, 3, []),
    ])
    func `an order waits for its price and then works`(
        _ type: VenueOrderType,
        _ side: Side,
        _ trigger: Int64,
        _ limit: Int64,
        _ mover: Side,
        _ moves: Int,
        _ tape: [String]
    ) {
        var floor = Self.floor()
        floor.place(Self.stop(floor, type, side, at: trigger, limit: limit))
        for _ in 0..<moves { floor.place(floor.market(2, mover, 1)) }
        let ours = floor.trades.filter { $0.taker.account == floor.accounts[1] }
        #expect(ours.map { "\($0.quantity)@\($0.price)" } == tape)
    }

    @Test(arguments: [
        (VenueOrderType.stopLoss, Side.buy, Int64(100)), (.stopLoss, .sell, 100),
        (.takeProfit, .buy, 101), (.takeProfit, .sell, 99),
    ])
    func `a stop that is through the market is refused`(
        _ type: VenueOrderType,
        _ side: Side,
        _ trigger: Int64
    ) {
        var floor = Self.floor()
        let placement = floor.place(Self.stop(floor, type, side, at: trigger))
        #expect(placement == .refused(.wouldTriggerImmediately))
    }

    @Test func `a triggered order that its account can no longer pay expires as rejected`() {
        var floor = Self.floor()
        var terms = Self.stop(floor, .stopLoss, .buy, at: 102)
        terms.quantity = .whole(8)
        floor.place(terms)
        let asset = AssetIndex(raw: 1)
        let free = floor.engine.ledger[floor.accounts[1], asset].free
        floor.engine.ledger.deposit(
            Amount(raw: 100_000_000) - free,
            of: asset,
            to: floor.accounts[1]
        )
        for _ in 0..<2 { floor.place(floor.market(2, .buy, 1)) }
        #expect(floor.ends == [.expired(.rejected)])
        #expect(floor.balance(1, 1).locked.isZero)
    }

    @Test func `a trailing sell follows the market up and fires when it falls by its delta`() {
        var floor = Self.floor()
        var terms = NewOrder(account: floor.accounts[1], side: .sell, type: .stopLoss)
        terms.quantity = .whole(1)
        terms.trailingDelta = 200
        floor.place(terms)
        #expect(floor.events.contains(.trailing(VenueOrderID(raw: 23))))
        for _ in 0..<4 { floor.place(floor.market(2, .buy, 1)) }
        #expect(!floor.trades.contains { $0.taker.account == floor.accounts[1] })
        floor.place(floor.limit(0, .buy, 1, at: 101))
        floor.place(floor.market(2, .sell, 1))
        let ours = floor.trades.filter { $0.taker.account == floor.accounts[1] }
        #expect(ours.map(\.price) == [.whole(99)], "101 is under 104 less two percent")
    }
}

@Suite("Order lists")
struct OrderListTests {
    static func oco(_ floor: Floor, quantity: Int64 = 1) -> NewOrderList {
        var stop = TriggerTests.stop(floor, .stopLossLimit, .sell, at: 97, limit: 95)
        var profit = floor.limit(1, .sell, quantity, at: 105)
        profit.type = .limitMaker
        stop.quantity = .whole(quantity)
        return NewOrderList(working: nil, legs: [stop, profit])
    }

    static func place(_ list: NewOrderList, _ floor: inout Floor) -> ListPlacement {
        let placement = floor.engine.placeList(list, on: 0, at: floor.time)
        floor.drain()
        return placement
    }

    @Test func `a pair holds the funds of its dearer leg once`() {
        var floor = TriggerTests.floor()
        _ = Self.place(Self.oco(floor, quantity: 2), &floor)
        #expect(floor.balance(1, 0).locked == Quantity.whole(2).amount)
        #expect(floor.cancel(23) == nil)
        #expect(floor.balance(1, 0).locked.isZero)
        #expect(floor.ends == [.canceled, .canceled])
        #expect(floor.events.last == .listDone(1))
    }

    @Test func `a leg that trades ends the other, even where the other held the funds`() {
        var floor = TriggerTests.floor()
        _ = Self.place(Self.oco(floor, quantity: 2), &floor)
        floor.events = []
        floor.place(floor.limit(2, .buy, 6, at: 105))
        #expect(floor.ends == [.expired(.ocoTrigger)])
        #expect(floor.trades.count { $0.maker.account == floor.accounts[1] } == 1)
        #expect(floor.events.contains(.listDone(1)) == false, "half of the leg is still open")
        floor.place(floor.limit(2, .buy, 1, at: 105))
        #expect(floor.events.last == .listDone(1))
        #expect(floor.balance(1, 0).locked.isZero)
    }

    @Test func `a triggered stop ends the other leg before it trades`() {
        var floor = TriggerTests.floor()
        _ = Self.place(Self.oco(floor), &floor)
        floor.events = []
        for _ in 0..<3 { floor.place(floor.market(2, .sell, 1)) }
        #expect(floor.ends == [.expired(.ocoTrigger)])
        let ours = floor.trades.filter { $0.taker.account == floor.accounts[1] }
        #expect(ours.map(\.price) == [.whole(96)])
        #expect(floor.events.last == .listDone(1))
    }

    @Test func `prices on the wrong side of the market are refused`() {
        var floor = TriggerTests.floor()
        var list = Self.oco(floor)
        list.legs[0].stopPrice = .whole(101)
        #expect(Self.place(list, &floor) == .refused(.listPrices))
        #expect(floor.balance(1, 0).locked.isZero)
    }

    static func oto(_ floor: Floor, workingPrice: Int64) -> NewOrderList {
        NewOrderList(
            working: floor.limit(1, .buy, 2, at: workingPrice),
            legs: [floor.limit(1, .sell, 2, at: 108)]
        )
    }

    @Test func `the second order waits for the first to fill wholly`() {
        var floor = TriggerTests.floor()
        _ = Self.place(Self.oto(floor, workingPrice: 101), &floor)
        #expect(floor.tape == ["1@101"])
        #expect(floor.depth(.sell).contains("1@108"))
        floor.place(floor.market(2, .sell, 1))
        #expect(floor.depth(.sell).contains("3@108"))
    }

    @Test func `the second order ends with the first`() {
        var floor = TriggerTests.floor()
        _ = Self.place(Self.oto(floor, workingPrice: 50), &floor)
        #expect(floor.cancel(23) == nil)
        #expect(floor.ends == [.canceled, .canceled])
        var list = Self.oto(floor, workingPrice: 101)
        list.working?.timeInForce = .immediateOrCancel
        floor.events = []
        _ = Self.place(list, &floor)
        #expect(
            floor.ends == [
                .expired(.unfilledImmediateOrCancel), .expired(.otoPhaseOneExpired),
            ]
        )
        #expect(floor.balance(1, 1).locked.isZero)
    }

    @Test func `a filled first order opens a pair`() {
        var floor = TriggerTests.floor()
        let pair = Self.oco(floor)
        let list = NewOrderList(working: floor.limit(1, .buy, 1, at: 101), legs: pair.legs)
        _ = Self.place(list, &floor)
        #expect(floor.depth(.sell).contains("2@105"))
        #expect(floor.balance(1, 0).locked == Quantity.whole(1).amount)
    }
}

@Suite("Amendments")
struct AmendTests {
    static func amend(_ floor: inout Floor, _ id: Int64, to quantity: Int64) -> EngineRefusal? {
        let refusal = floor.engine.amend(
            VenueOrderID(raw: id),
            to: .whole(quantity),
            on: 0,
            at: floor.time
        )
        floor.drain()
        return refusal
    }

    @Test func `a reduced order keeps its place and gives back funds`() {
        var floor = Floor(accounts: 3)
        floor.place(floor.limit(0, .buy, 5, at: 100))
        floor.place(floor.limit(1, .buy, 5, at: 100))
        #expect(Self.amend(&floor, 1, to: 2) == nil)
        #expect(floor.balance(0, 1).locked == Amount(raw: 200 * 100_000_000))
        floor.place(floor.market(2, .sell, 3))
        #expect(floor.trades.map { $0.maker.order?.raw } == [1, 2])
    }

    @Test func `an order only shrinks, and ends where it has traded that much`() {
        var floor = Floor(accounts: 2)
        floor.place(floor.limit(0, .buy, 5, at: 100))
        #expect(Self.amend(&floor, 1, to: 6) == .amendIncrease)
        #expect(Self.amend(&floor, 1, to: 5) == .amendNoChange)
        #expect(Self.amend(&floor, 9, to: 1) == .unknownOrder)
        floor.place(floor.market(1, .sell, 3))
        #expect(Self.amend(&floor, 1, to: 3) == nil)
        #expect(floor.ends == [.expired(.exchangeCanceled)])
        #expect(floor.balance(0, 1).locked.isZero)
    }
}

@Suite("Everything at once")
struct ChaosTests {
    #if DEBUG
        static let steps = 15_000
    #else
        static let steps = 300_000
    #endif

    @Test(arguments: [UInt64(11), 12, 13])
    func `whatever is sent, no asset is made or lost, and cancelled orders hold nothing`(
        seed: UInt64
    ) throws {
        var dice = Dice(seed: seed)
        var floor = Floor(
            accounts: 4,
            base: 50,
            quote: 5_000,
            rates: CommissionRates(maker: 75_000, taker: 100_000)
        )
        let totals = [0, 1].map { floor.engine.ledger.total(of: AssetIndex(raw: $0)) }
        var lastID: Int64 = 0
        for step in 0..<Self.steps {
            floor.time = floor.time.adding(milliseconds: 7)
            switch dice.roll(12) {
            case 0..<5:
                floor.place(Self.randomOrder(&dice, floor.accounts[dice.roll(4)]))
            case 5:
                let list = Self.randomList(&dice, floor.accounts[dice.roll(4)])
                _ = floor.engine.placeList(list, on: 0, at: floor.time)
            case 6, 7:
                _ = floor.cancel(lastID - Int64(dice.roll(50)))
            case 8:
                _ = floor.engine.amend(
                    VenueOrderID(raw: lastID - Int64(dice.roll(50))),
                    to: Quantity(raw: Int64(1 + dice.roll(100)) * 1_000_000),
                    on: 0,
                    at: floor.time
                )
            case 9, 10:
                let key = LevelKey(
                    side: dice.roll(2) == 0 ? .buy : .sell,
                    price: Self.price(&dice)
                )
                floor.engine.quote(
                    key,
                    Quantity(raw: Int64(dice.roll(3)) * 50_000_000),
                    on: 0,
                    at: floor.time
                )
            default:
                floor.engine.repeatTrade(
                    Self.price(&dice),
                    Quantity(raw: Int64(1 + dice.roll(3)) * 20_000_000),
                    takerSide: dice.roll(2) == 0 ? .buy : .sell,
                    on: 0,
                    at: floor.time
                )
            }
            floor.drain()
            for event in floor.events {
                if case .accepted(let id, _) = event { lastID = max(lastID, id.raw) }
            }
            floor.events.removeAll(keepingCapacity: true)
            if step % 200 == 0 { try Self.check(floor, totals) }
        }
        for id in 1...lastID { _ = floor.cancel(id) }
        try Self.check(floor, totals)
        for account in 0..<4 {
            #expect(floor.balance(account, 0).locked.isZero)
            #expect(floor.balance(account, 1).locked.isZero)
        }
    }

    private static func check(_ floor: Floor, _ totals: [Amount]) throws {
        for asset in [0, 1] {
            let index = AssetIndex(raw: asset)
            try #require(floor.engine.ledger.total(of: index) == totals[asset])
            for account in floor.accounts {
                let balance = floor.engine.ledger[account, index]
                try #require(balance.free >= .zero && balance.locked >= .zero)
            }
        }
        if let bid = floor.book.best(.buy), let ask = floor.book.best(.sell) {
            try #require(bid.price < ask.price)
        }
    }

    private static func price(_ dice: inout Dice) -> Price {
        Price(raw: Int64(9_900 + dice.roll(200)) * 1_000_000)
    }

    private static func randomOrder(_ dice: inout Dice, _ account: AccountNumber) -> NewOrder {
        let type = VenueOrderType.allCases[dice.roll(VenueOrderType.allCases.count)]
        var terms = NewOrder(
            account: account,
            side: dice.roll(2) == 0 ? .buy : .sell,
            type: type
        )
        terms.quantity = Quantity(raw: Int64(1 + dice.roll(200)) * 1_000_000)
        terms.selfTradePrevention =
            SelfTradePrevention.allCases[dice.roll(SelfTradePrevention.allCases.count)]
        if !type.isMarket { terms.price = Self.price(&dice) }
        if type.isAlgorithmic {
            if dice.roll(3) > 0 { terms.stopPrice = Self.price(&dice) }
            if terms.stopPrice.isZero || dice.roll(4) == 0 {
                terms.trailingDelta = Int64(10 + dice.roll(100))
            }
        }
        if type == .limit, dice.roll(4) == 0 {
            terms.timeInForce = dice.roll(2) == 0 ? .immediateOrCancel : .fillOrKill
        } else if !type.isMarket, dice.roll(4) == 0 {
            terms.icebergQuantity = Quantity(raw: terms.quantity.raw / 3_000 * 1_000)
        }
        if type == .market, dice.roll(3) == 0 {
            terms.quantity = .zero
            terms.quoteQuantity = Quantity(raw: Int64(1 + dice.roll(200)) * 100_000_000)
        }
        return terms
    }

    private static func randomList(_ dice: inout Dice, _ account: AccountNumber) -> NewOrderList {
        let side: Side = dice.roll(2) == 0 ? .buy : .sell
        let quantity = Quantity(raw: Int64(1 + dice.roll(200)) * 1_000_000)
        var stop = NewOrder(
            account: account,
            side: side,
            type: dice.roll(2) == 0 ? .stopLoss : .stopLossLimit
        )
        var profit = NewOrder(
            account: account,
            side: side,
            type: dice.roll(2) == 0 ? .limitMaker : .takeProfit
        )
        for change in 0..<2 {
            var terms = change == 0 ? stop : profit
            terms.quantity = quantity
            if !terms.type.isMarket { terms.price = Self.price(&dice) }
            if terms.type.isAlgorithmic { terms.stopPrice = Self.price(&dice) }
            if change == 0 { stop = terms } else { profit = terms }
        }
        var working: NewOrder?
        if dice.roll(2) == 0 {
            var terms = NewOrder(account: account, side: side.opposite, type: .limit)
            terms.quantity = quantity
            terms.price = Self.price(&dice)
            working = terms
        }
        let legs = working != nil && dice.roll(2) == 0 ? [profit] : [stop, profit]
        return NewOrderList(working: working, legs: legs)
    }
}
