import MatchingEngine
import TradingCore

/// A symbol as the venue lists it: what its orders were, its trades, and its streams' state.
final class Listing {
    let market: Int
    let rules: MarketRules
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
        self.feed = MarketFeed(symbol: rules.symbol.symbol.name)
    }

    var name: String { self.rules.symbol.symbol.name }

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

    /// The rules that a symbol has where nothing else is said.
    static func defaultRules(for name: String) -> (rules: MarketRules, opening: Price)? {
        let quotes = ["USDT", "USDC", "FDUSD", "BTC", "ETH", "BNB", "EUR"]
        guard let quote = quotes.first(where: { name.hasSuffix($0) && name.count > $0.count })
        else { return nil }
        let base = String(name.dropLast(quote.count))
        var rules = SymbolRules(
            symbol: Symbol(name),
            baseAsset: Asset(base),
            quoteAsset: Asset(quote)
        )
        let step: Int64 = base == "BTC" ? 1_000 : 10_000
        rules.priceMin = Price(raw: 1_000_000)
        rules.priceMax = Price(raw: 100_000_000_000_000)
        rules.tickSize = Price(raw: 1_000_000)
        rules.quantityMin = Quantity(raw: step)
        rules.quantityMax = Quantity(raw: 900_000_000_000)
        rules.stepSize = Quantity(raw: step)
        rules.marketQuantityMax = Quantity(raw: base == "BTC" ? 10_000_000_000 : 200_000_000_000)
        rules.notionalMin = Amount(raw: 500_000_000)
        rules.notionalMax = Amount(raw: 900_000_000_000_000)
        rules.isNotionalMinForMarket = true
        rules.openOrdersMax = 200
        let opening: Int64 =
            switch base {
            case "BTC": 60_000
            case "ETH": 2_600
            case "BNB": 600
            default: 100
            }
        return (MarketRules(symbol: rules), Price(raw: opening * 100_000_000))
    }
}
