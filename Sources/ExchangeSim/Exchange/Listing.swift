import MatchingEngine
import TradingCore

/// A symbol as the venue lists it: what its orders were, its trades, and its streams' state.
final class Listing {
    let market: Int
    let rules: MarketRules
    /// The symbol's.
    let name: String
    /// Where the assets stand in the ledger.
    let base: AssetIndex
    let quote: AssetIndex
    /// All orders by number, counted from 1.
    var records: [OrderRecord] = []
    /// The last trades, oldest first.
    var trades: [PublicTrade] = []
    /// The same, added up by second and minute.
    private(set) var candles = CandleStore()
    /// The last aggregate trades, oldest first.
    private(set) var aggregates: [AggregateTrade] = []
    /// What the market streams have told.
    var feed: MarketFeed
    /// Prevented matches, oldest first.
    var prevented: [(match: PreventedMatch, time: WallTime)] = []

    static let tradesMax = 20_000

    init(market: Int, rules: MarketRules, base: AssetIndex, quote: AssetIndex) {
        self.market = market
        self.base = base
        self.quote = quote
        self.rules = rules
        self.name = rules.symbol.symbol.name
        self.feed = MarketFeed(symbol: self.name)
    }

    /// The record of an order that was placed here.
    func record(_ id: VenueOrderID) -> OrderRecord? {
        guard id.raw >= 1, id.raw <= Int64(self.records.count) else { return nil }
        return self.records[Int(id.raw) - 1]
    }

    func update(_ id: VenueOrderID, _ body: (inout OrderRecord) -> Void) {
        body(&self.records[Int(id.raw) - 1])
    }

    /// Keeps a trade, and forgets the oldest in batches.
    func remember(_ trade: PublicTrade, transaction: Int64) {
        self.trades.append(trade)
        if self.trades.count >= 2 * Self.tradesMax {
            self.trades.removeFirst(self.trades.count - Self.tradesMax)
        }
        self.candles.add(trade)
        self.aggregate(trade, transaction)
    }

    private func aggregate(_ trade: PublicTrade, _ transaction: Int64) {
        if let last = self.aggregates.last, last.transaction == transaction,
            last.price == trade.price, last.isBuyerMaker == trade.isBuyerMaker
        {
            self.aggregates[self.aggregates.count - 1].quantity += trade.quantity
            self.aggregates[self.aggregates.count - 1].lastID = trade.id.raw
            return
        }
        self.aggregates.append(
            AggregateTrade(
                id: (self.aggregates.last?.id ?? 0) + 1,
                price: trade.price,
                quantity: trade.quantity,
                firstID: trade.id.raw,
                lastID: trade.id.raw,
                time: trade.time,
                isBuyerMaker: trade.isBuyerMaker,
                transaction: transaction
            )
        )
        if self.aggregates.count >= 2 * Self.tradesMax {
            self.aggregates.removeFirst(self.aggregates.count - Self.tradesMax)
        }
    }
}
