import MarketReplay
import MatchingEngine
import TradingCore

extension Exchange {
    /// `GET /api/v3/ping`.
    func ping(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        try call.parameters.requireAllRead()
        writer.beginObject()
        writer.endObject()
    }

    /// `GET /api/v3/time`.
    func serverTime(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        try call.parameters.requireAllRead()
        writer.beginObject()
        writer.field("serverTime", call.time)
        writer.endObject()
    }

    /// The listings that `symbol` or `symbols` name; all where neither is sent.
    ///
    /// `isSingle` tells whether the venue answers one object instead of a list.
    func listings(
        _ parameters: inout Parameters
    ) throws(APIError) -> (listings: [Listing], isSingle: Bool) {
        let one = parameters.text("symbol")
        let many = parameters.text("symbols")
        if one != nil, many != nil { throw .badCombination }
        if let one { return ([try self.listing(one)], true) }
        guard let many else { return (self.listings, false) }
        guard let elements = JSONValue(parsing: Array(many.utf8))?.elements else {
            throw APIError(-1135, "JSON sent for parameter 'symbols' is not valid")
        }
        var listings: [Listing] = []
        for element in elements {
            guard let name = element.text else {
                throw APIError(-1135, "JSON sent for parameter 'symbols' is not valid")
            }
            let listing = try self.listing(name)
            if listings.contains(where: { $0 === listing }) { throw .duplicateSymbols }
            listings.append(listing)
        }
        return (listings, false)
    }

