import MarketReplay
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Limits of an address")
struct LimitTests {
    static let start = WallTime(milliseconds: 1_763_000_040_000)

    @Test func `a ban lasts twice as long as the one before, from two minutes to three days`() {
        var limits = AddressLimits(isEnforced: true)
        var time = Self.start
        var lengths: [Int64] = []
        for _ in 0..<13 {
            limits.roll(to: time)
            limits.add(weight: 12_000)
            let refusal = limits.admit(weight: 1, at: time)
            #expect(refusal?.status == 418)
            let seconds = refusal?.retryAfterSeconds ?? 0
            lengths.append(seconds)
            let almost = time.adding(milliseconds: seconds * 1000 - 1)
            limits.roll(to: almost)
            #expect(limits.admit(weight: 1, at: almost)?.status == 418)
            time = time.adding(milliseconds: seconds * 1000)
            limits.roll(to: time)
            #expect(limits.admit(weight: 1, at: time) == nil)
        }
        let doubled = (0..<13).map { min(259_200, 120 << $0) }
        #expect(lengths == doubled.map(Int64.init))
        time = time.adding(milliseconds: 3 * 86_400_000 + 1)
        limits.roll(to: time)
        limits.add(weight: 12_000)
        #expect(limits.admit(weight: 1, at: time)?.retryAfterSeconds == 120, "forgiven")
    }

    @Test func `raw requests have a limit of their own`() {
        var limits = AddressLimits(isEnforced: true)
        limits.roll(to: Self.start)
        for _ in 0..<300_000 where limits.admit(weight: 0, at: Self.start) != nil {
            Issue.record("refused before the limit")
        }
        let refusal = limits.admit(weight: 0, at: Self.start)
        #expect(refusal?.status == 429)
        #expect(refusal?.code == -1003)
        #expect(refusal?.retryAfterSeconds == 60, "14:02 in a window of five minutes from :00")
        let later = Self.start.adding(milliseconds: 60_000)
        limits.roll(to: later)
        #expect(limits.admit(weight: 0, at: later) == nil)
    }

    @Test(arguments: [false, true])
    func `connection attempts are limited, each kind by itself`(_ isAPI: Bool) {
        var limits = AddressLimits(isEnforced: true)
        for _ in 0..<300 {
            limits.countConnection(isAPI: isAPI, at: Self.start)
            #expect(limits.connectionRefusal(isAPI: isAPI, at: Self.start) == nil)
        }
        limits.countConnection(isAPI: isAPI, at: Self.start)
        #expect(limits.connectionRefusal(isAPI: isAPI, at: Self.start)?.code == -1034)
        #expect(limits.connectionRefusal(isAPI: !isAPI, at: Self.start) == nil)
        #expect(limits.weight.used == (isAPI ? 602 : 0), "a WebSocket API connection weighs 2")
    }

    @Test func `too many floods of messages are a ban`() {
        var limits = AddressLimits(isEnforced: true)
        for _ in 0..<10 { limits.noteFlood(at: Self.start) }
        #expect(limits.connectionRefusal(isAPI: false, at: Self.start) == nil)
        limits.noteFlood(at: Self.start)
        #expect(limits.connectionRefusal(isAPI: false, at: Self.start)?.status == 418)
        #expect(limits.admit(weight: 1, at: Self.start)?.status == 418)
    }

    private static func withVirtualTime(
        _ change: (inout SimConfiguration) -> Void = { _ in },
        _ body: (SimClient) async throws -> Void
    ) async throws {
        try await SimClient.withExchange {
            $0.virtualClockStart = Self.start
            $0.ignoresTimestamps = true
            change(&$0)
        } _: { client in
            try await body(client)
        }
    }

