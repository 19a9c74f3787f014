import MarketReplay
import NIOHTTP1
import Testing

@testable import ExchangeSim

@Suite("User data stream")
struct UserStreamTests {
    @Test func `an order's life is told in order, with every mandatory field`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            _ = try await client.order(
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=59000&quantity=0.001"
                    + "&newClientOrderId=gw-1"
            )
            let new = await socket.next()
            let locked = await socket.next()
            _ = try await client.signed(
                .DELETE,
                "/api/v3/order",
                "symbol=BTCUSDT&origClientOrderId=gw-1"
                    + "&newClientOrderId=gw-1-c"
            )
            let canceled = await socket.next()
            #expect(new?["subscriptionId"]?.integer == 0)
            let event = try #require(new?["event"])
            #expect(event["x"]?.text == "NEW")
            #expect(event["N"] == .null)
            #expect(event["C"]?.text == "")
            guard case .object(let members) = event else { return #expect(Bool(false)) }
            #expect(
                members.map(\.name) == [
                    "e", "E", "s", "c", "S", "o", "f", "q", "p", "P", "F", "g", "C", "x", "X", "r",
                    "i", "l", "z", "L", "n", "N", "T", "t", "I", "w", "m", "M", "O", "Z", "Y", "Q",
                    "W", "V",
                ]
            )
            #expect(locked?["event"]?["e"]?.text == "outboundAccountPosition")
            #expect(locked?["event"]?["B"]?.elements?.last?["l"]?.text == "59.00000000")
            #expect(canceled?["event"]?["x"]?.text == "CANCELED")
            #expect(canceled?["event"]?["c"]?.text == "gw-1-c")
            #expect(canceled?["event"]?["C"]?.text == "gw-1")
        }
    }

    @Test func `a market order tells of itself, of each part, and then of the balances`()
        async throws
    {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            let answer = try await client.order(
                "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"
            )
            let fills = try #require(answer.json["fills"]?.elements)
            #expect(fills.count > 1)
            #expect(await socket.next()?["event"]?["x"]?.text == "NEW")
            for (index, fill) in fills.enumerated() {
                let event = await socket.next()?["event"]
                #expect(event?["x"]?.text == "TRADE")
                #expect(event?["t"]?.integer == fill["tradeId"]?.integer)
                #expect(event?["L"]?.text == fill["price"]?.text)
                let isLast = index == fills.count - 1
                #expect(event?["X"]?.text == (isLast ? "FILLED" : "PARTIALLY_FILLED"))
            }
            #expect(await socket.next()?["event"]?["e"]?.text == "outboundAccountPosition")
        }
    }

    @Test func `a second subscription of one account on a connection is refused`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            socket.send(client.subscribeRequest(id: "7"))
            let answer = await socket.next()
            #expect(answer?["id"]?.integer == 7)
            #expect(answer?["status"]?.integer == 400)
            #expect(answer?["error"]?["code"]?.integer == -2035)
        }
    }
}
