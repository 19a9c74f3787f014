import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Determinism")
struct DeterminismTests {
    /// Everything that an exchange says in a session of orders, cancels and passing time.
    private static func transcript(seed: UInt64) async throws -> [String] {
        var lines: [String] = []
        try await SimClient.withExchange {
            $0.seed = seed
            $0.marketIntervalMilliseconds = 150
            $0.virtualClockStart = WallTime(milliseconds: 1_763_000_000_000)
            $0.ignoresTimestamps = true
        } _: { client in
            let market = try await SocketClient.connect(
                client.server,
                "/stream?streams=btcusdt@trade/btcusdt@depth@100ms/btcusdt@kline_1s"
            )
            let user = try await client.userStream()
            for round in 0..<5 {
                let side = round % 2 == 0 ? "BUY" : "SELL"
                for query in [
                    "symbol=BTCUSDT&side=\(side)&type=MARKET&quantity=0.4",
                    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.3&price=59990",
                    "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=IOC&quantity=9&price=2599",
                ] {
                    lines.append(try await client.order(query).text)
                }
                lines.append(
                    try await client.signed(.DELETE, "/api/v3/openOrders", "symbol=BTCUSDT").text
                )
                lines.append(
                    try await client.send(.POST, "/sim/clock/advance", "ms=730").text
                )
                lines.append(
                    try await client.send(.GET, "/api/v3/depth", "symbol=BTCUSDT").text
                )
            }
            for symbol in ["BTCUSDT", "ETHUSDT"] {
                lines.append(
                    try await client.signed(.GET, "/api/v3/myTrades", "symbol=\(symbol)").text
                )
            }
            for _ in 0..<40 { lines.append(await market.nextText() ?? "closed") }
            for _ in 0..<20 { lines.append(await user.nextText() ?? "closed") }
        }
        return lines
    }

    @Test func `the same seed and requests give the same bytes, another seed does not`()
        async throws
    {
        let first = try await Self.transcript(seed: 7)
        let second = try await Self.transcript(seed: 7)
        #expect(first == second)
        let other = try await Self.transcript(seed: 8)
        #expect(first != other)
    }

    @Test func `a virtual clock stands until it is moved`() async throws {
        try await SimClient.withExchange {
            $0.virtualClockStart = WallTime(milliseconds: 1_000)
        } _: { client in
            #expect(try await client.send(.GET, "/api/v3/time").text == #"{"serverTime":1000}"#)
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=250")
            #expect(try await client.send(.GET, "/api/v3/time").text == #"{"serverTime":1250}"#)
        }
        try await SimClient.withExchange { client in
            let refused = try await client.send(.POST, "/sim/clock/advance", "ms=1")
            #expect(refused.status == 400)
        }
    }
}
