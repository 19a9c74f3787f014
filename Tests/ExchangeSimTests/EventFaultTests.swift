import MarketReplay
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Faults of answers and events")
struct EventFaultTests {
    static let order = FaultTests.order

    @Test func `an answer is cut in the middle of its body, and was executed`() async throws {
        try await SimClient.withExchange { client in
            _ = try await client.send(.POST, "/sim/faults", "action=truncate&path=/api/v3/order")
            await #expect(throws: UnansweredError.self) { try await client.order(Self.order) }
            let open = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(open.json.elements?.count == 1)
        }
    }

    @Test(arguments: [("hang", 0), ("execute-hang", 1)])
    func `a request is never answered while its connection stays open`(
        _ action: String,
        _ orders: Int
    ) async throws {
        try await SimClient.withExchange { client in
            _ = try await client.send(
                .POST,
                "/sim/faults",
                "action=\(action)&path=order.place&method=WS"
            )
            let socket = try await client.userStream()
            let time = SimClock.real.now.milliseconds
            let payload =
                "apiKey=\(client.key)&price=50000&quantity=1&side=BUY&symbol=BTCUSDT"
                + "&timeInForce=GTC&timestamp=\(time)&type=LIMIT"
            socket.send(
                """
                {"id":"lost","method":"order.place","params":{"symbol":"BTCUSDT","side":"BUY",\
                "type":"LIMIT","timeInForce":"GTC","price":"50000","quantity":"1",\
                "apiKey":"\(client.key)","timestamp":\(time),\
                "signature":"\(client.signature(of: payload))"}}
                """
            )
            socket.send(#"{"id":"after","method":"ping"}"#)
            let answer = await socket.next { $0["id"] != nil }
            #expect(answer?["id"]?.text == "after")
            let open = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(open.json.elements?.count == orders)
        }
    }

    @Test func `queries are answered as a replica that lags, for a while`() async throws {
        try await SimClient.withExchange {
            $0.virtualClockStart = WallTime(milliseconds: 1_763_000_000_000)
            $0.ignoresTimestamps = true
        } _: { client in
            _ = try await client.order(Self.order + "&newClientOrderId=old")
            _ = try await client.send(.POST, "/sim/faults", "action=stale&count=0&forMs=5000")
            _ = try await client.signed(
                .DELETE,
                "/api/v3/order",
                "symbol=BTCUSDT&origClientOrderId=old"
            )
            _ = try await client.order(Self.order + "&newClientOrderId=new")
            let missing = try await client.signed(
                .GET,
                "/api/v3/order",
                "symbol=BTCUSDT&origClientOrderId=new"
            )
            #expect(missing.code == -2013)
            let stale = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(stale.json.elements?.map { $0["clientOrderId"]?.text } == ["old"])
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=5000")
            let fresh = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(fresh.json.elements?.map { $0["clientOrderId"]?.text } == ["new"])
        }
    }

    @Test(arguments: [Int64(-1500), 1500])
    func `a clock can be wrong, and then refuses the right time`(_ skew: Int64) async throws {
        try await SimClient.withExchange { client in
            let set = try await client.send(.POST, "/sim/clock/skew", "ms=\(skew)")
            #expect(set.json["skew"]?.integer == skew)
            let told = try await client.send(.GET, "/api/v3/time").json["serverTime"]?.integer
            let difference = try #require(told) - SimClock.real.now.milliseconds
            let isClose = (difference - skew).magnitude < 1000
            #expect(isClose)
            let time = SimClock.real.now.milliseconds
            let payload = "recvWindow=1000&timestamp=\(time)"
            let answer = try await client.send(
                .GET,
                "/api/v3/account",
                "\(payload)&signature=\(client.signature(of: payload))",
                headers: [("X-MBX-APIKEY", client.key)]
            )
            #expect(answer.code == -1021)
            #expect(
                answer.message
                    == (skew < 0
                        ? "Timestamp for this request was 1000ms ahead of the server's time."
                        : "Timestamp for this request is outside of the recvWindow.")
            )
        }
    }

