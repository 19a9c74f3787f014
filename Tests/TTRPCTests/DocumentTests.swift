import Glibc
import NIOCore
import NIOPosix
import ProtobufArena
import Testing

@testable import TTRPC

/// docs/rpc.md promises that its bytes are what the server speaks.
@Suite(.timeLimit(.minutes(1))) struct DocumentTests {
    /// The text of a file of the package.
    private static func text(of path: String) throws -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let file = (root.map(String.init) + [path]).joined(separator: "/")
        let descriptor = unsafe open(file, O_RDONLY)
        try #require(descriptor >= 0, "cannot open \(file)")
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe read(descriptor, $0.baseAddress, $0.count)
        }
        try #require((1..<bytes.count).contains(count))
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// The bytes of the blocks that start with ```` ```hex kind ````: on each line the pairs of
    /// digits before the first double space.
    private static func blocks(_ kind: String, in text: String) throws -> [[UInt8]] {
        var blocks: [[UInt8]] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "```hex \(kind)" {
                blocks.append([])
                isInside = true
            } else if line.hasPrefix("```") {
                isInside = false
            } else if isInside {
                let digits = line.split(separator: "  ")[0]
                for pair in digits.split(separator: " ") {
                    blocks[blocks.count - 1].append(try #require(UInt8(pair, radix: 16)))
                }
            }
        }
        return blocks
    }

    @Test func `the example of the document is what the server speaks`() async throws {
        let text = try Self.text(of: "docs/rpc.md")
        let requests = try Self.blocks("request", in: text)
        let responses = try Self.blocks("response", in: text)
        #expect(requests.count == 2 && responses.count == 2)
        try await withSocketFolder { folder in
            let path = folder + "/s"
            let server = try await TTRPCServer.start(
                on: MultiThreadedEventLoopGroup.singleton.next(),
                addresses: [.unix(path: path)],
                makeHandler: Self.handler
            )
            let socket = try RawSocket(to: .unix(path: path))
            for (request, response) in zip(requests, responses) {
                try socket.send(request)
                #expect(try socket.receive(response.count) == response)
            }
            try await server.drain(timeout: .seconds(0)).get()
        }
    }

    @Test func `our client sends the bytes of the document`() throws {
        let requests = try Self.blocks("request", in: Self.text(of: "docs/rpc.md"))
        let service = "trading.v1.TradingService"
        let getOrder = RequestEnvelope(
            service: service,
            method: "GetOrder",
            payload: ByteBuffer(bytes: [0x08, 42]),
            timeoutNanoseconds: 2_000_000_000,
            metadata: [Metadata("trace", "7f")]
        )
        let getMode = RequestEnvelope(service: service, method: "GetMode", payload: ByteBuffer())
        let arena = ProtobufArena()
        for (index, request) in [getOrder, getMode].enumerated() {
            var bytes = ByteBuffer()
            try bytes.writeRequest(
                request,
                streamID: UInt32(2 * index + 1),
                flags: [],
                arena: arena
            )
            #expect(Array(buffer: bytes) == requests[index])
        }
    }

    @Test func `the document names every limit as it is`() throws {
        let text = try Self.text(of: "docs/rpc.md")
        let limits = ServerConfiguration()
        #expect(text.contains("| data of one frame | \(limits.frameBytesMax >> 20) MiB |"))
        let inFlight = limits.requestsInFlightPerConnectionMax
        #expect(text.contains("in flight on a connection | \(inFlight) |"))
        #expect(text.contains("| metadata entries of a request | \(limits.metadataEntriesMax) |"))
        #expect(text.contains("| connections | \(limits.connectionsMax) |"))
        #expect(text.contains("that does not read | \(limits.outboundBytesMax >> 20) MiB |"))
        for code in 0...16 {
            #expect(text.contains("| \(code) | \(StatusCode(rawValue: Int32(code))) |"))
        }
    }

    @Sendable private static func handler() -> any CallHandler {
        let router = Router()
        router.add("GetOrder", of: "trading.v1.TradingService") { call, responder in
            let isAsDocumented =
                call.payload == ByteBuffer(bytes: [0x08, 42])
                && call.metadata == [Metadata("trace", "7f")]
                && call.deadline == call.received + .seconds(2)
            responder.fail(
                Status(.notFound, isAsDocumented ? "order 42 is not known" : "\(call)")
            )
        }
        router.add("GetMode", of: "trading.v1.TradingService") { call, responder in
            let isAsDocumented = call.payload.readableBytes == 0 && call.deadline == nil
            responder.succeed(ByteBuffer(bytes: isAsDocumented ? [0x08, 2] : []))
        }
        return router
    }
}
