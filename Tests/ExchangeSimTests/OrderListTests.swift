import MarketReplay
import NIOHTTP1
import Testing

@testable import ExchangeSim

@Suite("Order lists, amendments and replacements over REST")
struct OrderListTests {
    static let limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"
    static let oco =
        "symbol=BTCUSDT&side=SELL&quantity=0.1&aboveType=LIMIT_MAKER&abovePrice=61000"
        + "&belowType=STOP_LOSS_LIMIT&belowStopPrice=59000&belowPrice=58000"
        + "&belowTimeInForce=GTC&aboveClientOrderId=up&belowClientOrderId=down"

    /// Lets a first trade happen, so that stops know the price.
    private static func trade(_ client: SimClient) async throws {
        _ = try await client.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01")
    }

    @Test(
        arguments: [
            ("/api/v3/orderList/oco", oco),
            (
                "/api/v3/order/oco",
                "symbol=BTCUSDT&side=SELL&quantity=0.1&price=61000&stopPrice=59000"
                    + "&stopLimitPrice=58000&stopLimitTimeInForce=GTC&limitClientOrderId=up"
                    + "&stopClientOrderId=down"
            ),
        ] as [(String, String)]
    )
    func `a pair is placed with the stop first, told of, and cancelled as a whole`(
        _ path: String,
        _ query: String
    ) async throws {
        try await SimClient.withExchange { client in
            try await Self.trade(client)
            let socket = try await client.userStream()
            let placed = try await client.signed(.POST, path, query)
            #expect(placed.json["contingencyType"]?.text == "OCO")
            #expect(placed.json["listOrderStatus"]?.text == "EXECUTING")
            let reports = try #require(placed.json["orderReports"]?.elements)
            #expect(reports.map { $0["clientOrderId"]?.text } == ["down", "up"])
            #expect(reports[0]["workingTime"]?.integer == -1)
            #expect(reports[0]["stopPrice"]?.text == "59000.00000000")
            #expect(await socket.next()?["event"]?["l"]?.text == "EXEC_STARTED")
            let stop = await socket.next()?["event"]
            #expect(stop?["w"] == .bool(false))
            #expect(stop?["W"] == nil)
            let account = try await client.signed(.GET, "/api/v3/account")
            #expect(
                account.text.contains(#""asset":"BTC","free":"9.90999000","locked":"0.10000000""#)
            )
            let canceled = try await client.signed(
                .DELETE,
                "/api/v3/order",
                "symbol=BTCUSDT&origClientOrderId=up"
            )
            #expect(canceled.json["listStatusType"]?.text == "ALL_DONE")
            #expect(canceled.json["orderReports"]?.elements?.count == 2)
            let done = await socket.next { $0["event"]?["e"]?.text == "listStatus" }
            #expect(done?["event"]?["l"]?.text == "ALL_DONE")
            let open = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(open.text == "[]")
            let list = try await client.signed(.GET, "/api/v3/orderList", "orderListId=1")
            #expect(list.json["listOrderStatus"]?.text == "ALL_DONE")
        }
    }

    @Test(
        arguments: [
            (
                "symbol=BTCUSDT&side=SELL&quantity=0.1&aboveType=LIMIT_MAKER&abovePrice=61000"
                    + "&belowType=LIMIT_MAKER&belowPrice=59000", Int64(-1168)
            ),
            (
                "symbol=BTCUSDT&side=SELL&quantity=0.1&aboveType=STOP_LOSS&aboveStopPrice=61000"
                    + "&belowType=TAKE_PROFIT&belowStopPrice=59000", -1197
            ),
            (
                "symbol=BTCUSDT&side=SELL&quantity=0.1&aboveType=LIMIT_MAKER&abovePrice=59500"
                    + "&belowType=STOP_LOSS&belowStopPrice=59000", -2010
            ),
        ] as [(String, Int64)]
    )
    func `a pair that makes no sense is refused`(_ query: String, _ code: Int64) async throws {
        try await SimClient.withExchange { client in
            try await Self.trade(client)
            let answer = try await client.signed(.POST, "/api/v3/orderList/oco", query)
            #expect(answer.code == code)
        }
    }

    @Test func `an order that opens another shows it pending, even when it filled at once`()
        async throws
    {
        try await SimClient.withExchange { client in
            let placed = try await client.signed(
                .POST,
                "/api/v3/orderList/oto",
                "symbol=BTCUSDT&workingType=LIMIT&workingSide=BUY&workingPrice=60100"
                    + "&workingQuantity=0.1&workingTimeInForce=GTC&pendingType=LIMIT_MAKER"
                    + "&pendingSide=SELL&pendingPrice=62000&pendingQuantity=0.09"
            )
            let reports = try #require(placed.json["orderReports"]?.elements)
            #expect(reports.map { $0["status"]?.text } == ["FILLED", "PENDING_NEW"])
            let pending = try await client.signed(
                .GET,
                "/api/v3/order",
                "symbol=BTCUSDT&orderId=2"
            )
            #expect(pending.json["status"]?.text == "NEW")
            #expect(pending.json["isWorking"] == .bool(true))
        }
    }

