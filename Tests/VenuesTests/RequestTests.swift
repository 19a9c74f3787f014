import Testing
import TradingCore

@testable import Venues

@Suite
struct RequestTests {
    private static let order = OrderIntent.sample(7)
    private static let symbol = Symbol("BTCUSDT")

    @Test(
        arguments: [
            (
                order.cancel,
                "DELETE /api/v3/order\nsymbol=BTCUSDT&origClientOrderId=abcdefgh-12345678-7"
                    + "&newClientOrderId=abcdefgh-12345678-7_c"
            ),
            (
                .order(order.orderID, symbol: symbol, client: order.clientOrderID, venue: nil),
                "GET /api/v3/order\nsymbol=BTCUSDT&origClientOrderId=abcdefgh-12345678-7"
            ),
            (
                .order(
                    order.orderID,
                    symbol: symbol,
                    client: order.clientOrderID,
                    venue: VenueOrderID(raw: 9)
                ),
                "GET /api/v3/order\nsymbol=BTCUSDT&orderId=9"
            ),
            (.openOrders(ReadID(raw: 1)), "GET /api/v3/openOrders\n"),
            (
                .trades(symbol, from: nil),
                "GET /api/v3/myTrades\nsymbol=BTCUSDT&fromId=0&limit=1000"
            ),
            (
                .trades(symbol, from: TradeID(raw: 5)),
                "GET /api/v3/myTrades\nsymbol=BTCUSDT&fromId=5&limit=1000"
            ),
            (
                .orderTrades(order.orderID, symbol: symbol, venue: VenueOrderID(raw: 9)),
                "GET /api/v3/myTrades\nsymbol=BTCUSDT&orderId=9&limit=1000"
            ),
            (
                .allOrders(symbol, since: WallTime(milliseconds: 77)),
                "GET /api/v3/allOrders\nsymbol=BTCUSDT&startTime=77&limit=1000"
            ),
            (.account(ReadID(raw: 1)), "GET /api/v3/account\nomitZeroBalances=true"),
            (
                .rules([symbol, Symbol("这是测试币456")]),
                "GET /api/v3/exchangeInfo\nsymbols=%5B%22BTCUSDT%22%2C%22"
                    + "%E8%BF%99%E6%98%AF%E6%B5%8B%E8%AF%95%E5%B8%81456%22%5D"
            ),
            (
                .quotes([symbol]),
                "GET /api/v3/ticker/bookTicker\nsymbols=%5B%22BTCUSDT%22%5D"
            ),
            (.time, "GET /api/v3/time\n"),
        ] as [(VenueRequest, String)]
    )
    func `each request has its path and parameters`(request: VenueRequest, text: String) {
        #expect(BinanceRequests.request(request, from: nil).text == text)
    }

    @Test(arguments: [
        (
            OrderType.market,
            "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001"
        ),
        (
            .limit(Price(raw: 1), .immediateOrCancel),
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.001&price=0.00000001"
        ),
        (
            .limit(Price(raw: 100_000_000), .fillOrKill),
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=FOK&quantity=0.001&price=1"
        ),
        (
            .limitMaker(Price(raw: 100_000_000)),
            "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.001&price=1"
        ),
        (
            .stop(Trigger(.stopLoss, at: Price(raw: 200_000_000))),
            "symbol=BTCUSDT&side=BUY&type=STOP_LOSS&quantity=0.001&stopPrice=2"
        ),
        (
            .stop(Trigger(.takeProfit, at: Price(raw: 200_000_000))),
            "symbol=BTCUSDT&side=BUY&type=TAKE_PROFIT&quantity=0.001&stopPrice=2"
        ),
        (
            .stopLimit(
                Trigger(.stopLoss, at: Price(raw: 200_000_000)),
                Price(raw: 100_000_000),
                .goodTillCanceled
            ),
            "symbol=BTCUSDT&side=BUY&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=0.001&price=1"
                + "&stopPrice=2"
        ),
        (
            .stopLimit(
                Trigger(.takeProfit, at: Price(raw: 200_000_000)),
                Price(raw: 100_000_000),
                .fillOrKill
            ),
            "symbol=BTCUSDT&side=BUY&type=TAKE_PROFIT_LIMIT&timeInForce=FOK&quantity=0.001"
                + "&price=1&stopPrice=2"
        ),
    ])
    func `a placement carries what its type allows and the intent's own time (S1)`(
        type: OrderType,
        start: String
    ) throws {
        let intent = OrderIntent.sample(
            type: type,
            timestamp: WallTime(nanoseconds: 1_763_000_000_000_999_999),
            receiveWindowMilliseconds: 2_000
        )
        let request = BinanceRequests.placement(intent)
        let values =
            start + "&newClientOrderId=abcdefgh-12345678-1&newOrderRespType=FULL"
            + "&recvWindow=2000&timestamp=1763000000000"
        #expect(request.text == "POST /api/v3/order\n" + values)
        // Whenever it leaves, nothing but the signature is added.
        let signer = try RequestSigner(secret: TestKeys.secret)
        let early = request.payload(signedBy: signer, at: WallTime(milliseconds: 1))
        let late = request.payload(signedBy: signer, at: WallTime(milliseconds: 2))
        #expect(early == late)
        #expect(early.text.hasPrefix(values + "&signature="))
    }

    @Test func `an order by quote quantity sends that in the place of a quantity`() {
        var intent = OrderIntent.sample(type: .market)
        intent.terms.quoteQuantity = Amount.of("1000.25")
        #expect(
            BinanceRequests.placement(intent).query.text.hasPrefix(
                "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=1000.25&newClientOrderId="
            )
        )
    }

    @Test func `a read is signed by the venue's time when it leaves`() throws {
        let signer = try RequestSigner(secret: TestKeys.secret)
        let payload = BinanceRequests.request(.openOrders(ReadID(raw: 1)), from: nil)
            .payload(signedBy: signer, at: WallTime(milliseconds: 42))
        #expect(payload.text.hasPrefix("recvWindow=5000&timestamp=42&signature="))
        let open = BinanceRequests.request(.time, from: nil)
            .payload(signedBy: signer, at: WallTime(milliseconds: 42))
        #expect(open.text.isEmpty)
    }

    @Test(arguments: [
        ("https://api.binance.com", true), ("https://api.binance.com/", true),
        ("http://127.0.0.1:8080", true), ("http://localhost:1", true),
        ("http://api.binance.com", false), ("http://127.0.0.1.evil.com", false),
        ("ftp://127.0.0.1", false), ("https://user:pass@api.binance.com", false),
        ("https://", false), ("", false), ("https://api.binance.com?x=1", false),
    ])
    func `keys travel encrypted, or not beyond this machine`(url: String, isTaken: Bool) {
        let configuration = try? BinanceConfiguration(
            venue: .testnet,
            restURL: url,
            websocketAPIURL: "ws://127.0.0.1:1/ws-api/v3",
            streamURL: "ws://127.0.0.1:1",
            apiKey: "k",
            secret: TestKeys.secret
        )
        #expect((configuration != nil) == isTaken)
    }

    @Test(arguments: [("abcXYZ019", true), ("", false), ("a\r\nX-Evil: 1", false), ("a\"b", false)])
    func `an API key that needs quoting is refused`(key: String, isTaken: Bool) {
        let configuration = try? BinanceConfiguration(
            venue: .testnet,
            restURL: "https://h",
            websocketAPIURL: "wss://h",
            streamURL: "wss://h",
            apiKey: key,
            secret: TestKeys.secret
        )
        #expect((configuration != nil) == isTaken)
    }
}
