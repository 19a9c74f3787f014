/// What a request may ask for, over REST and over the WebSocket API alike.
enum Endpoint: String, CaseIterable {
    case ping, time, exchangeInfo, depth, trades, historicalTrades, blockTrades, tickerPrice,
        bookTicker
    case placeOrder, testOrder, cancelOrder, queryOrder, openOrders, cancelOpenOrders, allOrders
    case account, myTrades, orderRateLimits
    case cancelReplace, amendOrder, amendments
    case placeOPO, placeOPOCO, placeRouted, testRouted, keyRestrictions
    case placeOCO, placeLegacyOCO, placeOTO, placeOTOCO, cancelList, queryList, openLists, allLists
    case commission, preventedMatches, allocations, filters
    case klines, aggTrades, averagePrice, ticker24h, tickerDay, tickerWindow
    case executionRules, referencePrice, referenceCalculation
    case openListenKey, extendListenKey, closeListenKey
    case coins, tradeFees, systemStatus, marginPairs, contracts

    /// What a request must bring.
    enum Security {
        /// Nothing.
        case none
        /// A key.
        case key
        /// A key and a signature.
        case signature
    }

    /// What the venue demands before it answers.
    var security: Security {
        switch self {
        case .ping, .time, .exchangeInfo, .depth, .trades, .historicalTrades, .blockTrades,
            .tickerPrice,
            .bookTicker, .klines, .aggTrades, .averagePrice, .ticker24h, .tickerDay,
            .tickerWindow, .executionRules, .referencePrice, .referenceCalculation, .systemStatus,
            .marginPairs,
            .contracts:
            .none
        case .openListenKey, .extendListenKey, .closeListenKey:
            .key
        case .placeOrder, .testOrder, .cancelOrder, .queryOrder, .openOrders, .cancelOpenOrders,
            .allOrders, .account, .myTrades, .orderRateLimits, .cancelReplace, .amendOrder,
            .amendments, .placeOCO, .placeLegacyOCO, .placeOTO, .placeOTOCO, .cancelList,
            .queryList, .openLists, .allLists, .commission, .preventedMatches, .allocations,
            .filters, .coins, .tradeFees, .placeOPO, .placeOPOCO, .placeRouted, .testRouted,
            .keyRestrictions:
            .signature
        }
    }

    /// What a key must be allowed to do.
    var permission: KeyConfiguration.Permission {
        switch self {
        case .testOrder, .cancelOrder, .cancelOpenOrders, .amendOrder, .cancelList, .testRouted:
            .trade
        default: self.placesOrders ? .trade : .read
        }
    }

    /// Whether the request adds to the count of unfilled orders.
    var placesOrders: Bool {
        switch self {
        case .placeOrder, .cancelReplace, .placeOCO, .placeLegacyOCO, .placeOTO, .placeOTOCO,
            .placeOPO, .placeOPOCO, .placeRouted:
            true
        default: false
        }
    }

    /// Whether a call that succeeds weighs nothing.
    var isFreeOnSuccess: Bool {
        switch self {
        case .cancelOrder, .cancelOpenOrders, .cancelList: true
        default: self.placesOrders
        }
    }

    /// Whether it only asks, which over REST is a GET.
    var isQuery: Bool { Self.queries.contains(self) }

    private static let queries = Set(
        Self.restTable.filter { $0.key.hasPrefix("GET ") }.values
    )

    /// Whether it belongs to the listen keys, which Binance no longer has.
    var isOfListenKeys: Bool {
        switch self {
        case .openListenKey, .extendListenKey, .closeListenKey: true
        default: false
        }
    }

