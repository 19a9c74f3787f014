import MarketReplay
import NIOEmbedded
import NIOCore
import NIOHTTP1
import Testing

@testable import ExchangeSim

@Suite("Malformed bytes")
struct MalformedBytesTests {
    @Test(arguments: [
        "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{03}\u{01}\u{02}\r\n\r\n",
        "GET /api/v3/ping HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /api/v3/order HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /api/v3/order HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /api/v3/order HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        "GET /api/v3/ping HTTP/1.1\r\nBad Name: x\r\n\r\n",
        "GET /api/v3/ping HTTP/1.1\r\nX: \0\r\n\r\n",
        "GET /api/v3/ping HTTP/1.1\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n",
    ])
    func `malformed HTTP is refused, and others are served`(_ bytes: String) async throws {
        try await SimClient.withExchange { client in
            let connection = try await RawConnection.open(client.server)
            connection.send(bytes)
            let answer = String(decoding: await connection.untilClosed(), as: UTF8.self)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
            let ping = try await client.send(.GET, "/api/v3/ping")
            #expect(ping.status == 200)
        }
    }

    @Test func `a body over a megabyte is refused as a whole`() async throws {
        try await SimClient.withExchange { client in
            // What follows the part that is too much must not be taken for the request.
            let body = String(repeating: "x", count: (1 << 20) + 1) + "&symbol=BTCUSDT"
            let answer = try await client.send(.POST, "/api/v3/order", body: body)
            #expect(answer.status == 413)
        }
    }

    /// A frame's header, four bytes of mask that change nothing, and a payload.
    private static func frame(_ first: UInt8, _ length: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        [first] + length + [0, 0, 0, 0] + payload
    }

    private static let frames: [(String, [UInt8])] = [
        ("a reserved bit", Self.frame(0xC1, [0x82], [0x7B, 0x7D])),
        ("an opcode that is not defined", Self.frame(0x83, [0x81], [0])),
        ("no mask", [0x81, 0x02, 0x7B, 0x7D]),
        ("a long ping", Self.frame(0x89, [0xFE, 0, 200], Array(repeating: 0, count: 200))),
        ("a ping in parts", Self.frame(0x09, [0x81], [0])),
        ("a continuation of nothing", Self.frame(0x80, [0x81], [0])),
        ("two beginnings", Self.frame(0x01, [0x81], [0x7B]) + Self.frame(0x01, [0x81], [0x7B])),
        ("a length beyond reason", [0x81, 0xFF, 0x7F] + Array(repeating: 0xFF, count: 7)),
        ("a frame over a megabyte", [0x81, 0xFF, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0]),
    ]

    @Test(arguments: Self.frames, ["/ws", "/ws-api/v3"])
    func `malformed frames end their connection, and others are served`(
        _ frame: (String, [UInt8]),
        _ path: String
    ) async throws {
        try await SimClient.withExchange { client in
            let connection = try await RawConnection.openWebSocket(client.server, path)
            connection.send(frame.1)
            let answer = await connection.untilClosed()
            #expect(answer.isEmpty || answer[0] == 0x88, "\(frame.0): \(answer)")
            let ping = try await client.send(.GET, "/api/v3/ping")
            #expect(ping.status == 200)
        }
    }

    @Test(arguments: ["01", "+1", "1.", ".5", "1e", "--1", "nan", "inf", #""\u+12a""#])
    func `what is nearly JSON is none`(_ text: String) {
        #expect(JSONValue(parsing: Array(text.utf8)) == nil)
    }

    @Test func `a name that needs escapes is written with them`() {
        let text = #"{"a\"b\\":-1.5e+3}"#
        var writer = JSONWriter()
        JSONValue(parsing: Array(text.utf8))?.write(to: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test(arguments: ["", "{", "[]", "{\"id\":1}", "\u{FFFD}", "{\"method\":5,\"params\":7}"])
    func `texts that say nothing are answered, and the connection stays`(
        _ text: String
    ) async throws {
        try await SimClient.withExchange { client in
            for path in ["/ws", "/ws-api/v3"] {
                let socket = try await SocketClient.connect(client.server, path)
                socket.send(text)
                let answer = await socket.next()
                #expect(answer?["error"] != nil, "\(path): \(String(describing: answer))")
                socket.send(#"{"id":2,"method":"ping"}"#)
                #expect(await socket.next()?["id"]?.integer == 2)
                try await socket.close()
            }
        }
    }

    @Test(arguments: [
        "GET /api/v3/ping HTTP/1.1\r\nHost: x",
        "POST /api/v3/order HTTP/1.1\r\nHost: x\r\n"
            + "Content-Length: 9\r\n\r\nsymbol",
    ])
    func `a request that never ends is cut off, a connection that waits is not`(
        _ part: String
    ) async throws {
        try await SimClient.withExchange {
            $0.requestTimeoutMilliseconds = 50
        } _: { client in
            let idle = try await RawConnection.open(client.server)
            let used = try await RawConnection.open(client.server)
            used.send("GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = await used.next()
            let slow = try await RawConnection.open(client.server)
            slow.send(part)
            #expect(await slow.untilClosed().isEmpty)
            for connection in [idle, used] {
                connection.send("GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = await connection.next() ?? []
                #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
            }
            // A WebSocket's bytes are no request.
            let socket = try await RawConnection.openWebSocket(client.server, "/ws-api/v3")
            socket.send([0x81])
            let other = try await RawConnection.open(client.server)
            other.send(part)
            #expect(await other.untilClosed().isEmpty)
            socket.send([0x82, 0, 0, 0, 0, 0x7B, 0x7D])
            #expect(await socket.next() != nil)
        }
    }
}
