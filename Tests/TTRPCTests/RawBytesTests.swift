import NIOCore
import Testing

@testable import TTRPC

/// The server against bytes written by hand, so that our client cannot share its mistakes.
@Suite(.timeLimit(.minutes(1))) struct RawBytesTests {
    private typealias RawFrame = RawSocket.RawFrame

    @Test(arguments: Transport.allCases)
    func `a unary call, byte for byte`(_ transport: Transport) async throws {
        try await withEchoServer { server, path, _ in
            let socket = try RawSocket(to: transport.address(server, path))
            try socket.send(
                [0, 0, 0, 21, 0, 0, 0, 1, 1, 0]
                    + [0x0A, 9] + Array("test.Echo".utf8) + [0x12, 4] + Array("Echo".utf8)
                    + [0x1A, 2, 0x68, 0x69]
            )
            #expect(
                try socket.receive(14) == [0, 0, 0, 4, 0, 0, 0, 1, 2, 0, 0x12, 2, 0x68, 0x69]
            )
        }
    }

    @Test func `a server stream, byte for byte`() async throws {
        try await withEchoServer { _, path, _ in
            let socket = try RawSocket(to: .unix(path: path))
            try socket.send(Raw.frame(1, flags: 1, Raw.echo("Count", "2")))
            #expect(
                try socket.receive(32) == [0, 0, 0, 1, 0, 0, 0, 1, 3, 0, 0x30]
                    + [0, 0, 0, 1, 0, 0, 0, 1, 3, 0, 0x31]
                    + [0, 0, 0, 0, 0, 0, 0, 1, 3, 5]
            )
        }
    }

    @Test func `a request that comes byte by byte is answered`() async throws {
        try await withEchoServer { server, path, _ in
            let socket = try RawSocket(to: Transport.tcp.address(server, path))
            for byte in Raw.frame(1, Raw.echo("Echo", "slow")) { try socket.send([byte]) }
            let answer = RawFrame(streamID: 1, type: 2, flags: 0, data: Raw.field(2, "slow"))
            #expect(try socket.receiveFrame() == answer)
        }
    }

    @Test func `calls in one piece are answered each on its stream`() async throws {
        try await withEchoServer { _, path, _ in
            let socket = try RawSocket(to: .unix(path: path))
            let ids = stride(from: 1, to: 200, by: 6).map { UInt32($0) }
            try socket.send(ids.flatMap { Raw.frame($0, Raw.echo("Echo", "\($0)")) })
            for id in ids {
                let answer = RawFrame(streamID: id, type: 2, flags: 0, data: Raw.field(2, "\(id)"))
                #expect(try socket.receiveFrame() == answer)
            }
        }
    }

    @Test(
        arguments: [
            ("bytes that are no message", [0xFF], 3, "the bytes are not a ttrpc.Request"),
            ("a service that is a number", [0x08, 1], 3, "the bytes are not a ttrpc.Request"),
            (
                "a NUL in the method", Raw.field(1, "a") + Raw.field(2, [0x61, 0]), 3,
                "ttrpc.method holds a NUL or invalid UTF-8"
            ),
            (
                "invalid UTF-8 in the metadata", Raw.field(5, Raw.field(2, [0xC3])), 3,
                "ttrpc.metadata.value holds a NUL or invalid UTF-8"
            ),
            ("nothing at all", [], 12, "there is no service "),
            (
                "a negative timeout", [0x20] + Array(repeating: 0xFF, count: 9) + [0x01], 4,
                "the deadline passed before arrival"
            ),
        ] as [(String, [UInt8], UInt8, String)]
    )
    func `a frame with a bad request is refused and the connection goes on`(
        _ name: String,
        _ data: [UInt8],
        _ code: UInt8,
        _ message: String
    ) async throws {
        try await withEchoServer { _, path, _ in
            let socket = try RawSocket(to: .unix(path: path))
            try socket.send(Raw.frame(1, data))
            let refusal = RawFrame(
                streamID: 1,
                type: 2,
                flags: 0,
                data: Raw.status(code, message)
            )
            #expect(try socket.receiveFrame() == refusal)
            try socket.send(Raw.frame(3, Raw.echo("Echo", "on")))
            let answer = RawFrame(streamID: 3, type: 2, flags: 0, data: Raw.field(2, "on"))
            #expect(try socket.receiveFrame() == answer)
        }
    }

    @Test(arguments: [[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [1]] as [[UInt8]])
    func `the longest and the shortest timeout do no harm`(_ timeout: [UInt8]) async throws {
        try await withEchoServer { _, path, _ in
            let socket = try RawSocket(to: .unix(path: path))
            try socket.send(Raw.frame(1, Raw.echo("Echo", "hi") + [0x20] + timeout))
            #expect(try socket.receiveFrame()?.data == Raw.field(2, "hi"))
        }
    }

    @Test func `a client stream is UNIMPLEMENTED and its data is ignored`() async throws {
        try await withEchoServer { _, path, _ in
            let socket = try RawSocket(to: .unix(path: path))
            try socket.send(
                Raw.frame(1, flags: 2, Raw.echo("Echo")) + Raw.frame(1, type: 3, [1, 2])
                    + Raw.frame(1, type: 3, flags: 5, []) + Raw.frame(3, Raw.echo("Echo", "on"))
            )
            let refusal = Raw.status(12, "client streaming is not offered")
            #expect(
                try socket.receiveFrame()
                    == RawFrame(streamID: 1, type: 2, flags: 0, data: refusal)
            )
            #expect(try socket.receiveFrame()?.streamID == 3)
        }
    }

    /// Each is sent after a successful call on stream 5; `reason` is on stream `streamID`, if any.
    @Test(
        arguments: [
            ("type 0", Raw.frame(7, type: 0, []), nil, ""),
            ("type 4", Raw.frame(7, type: 4, []), nil, ""),
            ("a response", Raw.frame(7, type: 2, []), nil, ""),
            (
                "a request beyond the limit", Raw.frame(7, length: 1001, []), 7,
                Raw.reason(8, "frame of 1001 bytes exceeds the limit of 1000")
            ),
            ("a response beyond the limit", Raw.frame(7, type: 2, length: 1001, []), nil, ""),
            ("a stale request beyond the limit", Raw.frame(5, length: 1001, []), nil, ""),
            (
                "an even stream id", Raw.frame(8, Raw.echo("Echo")), 8,
                Raw.reason(3, "stream id 8 is even, which a client may not use")
            ),
            (
                "stream id zero", Raw.frame(0, Raw.echo("Echo")), 0,
                Raw.reason(3, "stream id 0 is even, which a client may not use")
            ),
            ("the same stream id again", Raw.frame(5, Raw.echo("Echo")), nil, ""),
            (
                "unknown flags", Raw.frame(7, flags: 4, Raw.echo("Echo")), 7,
                Raw.reason(3, "request with flags 4")
            ),
            (
                "data on a stream never opened", Raw.frame(7, type: 3, [1]), 7,
                Raw.reason(3, "data on stream 7, never opened")
            ),
        ] as [(String, [UInt8], UInt32?, String)]
    )
    func `a broken protocol closes that connection, with the reason where it can be told`(
        _ name: String,
        _ wire: [UInt8],
        _ streamID: UInt32?,
        _ reason: String
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.frameBytesMax = 1000
        try await withEchoServer(configuration) { server, path, log in
            let other = try RawSocket(to: .unix(path: path))
            try other.send(Raw.frame(1, Raw.echo("Echo")))
            #expect(try other.receiveFrame()?.streamID == 1)
            let socket = try RawSocket(to: Transport.tcp.address(server, path))
            try socket.send(Raw.frame(5, Raw.echo("Echo")))
            #expect(try socket.receiveFrame()?.streamID == 5)

            // More follows, which must neither be answered nor keep the reason from arriving.
            try socket.send(wire + Raw.frame(9, Raw.echo("Echo", "more")))
            if let streamID {
                let frame = try #require(try socket.receiveFrame())
                #expect(frame.streamID == streamID && frame.type == 2)
                #expect(Raw.reason(frame.data) == reason)
            }
            #expect(try socket.receiveFrame() == nil)
            socket.shutdownWriting()
            try await log.wait { $0.hasPrefix("closed protocolViolation") }

            try other.send(Raw.frame(3, Raw.echo("Echo")))
            #expect(try other.receiveFrame()?.streamID == 3)
        }
    }

    @Test(arguments: Transport.allCases)
    func `answers that the socket has no room for come whole, behind them the later ones`(
        _ transport: Transport
    ) async throws {
        try await withEchoServer { server, path, _ in
            let socket = try RawSocket(to: transport.address(server, path))
            var lastID: UInt32 = 0
            func ask(_ count: Int) throws -> [UInt32] {
                let ids = (0..<UInt32(count)).map { lastID + 1 + 2 * $0 }
                lastID += 2 * UInt32(count)
                try socket.send(
                    ids.flatMap { id in
                        let isLarge = id % 4 == 1
                        let text = isLarge ? Raw.echo("Large", "60000") : Raw.echo("Echo", "\(id)")
                        return Raw.frame(id, text)
                    }
                )
                return ids
            }
            var awaited = try Set(ask(120))
            for round in 1...3 {
                // Some are read, others are asked for while the rest of the first waits.
                for _ in 0..<(round == 3 ? awaited.count : 40) {
                    let frame = try #require(try socket.receiveFrame())
                    #expect(awaited.remove(frame.streamID) != nil && frame.type == 2)
                    let expected =
                        frame.streamID % 4 == 1
                        ? [0x12, 0xE0, 0xD4, 0x03] + [UInt8](repeating: 7, count: 60_000)
                        : Raw.field(2, "\(frame.streamID)")
                    #expect(frame.data == expected, "stream \(frame.streamID)")
                }
                if round < 3 { try awaited.formUnion(ask(30)) }
            }
            #expect(awaited.isEmpty)
        }
    }

    @Test func `a reader that does not read is cut off and others are served`() async throws {
        try await withEchoServer { server, path, log in
            let address = Transport.tcp.address(server, path)
            let slow = try RawSocket(to: address)
            let other = try RawSocket(to: address)
            try slow.send(Raw.frame(1, flags: 1, Raw.echo("Flood")))
            try await log.wait { $0.hasPrefix("closed slowReader") }
            #expect(log.all.contains("cancelled connectionClosed"))
            try other.send(Raw.frame(1, Raw.echo("Echo", "here")))
            #expect(try other.receiveFrame()?.data == Raw.field(2, "here"))
        }
    }

    @Test func `a caller that sends and never reads answers is cut off`() async throws {
        var configuration = ServerConfiguration()
        configuration.outboundBytesMax = 5 << 20
        try await withEchoServer(configuration) { server, path, log in
            let socket = try RawSocket(to: Transport.tcp.address(server, path))
            let error = #expect(throws: RawSocket.Failure.self) {
                for number in 0..<1000 {
                    let id = UInt32(number * 2 + 1)
                    try socket.send(Raw.frame(id, Raw.echo("Large", "1000000")))
                }
                // All requests fitted the socket; the cut is then seen when reading past it.
                while try socket.receiveFrame() != nil {}
                throw RawSocket.Failure(call: "end", errno: 0)
            }
            #expect(error != nil)
            try await log.wait { $0.hasPrefix("closed slowReader") }
        }
    }
}

extension Raw {
    /// `code message`, for tables.
    static func reason(_ code: Int, _ message: String) -> String {
        "\(code) \(message)"
    }

    /// The same from a response with a short status.
    static func reason(_ response: [UInt8]) -> String {
        guard response.count > 6, response[0] == 0x0A, response[2] == 0x08, response[4] == 0x12
        else { return "no status: \(response)" }
        return reason(Int(response[3]), String(decoding: response.dropFirst(6), as: UTF8.self))
    }
}
