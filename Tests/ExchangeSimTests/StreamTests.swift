import MarketReplay
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Market streams")
struct StreamTests {
    @Test func `control messages are answered with the id that they had`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await SocketClient.connect(client.server, "/ws/0")
            socket.send(#"{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":"a-1"}"#)
            #expect(
                await socket.next()
                    == JSONValue(parsing: Array(#"{"result":null,"id":"a-1"}"#.utf8))
            )
            socket.send(#"{"method":"LIST_SUBSCRIPTIONS","id":2}"#)
            let list = await socket.next()
            #expect(list?["result"]?.elements == [.string("btcusdt@bookTicker")])
            #expect(list?["id"]?.integer == 2)
            socket.send(#"{"method":"SUBSCRIBE","params":["nope@trade"],"id":3}"#)
            #expect(await socket.next()?["error"]?["code"]?.integer == 2)
            socket.send(#"{"method":"UNSUBSCRIBE","params":["btcusdt@bookTicker"],"id":4}"#)
            #expect(await socket.next()?["result"] == .null)
        }
    }

    @Test func `a trade and the new top of the book are told, wrapped or bare`() async throws {
        try await SimClient.withExchange { client in
            let combined = try await SocketClient.connect(
                client.server,
                "/stream?streams=btcusdt@trade/btcusdt@bookTicker"
            )
            let bare = try await SocketClient.connect(client.server, "/ws/btcusdt@trade")
            _ = try await client.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.05")
            _ = try await client.order(
                "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.05&price=60000.5"
            )
            let trade = await combined.next()
            #expect(trade?["stream"]?.text == "btcusdt@trade")
            #expect(trade?["data"]?["m"] == .bool(false))
            let ticker = await combined.next()
            #expect(ticker?["stream"]?.text == "btcusdt@bookTicker")
            #expect(ticker?["data"]?["e"] == nil)
            #expect(ticker?["data"]?["b"]?.text == "60000.50000000")
            #expect(await bare.next()?["e"]?.text == "trade")
        }
    }

    @Test func `diffs applied to a snapshot give the venue's book`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await SocketClient.connect(client.server, "/ws/btcusdt@depth@100ms")
            let before = try await client.send(.GET, "/api/v3/depth", "symbol=BTCUSDT&limit=5000")
            var last = try #require(before.json["lastUpdateId"]?.integer)
            var bids = Self.levels(before.json["bids"])
            for price in ["59000.01", "59000.02"] {
                _ = try await client.order(
                    "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.05&price=\(price)"
                )
            }
            _ = try await client.signed(.DELETE, "/api/v3/order", "symbol=BTCUSDT&orderId=1")
            let after = try await client.send(.GET, "/api/v3/depth", "symbol=BTCUSDT&limit=5000")
            let target = try #require(after.json["lastUpdateId"]?.integer)
            while last < target {
                let diff = try #require(await socket.next())
                let first = try #require(diff["U"]?.integer)
                let end = try #require(diff["u"]?.integer)
                guard end > last else { continue }
                #expect(first <= last + 1)
                last = end
                for (price, quantity) in Self.levels(diff["b"]) {
                    bids[price] = quantity == "0.00000000" ? nil : quantity
                }
            }
            #expect(bids == Self.levels(after.json["bids"]))
        }
    }

    private static func levels(_ json: JSONValue?) -> [String: String] {
        var levels: [String: String] = [:]
        for level in json?.elements ?? [] {
            guard let pair = level.elements, pair.count == 2, let price = pair[0].text else {
                continue
            }
            levels[price] = pair[1].text
        }
        return levels
    }

    @Test func `orders placed over the WebSocket API answer as REST does`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await SocketClient.connect(client.server, "/ws-api/v3")
            let time = SimClock.real.now.milliseconds
            let payload =
                "apiKey=\(client.key)&price=50000.00&quantity=0.01&side=BUY"
                + "&symbol=BTCUSDT&timeInForce=GTC&timestamp=\(time)&type=LIMIT"
            socket.send(
                """
                {"id":5,"method":"order.place","params":{"symbol":"BTCUSDT","side":"BUY",\
                "type":"LIMIT","timeInForce":"GTC","price":50000.00,"quantity":"0.01",\
                "apiKey":"\(client.key)","timestamp":\(time),\
                "signature":"\(client.signature(of: payload))"}}
                """
            )
            let answer = await socket.next()
            #expect(answer?["status"]?.integer == 200)
            #expect(answer?["id"]?.integer == 5)
            #expect(answer?["result"]?["status"]?.text == "NEW")
            #expect(answer?["rateLimits"]?.elements?.count == 3)
            socket.send("{")
            let bad = await socket.next()
            #expect(bad?["id"] == .null)
            #expect(bad?["error"]?["code"]?.integer == -1135)
        }
    }
}
