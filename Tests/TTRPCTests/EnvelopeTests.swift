import CTTRPCProto
import NIOCore
import ProtobufArena
import Testing

@testable import TTRPC

/// Our walk over the envelope's bytes against protobuf-c, which reads the same format.
@Suite struct EnvelopeTests {
    /// What protobuf-c makes of a request.
    private static func requestByProtobuf(_ bytes: [UInt8]) -> RequestEnvelope? {
        let arena = ProtobufArena()
        guard let request = try? unsafe arena.unpack(Envelope.request, from: bytes.span) else {
            return nil
        }
        let entries = unsafe Protobuf.elements(
            request.pointee.metadata,
            count: request.pointee.n_metadata
        )
        return unsafe RequestEnvelope(
            service: String(protobuf: request.pointee.service),
            method: String(protobuf: request.pointee.method),
            payload: ByteBuffer(bytes: [UInt8](protobuf: request.pointee.payload)),
            timeoutNanoseconds: request.pointee.timeout_nano,
            metadata: entries.map { entry in
                unsafe Metadata(
                    String(protobuf: entry.pointee.key),
                    String(protobuf: entry.pointee.value)
                )
            }
        )
    }

    /// What protobuf-c makes of a response.
    private static func responseByProtobuf(_ bytes: [UInt8]) -> ResponseEnvelope? {
        let arena = ProtobufArena()
        guard let response = try? unsafe arena.unpack(Envelope.response, from: bytes.span) else {
            return nil
        }
        var status = Status(.ok)
        if let wire = unsafe response.pointee.status {
            let details = unsafe Protobuf.elements(
                wire.pointee.details,
                count: wire.pointee.n_details
            )
            status = unsafe Status(
                StatusCode(rawValue: wire.pointee.code),
                String(protobuf: wire.pointee.message),
                details: details.map { detail in
                    unsafe StatusDetail(
                        typeURL: String(protobuf: detail.pointee.type_url),
                        value: [UInt8](protobuf: detail.pointee.value)
                    )
                }
            )
        }
        let payload = unsafe [UInt8](protobuf: response.pointee.payload)
        return ResponseEnvelope(status: status, payload: ByteBuffer(bytes: payload))
    }

    /// Fields of random kinds and contents; most are right, some are not.
    private static func randomFields(
        _ random: inout SeededGenerator,
        depth: Int = 0
    ) -> [UInt8] {
        let texts: [[UInt8]] = [
            [], Array("a".utf8), Array("café".utf8), [0x61, 0], [0xC3], Array("😀".utf8),
        ]
        return (0..<Int.random(in: 0...4, using: &random)).flatMap { _ -> [UInt8] in
            let number = UInt8.random(in: 1...6, using: &random)
            switch UInt8.random(in: 0...9, using: &random) {
            case 0:
                return [number << 3, UInt8.random(in: 0...127, using: &random)]
            case 1:
                return [number << 3] + Array(repeating: 0x80 + number, count: 9) + [1]
            case 2:
                return [number << 3 | 1] + Array(repeating: number, count: 8)
            case 3:
                return [number << 3 | 5] + Array(repeating: number, count: 4)
            case 4...6 where depth < 3:
                let nested = randomFields(&random, depth: depth + 1)
                return nested.count < 128 ? Raw.field(number, nested) : []
            default:
                // Most texts are valid, so that whole messages often are.
                let index = Int.random(in: 0..<18, using: &random)
                return Raw.field(number, texts[index < texts.count ? index : index % 3])
            }
        }
    }

    @Test func `our walk and protobuf-c agree about random requests`() {
        var random = SeededGenerator(seed: 1)
        var decoder = EnvelopeDecoder()
        var accepted = 0
        for _ in 0..<20_000 {
            let bytes = Self.randomFields(&random)
            let theirs = Self.requestByProtobuf(bytes)
            // Twice: names are remembered from one request to the next.
            for _ in 0..<2 {
                let ours = try? decoder.request(ByteBuffer(bytes: bytes))
                guard ours == theirs else {
                    let (ours, theirs) = (String(describing: ours), String(describing: theirs))
                    Issue.record("\(bytes): \(ours), \(theirs)")
                    return
                }
            }
            accepted += theirs == nil ? 0 : 1
        }
        #expect((2000..<18_000).contains(accepted), "both outcomes must be common: \(accepted)")
    }

