import NIOCore
import NIOEmbedded
import Testing

@testable import TTRPC

/// Random sequences of frames, truncated, doubled, reordered, dropped and cut into pieces, against
/// a model of the protocol that knows nothing of the code.
@Suite struct FrameSequenceTests {
    private struct Item: Equatable {
        var streamID: UInt32
        var isRequest: Bool

        var bytes: [UInt8] {
            isRequest
                ? Raw.frame(streamID, Raw.echo("Echo", "\(streamID)"))
                : Raw.frame(streamID, type: 3, flags: 1, [9])
        }
    }

    /// What a connection is expected to say.
    private struct Expected: Equatable {
        var answered: [UInt32] = []
        var isClosed = false

        init(_ items: [Item]) {
            // None of these ids is so far below another that it would come too late.
            var used: Set<UInt32> = []
            for item in items where !isClosed {
                let isOpened = item.streamID % 2 == 1 && item.streamID <= used.max() ?? 0
                if item.isRequest {
                    if item.streamID % 2 == 0 || !used.insert(item.streamID).inserted {
                        isClosed = true
                    } else {
                        answered.append(item.streamID)
                    }
                } else if !isOpened {
                    isClosed = true
                }
            }
        }
    }

    private final class Handler: CallHandler {
        var isClosed = false

        func receive(_ call: Call, _ responder: Responder) { responder.succeed(call.payload) }

        func connectionClosed(_ connection: ConnectionInfo, reason: CloseReason) {
            if case .protocolViolation = reason { isClosed = true }
        }
    }

    private static func items(using random: inout some RandomNumberGenerator) -> [Item] {
        var items: [Item] = []
        for number in 0..<UInt32.random(in: 1...8, using: &random) {
            items.append(Item(streamID: 2 * number + 1, isRequest: true))
            if Int.random(in: 0..<4, using: &random) == 0 {
                let opened = UInt32.random(in: 0...number, using: &random)
                items.append(Item(streamID: 2 * opened + 1, isRequest: false))
            }
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let place = Int.random(in: items.indices, using: &random)
            let other = Int.random(in: items.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: items.insert(items[place], at: other)
            case 1: items.swapAt(place, other)
            case 2 where items.count > 1: items.remove(at: place)
            default: items[place].streamID += UInt32.random(in: 0...1, using: &random)
            }
        }
        return items
    }

    @Test func `whatever the order of frames, each call is answered once and lies end it`() throws {
        var random = SeededGenerator(seed: 11)
        var closedCount = 0
        for round in 0..<4_000 {
            let items = Self.items(using: &random)
            var bytes = items.flatMap(\.bytes)
            var whole = items
            if Int.random(in: 0..<4, using: &random) == 0, let last = items.last {
                bytes.removeLast(Int.random(in: 1..<last.bytes.count, using: &random))
                whole.removeLast()
            }
            let expected = Expected(whole)
            let (answers, isClosed) = try Self.run(bytes, using: &random)
            let ids = answers.map(\.streamID)
            // A violation may be told on the stream that it is about.
            #expect(ids.starts(with: expected.answered), "round \(round): \(items)")
            #expect(ids.count - expected.answered.count <= (expected.isClosed ? 1 : 0))
            #expect(isClosed == expected.isClosed, "round \(round): \(items)")
            for answer in answers.prefix(expected.answered.count) {
                let text = ByteBuffer(string: "\(answer.streamID)")
                #expect(try EnvelopeDecoder().response(answer.payload).payload == text)
            }
            closedCount += isClosed ? 1 : 0
        }
        #expect((400...3_600).contains(closedCount), "\(closedCount) of 4,000 were closed")
    }

    @Test func `pieces of several connections, interleaved, are not mixed up`() throws {
        var random = SeededGenerator(seed: 23)
        for _ in 0..<300 {
            let loop = EmbeddedEventLoop()
            let core = ServerCore(
                eventLoop: loop,
                configuration: ServerConfiguration(),
                handler: Handler()
            )
            let count = Int.random(in: 2...5, using: &random)
            var ends: [(channel: EmbeddedChannel, rest: ArraySlice<UInt8>, texts: [String])] = []
            for number in 0..<count {
                let channel = EmbeddedChannel(loop: loop)
                try core.accept(channel, peer: .tcp("test \(number)"))
                channel.pipeline.fireChannelActive()
                let texts = (0..<Int.random(in: 1...6, using: &random)).map { "\(number):\($0)" }
                let bytes = texts.enumerated().flatMap { index, text in
                    Raw.frame(UInt32(2 * index + 1), Raw.echo("Echo", text))
                }
                ends.append((channel, bytes[...], texts))
            }
            while let place = ends.indices.filter({ !ends[$0].rest.isEmpty })
                .randomElement(using: &random)
            {
                let piece = ends[place].rest.prefix(Int.random(in: 1...40, using: &random))
                ends[place].rest = ends[place].rest.dropFirst(piece.count)
                try ends[place].channel.writeInbound(ByteBuffer(bytes: piece))
            }
            loop.run()
            for (channel, _, texts) in ends {
                var reader = FrameReader()
                while let written = try channel.readOutbound(as: ByteBuffer.self) {
                    reader.append(written)
                }
                var answers: [String] = []
                while let frame = try reader.next() {
                    #expect(frame.streamID == UInt32(2 * answers.count + 1))
                    let payload = try EnvelopeDecoder().response(frame.payload).payload
                    answers.append(String(buffer: payload))
                }
                #expect(answers == texts)
                channel.pipeline.fireChannelInactive()
                _ = try? channel.finish(acceptAlreadyClosed: true)
            }
        }
    }

    /// Sends the bytes in pieces; the frames that came back, and whether the protocol was broken.
    private static func run(
        _ bytes: [UInt8],
        using random: inout some RandomNumberGenerator
    ) throws -> (answers: [Frame], isClosed: Bool) {
        let loop = EmbeddedEventLoop()
        let handler = Handler()
        let core = ServerCore(
            eventLoop: loop,
            configuration: ServerConfiguration(),
            handler: handler
        )
        let channel = EmbeddedChannel(loop: loop)
        try core.accept(channel, peer: .tcp("test"))
        channel.pipeline.fireChannelActive()
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...max(1, bytes.count / 2), using: &random)
            try channel.writeInbound(ByteBuffer(bytes: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        loop.run()
        var reader = FrameReader()
        var answers: [Frame] = []
        while let written = try channel.readOutbound(as: ByteBuffer.self) {
            reader.append(written)
            while let frame = try reader.next() { answers.append(frame) }
        }
        channel.pipeline.fireChannelInactive()
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return (answers, handler.isClosed)
    }
}
