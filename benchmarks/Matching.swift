import CFloors
import Glibc
import MatchingEngine
import TradingCore

/// The matching engine alone, in this process: no connection, no JSON, one core.
///
/// A thousand orders rest on each side, spread over 50 levels of it. Of the operations 60 % are
/// limit orders within the 100 levels that do not cross, 30 % cancel an order that rests, 10 %
/// cross: each takes 15 lots, what about three orders offer. So 30 % leave by cancels and 30 % by
/// trades, as many as come.
struct Matching {
    private var engine: MatchingEngine
    private var accounts: [AccountNumber] = []
    private var dice = UInt64(88_172_645_463_325_252)
    /// Numbers of the orders that were placed and may still rest.
    private var resting: [Side: [VenueOrderID]] = [.buy: [], .sell: []]
    private var counts = (limits: 0, cancels: 0, crossings: 0, trades: 0)

    private static let levels = 50
    private static let restingASide = 1_000
    private static let middle: Int64 = 6_000_000
    private static let tick: Int64 = 1_000_000
    private static let lot: Int64 = 100_000
    private static let time = WallTime(milliseconds: 1_763_000_000_000)

    /// What was measured.
    struct Result {
        let operations: Int
        let seconds: Double
        let shares: String

        var perSecond: Double { Double(self.operations) / self.seconds }
    }

    init() {
        let assets = [Asset("BTC"), Asset("USDT")]
        self.engine = MatchingEngine(ledger: Ledger(assets: assets))
        var symbol = SymbolRules(
            symbol: Symbol("BTCUSDT"),
            baseAsset: assets[0],
            quoteAsset: assets[1]
        )
        symbol.tickSize = Price(raw: Self.tick)
        symbol.stepSize = Quantity(raw: 1_000)
        symbol.quantityMin = Quantity(raw: 1_000)
        guard self.engine.openMarket(MarketRules(symbol: symbol)) == 0 else {
            fatalError("the ledger has both assets")
        }
        for _ in 0..<16 {
            let rates = CommissionRates(maker: 75_000, taker: 100_000)
            let account = self.engine.openAccount(rates: rates)
            for asset in 0..<2 {
                let amount = Amount(raw: Int128(1_000_000_000_000) * 100_000_000)
                self.engine.ledger.deposit(amount, of: AssetIndex(raw: asset), to: account)
            }
            self.accounts.append(account)
        }
        for side in Side.allCases {
            for _ in 0..<Self.restingASide { self.rest(side) }
        }
    }

    mutating func measure(operations: Int) throws(Fault) -> Result {
        self.counts = (0, 0, 0, 0)
        let start = floors_nanoseconds()
        for _ in 0..<operations {
            let side: Side = self.roll(2) == 0 ? .buy : .sell
            switch self.roll(10) {
            case 0: self.cross(side)
            case 1...3: self.cancel(side)
            default: self.rest(side)
            }
        }
        let seconds = Double(floors_nanoseconds() - start) / 1e9
        let book = self.engine.markets[0].book
        guard let bid = book.best(.buy), let ask = book.best(.sell), bid.price < ask.price,
            self.counts.trades > self.counts.crossings
        else { throw Fault("the matching benchmark did not trade as it should") }
        func share(_ count: Int) -> String { Text.whole(Double(count) * 100 / Double(operations)) }
        return Result(
            operations: operations,
            seconds: seconds,
            shares: "\(share(self.counts.limits)) % limit, \(share(self.counts.cancels)) % cancel, "
                + "\(share(self.counts.crossings)) % crossing, \(self.counts.trades) trades"
        )
    }

    private mutating func roll(_ count: UInt64) -> UInt64 {
        self.dice ^= self.dice << 13
        self.dice ^= self.dice >> 7
        self.dice ^= self.dice << 17
        return self.dice % count
    }

    private mutating func order(_ side: Side, _ offset: Int64, lots: Int64) -> VenueOrderID? {
        var terms = NewOrder(
            account: self.accounts[Int(self.roll(UInt64(self.accounts.count)))],
            side: side,
            type: .limit
        )
        let sign: Int64 = side == .buy ? -1 : 1
        terms.price = Price(raw: (Self.middle + sign * offset) * Self.tick)
        terms.quantity = Quantity(raw: lots * Self.lot)
        let placement = self.engine.place(terms, on: 0, at: Self.time)
        for case .traded in self.engine.events { self.counts.trades += 1 }
        self.engine.events.removeAll(keepingCapacity: true)
        guard case .accepted(let id) = placement else { return nil }
        return id
    }

    private mutating func rest(_ side: Side) {
        self.counts.limits += 1
        let offset = 1 + Int64(self.roll(UInt64(Self.levels)))
        guard let id = self.order(side, offset, lots: 1 + Int64(self.roll(9))) else {
            fatalError("an order of the benchmark was refused")
        }
        self.resting[side]?.append(id)
    }

    private mutating func cancel(_ side: Side) {
        self.counts.cancels += 1
        while let count = self.resting[side]?.count, count > 0 {
            let index = Int(self.roll(UInt64(count)))
            self.resting[side]?.swapAt(index, count - 1)
            guard let id = self.resting[side]?.popLast() else { return }
            // Some of them have traded meanwhile; those cost a look at a table.
            let refusal = self.engine.cancel(id, on: 0, at: Self.time)
            self.engine.events.removeAll(keepingCapacity: true)
            if refusal == nil { return }
        }
    }

    /// Takes what about three resting orders offer, 15 lots.
    private mutating func cross(_ side: Side) {
        self.counts.crossings += 1
        guard self.order(side, -Int64(Self.levels), lots: 15) != nil else {
            fatalError("an order of the benchmark was refused")
        }
    }
}