    @Test func `our walk and protobuf-c agree about random responses`() {
        var random = SeededGenerator(seed: 2)
        let decoder = EnvelopeDecoder()
        var accepted = 0
        for _ in 0..<20_000 {
            let bytes = Self.randomFields(&random)
            let ours = try? decoder.response(ByteBuffer(bytes: bytes))
            let theirs = Self.responseByProtobuf(bytes)
            guard ours == theirs else {
                Issue.record("\(bytes): \(String(describing: ours)), \(String(describing: theirs))")
                return
            }
            accepted += ours == nil ? 0 : 1
        }
        #expect((2000..<18_000).contains(accepted), "both outcomes must be common: \(accepted)")
    }

    @Test func `a remembered name is never taken for another`() throws {
        var decoder = EnvelopeDecoder()
        for name in ["abc", "abd", "abc", "", "ab", "abcd", "xbc"] {
            let bytes = Raw.field(1, name) + Raw.field(2, name + "!")
            let request = try decoder.request(ByteBuffer(bytes: bytes))
            #expect(request.service == name && request.method == name + "!")
        }
    }

    @Test func `of names sent twice the last ones count, remembered or not`() throws {
        var decoder = EnvelopeDecoder()
        let route = Raw.field(1, "a") + Raw.field(2, "b")
        let table: [(bytes: [UInt8], service: String, method: String)] = [
            (route, "a", "b"), (route + Raw.field(1, "c"), "c", "b"), (route, "a", "b"),
            (route + Raw.field(2, "d") + Raw.field(1, "e"), "e", "d"), (route, "a", "b"),
            (Raw.field(2, "b") + Raw.field(1, "a"), "a", "b"), (Raw.field(1, "a"), "a", ""),
            (Raw.field(1, "x") + route, "a", "b"), (route, "a", "b"),
        ]
        for (bytes, service, method) in table {
            let request = try decoder.request(ByteBuffer(bytes: bytes))
            #expect(request.service == service && request.method == method, "\(bytes)")
        }
        #expect(throws: ProtobufError.malformed) {
            try decoder.request(ByteBuffer(bytes: route + [0x08]))
        }
    }

    @Test func `a message field sent in two parts is refused`() throws {
        let bytes =
            Raw.field(1, [0x08, 5] + Raw.field(3, Raw.field(1, "a")))
            + Raw.field(1, Raw.field(2, "text") + Raw.field(3, Raw.field(1, "b")))
        #expect(throws: ProtobufError.malformed) {
            try EnvelopeDecoder().response(ByteBuffer(bytes: bytes))
        }
        #expect(throws: ProtobufError.malformed) {
            _ = try unsafe ProtobufArena().unpack(Envelope.response, from: bytes.span)
        }
        // The reason: where the format says 5, protobuf-c reads 0, which would be success.
        let arena = ProtobufArena()
        let response = try unsafe arena.unpackTrusted(Envelope.response, from: bytes.span)
        let code = unsafe response.pointee.status?.pointee.code
        #expect(code == 0)
    }

    /// Whatever comes, the rules answer with an action, and never dispatch a stream id twice.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `random frames lead to actions that keep the rules`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var rules = ServerProtocol(ServerConfiguration())
        var used: Set<UInt32> = []
        let request = ByteBuffer(bytes: Raw.echo("Echo"))
        for _ in 0..<200 {
            let frame = Frame(
                streamID: UInt32.random(in: 0...100, using: &random),
                kind: [.request, .request, .data, .response].randomElement(using: &random)
                    ?? .request,
                flags: Frame.Flags(rawValue: UInt8.random(in: 0...7, using: &random)),
                payload: Bool.random(using: &random)
                    ? request : ByteBuffer(bytes: Self.randomFields(&random))
            )
            switch rules.receive(frame, inFlight: InFlightCounts(connection: 0, server: 0)) {
            case .dispatch(_, let streamID, let kind):
                #expect(frame.kind == .request && streamID == frame.streamID)
                #expect(streamID % 2 == 1 && used.insert(streamID).inserted)
                #expect((kind == .unary) == frame.flags.isEmpty)
            case .refuse(let streamID, let status):
                #expect(frame.kind == .request && used.insert(streamID).inserted)
                #expect(streamID % 2 == 1 && status.code != .ok)
            case .ignore:
                #expect(frame.kind == .data)
            case .close(let streamID, let status):
                #expect(status.code == .invalidArgument)
                // A reason never looks like the answer to a call that may be alive.
                if let streamID { #expect(streamID % 2 == 0 || !used.contains(streamID)) }
            }
        }
    }
}
