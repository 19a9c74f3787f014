import MarketReplay
import MatchingEngine
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Orders over REST")
struct OrderTests {
    static let limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"

    private static func names(_ json: JSONValue) -> [String] {
        guard case .object(let members) = json else { return [] }
        return members.map(\.name)
    }

    @Test func `a resting order answers with the documented shape, and so do cancel and query`()
        async throws
    {
        try await SimClient.withExchange { client in
            let placed = try await client.order(
                "\(Self.limit)&quantity=0.001&price=50000&newClientOrderId=gw-1"
            )
            #expect(
                Self.names(placed.json) == [
                    "symbol", "orderId", "orderListId", "clientOrderId", "transactTime", "price",
                    "origQty", "executedQty", "origQuoteOrderQty", "cummulativeQuoteQty", "status",
                    "timeInForce", "type", "side", "workingTime", "fills",
                    "selfTradePreventionMode",
                ]
            )
            #expect(placed.json["price"]?.text == "50000.00000000")
            #expect(placed.json["fills"] == .array([]))
            #expect(placed.headers.first(name: "X-MBX-ORDER-COUNT-10S") == "1")
            #expect(placed.headers.first(name: "X-MBX-USED-WEIGHT-1M") == "0")
            let canceled = try await client.signed(
                .DELETE,
                "/api/v3/order",
                "symbol=BTCUSDT&orderId=1&newClientOrderId=gw-1-c"
            )
            #expect(canceled.json["origClientOrderId"]?.text == "gw-1")
            #expect(canceled.json["clientOrderId"]?.text == "gw-1-c")
            #expect(canceled.json["workingTime"] == nil)
            #expect(canceled.json["fills"] == nil)
            let byOldID = try await client.signed(
                .GET,
                "/api/v3/order",
                "symbol=BTCUSDT&origClientOrderId=gw-1"
            )
            #expect(byOldID.code == -2013)
            let found = try await client.signed(
                .GET,
                "/api/v3/order",
                "symbol=BTCUSDT&origClientOrderId=gw-1-c"
            )
            #expect(
                Self.names(found.json) == [
                    "symbol", "orderId", "orderListId", "clientOrderId", "price", "origQty",
                    "executedQty", "cummulativeQuoteQty", "status", "timeInForce", "type", "side",
                    "stopPrice", "icebergQty", "time", "updateTime", "isWorking", "workingTime",
                    "origQuoteOrderQty", "selfTradePreventionMode",
                ]
            )
        }
    }

    @Test(arguments: [
        ("\(limit)&quantity=1&price=50000&newOrderRespType=ACK", false, false),
        ("\(limit)&quantity=1&price=50000&newOrderRespType=RESULT", true, false),
        ("\(limit)&quantity=1&price=50000", true, true),
        ("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1", true, true),
        ("symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.1&price=50000", false, false),
    ])
    func `the answer's size is the one asked for, or the type's own`(
        _ query: String,
        _ hasStatus: Bool,
        _ hasFills: Bool
    ) async throws {
        try await SimClient.withExchange { client in
            let answer = try await client.order(query)
            #expect(answer.status == 200)
            #expect((answer.json["status"] != nil) == hasStatus)
            #expect((answer.json["fills"] != nil) == hasFills)
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let query: String
        let code: Int64
        let message: String
        var testDescription: String { "\(self.code) \(self.message)" }
    }

    static let refused = [
        Refused(
            query: "side=BUY",
            code: -1102,
            message: "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
        ),
        Refused(query: "symbol=NOPE&side=BUY&type=MARKET", code: -1121, message: "Invalid symbol."),
        Refused(query: "symbol=BTCUSDT&side=UP&type=MARKET", code: -1117, message: "Invalid side."),
        Refused(
            query: "symbol=BTCUSDT&side=BUY&type=ODD",
            code: -1116,
            message: "Invalid orderType."
        ),
        Refused(
            query: "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=1&price=1",
            code: -1115,
            message: "Invalid timeInForce."
        ),
        Refused(
            query: "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&timeInForce=GTC",
            code: -1114,
            message: "TimeInForce parameter sent when not required."
        ),
        Refused(
            query: "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&price=1",
            code: -1106,
            message: "Parameter 'price' sent when not required."
        ),
        Refused(
            query: "\(limit)&quantity=1",
            code: -1102,
            message: "Mandatory parameter 'price' was not sent, was empty/null, or malformed."
        ),
        Refused(
            query: "\(limit)&quantity=1.123456789&price=50000",
            code: -1111,
            message: "Parameter 'quantity' has too much precision."
        ),
        Refused(
            query: "\(limit)&quantity=1e-5&price=50000",
            code: -1100,
            message: "Illegal characters found in parameter 'quantity'; "
                + #"legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'."#
        ),
        Refused(
            query: "\(limit)&quantity=-1&price=50000",
            code: -1100,
            message: "Illegal characters found in parameter 'quantity'; "
                + #"legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'."#
        ),
        Refused(
            query: "\(limit)&quantity=1&price=50000&newClientOrderId=no%20space",
            code: -1100,
            message: "Illegal characters found in parameter 'newClientOrderId'; "
                + "legal range is '^[a-zA-Z0-9-_]{1,36}$'."
        ),
        Refused(
            query: "\(limit)&quantity=1&price=50000&newClientOrderID=a",
            code: -1104,
            message: "Not all sent parameters were read; "
                + "read '9' parameter(s) but was sent '10'."
        ),
        Refused(
            query: "\(limit)&quantity=1&price=50000.001",
            code: -1013,
            message: "Filter failure: PRICE_FILTER"
        ),
        Refused(
            query: "\(limit)&quantity=100&price=50000",
            code: -2010,
            message: "Account has insufficient balance for requested action."
        ),
        Refused(
            query: "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=70000",
            code: -2010,
            message: "Order would immediately match and take."
        ),
        Refused(
            query: "\(limit)&quantity=1&price=50000&strategyType=999",
            code: -1134,
            message: "strategyType was less than 1000000."
        ),
    ]

    @Test(arguments: refused)
    func `an order that is not right is refused with code and text`(_ row: Refused) async throws {
        try await SimClient.withExchange { client in
            let answer = try await client.order(row.query)
            #expect(answer.status == 400)
            #expect(answer.code == row.code)
            #expect(answer.message == row.message)
            #expect(
                answer.headers.first(name: "Content-Type") == "application/json;charset=UTF-8"
            )
            let open = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(open.text == "[]")
        }
    }

    @Test func `an id that is open is a duplicate, and free again once its order is gone`()
        async throws
    {
        try await SimClient.withExchange { client in
            let query = "\(Self.limit)&quantity=0.01&price=50000&newClientOrderId=twin"
            #expect(try await client.order(query).status == 200)
            let twin = try await client.order(query)
            #expect(twin.code == -2010)
            #expect(twin.message == "Duplicate order sent.")
            _ = try await client.signed(.DELETE, "/api/v3/openOrders", "symbol=BTCUSDT")
            #expect(try await client.order(query).json["orderId"]?.integer == 2)
        }
    }

    @Test func `a cancel that finds nothing says so`() async throws {
        try await SimClient.withExchange { client in
            for query in ["symbol=BTCUSDT&orderId=1", "symbol=BTCUSDT&origClientOrderId=a"] {
                let answer = try await client.signed(.DELETE, "/api/v3/order", query)
                #expect(answer.code == -2011)
                #expect(answer.message == "Unknown order sent.")
            }
            let all = try await client.signed(.DELETE, "/api/v3/openOrders", "symbol=BTCUSDT")
            #expect(all.code == -2011)
            let none = try await client.signed(.DELETE, "/api/v3/order", "symbol=BTCUSDT")
            #expect(
                none.message
                    == "Param 'origClientOrderId' or 'orderId' must be sent, "
                    + "but both were empty/null!"
            )
        }
    }

    @Test func `a test order is checked and not placed`() async throws {
        try await SimClient.withExchange { client in
            let good = try await client.signed(
                .POST,
                "/api/v3/order/test",
                "\(Self.limit)&quantity=1&price=50000"
            )
            #expect(good.text == "{}")
            let bad = try await client.signed(
                .POST,
                "/api/v3/order/test",
                "\(Self.limit)&quantity=1&price=50000.001"
            )
            #expect(bad.code == -1013)
            #expect(
                try await client.signed(.GET, "/api/v3/allOrders", "symbol=BTCUSDT").text == "[]"
            )
        }
    }

    @Test func `trades are found by symbol, order, id and time`() async throws {
        try await SimClient.withExchange { client in
            let first = try await client.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.4")
            _ = try await client.order("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.01")
            let fills = try #require(first.json["fills"]?.elements?.count)
            func count(_ query: String) async throws -> Int? {
                try await client.signed(.GET, "/api/v3/myTrades", "symbol=BTCUSDT\(query)")
                    .json.elements?.count
            }
            #expect(try await count("") == fills + 1)
            #expect(try await count("&orderId=1") == fills)
            #expect(try await count("&fromId=\(fills + 1)") == 1)
            #expect(try await count("&limit=1") == 1)
            #expect(try await count("&startTime=1") == fills + 1)
            #expect(try await count("&endTime=1") == 0)
            let wide = try await client.signed(
                .GET,
                "/api/v3/myTrades",
                "symbol=BTCUSDT&startTime=1&endTime=86400002"
            )
            #expect(wide.code == -1127)
        }
    }

    @Test func `the fifty-first order of ten seconds is refused, unless limits are off`()
        async throws
    {
        for isEnforced in [true, false] {
            try await SimClient.withExchange {
                $0.enforcesRateLimits = isEnforced
                $0.virtualClockStart = .init(milliseconds: 1_763_000_000_000)
                $0.ignoresTimestamps = true
            } _: { client in
                for _ in 0..<50 {
                    _ = try await client.order("\(Self.limit)&quantity=0.001&price=50000")
                }
                let last = try await client.order("\(Self.limit)&quantity=0.001&price=50000")
                #expect(last.status == (isEnforced ? 429 : 200))
                if isEnforced {
                    #expect(last.code == -1015)
                    #expect(last.headers.first(name: "Retry-After") == "10")
                }
            }
        }
    }

    @Test func `with prevention off an account trades with itself: one trade, two orders`()
        async throws
    {
        try await SimClient.withExchange({ $0.selfTradePrevention = .none }) { client in
            let ticker = try await client.send(
                .GET,
                "/api/v3/ticker/bookTicker",
                "symbol=BTCUSDT"
            )
            let ask = try #require(ticker.json["askPrice"]?.text)
            let price = Price(raw: try Price(ask).raw - 1_000_000).description
            let terms = "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&quantity=0.01&price=\(price)"
            _ = try await client.order("\(terms)&side=SELL")
            let taken = try await client.order("\(terms)&side=BUY")
            #expect(taken.json["status"]?.text == "FILLED")
            let trades = try await client.signed(.GET, "/api/v3/myTrades", "symbol=BTCUSDT")
            let rows = trades.json.elements ?? []
            #expect(rows.count == 2)
            #expect(Set(rows.compactMap { $0["id"]?.spelling }).count == 1)
            #expect(Set(rows.compactMap { $0["orderId"]?.spelling }).count == 2)
        }
    }
}
