import MarketReplay
import MatchingEngine
import NIOCore
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Pegged orders and orders that pay for others")
struct PegTests {
    static let buy = "symbol=BTCUSDT&side=BUY&quantity=0.01"

    /// The best prices and the second best ones, of both sides.
    private static func levels(_ client: SimClient) async throws -> (bids: [String], asks: [String])
    {
        let book = try await client.send(.GET, "/api/v3/depth", "symbol=BTCUSDT&limit=2").json
        let prices: (JSONValue?) -> [String] = { side in
            side?.elements?.compactMap { $0.elements?.first?.text } ?? []
        }
        return (prices(book["bids"]), prices(book["asks"]))
    }

    @Test func `a peg takes the price of its side's level, once`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            let (bids, _) = try await Self.levels(client)
            let first = try await client.order(
                Self.buy + "&type=LIMIT&timeInForce=GTC&pegPriceType=PRIMARY_PEG"
                    + "&newOrderRespType=RESULT"
            )
            #expect(first.json["status"]?.text == "NEW")
            #expect(first.json["peggedPrice"]?.text == bids[0])
            #expect(first.json["price"]?.text == "0.00000000")
            #expect(first.json["pegPriceType"]?.text == "PRIMARY_PEG")
            #expect(first.json["pegOffsetType"] == nil)
            let event = await socket.next()?["event"]
            #expect(event?["gP"]?.text == "PRIMARY_PEG")
            #expect(event?["gp"]?.text == bids[0])
            #expect(event?["gOT"] == nil)
            let second = try await client.order(
                Self.buy + "&type=LIMIT_MAKER&pegPriceType=PRIMARY_PEG&pegOffsetType=PRICE_LEVEL"
                    + "&pegOffsetValue=1&price=59000&newOrderRespType=FULL"
            )
            #expect(second.json["peggedPrice"]?.text == bids[1])
            #expect(second.json["price"]?.text == "59000.00000000")
            #expect(second.json["pegOffsetValue"]?.integer == 1)
            let query = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(query.json.elements?.map { $0["peggedPrice"]?.text } == [bids[0], bids[1]])
            let balance = try await client.signed(.GET, "/api/v3/account")
            let usdt = balance.json["balances"]?.elements?.first { $0["asset"]?.text == "USDT" }
            let expected = try (Amount(bids[0]).raw + Amount(bids[1]).raw) / 100
            #expect(try Amount(usdt?["locked"]?.text ?? "").raw == expected)
        }
    }

    @Test func `a market peg takes from the other side`() async throws {
        try await SimClient.withExchange { client in
            let (_, asks) = try await Self.levels(client)
            let order = try await client.order(
                Self.buy + "&type=LIMIT&timeInForce=IOC&pegPriceType=MARKET_PEG"
            )
            #expect(order.json["status"]?.text == "FILLED")
            #expect(order.json["fills"]?.elements?.first?["price"]?.text == asks[0])
            #expect(order.json["peggedPrice"]?.text == asks[0])
        }
    }

    @Test(arguments: [
        ("type=MARKET&pegPriceType=MARKET_PEG", "This order type may not use pegged price."),
        (
            "type=LIMIT_MAKER&pegPriceType=MARKET_PEG",
            "This price peg cannot be used with this order type."
        ),
        (
            "type=LIMIT&timeInForce=IOC&pegPriceType=PRIMARY_PEG",
            "This price peg cannot be used with this order type."
        ),
        (
            "type=LIMIT&timeInForce=GTC&pegPriceType=PRIMARY_PEG&pegOffsetType=PRICE_LEVEL"
                + "&pegOffsetValue=100",
            "Order book liquidity is too low for this pegged order."
        ),
    ])
    func `a peg that cannot be is refused`(_ query: String, _ message: String) async throws {
        try await SimClient.withExchange { client in
            let answer = try await client.order(Self.buy + "&" + query)
            #expect(answer.status == 400)
            #expect(answer.code == -2010)
            #expect(answer.message == message)
        }
    }

    @Test func `a pegged stop takes its price when it is triggered`() async throws {
        try await SimClient.withExchange { client in
            _ = try await client.order(Self.buy + "&type=MARKET")
            let stop = try await client.order(
                "symbol=BTCUSDT&side=SELL&quantity=0.01&type=STOP_LOSS_LIMIT&timeInForce=GTC"
                    + "&stopPrice=59999&pegPriceType=PRIMARY_PEG&newOrderRespType=RESULT"
            )
            #expect(stop.json["peggedPrice"] == nil)
            let id = try #require(stop.json["orderId"]?.integer)
            _ = try await client.order("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=2")
            let after = try await client.signed(
                .GET,
                "/api/v3/order",
                "symbol=BTCUSDT&orderId=\(id)"
            )
            #expect(after.json["isWorking"] == .bool(true))
            #expect(after.json["peggedPrice"]?.text != nil)
        }
    }

    static let opo =
        "symbol=BTCUSDT&workingType=LIMIT&workingSide=BUY&workingPrice=50000&workingQuantity=0.1"
        + "&workingTimeInForce=GTC&pendingSide=SELL"

    @Test func `what an OPO buys is kept, and sold in whole lots without the commission`()
        async throws
    {
        try await SimClient.withExchange { client in
            let list = try await client.signed(
                .POST,
                "/api/v3/orderList/opo",
                Self.opo + "&pendingType=LIMIT&pendingPrice=70000&pendingTimeInForce=GTC"
            )
            #expect(list.json["contingencyType"]?.text == "OTO")
            let reports = try #require(list.json["orderReports"]?.elements)
            #expect(reports[0]["origQty"]?.text == "0.10000000")
            #expect(reports[1]["status"]?.text == "PENDING_NEW")
            #expect(reports[1]["origQty"] == nil)
            let working = try #require(reports[0]["orderId"]?.integer)
            let pending = try #require(reports[1]["orderId"]?.integer)
            let amended = try await client.signed(
                .PUT,
                "/api/v3/order/amend/keepPriority",
                "symbol=BTCUSDT&orderId=\(pending)&newQty=0.01"
            )
            #expect(amended.message == "Order amend (pending OPO order) is not supported.")
            let server = client.server
            for (quantity, locked) in [("0.04", "0.03996000"), ("0.06", "0.09990000")] {
                try await server.fill(working, quantity)
                let account = try await client.signed(.GET, "/api/v3/account")
                let btc = account.json["balances"]?.elements?.first { $0["asset"]?.text == "BTC" }
                #expect(btc?["locked"]?.text == locked)
            }
            let sold = try await client.signed(
                .GET,
                "/api/v3/order",
                "symbol=BTCUSDT&orderId=\(pending)"
            )
            #expect(sold.json["status"]?.text == "NEW")
            #expect(sold.json["origQty"]?.text == "0.09990000")
        }
    }

    @Test func `an OPO that is cancelled gives back what it kept`() async throws {
        try await SimClient.withExchange { client in
            let list = try await client.signed(
                .POST,
                "/api/v3/orderList/opoco",
                Self.opo
                    + "&pendingAboveType=LIMIT_MAKER&pendingAbovePrice=70000"
                    + "&pendingBelowType=STOP_LOSS&pendingBelowStopPrice=40000"
            )
            let working = list.json["orderReports"]?.elements?.first?["orderId"]?.integer
            try await client.server.fill(try #require(working), "0.04")
            let id = try #require(list.json["orderListId"]?.integer)
            let gone = try await client.signed(
                .DELETE,
                "/api/v3/orderList",
                "symbol=BTCUSDT&orderListId=\(id)"
            )
            #expect(gone.json["listOrderStatus"]?.text == "ALL_DONE")
            #expect(gone.json["orderReports"]?.elements?.count == 3)
            let account = try await client.signed(.GET, "/api/v3/account", "omitZeroBalances=true")
            let balances = account.json["balances"]?.elements
            #expect(balances?.allSatisfy { $0["locked"]?.text == "0.00000000" } == true)
            let btc = balances?.first { $0["asset"]?.text == "BTC" }
            #expect(btc?["free"]?.text == "10.03996000")
        }
    }

    @Test(arguments: [
        ("workingSide=BUY", "workingSide=SELL", Int64(-1222)),
        ("pendingSide=SELL", "pendingSide=BUY", -1223),
    ])
    func `an OPO buys first and then sells`(
        _ old: String,
        _ new: String,
        _ code: Int64
    ) async throws {
        try await SimClient.withExchange { client in
            let query = Self.opo.replacing(old, with: new) + "&pendingType=MARKET"
            let answer = try await client.signed(.POST, "/api/v3/orderList/opo", query)
            #expect(answer.code == code)
        }
    }
}

extension SimServer {
    /// Lets the house fill a resting order of the first symbol in part.
    func fill(_ order: Int64, _ quantity: String) async throws {
        let quantity = try Quantity(quantity)
        let bound = self.exchange
        try await self.eventLoop.submit {
            let exchange = bound.value
            let listing = exchange.listings[0]
            let id = VenueOrderID(raw: order)
            exchange.engine.houseFills(id, quantity, on: listing.market, at: exchange.now)
            exchange.commit(listing, at: exchange.now)
        }.get()
    }
}