    @Test func `REST and the WebSocket API share the weight; one tells seconds, one milliseconds`()
        async throws
    {
        try await Self.withVirtualTime { client in
            let socket = try await SocketClient.connect(client.server, "/ws-api/v3")
            for _ in 0..<23 {
                _ = try await client.send(.GET, "/api/v3/depth", "symbol=BTCUSDT&limit=5000")
            }
            for _ in 0..<12 { _ = try await client.send(.GET, "/api/v3/exchangeInfo") }
            let last = try await client.send(.GET, "/api/v3/time")
            #expect(last.headers.first(name: "X-MBX-USED-WEIGHT-1M") == "5993")
            socket.send(#"{"id":1,"method":"exchangeInfo"}"#)
            let refused = await socket.next()
            #expect(refused?["status"]?.integer == 429)
            let data = refused?["error"]?["data"]
            #expect(data?["serverTime"]?.integer == Self.start.milliseconds)
            let minuteEnd = Self.start.milliseconds / 60_000 * 60_000 + 60_000
            #expect(data?["retryAfter"]?.integer == minuteEnd)
            let answer = try await client.send(.GET, "/api/v3/time")
            #expect(answer.status == 429)
            #expect(
                answer.message
                    == "Too much request weight used; current limit is 6000 request weight per "
                    + "1 MINUTE. Please use WebSocket Streams for live updates to avoid polling "
                    + "the API."
            )
            let seconds = (minuteEnd - Self.start.milliseconds) / 1000
            #expect(answer.headers.first(name: "Retry-After") == String(seconds))
            for _ in 0..<24 {
                _ = try await client.send(.GET, "/api/v3/depth", "symbol=BTCUSDT&limit=5000")
            }
            let banned = try await client.send(.GET, "/api/v3/time")
            #expect(banned.status == 418)
            #expect(banned.headers.first(name: "Retry-After") == "120")
            #expect(
                banned.message
                    == "Way too much request weight used; IP banned until "
                    + "\(Self.start.milliseconds + 120_000). "
                    + "Please use WebSocket Streams for live updates to avoid bans."
            )
            await #expect(throws: (any Error).self) {
                try await SocketClient.connect(client.server, "/ws")
            }
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=120000")
            #expect(try await client.send(.GET, "/api/v3/time").status == 200)
        }
    }

    @Test func `relaxed limits are far away, count nothing and never refuse`() async throws {
        try await Self.withVirtualTime {
            $0.enforcesRateLimits = false
        } _: { client in
            for _ in 0..<60 {
                _ = try await client.send(.GET, "/api/v3/depth", "symbol=BTCUSDT&limit=5000")
            }
            let answer = try await client.send(.GET, "/api/v3/time")
            #expect(answer.status == 200)
            // A client that keeps to the limits must not be told that it came near one.
            #expect(answer.headers.first(name: "X-MBX-USED-WEIGHT-1M") == "0")
            let info = try await client.send(.GET, "/api/v3/exchangeInfo", "symbol=BTCUSDT")
            let limits = info.json["rateLimits"]?.elements ?? []
            #expect(limits.count == 4)
            #expect(limits.allSatisfy { $0["limit"]?.integer == 1_000_000_000 })
            let counted = try await client.signed(.GET, "/api/v3/rateLimit/order", "")
            #expect(counted.json.elements?.count == 2)
            #expect(
                counted.json.elements?.allSatisfy { $0["limit"]?.integer == 1_000_000_000 } == true
            )
            let socket = try await SocketClient.connect(client.server, "/ws")
            for id in 0..<20 {
                socket.send(#"{"method":"LIST_SUBSCRIPTIONS","id":\#(id)}"#)
                #expect(await socket.next()?["id"]?.integer == Int64(id))
            }
        }
    }

    @Test func `limits can be enforced from a moment on, and what they refuse is counted`()
        async throws
    {
        try await Self.withVirtualTime {
            $0.enforcesRateLimits = false
        } _: { client in
            for _ in 0..<60 {
                _ = try await client.send(.GET, "/api/v3/depth", "symbol=BTCUSDT&limit=5000")
            }
            let set = try await client.send(.POST, "/sim/limits", "enforced=true")
            #expect(set.json["enforced"] == .bool(true))
            var statuses: [Int] = []
            for _ in 0..<26 {
                let answer = try await client.send(
                    .GET,
                    "/api/v3/depth",
                    "symbol=BTCUSDT&limit=5000"
                )
                statuses.append(answer.status)
            }
            // 250 each, of 6,000: what came before the moment does not count.
            #expect(statuses == Array(repeating: 200, count: 24) + [429, 429])
            let told = try await client.send(.GET, "/sim/limits")
            #expect(told.json["refused"]?.integer == 2)
            let info = try await client.send(.GET, "/api/v3/exchangeInfo", "symbol=BTCUSDT")
            #expect(info.status == 429)
            #expect(try await client.send(.POST, "/sim/limits").status == 400)
        }
    }

    @Test func `the 301st attempt to connect is answered instead of opened`() async throws {
        try await Self.withVirtualTime { client in
            for _ in 0..<300 {
                try await SocketClient.connect(client.server, "/ws").close()
            }
            let headers = [
                ("Upgrade", "websocket"), ("Connection", "Upgrade"),
                ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ]
            let answer = try await client.send(.GET, "/ws", headers: headers)
            #expect(answer.status == 429)
            #expect(answer.code == -1034)
            try await SocketClient.connect(client.server, "/ws-api/v3").close()
        }
    }
}
