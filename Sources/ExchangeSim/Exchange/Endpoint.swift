/// What a request may ask for, over REST and over the WebSocket API alike.
enum Endpoint: String, CaseIterable {
    case ping, time, exchangeInfo, depth, trades, historicalTrades, tickerPrice, bookTicker
    case placeOrder, testOrder, cancelOrder, queryOrder, openOrders, cancelOpenOrders, allOrders
    case account, myTrades, orderRateLimits

    /// Whether the request must name a key and be signed.
    var isSigned: Bool {
        switch self {
        case .ping, .time, .exchangeInfo, .depth, .trades, .historicalTrades, .tickerPrice,
            .bookTicker:
            false
        case .placeOrder, .testOrder, .cancelOrder, .queryOrder, .openOrders, .cancelOpenOrders,
            .allOrders, .account, .myTrades, .orderRateLimits:
            true
        }
    }

    /// Whether a call that succeeds weighs nothing.
    var isFreeOnSuccess: Bool {
        switch self {
        case .placeOrder, .cancelOrder, .cancelOpenOrders: true
        default: false
        }
    }

    /// The request weight; parameters may change it.
    func weight(_ parameters: inout Parameters) -> Int {
        switch self {
        case .ping, .time, .placeOrder, .testOrder, .cancelOrder, .cancelOpenOrders: 1
        case .exchangeInfo, .allOrders, .account: 20
        case .depth: Self.depthWeight(parameters.text("limit"))
        case .trades, .historicalTrades: 25
        case .tickerPrice, .bookTicker: parameters.has("symbol") ? 2 : 4
        case .queryOrder: 4
        case .openOrders: parameters.has("symbol") ? 6 : 80
        case .myTrades: parameters.has("orderId") ? 5 : 20
        case .orderRateLimits: 40
        }
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
    ]
}
