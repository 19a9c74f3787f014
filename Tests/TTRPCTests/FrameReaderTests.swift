import NIOCore
import Testing

@testable import TTRPC

@Suite struct FrameReaderTests {
    /// The bytes of a frame, written out independently of the code under test.
    private static func bytes(
        _ streamID: UInt32,
        _ type: UInt8,
        _ flags: UInt8 = 0,
        _ payload: [UInt8] = [],
        length: UInt32? = nil
    ) -> [UInt8] {
        let length = length ?? UInt32(payload.count)
        let words = [length, streamID].flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
        return words + [type, flags] + payload
    }

    private static func frame(
        _ streamID: UInt32,
        _ kind: Frame.Kind,
        _ flags: UInt8 = 0,
        _ payload: [UInt8] = []
    ) -> Frame {
        Frame(
            streamID: streamID,
            kind: kind,
            flags: Frame.Flags(rawValue: flags),
            payload: ByteBuffer(bytes: payload)
        )
    }

    @Test func `frames in one piece come out in order`() throws {
        var reader = FrameReader()
        reader.append(
            ByteBuffer(
                bytes: Self.bytes(1, 1, 0, [1, 2]) + Self.bytes(3, 3, 5)
                    + Self.bytes(0xFFFF_FFFF, 2, 0xFF, [9])
            )
        )
        #expect(try reader.next() == Self.frame(1, .request, 0, [1, 2]))
        #expect(try reader.next() == Self.frame(3, .data, 5))
        #expect(try reader.next() == Self.frame(0xFFFF_FFFF, .response, 0xFF, [9]))
        #expect(try reader.next() == nil)
        #expect(reader.pendingBytes == 0)
    }

    @Test func `a frame that comes byte by byte comes out with its last byte`() throws {
        var reader = FrameReader()
        let wire = Self.bytes(5, 1, 1, [7, 8, 9])
        for byte in wire.dropLast() {
            reader.append(ByteBuffer(bytes: [byte]))
            #expect(try reader.next() == nil)
        }
        #expect(reader.pendingBytes == wire.count - 1)
        reader.append(ByteBuffer(bytes: wire.suffix(1)))
        #expect(try reader.next() == Self.frame(5, .request, 1, [7, 8, 9]))
    }

    @Test(arguments: 0..<13)
    func `a truncated frame yields nothing`(_ bytes: Int) throws {
        var reader = FrameReader()
        reader.append(ByteBuffer(bytes: Self.bytes(1, 1, 0, [1, 2, 3]).prefix(bytes)))
        #expect(try reader.next() == nil)
        #expect(reader.pendingBytes == bytes)
    }

    @Test(arguments: [
        (
            bytes(7, 1, 0, [], length: 101),
            FrameViolation.Reason.tooLarge(bytes: 101, bytesMax: 100)
        ),
        (
            bytes(7, 1, 0, [], length: 0xFFFF_FFFF),
            .tooLarge(bytes: 0xFFFF_FFFF, bytesMax: 100)
        ),
        (bytes(7, 0), .unknownType(0)),
        (bytes(7, 4), .unknownType(4)),
        (bytes(7, 255), .unknownType(255)),
        // The length is checked first, because bytes of that length cannot be skipped.
        (bytes(7, 9, 0, [], length: 101), .tooLarge(bytes: 101, bytesMax: 100)),
    ])
    func `a violation is known from the header alone and is final`(
        _ wire: [UInt8],
        _ reason: FrameViolation.Reason
    ) throws {
        var reader = FrameReader(frameBytesMax: 100)
        reader.append(
            ByteBuffer(bytes: Self.bytes(1, 1, 0, Array(repeating: 1, count: 100)) + wire)
        )
        #expect(try reader.next()?.payload.readableBytes == 100)
        let expected = FrameViolation(streamID: 7, type: wire[8], reason: reason)
        #expect(throws: expected) { try reader.next() }
        reader.append(ByteBuffer(bytes: Self.bytes(9, 1)))
        #expect(throws: expected) { try reader.next() }
        #expect(reader.pendingBytes == 0)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `however the bytes are split the frames are the same`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var expected: [Frame] = []
        var wire: [UInt8] = []
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            let type = UInt8.random(in: 1...3, using: &random)
            let size = Int.random(in: 0...(Bool.random(using: &random) ? 20 : 5000), using: &random)
            let payload = (0..<size).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
            let streamID = UInt32.random(in: 0 ... .max, using: &random)
            let flags = UInt8.random(in: 0 ... .max, using: &random)
            let kind = try #require(Frame.Kind(rawValue: type))
            expected.append(Self.frame(streamID, kind, flags, payload))
            wire += Self.bytes(streamID, type, flags, payload)
        }
        var reader = FrameReader(frameBytesMax: 5000)
        var found: [Frame] = []
        var rest = wire[...]
        while !rest.isEmpty {
            let size = Int.random(in: 1...(Bool.random(using: &random) ? 12 : 4000), using: &random)
            reader.append(ByteBuffer(bytes: rest.prefix(size)))
            rest = rest.dropFirst(size)
            // Sometimes several pieces gather before anybody asks.
            guard rest.isEmpty || Bool.random(using: &random) else { continue }
            while let frame = try reader.next() { found.append(frame) }
        }
        #expect(found == expected)
        #expect(reader.pendingBytes == 0)
    }

    @Test func `a frame that was handed out does not change when more bytes come`() throws {
        var reader = FrameReader()
        reader.append(ByteBuffer(bytes: Self.bytes(1, 1, 0, [1, 2, 3]) + [0, 0]))
        let first = try #require(try reader.next())
        #expect(try reader.next() == nil)
        reader.append(ByteBuffer(bytes: [0, 1, 0, 0, 0, 3, 1, 0, 42]))
        #expect(try reader.next() == Self.frame(3, .request, 0, [42]))
        #expect(first == Self.frame(1, .request, 0, [1, 2, 3]))
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
