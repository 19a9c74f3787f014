import NIOCore
import NIOEmbedded
import ProtobufArena
import TradingAPI
import TradingCore

@testable import TTRPC

/// The gateway's doors.
extension FuzzTarget {
    /// Small, so that its edge is met often.
    private static let frameBytesMax = 1_024

    /// Frames are the same in whatever pieces they come; the first byte says in which.
    static func runFrames(_ bytes: [UInt8]) {
        let rest = bytes.dropFirst()
        let whole = Self.frames(of: rest, pieceBytes: max(rest.count, 1))
        let cut = Self.frames(of: rest, pieceBytes: Int(bytes.first ?? 0) + 1)
        invariant(whole.frames == cut.frames, "frames that depend on how they arrive")
        invariant(whole.violation == cut.violation, "a violation that depends on it")
    }

    private static func frames(
        of bytes: ArraySlice<UInt8>,
        pieceBytes: Int
    ) -> (frames: [Frame], violation: FrameViolation?) {
        var reader = FrameReader(frameBytesMax: Self.frameBytesMax)
        var frames: [Frame] = []
        var rest = bytes
        while !rest.isEmpty {
            reader.append(ByteBuffer(bytes: rest.prefix(pieceBytes)))
            rest = rest.dropFirst(pieceBytes)
            do throws(FrameViolation) {
                while let frame = try reader.next() { frames.append(frame) }
            } catch {
                return (frames, error)
            }
            invariant(
                reader.pendingBytes < Frame.headerBytes + Self.frameBytesMax,
                "more than a frame is kept"
            )
        }
        return (frames, nil)
    }

    /// What is read as a request is written and read again as the same; so with a response.
    static func runEnvelope(_ bytes: [UInt8]) {
        let arena = ProtobufArena()
        var decoder = EnvelopeDecoder()
        if let request = try? decoder.request(ByteBuffer(bytes: bytes)) {
            var wire = ByteBuffer()
            guard (try? wire.writeRequest(request, streamID: 1, flags: [], arena: arena)) != nil
            else { fatalError("a request that was read is too large to be written") }
            wire.moveReaderIndex(forwardBy: Frame.headerBytes)
            invariant((try? decoder.request(wire)) == request, "a request that is not what it was")
        }
        if let response = try? decoder.response(ByteBuffer(bytes: bytes)),
            response.status.code != .ok
        {
            var wire = ByteBuffer()
            wire.writeResponse(status: response.status, streamID: 1, arena: arena)
            wire.moveReaderIndex(forwardBy: Frame.headerBytes)
            let again = try? decoder.response(wire)
            invariant(again?.status == response.status, "a status that is not what it was")
        }
    }

    /// The bytes of one connection, in pieces as the first byte says: no stream is answered twice,
    /// and others than this connection are served afterwards.
    static func runConnection(_ bytes: [UInt8]) {
        let loop = EmbeddedEventLoop()
        let router = Router()
        router.add("Echo", of: "test.Echo") { call, responder in responder.succeed(call.payload) }
        router.add("Twice", of: "test.Echo", kind: .serverStreaming) { call, responder in
            responder.send(call.payload)
            responder.send(call.payload)
            responder.finish()
        }
        var configuration = ServerConfiguration()
        configuration.frameBytesMax = Self.frameBytesMax
        let core = ServerCore(eventLoop: loop, configuration: configuration, handler: router)
        Self.talk(core, loop, bytes.dropFirst(), pieceBytes: Int(bytes.first ?? 0) + 1)
        let call: [UInt8] =
            [0, 0, 0, 20, 0, 0, 0, 1, 1, 0, 0x0a, 9] + Array("test.Echo".utf8)
            + [0x12, 4] + Array("Echo".utf8) + [0x1a, 1, 7]
        let answers = Self.talk(core, loop, call[...], pieceBytes: call.count)
        invariant(answers == [1], "a new connection is not served")
        invariant(core.inFlightCount == 0, "calls that nobody counts off")
    }

    /// A connection's life; the streams that were answered, in order.
    @discardableResult
    private static func talk(
        _ core: ServerCore,
        _ loop: EmbeddedEventLoop,
        _ bytes: ArraySlice<UInt8>,
        pieceBytes: Int
    ) -> [UInt32] {
        let channel = EmbeddedChannel(loop: loop)
        guard (try? core.accept(channel, peer: .tcp("fuzz"))) != nil else {
            fatalError("a connection was refused")
        }
        channel.pipeline.fireChannelActive()
        var rest = bytes
        while !rest.isEmpty {
            guard (try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(pieceBytes)))) != nil
            else { break }
            rest = rest.dropFirst(pieceBytes)
        }
        loop.run()
        var reader = FrameReader()
        var answered: [UInt32] = []
        while let written = try? channel.readOutbound(as: ByteBuffer.self) {
            reader.append(written)
            while let frame = try? reader.next() {
                guard frame.kind == .response else { continue }
                invariant(!answered.contains(frame.streamID), "a stream was answered twice")
                answered.append(frame.streamID)
            }
        }
        invariant(reader.pendingBytes == 0, "half a frame was written")
        channel.pipeline.fireChannelInactive()
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return answered
    }

    /// The payload of a method that the first byte chooses; what is wrong is said in words.
    static func runRequests(_ bytes: [UInt8]) {
        let methods = TradingMethod.allCases
        let method = methods[Int(bytes.first ?? 0) % methods.count]
        let decoder = RequestDecoder(
            arena: ProtobufArena(),
            caller: Caller(Principal("fuzz"), .admin),
            newToken: ("0123456789abcdef", Array(repeating: 1, count: 32))
        )
        do throws(BadRequest) {
            let payload = Array(bytes.dropFirst())
            switch method {
            // Those that the service answers beside the gateway.
            case .riskDecisions: _ = try decoder.decisions(payload.span)
            case .listFills: _ = try decoder.fills(payload.span)
            case .subscribe: _ = try decoder.subscription(payload.span)
            default: _ = try decoder.decode(method, payload.span)
            }
        } catch {
            invariant(!error.message.isEmpty, "a refusal without a word")
        }
    }
}
