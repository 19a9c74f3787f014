import MarketReplay
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

/// Every REST endpoint of the documents that is served: its weight, what it must be sent, and how
/// it answers requests that are wrong.
@Suite("REST endpoints")
struct EndpointTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let method: HTTPMethod
        let path: String
        /// A query that is answered with 200, without timestamp and signature.
        var query = ""
        /// What the documents say that it weighs when it succeeds.
        var weight: Int
        /// The parameter that the venue misses first where none is sent.
        var missing: String?
        var isSigned = false
        /// Its status where nothing is wrong with the request.
        var status = 200

        var testDescription: String { "\(self.method) \(self.path) \(self.query)" }
    }

    static let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=50000"
    static let oco =
        "symbol=BTCUSDT&side=SELL&quantity=1&aboveType=LIMIT_MAKER&abovePrice=70000"
        + "&belowType=STOP_LOSS&belowStopPrice=50000"
    static let working =
        "symbol=BTCUSDT&workingType=LIMIT&workingSide=BUY&workingPrice=50000&workingQuantity=1"
        + "&workingTimeInForce=GTC&pendingSide=SELL"
    static let pendingPair =
        "&pendingAboveType=LIMIT_MAKER&pendingAbovePrice=70000&pendingBelowType=STOP_LOSS"
        + "&pendingBelowStopPrice=40000"

    static let open: [Row] = [
        Row(method: .GET, path: "ping", weight: 1),
        Row(method: .GET, path: "time", weight: 1),
        Row(method: .GET, path: "exchangeInfo", weight: 20),
        Row(method: .GET, path: "exchangeInfo", query: "symbol=BTCUSDT", weight: 20),
        Row(method: .GET, path: "exchangeInfo", query: "symbolStatus=TRADING", weight: 20),
        Row(method: .GET, path: "executionRules", weight: 40),
        Row(method: .GET, path: "executionRules", query: "symbol=BTCUSDT", weight: 2),
        Row(
            method: .GET,
            path: "referencePrice",
            query: "symbol=BTCUSDT",
            weight: 2,
            missing: "symbol",
            status: 400
        ),
        Row(
            method: .GET,
            path: "referencePrice/calculation",
            query: "symbol=BTCUSDT",
            weight: 2,
            missing: "symbol",
            status: 400
        ),
        Row(method: .GET, path: "depth", query: "symbol=BTCUSDT", weight: 5, missing: "symbol"),
        Row(method: .GET, path: "depth", query: "symbol=BTCUSDT&limit=101", weight: 25),
        Row(method: .GET, path: "depth", query: "symbol=BTCUSDT&limit=501", weight: 50),
        Row(method: .GET, path: "depth", query: "symbol=BTCUSDT&limit=9999", weight: 250),
        Row(
            method: .GET,
            path: "depth",
            query: "symbol=BTCUSDT&symbolStatus=TRADING",
            weight: 5
        ),
        Row(method: .GET, path: "trades", query: "symbol=BTCUSDT", weight: 25, missing: "symbol"),
        Row(method: .GET, path: "historicalTrades", query: "symbol=BTCUSDT&fromId=1", weight: 25),
        Row(
            method: .GET,
            path: "historicalBlockTrades",
            query: "symbol=BTCUSDT&fromId=1",
            weight: 25,
            missing: "symbol"
        ),
        Row(method: .GET, path: "aggTrades", query: "symbol=BTCUSDT", weight: 4, missing: "symbol"),
        Row(
            method: .GET,
            path: "klines",
            query: "symbol=BTCUSDT&interval=1m&timeZone=-1:00",
            weight: 2,
            missing: "symbol"
        ),
        Row(method: .GET, path: "uiKlines", query: "symbol=BTCUSDT&interval=1M", weight: 2),
        Row(method: .GET, path: "avgPrice", query: "symbol=BTCUSDT", weight: 2, missing: "symbol"),
        Row(method: .GET, path: "ticker/24hr", query: "symbol=BTCUSDT&type=MINI", weight: 2),
        Row(
            method: .GET,
            path: "ticker/24hr",
            query: "symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22%5D",
            weight: 2
        ),
        Row(method: .GET, path: "ticker/24hr", weight: 80),
        Row(method: .GET, path: "ticker/tradingDay", query: "symbol=BTCUSDT", weight: 4),
        Row(
            method: .GET,
            path: "ticker/tradingDay",
            query: "symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22%5D",
            weight: 8
        ),
        Row(method: .GET, path: "ticker/price", query: "symbol=BTCUSDT", weight: 2),
        Row(method: .GET, path: "ticker/price", weight: 4),
        Row(method: .GET, path: "ticker/bookTicker", query: "symbol=BTCUSDT", weight: 2),
        Row(method: .GET, path: "ticker/bookTicker", weight: 4),
        Row(method: .GET, path: "ticker", query: "symbol=BTCUSDT&windowSize=7d", weight: 4),
    ]

    static let signed: [Row] = [
        Row(method: .POST, path: "order", query: order, weight: 0, missing: "symbol"),
        Row(method: .POST, path: "order/test", query: order, weight: 1, missing: "symbol"),
        Row(
            method: .POST,
            path: "order/test",
            query: order + "&computeCommissionRates=true",
            weight: 20
        ),
        Row(
            method: .DELETE,
            path: "order",
            query: "symbol=BTCUSDT&orderId=1",
            weight: 0,
            missing: "symbol"
        ),
        Row(method: .DELETE, path: "openOrders", query: "symbol=BTCUSDT", weight: 0),
        Row(
            method: .POST,
            path: "order/cancelReplace",
            query: order + "&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=1",
            weight: 0,
            missing: "cancelReplaceMode"
        ),
        Row(
            method: .PUT,
            path: "order/amend/keepPriority",
            query: "symbol=BTCUSDT&orderId=1&newQty=0.5",
            weight: 4,
            missing: "symbol"
        ),
        Row(
            method: .GET,
            path: "order/amendments",
            query: "symbol=BTCUSDT&orderId=1",
            weight: 4,
            missing: "symbol"
        ),
        Row(method: .POST, path: "orderList/oco", query: oco, weight: 0, missing: "symbol"),
        Row(
            method: .POST,
            path: "order/oco",
            query: "symbol=BTCUSDT&side=SELL&quantity=1&price=70000&stopPrice=50000",
            weight: 0,
            missing: "symbol"
        ),
        Row(
            method: .POST,
            path: "orderList/oto",
            query: working + "&pendingType=MARKET&pendingQuantity=1",
            weight: 0,
            missing: "symbol"
        ),
        Row(
            method: .POST,
            path: "orderList/otoco",
            query: working + "&pendingQuantity=1" + pendingPair,
            weight: 0
        ),
        Row(
            method: .POST,
            path: "orderList/opo",
            query: working + "&pendingType=MARKET",
            weight: 0,
            missing: "symbol"
        ),
        Row(method: .POST, path: "orderList/opoco", query: working + pendingPair, weight: 0),
        Row(method: .GET, path: "order", query: "symbol=BTCUSDT&orderId=1", weight: 4),
        Row(method: .GET, path: "openOrders", query: "symbol=BTCUSDT", weight: 6),
        Row(method: .GET, path: "openOrders", weight: 80),
        Row(
            method: .GET,
            path: "allOrders",
            query: "symbol=BTCUSDT",
            weight: 20,
            missing: "symbol"
        ),
        Row(method: .GET, path: "allOrderList", weight: 20),
        Row(method: .GET, path: "openOrderList", weight: 6),
        Row(method: .GET, path: "account", weight: 20),
        Row(method: .GET, path: "account", query: "omitZeroBalances=true", weight: 20),
        Row(method: .GET, path: "myTrades", query: "symbol=BTCUSDT", weight: 20, missing: "symbol"),
        Row(method: .GET, path: "myTrades", query: "symbol=BTCUSDT&orderId=1", weight: 5),
        Row(method: .GET, path: "rateLimit/order", weight: 40),
        Row(
            method: .GET,
            path: "myPreventedMatches",
            query: "symbol=BTCUSDT&preventedMatchId=1",
            weight: 2,
            missing: "symbol"
        ),
        Row(
            method: .GET,
            path: "myPreventedMatches",
            query: "symbol=BTCUSDT&orderId=1",
            weight: 20
        ),
        Row(method: .GET, path: "myAllocations", query: "symbol=BTCUSDT", weight: 20),
        Row(method: .GET, path: "account/commission", query: "symbol=BTCUSDT", weight: 20),
        Row(method: .GET, path: "myFilters", query: "symbol=BTCUSDT", weight: 40),
    ].map { row in
        var row = row
        row.isSigned = true
        return row
    }

    static func withExchange(_ body: (SimClient) async throws -> Void) async throws {
        try await SimClient.withExchange {
            $0.virtualClockStart = WallTime(milliseconds: 1_763_000_000_000)
            $0.ignoresTimestamps = true
        } _: { client in
            // What the stops wait for is the price of a trade.
            _ = try await client.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001")
            try await body(client)
        }
    }

    private static func ask(
        _ client: SimClient,
        _ row: Row,
        _ query: String
    ) async throws -> SimClient.Answer {
        row.isSigned
            ? try await client.signed(row.method, "/api/v3/" + row.path, query)
            : try await client.send(row.method, "/api/v3/" + row.path, query)
    }

    private static func weight(_ answer: SimClient.Answer) -> Int {
        answer.headers.first(name: "X-MBX-USED-WEIGHT-1M").flatMap { Int($0) } ?? -1
    }

    @Test(arguments: open + signed)
    func `a proper request is answered and weighs what the documents say`(
        _ row: Row
    ) async throws {
        try await Self.withExchange { client in
            if row.query.contains("rderId=1") || row.path == "openOrders" {
                // The first order of the test has number 2.
                _ = try await client.order(Self.order)
            }
            let query = row.query.replacing("rderId=1", with: "rderId=2")
            let before = Self.weight(try await client.send(.GET, "/api/v3/ping"))
            let answer = try await Self.ask(client, row, query)
            #expect(answer.status == row.status, "\(answer.text)")
            #expect(Self.weight(answer) - before == row.weight)
            #expect(
                answer.headers.first(name: "Content-Type") == "application/json;charset=UTF-8"
            )
            #expect(answer.code == nil || answer.status != 200)
        }
    }

    @Test(arguments: open + signed)
    func `parameters that are unknown, doubled or missing are refused`(_ row: Row) async throws {
        try await Self.withExchange { client in
            let isPlain = row.query.isEmpty
            let count = row.query.split(separator: "&").count + (row.isSigned ? 3 : 0)
            let unknown = try await Self.ask(
                client,
                row,
                row.query + (isPlain ? "" : "&") + "newClientOrderID=a"
            )
            #expect(unknown.status == 400)
            #expect(unknown.code == -1104, "\(unknown.text)")
            #expect(
                unknown.message
                    == "Not all sent parameters were read; read '\(count)' parameter(s) but was "
                    + "sent '\(count + 1)'."
            )
            let doubled = try await Self.ask(client, row, "x=1&x=1")
            #expect(doubled.code == -1101)
            #expect(doubled.message == "Duplicate values for a parameter detected.")
            guard let missing = row.missing else { return }
            let empty = try await Self.ask(client, row, "")
            #expect(empty.status == 400)
            #expect(empty.code == -1102)
            #expect(
                empty.message
                    == "Mandatory parameter '\(missing)' was not sent, was empty/null, or "
                    + "malformed."
            )
        }
    }

    @Test(arguments: signed)
    func `a signed request needs a key that exists, a time and a signature`(
        _ row: Row
    ) async throws {
        try await Self.withExchange { client in
            let path = "/api/v3/" + row.path
            let noKey = try await client.send(row.method, path, row.query)
            #expect(noKey.status == 401)
            #expect(noKey.text == #"{"code":-2014,"msg":"API-key format invalid."}"#)
            let headers = [("X-MBX-APIKEY", client.key)]
            let bare = try await client.send(row.method, path, row.query, headers: headers)
            #expect(
                bare.text
                    == #"{"code":-1102,"msg":"Mandatory parameter 'signature' was not sent, "#
                    + #"was empty/null, or malformed."}"#
            )
            let forged = try await client.send(
                row.method,
                path,
                row.query + "&timestamp=1763000000000&signature=00",
                headers: headers
            )
            #expect(
                forged.text
                    == #"{"code":-1022,"msg":"Signature for this request is not valid."}"#
            )
        }
    }

    @Test(arguments: open + signed)
    func `another method finds nothing there`(_ row: Row) async throws {
        try await Self.withExchange { client in
            let answer = try await client.send(.PATCH, "/api/v3/" + row.path)
            #expect(answer.status == 404)
            #expect(answer.headers.first(name: "Content-Type") == "text/html")
        }
    }

    @Test(arguments: ["sor/order", "sor/order/test"])
    func `no symbol is routed here, and an order that says so is checked first`(
        _ path: String
    ) async throws {
        try await Self.withExchange { client in
            let path = "/api/v3/" + path
            let refused = try await client.signed(.POST, path, Self.order)
            #expect(
                refused.text == #"{"code":-1020,"msg":"This operation is not supported."}"#
            )
            let quote = "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=10"
            let wrong = try await client.signed(.POST, path, quote)
            #expect(wrong.message == "Parameter 'quoteOrderQty' sent when not required.")
            let info = try await client.send(.GET, "/api/v3/exchangeInfo")
            #expect(info.json["sors"] == nil)
            let none = try await client.signed(.GET, "/api/v3/myAllocations", "symbol=BTCUSDT")
            #expect(none.text == "[]")
        }
    }
}