    /// The request weight; parameters may change it.
    func weight(_ parameters: inout Parameters) -> Int {
        switch self {
        case .ping, .time, .placeOrder, .cancelOrder, .cancelOpenOrders, .cancelReplace, .placeOCO,
            .placeLegacyOCO, .placeOTO, .placeOTOCO, .cancelList, .placeOPO, .placeOPOCO,
            .placeRouted, .keyRestrictions:
            1
        case .testOrder, .testRouted: parameters.text("computeCommissionRates") == "true" ? 20 : 1
        case .amendOrder, .amendments, .queryList, .aggTrades: 4
        case .openLists: 6
        case .allLists, .commission, .allocations: 20
        case .preventedMatches: parameters.has("orderId") ? 20 : 2
        case .filters: 40
        case .klines, .averagePrice, .referencePrice, .referenceCalculation: 2
        case .executionRules: Self.perSymbol(2, max: 40, parameters.symbolCount)
        case .ticker24h:
            switch parameters.symbolCount {
            case 1...20: 2
            case 21...100: 40
            default: 80
            }
        case .tickerDay, .tickerWindow: Self.perSymbol(4, max: 200, parameters.symbolCount)
        case .exchangeInfo, .allOrders, .account: 20
        case .depth: Self.depthWeight(parameters.text("limit"))
        case .trades, .historicalTrades, .blockTrades: 25
        case .tickerPrice, .bookTicker: parameters.has("symbol") ? 2 : 4
        case .queryOrder: 4
        case .openOrders: parameters.has("symbol") ? 6 : 80
        case .myTrades: parameters.has("orderId") ? 5 : 20
        case .orderRateLimits: 40
        case .openListenKey, .extendListenKey, .closeListenKey: 2
        // Other APIs count on their own.
        case .coins, .tradeFees, .systemStatus, .marginPairs, .contracts: 0
        }
    }

    /// What each symbol weighs, up to a most; naming none is the most as well.
    private static func perSymbol(_ weight: Int, max: Int, _ count: Int) -> Int {
        count == 0 ? max : min(max, weight * count)
    }

    private static func depthWeight(_ limit: String?) -> Int {
        switch limit.flatMap({ Int($0) }) ?? 100 {
        case ...100: 5
        case ...500: 25
        case ...1000: 50
        default: 250
        }
    }

    /// The endpoint of a REST request, or nil where the venue has none.
    static func rest(_ method: String, _ path: String) -> Endpoint? {
        Self.restTable["\(method) \(path)"]
    }

    /// The endpoint of a WebSocket API method, with or without its version prefix.
    static func method(_ name: String) -> Endpoint? {
        Self.methodTable[name.hasPrefix("v3/") ? String(name.dropFirst(3)) : name]
    }

