import MarketReplay
import MatchingEngine
import Testing
import TradingCore

@testable import Venues

/// A paper exchange with one market, driven by hand.
struct PaperBench {
    static let symbol = Symbol("BTCUSDT")
    static let opening: [Asset: Amount] = [
        Asset("USDT"): Amount(raw: 1_000_000 * 100_000_000),
        Asset("BTC"): Amount(raw: 1_000_000_000),
    ]
    var exchange: PaperExchange
    var time = WallTime(nanoseconds: 1_700_000_000_000_000_000)
    private var lastNumber: UInt64 = 0
    private var updateID: Int64 = 1

    init(
        _ book: PaperBook? = nil,
        terms: PaperTerms = PaperTerms(makerRate: 0, takerRate: 0)
    ) throws {
        var fresh = PaperBook(accountID: 7)
        fresh.balances = Self.opening
        let rules = try #require(MarketRules.standard(for: "BTCUSDT"))
        self.exchange = PaperExchange(
            book ?? fresh,
            markets: [
                PaperListing(rules: rules) { .streams(RecordedLiquidity(market: $0)) }
            ],
            terms: terms
        )
        self.lastNumber = UInt64(book?.pages[Self.symbol]?.lastOrder ?? 0)
    }

    static func level(_ price: String, _ quantity: String) throws -> RecordedLevel {
        RecordedLevel(price: try Price(price), quantity: try Quantity(quantity))
    }

    mutating func say(_ message: RecordedMessage) {
        self.time = self.time.adding(milliseconds: 1_000)
        self.exchange.follow(message, of: Self.symbol, recorded: self.time, at: self.time)
    }

    mutating func snapshot(
        bids: [(String, String)] = [("100", "5"), ("99", "9")],
        asks: [(String, String)] = [("102", "4"), ("103", "8")]
    ) throws {
        self.updateID += 1
        self.say(
            .snapshot(
                updateID: self.updateID,
                bids: try bids.map { try Self.level($0.0, $0.1) },
                asks: try asks.map { try Self.level($0.0, $0.1) }
            )
        )
    }

    mutating func trade(_ price: String, _ quantity: String, _ takerSide: Side) throws {
        self.say(
            .trade(
                price: try Price(price),
                quantity: try Quantity(quantity),
                takerSide: takerSide
            )
        )
    }

    /// Places an order; a market order where no price is given.
    mutating func place(
        _ side: Side,
        _ quantity: String,
        at price: String? = nil,
        _ life: TimeInForce = .goodTillCanceled
    ) throws -> PlacementOutcome {
        try self.place(side, quantity, try price.map { .limit(try Price($0), life) } ?? .market)
    }

    mutating func place(
        _ side: Side,
        _ quantity: String,
        _ type: OrderType
    ) throws -> PlacementOutcome {
        self.lastNumber += 1
        var intent = OrderIntent.sample(self.lastNumber, timestamp: self.time)
        intent.venue = .paper
        intent.terms.side = side
        intent.terms.quantity = try Quantity(quantity)
        intent.terms.type = type
        return self.exchange.place(intent, at: self.time)
    }

    mutating func accepted(
        _ side: Side,
        _ quantity: String,
        at price: String? = nil,
        _ life: TimeInForce = .goodTillCanceled
    ) throws -> OrderReport {
        try self.accepted(side, quantity, try price.map { .limit(try Price($0), life) } ?? .market)
    }

    mutating func accepted(
        _ side: Side,
        _ quantity: String,
        _ type: OrderType
    ) throws -> OrderReport {
        let outcome = try self.place(side, quantity, type)
        guard case .accepted(let report) = outcome else {
            throw NotAccepted(outcome: outcome)
        }
        return report
    }

    struct NotAccepted: Error { let outcome: PlacementOutcome }

    func balance(_ asset: String) -> BalanceReport? {
        self.exchange.balances(of: [Asset(asset)]).first
    }

    /// What the account's trades were since the last call: price, quantity, maker or taker.
    mutating func fills() -> [String] {
        self.exchange.takeStep().change.trades.map { trade in
            "\(trade.quantity) at \(trade.price), \(trade.isMaker ? "maker" : "taker")"
        }
    }
}

