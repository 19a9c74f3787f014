package import TradingCore

/// A pair of bounds on a price as a share of the reference price, each times 100.
package struct PercentBounds: Hashable, Sendable {
    /// The highest share.
    package var up: Int64
    /// The lowest share.
    package var down: Int64

    /// Shares times 100: 500 is five times the reference price.
    package init(up: Int64, down: Int64) {
        self.up = up
        self.down = down
    }
}

/// The rules of one market: the venue's filters that ``SymbolRules`` has, and those it has not.
package struct MarketRules: Hashable, Sendable {
    /// The filters shared with the gateway's own model.
    package var symbol: SymbolRules
    /// PERCENT_PRICE_BY_SIDE for bids.
    package var bidPercent: PercentBounds
    /// PERCENT_PRICE_BY_SIDE for asks.
    package var askPercent: PercentBounds
    /// Over how many minutes the reference price is averaged; at most 5.
    package var averagePriceMinutes: Int
    /// ICEBERG_PARTS.
    package var icebergPartsMax: Int64
    /// MAX_NUM_ALGO_ORDERS: untriggered stop and take-profit orders.
    package var algoOrdersMax: Int
    /// MAX_NUM_ORDER_LISTS.
    package var orderListsMax: Int
    /// MAX_NUM_ORDER_AMENDS.
    package var amendsMax: Int
    /// TRAILING_DELTA, in basis points, for orders above and below the market alike.
    package var trailingDelta: ClosedRange<Int64>
    /// MAX_POSITION in the base asset; zero switches it off.
    package var positionMax: Quantity

    /// Rules with the venue's usual values where ``SymbolRules`` has none.
    package init(symbol: SymbolRules) {
        self.symbol = symbol
        self.bidPercent = PercentBounds(up: 500, down: 20)
        self.askPercent = PercentBounds(up: 500, down: 20)
        self.averagePriceMinutes = 5
        self.icebergPartsMax = 100
        self.algoOrdersMax = 5
        self.orderListsMax = 20
        self.amendsMax = 10
        self.trailingDelta = 10...2000
        self.positionMax = .zero
    }

    /// The rules that a symbol has where nothing else is said: Binance's of 2024, nil where the
    /// name does not end in a known quote asset.
    package static func standard(for name: String) -> MarketRules? {
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
        return MarketRules(symbol: rules)
    }
}

/// A filter of the venue, named as in its error text.
package enum Filter: String, Hashable, Sendable {
    /// Price and stop price: range and tick.
    case price = "PRICE_FILTER"
    /// Price against the reference price.
    case percentPrice = "PERCENT_PRICE_BY_SIDE"
    /// Quantity: range and step.
    case lotSize = "LOT_SIZE"
    /// Quantity of market orders.
    case marketLotSize = "MARKET_LOT_SIZE"
    /// Price times quantity.
    case notional = "NOTIONAL"
    /// How many slices an iceberg has.
    case icebergParts = "ICEBERG_PARTS"
    /// Open orders on the symbol.
    case maxOrders = "MAX_NUM_ORDERS"
    /// Open stop and take-profit orders.
    case maxAlgoOrders = "MAX_NUM_ALGO_ORDERS"
    /// Open order lists.
    case maxOrderLists = "MAX_NUM_ORDER_LISTS"
    /// Amendments of one order.
    case maxAmends = "MAX_NUM_ORDER_AMENDS"
    /// The base asset held and bid for.
    case maxPosition = "MAX_POSITION"
    /// The trailing delta.
    case trailingDelta = "TRAILING_DELTA"
}

/// Why an order, a cancel or an amendment is not accepted.
package enum EngineRefusal: Hashable, Sendable {
    /// A filter of the market.
    case filter(Filter)
    /// The market takes no orders.
    case marketClosed
    /// The prevention mode is not one that this market allows.
    case selfTradePreventionNotAllowed
    /// A product of zero.
    case notionalZero
    /// The iceberg's slice is not smaller than the order.
    case icebergExceedsQuantity
    /// Terms that do not go together.
    case unsupportedCombination
    /// A LIMIT_MAKER that would take.
    case wouldMatchImmediately
    /// A stop that is already through the market.
    case wouldTriggerImmediately
    /// Not enough free funds.
    case insufficientBalance
    /// The book holds less than the smallest order for this amount of quote.
    case thinBook
    /// No open order with that number.
    case unknownOrder
    /// The order's status is not the one that the cancel demanded.
    case cancelRestrictions
    /// An amendment upwards.
    case amendIncrease
    /// An amendment to the same quantity.
    case amendNoChange
    /// An amendment of an order whose quantity is not known yet.
    case amendPending
    /// A type of order that has no price to be pegged.
    case pegNotAllowed
    /// A peg that does not go with the type of the order.
    case pegNotForType
    /// A book without the level that the peg asks for.
    case pegTooThin
    /// Prices of an order list that contradict each other.
    case listPrices

    /// The venue's exact text.
    package var text: String {
        switch self {
        case .filter(let filter): "Filter failure: \(filter.rawValue)"
        case .marketClosed: "Market is closed."
        case .selfTradePreventionNotAllowed:
            "This symbol does not allow the specified self-trade prevention mode."
        case .notionalZero: "Price * QTY is zero or less."
        case .icebergExceedsQuantity: "IcebergQty exceeds QTY."
        case .unsupportedCombination: "Unsupported order combination"
        case .wouldMatchImmediately: "Order would immediately match and take."
        case .wouldTriggerImmediately: "Order would trigger immediately."
        case .insufficientBalance: "Account has insufficient balance for requested action."
        case .thinBook: "Order book liquidity is less than LOT_SIZE filter minimum quantity."
        case .unknownOrder: "Unknown order sent."
        case .cancelRestrictions: "Order was not canceled due to cancel restrictions."
        case .amendIncrease: "Order amend (quantity increase) is not supported."
        case .amendNoChange: "The requested action would change no state; rejecting"
        case .amendPending: "Order amend (pending OPO order) is not supported."
        case .pegNotAllowed: "This order type may not use pegged price."
        case .pegNotForType: "This price peg cannot be used with this order type."
        case .pegTooThin: "Order book liquidity is too low for this pegged order."
        case .listPrices: "The relationship of the prices for the orders is not correct."
        }
    }

    /// Whether the venue's front end says no (-1013) rather than its matching engine (-2010).
    package var isBeforeEngine: Bool {
        switch self {
        case .filter(.maxPosition): false
        case .filter, .marketClosed, .selfTradePreventionNotAllowed: true
        default: false
        }
    }
}
