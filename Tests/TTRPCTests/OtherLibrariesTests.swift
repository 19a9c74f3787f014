import NIOCore
import Testing

@testable import TTRPC

/// What other libraries send and ours does not, byte for byte.
@Suite(.timeLimit(.minutes(1))) struct OtherLibrariesTests {
    private typealias RawFrame = RawSocket.RawFrame

    private static let service = Raw.field(1, "test.Echo")
    private static let method = Raw.field(2, "Echo")

    @Test(
        arguments: [
            // Containerd's for Go and for Rust leave out what is empty or zero.
            ("no payload", service + method, ""),
            ("an empty payload that is there", service + method + [0x1A, 0], ""),
            ("a timeout of zero that is there", service + method + [0x20, 0], ""),
            (
                "a timeout, then metadata whose keys repeat",
                service + method + Raw.field(3, "hi") + [0x20, 0x80, 0xC8, 0xAF, 0xA0, 0x25]
                    + Raw.field(5, Raw.field(1, "k") + Raw.field(2, "a"))
                    + Raw.field(5, Raw.field(1, "k") + Raw.field(2, "b")), "hi"
            ),
            (
                "metadata without a key, without a value, and with neither",
                service + method + Raw.field(3, "hi") + Raw.field(5, Raw.field(2, "a"))
                    + Raw.field(5, Raw.field(1, "k")) + [0x2A, 0], "hi"
            ),
            ("fields in another order", Raw.field(3, "hi") + method + service, "hi"),
            (
                "fields of a later version of the protocol",
                service + [0x30, 7] + method + Raw.field(15, "x") + [0x3D, 1, 2, 3, 4]
                    + Raw.field(3, "hi"), "hi"
            ),
            (
                "a scalar that is there twice: the last counts",
                service + method + Raw.field(3, "no") + Raw.field(3, "hi"), "hi"
            ),
            (
                "lengths written longer than they need be",
                service + method + [0x1A, 0x82, 0x80, 0x00, 0x68, 0x69], "hi"
            ),
        ] as [(String, [UInt8], String)]
    )
    func `a unary call is answered however it is written`(
        _ name: String,
        _ data: [UInt8],
        _ payload: String
    ) async throws {
        try await withEchoServer { _, path, _ in
            let socket = try RawSocket(to: .unix(path: path))
            try socket.send(Raw.frame(1, data))
            let frame = try #require(try socket.receiveFrame())
            #expect(frame.streamID == 1 && frame.type == 2 && frame.flags == 0)
            let answer = try EnvelopeDecoder().response(ByteBuffer(bytes: frame.data))
            #expect(answer.status.code == .ok && answer.payload == ByteBuffer(string: payload))
        }
    }

    @Test(arguments: [1, 5] as [UInt8])
    func `a server stream is opened with and without the flag for no data`(
        _ flags: UInt8
    ) async throws {
        try await withEchoServer { _, path, _ in
            let socket = try RawSocket(to: .unix(path: path))
            try socket.send(Raw.frame(1, flags: flags, Raw.echo("Count", "1")))
            let message = RawFrame(streamID: 1, type: 3, flags: 0, data: [0x30])
            #expect(try socket.receiveFrame() == message)
            // The flags by which the libraries for Go and Rust tell the end from a message.
            let end = RawFrame(streamID: 1, type: 3, flags: 5, data: [])
            #expect(try socket.receiveFrame() == end)
        }
    }

    /// The library for Rust opens a stream of its own with 6, and sends its messages behind that.
    @Test(arguments: [2, 6] as [UInt8])
    func `a client stream is refused as a call, however it is opened`(
        _ flags: UInt8
    ) async throws {
        try await withEchoServer { _, path, _ in
            let socket = try RawSocket(to: .unix(path: path))
            try socket.send(
                Raw.frame(1, flags: flags, Self.service + Self.method)
                    + Raw.frame(1, type: 3, [1]) + Raw.frame(1, type: 3, flags: 5, [])
                    + Raw.frame(3, Raw.echo("Echo", "on"))
            )
            let refusal = try #require(try socket.receiveFrame())
            #expect(Raw.reason(refusal.data) == "12 client streaming is not offered")
            #expect(try socket.receiveFrame()?.data == Raw.field(2, "on"))
        }
    }

    /// The library for Rust numbers a call in one step and queues it in another.
    @Test func `calls that several threads numbered are answered, in whatever order they come`()
        async throws
    {
        try await withEchoServer { _, path, _ in
            let socket = try RawSocket(to: .unix(path: path))
            let ids: [UInt32] = [5, 1, 3, 257, 7, 255, 259]
            for id in ids {
                try socket.send(Raw.frame(id, Raw.echo("Echo", "\(id)")))
                let answer = RawFrame(streamID: id, type: 2, flags: 0, data: Raw.field(2, "\(id)"))
                #expect(try socket.receiveFrame() == answer)
            }
            // Used already, below everything that could still come.
            try socket.send(Raw.frame(1, Raw.echo("Echo")))
            #expect(try socket.receiveFrame() == nil)
        }
    }

    @Test(arguments: ["authorization", "Authorization", "AUTHORIZATION"])
    func `metadata is found whatever a library makes of capitals`(_ key: String) {
        let call = Call(
            service: "",
            method: "",
            kind: .unary,
            payload: ByteBuffer(),
            deadline: nil,
            metadata: [Metadata("k", "0"), Metadata(key, "1"), Metadata(key, "2")],
            received: .now(),
            connection: ConnectionInfo(id: 1, peer: .tcp("test")),
            streamID: 1
        )
        #expect(call.metadataValue("authorization") == "1")
    }

    @Test func `each id is opened once, and late ones as far back as it is promised`() {
        var random = SeededGenerator(seed: 5)
        for round in 0..<200 {
            var ids = StreamIDs()
            var used: Set<UInt32> = []
            for _ in 0..<300 {
                let last = used.max() ?? 0
                let id: UInt32
                switch Int.random(in: 0..<6, using: &random) {
                case 0: id = UInt32.random(in: 0...last + 600, using: &random)
                case 1: id = last - min(last, UInt32.random(in: 0...300, using: &random)) | 1
                case 2 where round == 0: id = .max
                default: id = last + 2 * UInt32.random(in: 1...5, using: &random) - 1 | 1
                }
                let isInTime = id > last || (last - id) / 2 <= StreamIDs.lateMax
                let isGood = id % 2 == 1 && !used.contains(id) && isInTime
                #expect(ids.isOpenable(id) == isGood, "\(id) after \(last)")
                #expect(ids.open(id) == isGood)
                if isGood { used.insert(id) }
                if ids.last == .max { break }
            }
        }
    }
}
