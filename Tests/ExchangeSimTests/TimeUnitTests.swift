import MarketReplay
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Microseconds")
struct TimeUnitTests {
    static let start = WallTime(milliseconds: 1_763_000_000_000)

    /// Collects all integers that are as long as a time in milliseconds or microseconds.
    private static func times(_ text: String) -> [Int] {
        text.split { !$0.isNumber }.filter { $0.hasPrefix("1762") || $0.hasPrefix("1763") }
            .map(\.count)
    }

    private static func withVirtualTime(
        _ body: (SimClient) async throws -> Void
    ) async throws {
        try await SimClient.withExchange {
            $0.virtualClockStart = Self.start
            $0.ignoresTimestamps = true
        } _: { client in
            try await body(client)
        }
    }

    @Test(arguments: [
        "/api/v3/time?", "/api/v3/exchangeInfo?", "/api/v3/trades?symbol=BTCUSDT",
        "/api/v3/aggTrades?symbol=BTCUSDT", "/api/v3/klines?symbol=BTCUSDT&interval=1m",
        "/api/v3/avgPrice?symbol=BTCUSDT", "/api/v3/ticker/24hr?symbol=BTCUSDT",
        "/api/v3/ticker?symbol=BTCUSDT", "/api/v3/ticker/tradingDay?symbol=BTCUSDT",
        "/api/v3/order?symbol=BTCUSDT&orderId=1", "/api/v3/allOrders?symbol=BTCUSDT",
        "/api/v3/myTrades?symbol=BTCUSDT", "/api/v3/account?",
    ])
    func `REST tells all times in the unit of the header`(_ target: String) async throws {
        try await Self.withVirtualTime { client in
            _ = try await client.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1")
            let parts = target.split(separator: "?", omittingEmptySubsequences: false)
            let isSigned = ["order", "allOrders", "myTrades", "account"]
                .contains { parts[0].hasSuffix("/" + $0) }
            for (unit, length) in [
                (nil, 13), ("MILLISECOND", 13), ("MICROSECOND", 16), ("microsecond", 16),
            ] {
                var query = String(parts[1])
                var headers = [("X-MBX-APIKEY", client.key)]
                if let unit { headers.append(("X-MBX-TIME-UNIT", unit)) }
                if isSigned {
                    query += (query.isEmpty ? "" : "&") + "timestamp=1"
                    query += "&signature=\(client.signature(of: query))"
                }
                let answer = try await client.send(
                    .GET,
                    String(parts[0]),
                    query,
                    headers: headers
                )
                #expect(answer.status == 200)
                let times = Self.times(answer.text)
                #expect(!times.isEmpty)
                #expect(times.allSatisfy { $0 == length }, "\(answer.text)")
            }
        }
    }

    @Test func `a candle ends with the last microsecond of its interval`() async throws {
        try await Self.withVirtualTime { client in
            _ = try await client.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1")
            let answer = try await client.send(
                .GET,
                "/api/v3/klines",
                "symbol=BTCUSDT&interval=1m",
                headers: [("X-MBX-TIME-UNIT", "MICROSECOND")]
            )
            let row = answer.json.elements?.last?.elements
            #expect(row?[0].integer == 1_762_999_980_000_000)
            #expect(row?[6].integer == 1_763_000_039_999_999)
        }
    }

    @Test func `an unknown unit is refused, in a header and in a path`() async throws {
        try await Self.withVirtualTime { client in
            let answer = try await client.send(
                .GET,
                "/api/v3/time",
                headers: [("X-MBX-TIME-UNIT", "SECOND")]
            )
            #expect(answer.code == -1194)
            #expect(
                answer.message
                    == "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
            )
            await #expect(throws: (any Error).self) {
                try await SocketClient.connect(client.server, "/ws?timeUnit=SECOND")
            }
        }
    }

    @Test func `streams and the WebSocket API tell times in the unit of their path`()
        async throws
    {
        try await Self.withVirtualTime { client in
            let names = ["trade", "aggTrade", "ticker", "kline_1m", "avgPrice", "depth@100ms"]
                .map { "btcusdt@" + $0 }
            let streams = names.joined(separator: "/")
            let path = "/stream?streams=\(streams)"
            let short = try await SocketClient.connect(client.server, path)
            let long = try await SocketClient.connect(
                client.server,
                path + "&timeUnit=MICROSECOND"
            )
            let api = try await SocketClient.connect(
                client.server,
                "/ws-api/v3?timeUnit=microsecond"
            )
            api.send(client.subscribeRequest())
            _ = await api.next()
            _ = try await client.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1")
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=1000")
            for (socket, length) in [(short, 13), (long, 16)] {
                for _ in names {
                    let text = try #require(await socket.nextText())
                    let times = Self.times(text)
                    #expect(!times.isEmpty && times.allSatisfy { $0 == length }, "\(text)")
                }
            }
            let event = try #require(await api.nextText())
            #expect(Self.times(event) == [16, 16, 16, 16], "E, T, O and W")
            api.send(#"{"id":1,"method":"time"}"#)
            let time = await api.next { $0["id"]?.integer == 1 }
            #expect(time?["result"]?["serverTime"]?.integer == 1_763_000_001_000_000)
        }
    }
}
