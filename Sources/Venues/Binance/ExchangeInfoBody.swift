import TradingCore

/// The part of `exchangeInfo` that becomes ``SymbolRules``.
struct ExchangeInfoBody: Decodable {
    var symbols: [SymbolBody]

    struct SymbolBody: Decodable {
        var symbol: String
        var status: String
        var baseAsset: String
        var quoteAsset: String
        var isSpotTradingAllowed: Bool
        var filters: [FilterBody]
    }

    /// All filters at once: Binance tells them apart by `filterType` and adds new ones freely.
    struct FilterBody: Decodable {
        var filterType: String
        var minPrice: ExactText<Price>?
        var maxPrice: ExactText<Price>?
        var tickSize: ExactText<Price>?
        var minQty: ExactText<Quantity>?
        var maxQty: ExactText<Quantity>?
        var stepSize: ExactText<Quantity>?
        var minNotional: ExactText<Amount>?
        var maxNotional: ExactText<Amount>?
        var applyMinToMarket: Bool?
        var applyToMarket: Bool?
        var maxNumOrders: Int?
    }

    func rules() throws(BodyError) -> [SymbolRules] {
        var all: [SymbolRules] = []
        for symbol in self.symbols { all.append(try symbol.rules()) }
        return all
    }
}

extension ExchangeInfoBody.SymbolBody {
    fileprivate func rules() throws(BodyError) -> SymbolRules {
        var rules = SymbolRules(
            symbol: Symbol(self.symbol),
            baseAsset: Asset(self.baseAsset),
            quoteAsset: Asset(self.quoteAsset)
        )
        rules.isTrading = self.status == "TRADING" && self.isSpotTradingAllowed
        for filter in self.filters { try filter.add(to: &rules) }
        return rules
    }
}

extension ExchangeInfoBody.FilterBody {
    fileprivate func add(to rules: inout SymbolRules) throws(BodyError) {
        switch self.filterType {
        case "PRICE_FILTER":
            rules.priceMin = try self.required(self.minPrice, "minPrice")
            rules.priceMax = try self.required(self.maxPrice, "maxPrice")
            rules.tickSize = try self.required(self.tickSize, "tickSize")
        case "LOT_SIZE":
            rules.quantityMin = try self.required(self.minQty, "minQty")
            rules.quantityMax = try self.required(self.maxQty, "maxQty")
            rules.stepSize = try self.required(self.stepSize, "stepSize")
        case "MARKET_LOT_SIZE":
            rules.marketQuantityMax = try self.required(self.maxQty, "maxQty")
        case "NOTIONAL":
            rules.notionalMin = try self.required(self.minNotional, "minNotional")
            rules.notionalMax = self.maxNotional?.value ?? .zero
            rules.isNotionalMinForMarket = self.applyMinToMarket ?? true
        case "MIN_NOTIONAL":
            rules.notionalMin = try self.required(self.minNotional, "minNotional")
            rules.isNotionalMinForMarket = self.applyToMarket ?? true
        case "MAX_NUM_ORDERS":
            guard let count = self.maxNumOrders else {
                throw .unreadable("MAX_NUM_ORDERS without maxNumOrders")
            }
            rules.openOrdersMax = count
        default:
            // The venue checks the others itself; a rejection for one of them is an answer.
            break
        }
    }

    private func required<Value>(
        _ text: ExactText<Value>?,
        _ name: String
    ) throws(BodyError) -> Value {
        guard let text else { throw .unreadable("\(self.filterType) without \(name)") }
        return text.value
    }
}
