import MarketReplay
import NIOHTTP1
import Testing

@testable import ExchangeSim

@Suite("Faults on demand")
struct FaultTests {
    static let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=50000"

    @Test(arguments: [
        ("drop", false), ("execute-close", true), ("html", false), ("execute-html", true),
        ("timeout", false), ("execute-timeout", true),
    ])
    func `a lost answer hides whether the order was executed`(
        _ action: String,
        _ executes: Bool
    ) async throws {
        try await SimClient.withExchange { client in
            let armed = try await client.send(
                .POST,
                "/sim/faults",
                "action=\(action)&method=POST&path=/api/v3/order&count=1"
            )
            #expect(armed.status == 200)
            if action == "drop" || action == "execute-close" {
                await #expect(throws: UnansweredError.self) {
                    try await client.order(Self.order)
                }
            } else {
                let answer = try await client.order(Self.order)
                #expect(answer.status == 504)
                #expect(answer.code == (action.hasSuffix("timeout") ? -1007 : nil))
            }
            let open = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(open.json.elements?.count == (executes ? 1 : 0))
            #expect(try await client.order(Self.order).status == 200, "the fault is used up")
        }
    }

    @Test func `a delayed answer comes after the events that it caused`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            _ = try await client.send(
                .POST,
                "/sim/faults",
                "action=delay-answer&ms=50&path=/api/v3/order&count=1"
            )
            async let answer = client.order(Self.order)
            #expect(await socket.next()?["event"]?["x"]?.text == "NEW")
            #expect(try await answer.status == 200)
        }
    }

    @Test func `a fault passes over as many requests as it was told to`() async throws {
        try await SimClient.withExchange { client in
            _ = try await client.send(
                .POST,
                "/sim/faults",
                "action=timeout&path=/api/v3/time&skip=1&count=2"
            )
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await client.send(.GET, "/api/v3/time").status) }
            #expect(statuses == [200, 504, 504, 200])
        }
    }

    @Test func `a user stream can be silenced, resumed and cut`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            _ = try await client.send(.POST, "/sim/streams", "action=silence")
            _ = try await client.send(.POST, "/sim/deposit", "asset=BTC&amount=1")
            _ = try await client.send(.POST, "/sim/streams", "action=resume")
            _ = try await client.send(.POST, "/sim/deposit", "asset=BTC&amount=2")
            let event = await socket.next()?["event"]
            #expect(event?["e"]?.text == "balanceUpdate")
            #expect(event?["d"]?.text == "2.00000000")
            _ = await socket.next()
            _ = try await client.send(.POST, "/sim/streams", "action=cut")
            #expect(await socket.next() == nil)
        }
    }

    @Test func `an answer of one's choice is given, with or without executing`() async throws {
        try await SimClient.withExchange { client in
            _ = try await client.send(
                .POST,
                "/sim/faults",
                "action=error&path=/api/v3/order&code=1003&status=429&retryAfter=7&msg=slow"
            )
            let answer = try await client.order(Self.order)
            #expect(answer.status == 429)
            #expect(answer.text == #"{"code":-1003,"msg":"slow"}"#)
            #expect(answer.headers.first(name: "Retry-After") == "7")
            let open = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(open.text == "[]")
        }
    }

    @Test func `events can be lost, doubled and late`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            _ = try await client.send(.POST, "/sim/streams", "action=lose&count=1")
            _ = try await client.send(.POST, "/sim/deposit", "asset=BTC&amount=1")
            #expect(await socket.next()?["event"]?["e"]?.text == "outboundAccountPosition")
            _ = try await client.send(.POST, "/sim/streams", "action=duplicate&count=1")
            _ = try await client.send(.POST, "/sim/streams", "action=delay&ms=20")
            _ = try await client.send(.POST, "/sim/deposit", "asset=BTC&amount=2")
            for _ in 0..<2 {
                #expect(await socket.next()?["event"]?["d"]?.text == "2.00000000")
            }
            _ = try await client.send(.POST, "/sim/streams", "action=delay&ms=0")
            _ = await socket.next()
            _ = try await client.send(.POST, "/sim/streams", "action=shutdown")
            #expect(await socket.next()?["event"]?["e"]?.text == "serverShutdown")
            #expect(await socket.next() == nil)
        }
    }

    @Test func `a scenario arms faults, also such as hit only some requests`() async throws {
        let scenario = #"[{"action":"timeout","path":"/api/v3/time","count":0,"probability":0.5}]"#
        try await SimClient.withExchange {
            $0.faults = JSONValue(parsing: Array(scenario.utf8))?.elements ?? []
        } _: { client in
            var hits = 0
            for _ in 0..<40 where try await client.send(.GET, "/api/v3/time").status == 504 {
                hits += 1
            }
            #expect((5...35).contains(hits))
            #expect(try await client.send(.GET, "/sim/faults").json["hits"]?.integer == Int64(hits))
        }
    }
}
