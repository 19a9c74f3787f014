import MarketReplay
import NIOHTTP1
import NIOWebSocket
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Life of a WebSocket")
struct ConnectionTests {
    static let polite = SocketClient.Manners(answersPings: true, reportsClose: true)

    @Test func `three pings without an answer end a connection, an unasked pong answers none`() {
        var life = ConnectionLife(openedAt: WallTime(milliseconds: 0))
        for round in 0..<9 {
            #expect(life.ping("p\(round)") == nil)
            life.pong("p\(round)")
        }
        for payload in ["a", "b", "c"] {
            #expect(life.ping(payload) == nil)
            life.pong("")
            life.pong("other")
        }
        #expect(life.ping("d") == .pongMissing)
        life.pong("b")
        #expect(life.ping("d") == nil, "a pong answers the pings before its own, too")
        #expect(life.ping("e") == nil)
        #expect(life.ping("f") == .pongMissing)
    }

    @Test func `five messages a second may come, in any second`() {
        var life = ConnectionLife(openedAt: WallTime(milliseconds: 0))
        let time = { (milliseconds: UInt64) in
            MonotonicTime(nanoseconds: milliseconds * 1_000_000)
        }
        for milliseconds: UInt64 in [0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800] {
            #expect(life.receive(at: time(milliseconds)) == nil)
        }
        #expect(life.receive(at: time(1999)) == .tooManyMessages)
        #expect(life.receive(at: time(2000)) == nil)
    }

    @Test func `a client that does not answer pings is disconnected, one that does is not`()
        async throws
    {
        try await SimClient.withExchange {
            $0.pingIntervalMilliseconds = 20
            // So many pongs would be a flood.
            $0.enforcesRateLimits = false
        } _: { client in
            var rude = Self.polite
            rude.answersPings = false
            let good = try await SocketClient.connect(client.server, "/ws", Self.polite)
            for path in ["/ws", "/ws-api/v3"] {
                let bad = try await SocketClient.connect(client.server, path, rude)
                let close = await bad.next()
                #expect(close?["close"]?.integer == 1008)
                #expect(close?["reason"]?.text == "Pong timeout")
                #expect(await bad.next() == nil)
            }
            good.send(#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#)
            #expect(await good.next()?["id"]?.integer == 1)
        }
    }

    @Test func `a sixth message in a second ends a stream, pings and pongs included`()
        async throws
    {
        try await SimClient.withExchange {
            // However slow the machine is.
            $0.messageWindowMilliseconds = 3_600_000
        } _: { client in
            let socket = try await SocketClient.connect(client.server, "/ws", Self.polite)
            for id in 1...3 {
                socket.send(#"{"method":"LIST_SUBSCRIPTIONS","id":\#(id)}"#)
                #expect(await socket.next()?["id"]?.integer == Int64(id))
            }
            socket.send(.ping, "x")
            socket.send(.pong, "")
            socket.send(#"{"method":"LIST_SUBSCRIPTIONS","id":6}"#)
            let close = await socket.next()
            #expect(close?["close"]?.integer == 1008)
            #expect(close?["reason"]?.text == "Too many requests")
            let api = try await SocketClient.connect(client.server, "/ws-api/v3")
            for id in 1...20 {
                api.send(#"{"method":"ping","id":\#(id)}"#)
                #expect(await api.next()?["id"]?.integer == Int64(id), "counted by weight instead")
            }
        }
    }

    @Test func `a connection is closed when it is 24 hours old`() async throws {
        try await SimClient.withExchange {
            $0.virtualClockStart = WallTime(milliseconds: 1_763_000_000_000)
        } _: { client in
            var old: [SocketClient] = []
            for path in ["/ws", "/stream", "/ws-api/v3"] {
                old.append(try await SocketClient.connect(client.server, path, Self.polite))
            }
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=43200000")
            let younger = try await SocketClient.connect(client.server, "/ws", Self.polite)
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=43199000")
            for socket in old {
                socket.send(#"{"method":"ping","id":1}"#)
                #expect(await socket.next()?["id"]?.integer == 1, "not yet")
            }
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=1000")
            for socket in old {
                #expect(await socket.next()?["close"]?.integer == 1001)
                #expect(await socket.next() == nil)
            }
            younger.send(#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#)
            #expect(await younger.next()?["id"]?.integer == 1)
        }
    }

    @Test func `a connection has at most 1024 streams`() async throws {
        try await SimClient.withExchange { configuration in
            configuration.symbols = (0..<40).compactMap { number in
                let letters = [number / 26, number % 26].compactMap { UnicodeScalar(65 + $0) }
                return SimConfiguration.symbol("X\(letters[0])\(letters[1])USDT")
            }
        } _: { client in
            let kinds = Exchange.streamKinds.sorted().prefix(26)
            let names = client.server.exchangeSymbols.flatMap { symbol in
                kinds.map { "\"\(symbol)@\($0)\"" }
            }
            #expect(names.count == 1040)
            let socket = try await SocketClient.connect(client.server, "/ws")
            let most = names.prefix(1024).joined(separator: ",")
            // Streams speak in between.
            for (id, names, isTooMany) in [
                (Int64(1), most, false), (2, names[0], false), (3, names[1030], true),
            ] {
                socket.send(#"{"method":"SUBSCRIBE","params":[\#(names)],"id":\#(id)}"#)
                let answer = await socket.next { $0["id"]?.integer == id }
                #expect(answer?["error"]?["code"]?.integer == (isTooMany ? 2 : nil))
            }
        }
    }

    @Test(arguments: [
        ("/ws/btcusdt@trade", "market", #"{"e":"serverShutdown","E":1763000000000}"#),
        (
            "/stream?streams=btcusdt@trade", "market",
            #"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1763000000000}}"#
        ),
        ("/ws-api/v3", "user", #"{"event":{"e":"serverShutdown","E":1763000000000}}"#),
    ])
    func `a server that goes away says so in the words of each kind of connection`(
        _ path: String,
        _ kind: String,
        _ text: String
    ) async throws {
        try await SimClient.withExchange {
            $0.virtualClockStart = WallTime(milliseconds: 1_763_000_000_000)
            $0.ignoresTimestamps = true
        } _: { client in
            let socket = try await SocketClient.connect(client.server, path, Self.polite)
            if kind == "user" {
                socket.send(client.subscribeRequest())
                _ = await socket.next()
            }
            _ = try await client.send(.POST, "/sim/streams", "action=shutdown&kind=\(kind)")
            #expect(await socket.nextText() == text)
            #expect(await socket.next()?["close"]?.integer == 1001)
        }
    }

    @Test func `the end of a subscription is told on its own stream`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            socket.send(#"{"id":1,"method":"userDataStream.unsubscribe"}"#)
            let event = await socket.next()
            #expect(event?["subscriptionId"]?.integer == 0)
            #expect(event?["event"]?["e"]?.text == "eventStreamTerminated")
            #expect(await socket.next()?["result"] == .object([]))
        }
    }
}

extension SimServer {
    /// The stream names of the default configuration's symbols are in lower case.
    fileprivate var exchangeSymbols: [String] {
        (0..<40).map { number in
            let letters = [number / 26, number % 26].compactMap { UnicodeScalar(97 + $0) }
            return "x\(letters[0])\(letters[1])usdt"
        }
    }
}