    @Test func `limits are met on demand, with the venue's texts`() async throws {
        try await SimClient.withExchange { client in
            _ = try await client.send(.POST, "/sim/faults", "action=rate-limit&retryAfter=3")
            let limited = try await client.send(.GET, "/api/v3/time")
            #expect(limited.status == 429)
            #expect(limited.code == -1003)
            #expect(limited.headers.first(name: "Retry-After") == "3")
            _ = try await client.send(.POST, "/sim/faults", "action=ban")
            let banned = try await client.send(.GET, "/api/v3/time")
            #expect(banned.status == 418)
            #expect(banned.headers.first(name: "Retry-After") == "120")
            _ = try await client.send(
                .POST,
                "/sim/faults",
                "action=error&code=-2010&status=400&msg=Duplicate%20order%20sent."
            )
            let refused = try await client.order(Self.order)
            #expect(refused.text == #"{"code":-2010,"msg":"Duplicate order sent."}"#)
        }
    }

    @Test func `a fault may spare the first request of each connection`() async throws {
        try await SimClient.withExchange { client in
            _ = try await client.send(
                .POST,
                "/sim/faults",
                "action=execute-close&reused=true&path=/api/v3/order&count=0"
            )
            // Every request of this client has a connection of its own.
            #expect(try await client.order(Self.order).status == 200)
            #expect(try await client.send(.GET, "/sim/faults").json["hits"]?.integer == 0)
        }
    }

    @Test func `delays are drawn between bounds`() {
        let plan = FaultPlan(seed: 3)
        let draws = (0..<100).map { _ in plan.draw(5...9) }
        #expect(Set(draws) == [5, 6, 7, 8, 9])
        #expect((0..<9).map { _ in plan.draw(7...7) } == Array(repeating: 7, count: 9))
    }

    @Test func `events change places, the held ones last come first`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            _ = try await client.send(.POST, "/sim/streams", "action=reorder&count=2")
            for amount in 1...2 {
                _ = try await client.send(.POST, "/sim/deposit", "asset=BTC&amount=\(amount)")
            }
            var names: [String] = []
            for _ in 0..<4 {
                let event = await socket.next()?["event"]
                names.append(event?["d"]?.text ?? event?["e"]?.text ?? "")
            }
            #expect(
                names == [
                    "2.00000000", "outboundAccountPosition", "1.00000000",
                    "outboundAccountPosition",
                ]
            )
        }
    }

    @Test func `market events are lost, doubled and muted by themselves`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await SocketClient.connect(client.server, "/ws/btcusdt@trade")
            let user = try await client.userStream()
            let buy = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001"
            for query in [
                "action=lose&kind=market", "action=silence&kind=market",
                "action=resume&kind=market", "action=duplicate&kind=market",
            ] {
                _ = try await client.send(.POST, "/sim/streams", query)
                _ = try await client.order(buy)
            }
            #expect(await socket.next()?["t"]?.integer == 3)
            #expect(await socket.next()?["t"]?.integer == 4)
            #expect(await socket.next()?["t"]?.integer == 4)
            let first = await user.next { $0["event"]?["x"]?.text == "TRADE" }
            #expect(first?["event"]?["t"]?.integer == 1)
        }
    }

    @Test func `a stalled connection neither answers nor closes until it is resumed`()
        async throws
    {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            _ = try await client.send(.POST, "/sim/streams", "action=stall")
            socket.send(#"{"id":1,"method":"ping"}"#)
            _ = try await client.send(.POST, "/sim/deposit", "asset=BTC&amount=1")
            _ = try await client.send(.POST, "/sim/streams", "action=resume")
            socket.send(#"{"id":2,"method":"ping"}"#)
            #expect(await socket.next()?["id"]?.integer == 2)
        }
    }

    @Test func `events may be met with a probability`() {
        var faults = EventFaults(seed: 1)
        faults.arm(.lose, count: 0, millionths: 500_000)
        let lost = (0..<1000).count { _ in faults.next().copies == 0 }
        #expect((400...600).contains(lost))
        faults.clear()
        #expect((0..<100).allSatisfy { _ in faults.next().copies == 1 })
    }
}
