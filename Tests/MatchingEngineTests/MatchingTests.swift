import MatchingEngine
import Testing
import TradingCore

@Suite("Matching")
struct MatchingTests {
    /// One incoming order against asks of 1@100, 2@101 (two orders of 1) and 3@103.
    struct Scenario: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let type: VenueOrderType
        var timeInForce = TimeInForce.goodTillCanceled
        let quantity: Int64
        var price: Int64 = 0
        let tape: [String]
        var asks: [String]
        var bids: [String] = []
        var ends: [OrderEnd] = []
    }

    static let scenarios = [
        Scenario(
            testDescription: "a market order takes level by level, one trade per maker",
            type: .market,
            quantity: 4,
            tape: ["1@100", "1@101", "1@101", "1@103"],
            asks: ["2@103"]
        ),
        Scenario(
            testDescription: "what a market order leaves expires",
            type: .market,
            quantity: 9,
            tape: ["1@100", "1@101", "1@101", "3@103"],
            asks: [],
            ends: [.expired(.insufficientLiquidity)]
        ),
        Scenario(
            testDescription: "a crossing limit order rests its remainder",
            type: .limit,
            quantity: 5,
            price: 102,
            tape: ["1@100", "1@101", "1@101"],
            asks: ["3@103"],
            bids: ["2@102"]
        ),
        Scenario(
            testDescription: "an IOC remainder expires",
            type: .limit,
            timeInForce: .immediateOrCancel,
            quantity: 5,
            price: 101,
            tape: ["1@100", "1@101", "1@101"],
            asks: ["3@103"],
            ends: [.expired(.unfilledImmediateOrCancel)]
        ),
        Scenario(
            testDescription: "a FOK order that cannot fill trades nothing",
            type: .limit,
            timeInForce: .fillOrKill,
            quantity: 4,
            price: 101,
            tape: [],
            asks: ["1@100", "2@101", "3@103"],
            ends: [.expired(.unfilledFillOrKill)]
        ),
        Scenario(
            testDescription: "a FOK order that can fill does",
            type: .limit,
            timeInForce: .fillOrKill,
            quantity: 3,
            price: 101,
            tape: ["1@100", "1@101", "1@101"],
            asks: ["3@103"]
        ),
        Scenario(
            testDescription: "a post below the market rests",
            type: .limitMaker,
            quantity: 1,
            price: 99,
            tape: [],
            asks: ["1@100", "2@101", "3@103"],
            bids: ["1@99"]
        ),
    ]

    @Test(arguments: scenarios)
    func `an order meets a book`(_ scenario: Scenario) {
        var floor = Floor()
        for (quantity, price) in [(1, 100), (1, 101), (1, 101), (3, 103)] as [(Int64, Int64)] {
            floor.place(floor.limit(0, .sell, quantity, at: price))
        }
        floor.events = []
        var terms = NewOrder(account: floor.accounts[1], side: .buy, type: scenario.type)
        terms.quantity = .whole(scenario.quantity)
        terms.price = .whole(scenario.price)
        terms.timeInForce = scenario.timeInForce
        floor.place(terms)
        #expect(floor.tape == scenario.tape)
        #expect(floor.depth(.sell) == scenario.asks)
        #expect(floor.depth(.buy) == scenario.bids)
        #expect(floor.ends == scenario.ends)
    }

    @Test func `a post that would take is refused and leaves nothing behind`() {
        var floor = Floor()
        floor.place(floor.limit(0, .sell, 1, at: 100))
        var post = floor.limit(1, .buy, 1, at: 100)
        post.type = .limitMaker
        #expect(floor.place(post) == .refused(.wouldMatchImmediately))
        #expect(floor.balance(1, 1).locked.isZero)
    }

    @Test func `orders at one price trade in the order of their arrival`() {
        var floor = Floor(accounts: 4)
        for account in 0..<3 { floor.place(floor.limit(account, .sell, 2, at: 100)) }
        #expect(floor.cancel(2) == nil)
        floor.place(floor.limit(1, .sell, 2, at: 100))
        floor.place(floor.market(3, .buy, 5))
        #expect(floor.trades.compactMap { $0.maker.order?.raw } == [1, 3, 4])
    }

    @Test func `a limit buy pays the makers' price and gets the difference back`() {
        var floor = Floor()
        floor.place(floor.limit(0, .sell, 1, at: 100))
        floor.place(floor.limit(1, .buy, 2, at: 110))
        let balance = floor.balance(1, 1)
        #expect(balance.locked == Amount(raw: 110 * 100_000_000))
        #expect(balance.free == Amount(raw: (1_000_000_000 - 210) * 100_000_000))
        #expect(floor.cancel(2) == nil)
        #expect(floor.balance(1, 1).locked.isZero)
    }

    @Test func `each side pays commission in what it received`() throws {
        var floor = Floor(rates: CommissionRates(maker: 100_000, taker: 200_000))
        floor.place(floor.limit(0, .sell, 1, at: 1000))
        floor.place(floor.market(1, .buy, 1))
        let trade = try #require(floor.trades.first)
        #expect(trade.maker.commission == Amount(raw: 100_000_000))
        #expect(trade.taker.commission == Amount(raw: 200_000))
        #expect(
            floor.engine.ledger[.fees, AssetIndex(raw: 1)].free == Amount(raw: 100_000_000)
        )
    }

    @Test func `a market order by quote spends at most the amount, in whole steps`() throws {
        var floor = Floor()
        floor.place(floor.limit(0, .sell, 1, at: 100))
        floor.place(floor.limit(0, .sell, 1, at: 300))
        var terms = NewOrder(account: floor.accounts[1], side: .buy, type: .market)
        terms.quoteQuantity = .whole(200)
        floor.place(terms)
        #expect(floor.tape == ["1@100", "0.33333@300"])
    }

    @Test func `a market order needs the funds for all that it would take`() {
        var floor = Floor(quote: 250)
        floor.engine.ledger.deposit(
            Amount(raw: 1_000_000_000),
            of: AssetIndex(raw: 0),
            to: floor.accounts[0]
        )
        floor.place(floor.limit(0, .sell, 2, at: 100))
        floor.place(floor.limit(0, .sell, 2, at: 101))
        #expect(floor.place(floor.market(1, .buy, 3)) == .refused(.insufficientBalance))
        #expect(floor.tape.isEmpty)
        guard case .accepted = floor.place(floor.market(1, .buy, 2)) else {
            return #expect(Bool(false), "two units cost 200")
        }
    }

    @Test(arguments: [
        (SelfTradePrevention.none, ["1@100", "1@100"], ["3@100"], [] as [OrderEnd]),
        (.expireTaker, ["1@100"], ["4@100"], [.expiredInMatch]),
        (.expireMaker, ["1@100", "1@100"], ["1@100"], [.expiredInMatch]),
        (.expireBoth, ["1@100"], ["2@100"], [.expiredInMatch, .expiredInMatch]),
        (.decrement, ["1@100"], ["3@100"], [.expiredInMatch]),
    ])
    func `an account that would trade with itself`(
        _ mode: SelfTradePrevention,
        _ tape: [String],
        _ asks: [String],
        _ ends: [OrderEnd]
    ) {
        var floor = Floor()
        floor.place(floor.limit(0, .sell, 1, at: 100))
        floor.place(floor.limit(1, .sell, 2, at: 100))
        floor.place(floor.limit(0, .sell, 2, at: 100))
        floor.events = []
        var terms = floor.limit(1, .buy, 2, at: 100)
        terms.selfTradePrevention = mode
        floor.place(terms)
        #expect(floor.tape == tape)
        #expect(floor.depth(.sell) == asks)
        #expect(floor.ends == ends)
    }

    @Test func `an iceberg shows a slice and goes to the back with the next`() {
        var floor = Floor(accounts: 3)
        var iceberg = floor.limit(0, .sell, 5, at: 100)
        iceberg.icebergQuantity = .whole(2)
        floor.place(iceberg)
        floor.place(floor.limit(1, .sell, 1, at: 100))
        #expect(floor.depth(.sell) == ["3@100"])
        floor.place(floor.market(2, .buy, 4))
        #expect(floor.trades.compactMap { $0.maker.order?.raw } == [1, 2, 1])
        #expect(floor.depth(.sell) == ["1@100"])
        floor.place(floor.market(2, .buy, 2))
        #expect(floor.depth(.sell) == [])
    }
}