extension Amount {
    /// A test's own amount, which can be read.
    static func of(_ text: String) -> Amount {
        guard let amount = try? Amount(text) else { fatalError("not an amount: \(text)") }
        return amount
    }
}

@Suite struct PaperExchangeTests {
    @Test func `an order walks the depth that is shown, and the rest of it is not there`() throws {
        var bench = try PaperBench()
        try bench.snapshot()
        let report = try bench.accepted(.buy, "20")
        #expect(report.trades.map(\.quantity.description) == ["4", "8"])
        #expect(report.trades.map(\.price.description) == ["102", "103"])
        #expect(report.status == .expired)
        #expect(report.executedQuantity.description == "12")
        let limited = try bench.accepted(.sell, "7", at: "100", .immediateOrCancel)
        #expect(limited.executedQuantity.description == "5")
        #expect(limited.status == .expired)
    }

    @Test func `what we took stays taken until its level changes (M6)`() throws {
        var bench = try PaperBench()
        try bench.snapshot()
        #expect(try bench.accepted(.buy, "4", at: "102").status == .filled)
        // The stream repeats what it said: it is not ours twice.
        bench.say(.depth(first: 3, last: 3, bids: [], asks: [try PaperBench.level("102", "4")]))
        #expect(try bench.accepted(.buy, "1", at: "102").status == .new)
        bench.say(.depth(first: 4, last: 4, bids: [], asks: [try PaperBench.level("102", "6")]))
        // The quote that changed meets the order that rests there meanwhile.
        #expect(bench.fills().suffix(1) == ["1 at 102, maker"])
        #expect(try bench.accepted(.buy, "5", at: "102").status == .filled)
    }

    @Test func `a resting order queues behind the shown quantity (M6)`() throws {
        var bench = try PaperBench()
        try bench.snapshot()
        _ = try bench.accepted(.buy, "2", at: "100")
        #expect(bench.fills().isEmpty)
        try bench.trade("100", "5", .sell)
        #expect(bench.fills().isEmpty, "the five that stood before it go first")
        try bench.trade("100", "0.5", .sell)
        #expect(bench.fills() == ["0.5 at 100, maker"])
        // A trade beyond its price has passed it.
        try bench.trade("99", "30", .sell)
        #expect(bench.fills() == ["1.5 at 100, maker"])
    }

    @Test func `an order that takes pays its ticks, never beyond its own limit`() throws {
        let terms = PaperTerms(makerRate: 0, takerRate: 0, slippageTicks: 100)
        var bench = try PaperBench(terms: terms)
        try bench.snapshot()
        // A tick is 0.01.
        #expect(try bench.accepted(.buy, "5").trades.map(\.price.description) == ["103", "104"])
        try bench.snapshot(bids: [("100", "6"), ("99", "9")], asks: [("102", "5"), ("103", "9")])
        let limited = try bench.accepted(.sell, "2", at: "99.5")
        #expect(limited.trades.map(\.price.description) == ["99.5"])
        // What rests was never in a hurry.
        _ = bench.fills()
        _ = try bench.accepted(.sell, "1", at: "101")
        try bench.trade("101", "1", .buy)
        #expect(bench.fills() == ["1 at 101, maker"])
    }

    @Test func `a market order that slips beyond the account's means is refused, not overdrawn`()
        throws
    {
        var bench = try PaperBench(terms: PaperTerms(makerRate: 0, takerRate: 0, slippageTicks: 1))
        try bench.snapshot(bids: [("99999.99", "5")], asks: [("100000", "50")])
        let outcome = try bench.place(.buy, "10")
        guard case .rejected(let error) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(error.code == -2010, "ten cost a million, and a tick more each")
        #expect(try bench.accepted(.buy, "9.9").status == .filled)
    }