    @Test func `an amendment has its own names, renames, and is told as REPLACED`() async throws {
        try await SimClient.withExchange { client in
            _ = try await client.order("\(Self.limit)&quantity=1&price=50000&newClientOrderId=a")
            let socket = try await client.userStream()
            let amended = try await client.signed(
                .PUT,
                "/api/v3/order/amend/keepPriority",
                "symbol=BTCUSDT&orderId=1&newQty=0.5&newClientOrderId=b"
            )
            #expect(amended.json["amendedOrder"]?["qty"]?.text == "0.50000000")
            #expect(amended.json["amendedOrder"]?["cumulativeQuoteQty"] != nil)
            let event = await socket.next()?["event"]
            #expect(event?["x"]?.text == "REPLACED")
            #expect(event?["c"]?.text == "b")
            #expect(event?["C"]?.text == "a")
            #expect(event?["q"]?.text == "0.50000000")
            let more = try await client.signed(
                .PUT,
                "/api/v3/order/amend/keepPriority",
                "symbol=BTCUSDT&orderId=1&newQty=2"
            )
            #expect(more.code == -2038)
            let history = try await client.signed(
                .GET,
                "/api/v3/order/amendments",
                "symbol=BTCUSDT&orderId=1"
            )
            #expect(history.json.elements?.first?["origQty"]?.text == "1.00000000")
        }
    }

    @Test(
        arguments: [
            ("STOP_ON_FAILURE", 1, "50000", 200, nil, "SUCCESS", "SUCCESS"),
            ("STOP_ON_FAILURE", 9, "50000", 400, -2022, "FAILURE", "NOT_ATTEMPTED"),
            ("STOP_ON_FAILURE", 1, "70000", 409, -2021, "SUCCESS", "FAILURE"),
            ("ALLOW_FAILURE", 9, "50000", 409, -2021, "FAILURE", "SUCCESS"),
            ("ALLOW_FAILURE", 9, "70000", 400, -2022, "FAILURE", "FAILURE"),
        ] as [(String, Int, String, Int, Int64?, String, String)]
    )
    func `a replacement tells of both halves`(
        _ mode: String,
        _ cancelID: Int,
        _ price: String,
        _ status: Int,
        _ code: Int64?,
        _ cancelResult: String,
        _ newResult: String
    ) async throws {
        try await SimClient.withExchange { client in
            _ = try await client.order("\(Self.limit)&quantity=0.1&price=50000")
            let answer = try await client.signed(
                .POST,
                "/api/v3/order/cancelReplace",
                "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.1&price=\(price)"
                    + "&cancelReplaceMode=\(mode)&cancelOrderId=\(cancelID)"
            )
            #expect(answer.status == status)
            #expect(answer.code == code)
            let data = code == nil ? answer.json : try #require(answer.json["data"])
            #expect(data["cancelResult"]?.text == cancelResult)
            #expect(data["newOrderResult"]?.text == newResult)
            if newResult == "NOT_ATTEMPTED" { #expect(data["newOrderResponse"] == .null) }
        }
    }

    @Test func `candles, aggregates and tickers agree with the trades`() async throws {
        try await SimClient.withExchange { client in
            let order = try await client.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1")
            let fills = try #require(order.json["fills"]?.elements)
            let klines = try await client.send(
                .GET,
                "/api/v3/klines",
                "symbol=BTCUSDT&interval=1d"
            )
            let candle = try #require(klines.json.elements?.last?.elements)
            #expect(candle.count == 12)
            #expect(candle[1] == fills.first?["price"])
            #expect(candle[4] == fills.last?["price"])
            #expect(candle[5].text == "1.00000000")
            #expect(candle[8].integer == Int64(fills.count))
            let trades = try await client.send(.GET, "/api/v3/aggTrades", "symbol=BTCUSDT")
            #expect(trades.json.elements?.count == fills.count)
            let ticker = try await client.send(.GET, "/api/v3/ticker/24hr", "symbol=BTCUSDT")
            #expect(ticker.json["volume"]?.text == "1.00000000")
            #expect(ticker.json["count"]?.integer == Int64(fills.count))
            #expect(ticker.json["quoteVolume"] == order.json["cummulativeQuoteQty"])
            let bad = try await client.send(.GET, "/api/v3/klines", "symbol=BTCUSDT&interval=7m")
            #expect(bad.code == -1120)
        }
    }

    @Test(
        arguments: [
            ("1w", Int64(1_763_000_000_000), Int64(1_762_732_800_000)),
            ("1M", 1_763_000_000_000, 1_761_955_200_000),
            ("1M", 1_709_164_800_000, 1_706_745_600_000),
            ("3m", 1_763_000_000_000, 1_762_999_920_000),
            ("1d", 1_763_000_000_000, 1_762_992_000_000),
        ] as [(String, Int64, Int64)]
    )
    func `candles begin where calendars do`(_ name: String, _ time: Int64, _ start: Int64) throws {
        let interval = try #require(CandleInterval(rawValue: name))
        #expect(interval.start(of: time, zone: 0) == start)
    }
}
