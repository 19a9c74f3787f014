/// What a venue demands of orders on one symbol: Binance's filters, each zero where switched off.
///
/// Source of the rules: Binance Spot API, "Filters".
public struct SymbolRules: Hashable, Sendable {
    /// The symbol that the rules are for.
    public var symbol: Symbol
    /// What is bought and sold.
    public var baseAsset: Asset
    /// What it is paid in.
    public var quoteAsset: Asset
    /// PRICE_FILTER: the lowest price.
    public var priceMin: Price
    /// PRICE_FILTER: the highest price.
    public var priceMax: Price
    /// PRICE_FILTER: prices are whole multiples of this.
    public var tickSize: Price
    /// LOT_SIZE: the smallest quantity.
    public var quantityMin: Quantity
    /// LOT_SIZE: the largest quantity.
    public var quantityMax: Quantity
    /// LOT_SIZE: quantities are whole multiples of this.
    public var stepSize: Quantity
    /// MARKET_LOT_SIZE: the largest quantity of a market order.
    public var marketQuantityMax: Quantity
    /// NOTIONAL: the smallest price times quantity.
    public var notionalMin: Amount
    /// NOTIONAL: the largest price times quantity.
    public var notionalMax: Amount
    /// NOTIONAL: whether market orders must reach the minimum too.
    public var isNotionalMinForMarket: Bool
    /// MAX_NUM_ORDERS: open orders of one account on the symbol.
    public var openOrdersMax: Int
    /// MAX_NUM_ALGO_ORDERS: those of them that wait for a price.
    public var stopOrdersMax: Int
    /// Whether the venue takes new orders now.
    public var isTrading: Bool

    /// LOT_SIZE and MARKET_LOT_SIZE together: the largest market order; nil where unbounded.
    var largestMarketQuantity: Quantity? {
        [self.quantityMax, self.marketQuantityMax].filter(\.isPositive).min()
    }

    /// Rules with every filter switched off.
    public init(symbol: Symbol, baseAsset: Asset, quoteAsset: Asset) {
        self.symbol = symbol
        self.baseAsset = baseAsset
        self.quoteAsset = quoteAsset
        self.priceMin = .zero
        self.priceMax = .zero
        self.tickSize = .zero
        self.quantityMin = .zero
        self.quantityMax = .zero
        self.stepSize = .zero
        self.marketQuantityMax = .zero
        self.notionalMin = .zero
        self.notionalMax = .zero
        self.isNotionalMinForMarket = false
        self.openOrdersMax = 0
        self.stopOrdersMax = 0
        self.isTrading = true
    }
}