    @Test func `fees come off what is received, by what the order did`() throws {
        var bench = try PaperBench(terms: PaperTerms(makerRate: 50_000, takerRate: 100_000))
        try bench.snapshot()
        let taken = try bench.accepted(.buy, "1")
        #expect(taken.trades.map(\.fee.description) == ["0.001"])
        #expect(taken.trades.map(\.feeAsset?.name) == ["BTC"])
        _ = try bench.accepted(.sell, "1", at: "101")
        try bench.trade("101", "1", .buy)
        let trade = try #require(bench.exchange.takeStep().change.trades.last)
        #expect(trade.isMaker)
        #expect(trade.fee.description == "0.0505")
        #expect(trade.feeAsset == Asset("USDT"))
        #expect(bench.balance("BTC")?.free == Amount.of("9.999"))
        #expect(bench.balance("USDT")?.free == Amount.of("999998.9495"))
    }

    @Test func `open orders hold funds, and a cancel gives them back`() throws {
        var bench = try PaperBench()
        try bench.snapshot()
        let report = try bench.accepted(.buy, "2", at: "100")
        #expect(bench.balance("USDT")?.locked == Amount.of("200"))
        let intent = OrderIntent.sample(1)
        let answer = bench.exchange.answer(intent.cancel, at: bench.time)
        guard case .order(let canceled) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(canceled.status == .canceled && canceled.venueOrderID == report.venueOrderID)
        #expect(bench.balance("USDT")?.locked == .zero)
        guard case .refused(let error) = bench.exchange.answer(intent.cancel, at: bench.time)
        else { return }
        #expect(error.code == -2011)
    }

    @Test(arguments: [
        ("0.000001", "100", -1013), ("0.01", "100", -1013), ("1", "100.001", -1013),
        ("100000", "100", -1013), ("8000", "1000", -1013),
    ])
    func `the venue's filters stand in paper as well`(
        quantity: String,
        price: String,
        code: Int
    ) throws {
        var bench = try PaperBench()
        try bench.snapshot()
        let outcome = try bench.place(.buy, quantity, at: price)
        guard case .rejected(let error) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(error.code == code, "\(error)")
    }

    @Test func `an order that comes after its window is refused (S1)`() throws {
        var bench = try PaperBench()
        try bench.snapshot()
        var intent = OrderIntent.sample(1, timestamp: bench.time, receiveWindowMilliseconds: 1_000)
        intent.venue = .paper
        let late = bench.time.adding(milliseconds: 1_001)
        guard case .rejected(let error) = bench.exchange.place(intent, at: late) else { return }
        #expect(error.code == VenueError.outsideWindow)
    }

    @Test func `without a book nothing is taken, and a new one replaces the old`() throws {
        var bench = try PaperBench()
        #expect(!bench.exchange.isOpen)
        guard case .rejected = try bench.place(.buy, "1", at: "100") else {
            Issue.record("an order was taken without a book")
            return
        }
        try bench.snapshot()
        #expect(bench.exchange.isOpen)
        bench.exchange.forgetAll()
        #expect(!bench.exchange.isOpen)
        try bench.snapshot(bids: [("90", "1")], asks: [("91", "1")])
        let bought = try bench.accepted(.buy, "3")
        #expect(bought.trades.map(\.price.description) == ["91"], "102 and 103 are gone")
    }

    @Test func `the levels near the best prices are told, less what was taken of them`() throws {
        var bench = try PaperBench()
        _ = bench.exchange.takeStep()
        let asks = (0..<25).map { ("\(102 + $0)", "4") }
        try bench.snapshot(asks: asks)
        let told = bench.exchange.takeStep().reports.compactMap(Self.depth)
        #expect(told.map(\.asks.count) == [20] && told.first?.bids.count == 2)
        #expect(told.first?.asks.first?.price == (try Price("102")))
        #expect(told.first?.bids.map(\.price) == [try Price("100"), try Price("99")])
        _ = try bench.accepted(.buy, "5")
        let later = try #require(bench.exchange.takeStep().reports.compactMap(Self.depth).last)
        #expect(later.asks.first?.price == (try Price("103")))
        #expect(later.asks.first?.quantity == (try Quantity("3")))
        #expect(later.symbol == PaperBench.symbol)
    }

    private static func depth(_ input: VenueInput) -> DepthReport? {
        if case .depthReported(let report) = input { report } else { nil }
    }
}
