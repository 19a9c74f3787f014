import TradingCore

extension BinanceBody {
    /// The part of `exchangeInfo` that becomes ``SymbolRules``.
    static func rules(_ json: JSONValue) throws(BodyError) -> [SymbolRules] {
        var all: [SymbolRules] = []
        for symbol in try json.elements("symbols") { all.append(try self.symbolRules(symbol)) }
        return all
    }

    private static func symbolRules(_ json: JSONValue) throws(BodyError) -> SymbolRules {
        var rules = SymbolRules(
            symbol: Symbol(try json.string("symbol")),
            baseAsset: Asset(try json.string("baseAsset")),
            quoteAsset: Asset(try json.string("quoteAsset"))
        )
        let isAllowed = try json.bool("isSpotTradingAllowed")
        rules.isTrading = try json.string("status") == "TRADING" && isAllowed
        for filter in try json.elements("filters") { try self.add(filter, to: &rules) }
        return rules
    }

    private static func add(
        _ filter: JSONValue,
        to rules: inout SymbolRules
    ) throws(BodyError) {
        switch try filter.string("filterType") {
        case "PRICE_FILTER":
            rules.priceMin = try filter.decimal("minPrice")
            rules.priceMax = try filter.decimal("maxPrice")
            rules.tickSize = try filter.decimal("tickSize")
        case "LOT_SIZE":
            rules.quantityMin = try filter.decimal("minQty")
            rules.quantityMax = try filter.decimal("maxQty")
            rules.stepSize = try filter.decimal("stepSize")
        case "MARKET_LOT_SIZE":
            rules.marketQuantityMax = try filter.decimal("maxQty")
        case "NOTIONAL":
            rules.notionalMin = try filter.decimal("minNotional")
            rules.notionalMax = try filter.optionalDecimal("maxNotional") ?? .zero
            rules.isNotionalMinForMarket = try filter.optionalBool("applyMinToMarket") ?? true
        case "MIN_NOTIONAL":
            rules.notionalMin = try filter.decimal("minNotional")
            rules.isNotionalMinForMarket = try filter.optionalBool("applyToMarket") ?? true
        case "MAX_NUM_ORDERS":
            rules.openOrdersMax = Int(try filter.integer("maxNumOrders"))
        case "MAX_NUM_ALGO_ORDERS":
            rules.stopOrdersMax = Int(try filter.integer("maxNumAlgoOrders"))
        default:
            // The venue checks the others itself; a rejection for one of them is an answer.
            break
        }
    }
}
