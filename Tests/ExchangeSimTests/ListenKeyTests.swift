import MarketReplay
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Listen keys")
struct ListenKeyTests {
    static let path = "/api/v3/userDataStream"

    private static func withListenKeys(
        _ body: (SimClient) async throws -> Void
    ) async throws {
        try await SimClient.withExchange {
            $0.servesListenKeys = true
            $0.virtualClockStart = WallTime(milliseconds: 1_763_000_000_000)
            $0.ignoresTimestamps = true
            $0.symbols.removeLast()
        } _: { client in
            try await body(client)
        }
    }

    private static func ask(
        _ client: SimClient,
        _ method: HTTPMethod,
        _ listenKey: String? = nil
    ) async throws -> SimClient.Answer {
        try await client.send(
            method,
            Self.path,
            listenKey.map { "listenKey=\($0)" } ?? "",
            headers: [("X-MBX-APIKEY", client.key)]
        )
    }

    @Test(arguments: [HTTPMethod.POST, .PUT, .DELETE])
    func `without the switch they are gone, as on Binance`(_ method: HTTPMethod) async throws {
        try await SimClient.withExchange { client in
            let answer = try await Self.ask(client, method)
            #expect(answer.status == 410)
            #expect(answer.headers.first(name: "Content-Type") == "text/html")
            let socket = try await SocketClient.connect(client.server, "/ws-api/v3")
            for name in ["start", "ping", "stop"] {
                socket.send(#"{"id":1,"method":"userDataStream.\#(name)"}"#)
                #expect(await socket.next()?["error"]?["code"]?.integer == -1020)
            }
        }
    }

    @Test func `a key needs no signature, is the same until it ends, and carries the events`()
        async throws
    {
        try await Self.withListenKeys { client in
            let key = try #require(
                try await Self.ask(client, .POST).json["listenKey"]?.text
            )
            #expect(key.utf8.count == 64)
            #expect(try await Self.ask(client, .POST).json["listenKey"]?.text == key)
            let bare = try await SocketClient.connect(client.server, "/ws/\(key)")
            let wrapped = try await SocketClient.connect(client.server, "/stream?streams=\(key)")
            let asked = try await SocketClient.connect(client.server, "/ws")
            asked.send(#"{"method":"SUBSCRIBE","params":["\#(key)"],"id":1}"#)
            #expect(await asked.next()?["result"] == .null)
            _ = try await client.send(.POST, "/sim/deposit", "asset=BTC&amount=1")
            #expect(await bare.next()?["e"]?.text == "balanceUpdate")
            #expect(await asked.next()?["e"]?.text == "balanceUpdate")
            let event = await wrapped.next()
            #expect(event?["stream"]?.text == key)
            #expect(event?["data"]?["e"]?.text == "balanceUpdate")
            #expect(try await Self.ask(client, .DELETE, key).text == "{}")
            _ = try await client.send(.POST, "/sim/deposit", "asset=BTC&amount=2")
            for socket in [bare, asked] {
                #expect(await socket.next()?["e"]?.text == "outboundAccountPosition")
                socket.send(#"{"method":"GET_PROPERTY","params":["combined"],"id":9}"#)
                #expect(await socket.next()?["id"]?.integer == 9, "nothing of the second deposit")
            }
        }
    }

    @Test func `a key ends an hour after it was last extended, and says so`() async throws {
        try await Self.withListenKeys { client in
            let key = try #require(
                try await Self.ask(client, .POST).json["listenKey"]?.text
            )
            let socket = try await SocketClient.connect(client.server, "/ws/\(key)")
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=3599000")
            #expect(try await Self.ask(client, .PUT, key).text == "{}")
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=3599000")
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=2000")
            let event = await socket.next()
            #expect(event?["e"]?.text == "listenKeyExpired")
            #expect(event?["listenKey"]?.text == key)
            let gone = try await Self.ask(client, .PUT, key)
            #expect(gone.status == 400)
            #expect(gone.text == #"{"code":-1125,"msg":"This listenKey does not exist."}"#)
        }
    }

    @Test func `keys are refused without an API key, and where none is named`() async throws {
        try await Self.withListenKeys { client in
            let unnamed = try await client.send(.POST, Self.path)
            #expect(unnamed.code == -2014)
            let empty = try await Self.ask(client, .PUT)
            #expect(empty.code == -1102)
            let unknown = try await Self.ask(client, .DELETE, "nonsense")
            #expect(unknown.code == -1125)
        }
    }
}