    private static let restTable: [String: Endpoint] = [
        "GET /api/v3/ping": .ping,
        "GET /api/v3/time": .time,
        "GET /api/v3/exchangeInfo": .exchangeInfo,
        "GET /api/v3/depth": .depth,
        "GET /api/v3/trades": .trades,
        "GET /api/v3/historicalTrades": .historicalTrades,
        "GET /api/v3/ticker/price": .tickerPrice,
        "GET /api/v3/ticker/bookTicker": .bookTicker,
        "POST /api/v3/order": .placeOrder,
        "POST /api/v3/order/test": .testOrder,
        "DELETE /api/v3/order": .cancelOrder,
        "GET /api/v3/order": .queryOrder,
        "GET /api/v3/openOrders": .openOrders,
        "DELETE /api/v3/openOrders": .cancelOpenOrders,
        "GET /api/v3/allOrders": .allOrders,
        "GET /api/v3/account": .account,
        "GET /api/v3/myTrades": .myTrades,
        "GET /api/v3/rateLimit/order": .orderRateLimits,
        "POST /api/v3/order/cancelReplace": .cancelReplace,
        "PUT /api/v3/order/amend/keepPriority": .amendOrder,
        "GET /api/v3/order/amendments": .amendments,
        "POST /api/v3/orderList/oco": .placeOCO,
        "POST /api/v3/order/oco": .placeLegacyOCO,
        "POST /api/v3/orderList/oto": .placeOTO,
        "POST /api/v3/orderList/otoco": .placeOTOCO,
        "POST /api/v3/orderList/opo": .placeOPO,
        "POST /api/v3/orderList/opoco": .placeOPOCO,
        "POST /api/v3/sor/order": .placeRouted,
        "POST /api/v3/sor/order/test": .testRouted,
        "GET /sapi/v1/account/apiRestrictions": .keyRestrictions,
        "GET /api/v3/historicalBlockTrades": .blockTrades,
        "DELETE /api/v3/orderList": .cancelList,
        "GET /api/v3/orderList": .queryList,
        "GET /api/v3/openOrderList": .openLists,
        "GET /api/v3/allOrderList": .allLists,
        "GET /api/v3/account/commission": .commission,
        "GET /api/v3/myPreventedMatches": .preventedMatches,
        "GET /api/v3/myAllocations": .allocations,
        "GET /api/v3/myFilters": .filters,
        "GET /api/v3/klines": .klines,
        "GET /api/v3/uiKlines": .klines,
        "GET /api/v3/aggTrades": .aggTrades,
        "GET /api/v3/avgPrice": .averagePrice,
        "GET /api/v3/ticker/24hr": .ticker24h,
        "GET /api/v3/ticker/tradingDay": .tickerDay,
        "GET /api/v3/ticker": .tickerWindow,
        "GET /api/v3/executionRules": .executionRules,
        "GET /api/v3/referencePrice": .referencePrice,
        "GET /api/v3/referencePrice/calculation": .referenceCalculation,
        "POST /api/v3/userDataStream": .openListenKey,
        "PUT /api/v3/userDataStream": .extendListenKey,
        "DELETE /api/v3/userDataStream": .closeListenKey,
        "GET /sapi/v1/capital/config/getall": .coins,
        "GET /sapi/v1/asset/tradeFee": .tradeFees,
        "GET /sapi/v1/system/status": .systemStatus,
        "GET /sapi/v1/margin/allPairs": .marginPairs,
        "GET /sapi/v1/margin/isolated/allPairs": .marginPairs,
        "GET /fapi/v1/exchangeInfo": .contracts,
        "GET /dapi/v1/exchangeInfo": .contracts,
        "GET /eapi/v1/exchangeInfo": .contracts,
    ]

    private static let methodTable: [String: Endpoint] = [
        "ping": .ping,
        "time": .time,
        "exchangeInfo": .exchangeInfo,
        "depth": .depth,
        "trades.recent": .trades,
        "trades.historical": .historicalTrades,
        "ticker.price": .tickerPrice,
        "ticker.book": .bookTicker,
        "order.place": .placeOrder,
        "order.test": .testOrder,
        "order.cancel": .cancelOrder,
        "order.status": .queryOrder,
        "openOrders.status": .openOrders,
        "openOrders.cancelAll": .cancelOpenOrders,
        "allOrders": .allOrders,
        "account.status": .account,
        "myTrades": .myTrades,
        "account.rateLimits.orders": .orderRateLimits,
        "order.cancelReplace": .cancelReplace,
        "order.amend.keepPriority": .amendOrder,
        "order.amendments": .amendments,
        "orderList.place": .placeLegacyOCO,
        "orderList.place.oco": .placeOCO,
        "orderList.place.oto": .placeOTO,
        "orderList.place.otoco": .placeOTOCO,
        "orderList.place.opo": .placeOPO,
        "orderList.place.opoco": .placeOPOCO,
        "sor.order.place": .placeRouted,
        "sor.order.test": .testRouted,
        "blockTrades.historical": .blockTrades,
        "orderList.cancel": .cancelList,
        "orderList.status": .queryList,
        "openOrderLists.status": .openLists,
        "allOrderLists": .allLists,
        "account.commission": .commission,
        "myPreventedMatches": .preventedMatches,
        "myAllocations": .allocations,
        "myFilters": .filters,
        "klines": .klines,
        "uiKlines": .klines,
        "trades.aggregate": .aggTrades,
        "avgPrice": .averagePrice,
        "ticker.24hr": .ticker24h,
        "ticker.tradingDay": .tickerDay,
        "ticker": .tickerWindow,
        "executionRules": .executionRules,
        "referencePrice": .referencePrice,
        "referencePrice.calculation": .referenceCalculation,
        "userDataStream.start": .openListenKey,
        "userDataStream.ping": .extendListenKey,
        "userDataStream.stop": .closeListenKey,
    ]
}