    /// `GET /api/v3/exchangeInfo`.
    func exchangeInfo(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        var (listings, _) = try self.listings(&call.parameters)
        // What these could filter by is the same for all symbols here.
        _ = call.parameters.text("permissions")
        _ = try call.parameters.flag("showPermissionSets")
        let isNamed = call.parameters.has("symbol") || call.parameters.has("symbols")
        if isNamed, call.parameters.has("symbolStatus") { throw .badCombination }
        listings = try self.matching(listings, isSingle: false, &call.parameters)
        try call.parameters.requireAllRead()
        writer.beginObject()
        writer.field("timezone", "UTC")
        writer.field("serverTime", call.time)
        writer.key("rateLimits")
        RateLimits(areEnforced: self.limits.isEnforced).write(to: &writer)
        writer.key("exchangeFilters")
        writer.beginArray()
        writer.endArray()
        writer.key("symbols")
        writer.beginArray()
        for listing in listings { self.writeSymbol(listing, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    /// The venue's name of a symbol's state.
    func status(of listing: Listing) -> String {
        self.market(listing).rules.symbol.isTrading ? "TRADING" : "HALT"
    }

    private func writeSymbol(_ listing: Listing, to writer: inout JSONWriter) {
        let rules = listing.rules.symbol
        writer.beginObject()
        writer.field("symbol", listing.name)
        writer.field("status", self.status(of: listing))
        writer.field("baseAsset", rules.baseAsset.name)
        writer.field("baseAssetPrecision", Int64(8))
        writer.field("quoteAsset", rules.quoteAsset.name)
        for name in [
            "quotePrecision", "quoteAssetPrecision", "baseCommissionPrecision",
            "quoteCommissionPrecision",
        ] {
            writer.field(name, Int64(8))
        }
        writer.key("orderTypes")
        writer.beginArray()
        for type in VenueOrderType.allCases { writer.string(type.name) }
        writer.endArray()
        for (name, isAllowed) in Self.capabilities { writer.field(name, isAllowed) }
        writer.key("filters")
        listing.rules.writeFilters(to: &writer)
        writer.raw(#""permissions":[],"permissionSets":[["SPOT"]]"#)
        writer.field(
            "defaultSelfTradePreventionMode",
            self.configuration.selfTradePrevention.rawValue
        )
        writer.key("allowedSelfTradePreventionModes")
        writer.beginArray()
        for mode in SelfTradePrevention.allCases { writer.string(mode.rawValue) }
        writer.endArray()
        writer.endObject()
    }

    private static let capabilities: [(String, Bool)] = [
        ("icebergAllowed", true), ("ocoAllowed", true), ("otoAllowed", true),
        ("opoAllowed", true), ("quoteOrderQtyMarketAllowed", true), ("allowTrailingStop", true),
        ("cancelReplaceAllowed", true), ("amendAllowed", true), ("pegInstructionsAllowed", true),
        ("isSpotTradingAllowed", true), ("isMarginTradingAllowed", false),
    ]
}

extension MarketRules {
    /// The `filters` of a symbol.
    func writeFilters(to writer: inout JSONWriter) {
        writer.beginArray()
        Self.writeFilter("PRICE_FILTER", to: &writer) { writer in
            writer.field("minPrice", self.symbol.priceMin)
            writer.field("maxPrice", self.symbol.priceMax)
            writer.field("tickSize", self.symbol.tickSize)
        }
        Self.writeFilter("LOT_SIZE", to: &writer) { writer in
            writer.field("minQty", self.symbol.quantityMin)
            writer.field("maxQty", self.symbol.quantityMax)
            writer.field("stepSize", self.symbol.stepSize)
        }
        Self.writeFilter("ICEBERG_PARTS", to: &writer) { writer in
            writer.field("limit", self.icebergPartsMax)
        }
        Self.writeFilter("MARKET_LOT_SIZE", to: &writer) { writer in
            writer.field("minQty", Quantity.zero)
            writer.field("maxQty", self.symbol.marketQuantityMax)
            writer.field("stepSize", Quantity.zero)
        }
        Self.writeFilter("TRAILING_DELTA", to: &writer) { writer in
            for place in ["Above", "Below"] {
                writer.field("minTrailing\(place)Delta", self.trailingDelta.lowerBound)
                writer.field("maxTrailing\(place)Delta", self.trailingDelta.upperBound)
            }
        }
        self.writePriceFilters(to: &writer)
        for (name, field, limit) in [
            ("MAX_NUM_ORDERS", "maxNumOrders", self.symbol.openOrdersMax),
            ("MAX_NUM_ORDER_LISTS", "maxNumOrderLists", self.orderListsMax),
            ("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", self.algoOrdersMax),
            ("MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends", self.amendsMax),
        ] {
            Self.writeFilter(name, to: &writer) { $0.field(field, Int64(limit)) }
        }
        writer.endArray()
    }

    private func writePriceFilters(to writer: inout JSONWriter) {
        Self.writeFilter("PERCENT_PRICE_BY_SIDE", to: &writer) { writer in
            for (name, share) in [
                ("bidMultiplierUp", self.bidPercent.up),
                ("bidMultiplierDown", self.bidPercent.down),
                ("askMultiplierUp", self.askPercent.up),
                ("askMultiplierDown", self.askPercent.down),
            ] {
                writer.field(name, Price(raw: share * 1_000_000).description)
            }
            writer.field("avgPriceMins", Int64(self.averagePriceMinutes))
        }
        Self.writeFilter("NOTIONAL", to: &writer) { writer in
            writer.field("minNotional", self.symbol.notionalMin)
            writer.field("applyMinToMarket", self.symbol.isNotionalMinForMarket)
            writer.field("maxNotional", self.symbol.notionalMax)
            writer.field("applyMaxToMarket", false)
            writer.field("avgPriceMins", Int64(self.averagePriceMinutes))
        }
    }

    private static func writeFilter(
        _ name: String,
        to writer: inout JSONWriter,
        _ body: (inout JSONWriter) -> Void
    ) {
        writer.beginObject()
        writer.field("filterType", name)
        body(&writer)
        writer.endObject()
    }
}

/// The `rateLimits` of exchangeInfo, of `rateLimit/order` and of the WebSocket API's answers.
///
/// Where nothing is enforced they are limits that nobody comes near: a client that keeps to what
/// is listed would keep to Binance's.
struct RateLimits {
    let areEnforced: Bool

    func write(to writer: inout JSONWriter) {
        let weight = AddressLimits(isEnforced: true).weight
        writer.beginArray()
        self.writeOne("REQUEST_WEIGHT", "MINUTE", 1, Int64(weight.max), nil, &writer)
        self.writeOne("ORDERS", "SECOND", 10, OrderCount.tenSecondsMax, nil, &writer)
        self.writeOne("ORDERS", "DAY", 1, OrderCount.dayMax, nil, &writer)
        self.writeOne("RAW_REQUESTS", "MINUTE", 5, 300_000, nil, &writer)
        writer.endArray()
    }

    func writeOrders(_ count: OrderCount, to writer: inout JSONWriter) {
        self.writeOne(
            "ORDERS",
            "SECOND",
            10,
            OrderCount.tenSecondsMax,
            count.tenSeconds,
            &writer
        )
        self.writeOne("ORDERS", "DAY", 1, OrderCount.dayMax, count.day, &writer)
    }

    func writeWeight(_ count: WindowCount, to writer: inout JSONWriter) {
        self.writeOne(
            "REQUEST_WEIGHT",
            "MINUTE",
            1,
            Int64(count.max),
            Int64(count.used),
            &writer
        )
    }

    private func writeOne(
        _ type: String,
        _ interval: String,
        _ number: Int64,
        _ limit: Int64,
        _ count: Int64?,
        _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("rateLimitType", type)
        writer.field("interval", interval)
        writer.field("intervalNum", number)
        writer.field("limit", self.areEnforced ? limit : 1_000_000_000)
        if let count { writer.field("count", count) }
        writer.endObject()
    }
}
