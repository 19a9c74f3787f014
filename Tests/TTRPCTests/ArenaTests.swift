import CTTRPCProto
import ProtobufArena
import Testing

/// The messages of the envelope, as examples of generated ones.
enum Envelope {
    static let request = unsafe MessageType(ttrpc__request__init)
    static let response = unsafe MessageType(ttrpc__response__init)
    static let keyValue = unsafe MessageType(ttrpc__key_value__init)
    static let status = unsafe MessageType(ttrpc__status__init)
    static let any = unsafe MessageType(ttrpc__any__init)
}

@Suite struct ArenaTests {
    /// A request with every kind of field, packed.
    private func packedRequest(_ arena: ProtobufArena, metadata count: Int = 3) -> [UInt8] {
        let request = unsafe arena.make(Envelope.request)
        unsafe request.pointee.service = unsafe arena.string("test.Café")
        unsafe request.pointee.method = unsafe arena.string("Call")
        unsafe request.pointee.payload = unsafe arena.bytes([0, 255, 0, 1])
        unsafe request.pointee.timeout_nano = -5
        let pairs = unsafe (0..<count).map { index in
            let pair = unsafe arena.make(Envelope.keyValue)
            unsafe pair.pointee.key = unsafe arena.string("key\(index)")
            unsafe pair.pointee.value = unsafe arena.string(String(repeating: "v", count: index))
            return unsafe pair
        }
        unsafe request.pointee.metadata = unsafe arena.array(pairs)
        unsafe request.pointee.n_metadata = pairs.count
        return unsafe Protobuf.packed(request)
    }

    @Test func `what is built and packed is unpacked again`() throws {
        let arena = ProtobufArena()
        let bytes = packedRequest(arena)
        arena.reset()
        let request = try unsafe arena.unpack(Envelope.request, from: bytes.span)
        #expect(unsafe String(protobuf: request.pointee.service) == "test.Café")
        #expect(unsafe String(protobuf: request.pointee.method) == "Call")
        #expect(unsafe [UInt8](protobuf: request.pointee.payload) == [0, 255, 0, 1])
        #expect(unsafe request.pointee.timeout_nano == -5)
        let metadata = unsafe Protobuf.elements(
            request.pointee.metadata,
            count: request.pointee.n_metadata
        )
        #expect(
            unsafe metadata.map { unsafe String(protobuf: $0.pointee.key) }
                == ["key0", "key1", "key2"]
        )
        #expect(
            unsafe metadata.map { unsafe String(protobuf: $0.pointee.value) }
                == ["", "v", "vv"]
        )
        #expect(unsafe Protobuf.packed(request) == bytes)
    }

    @Test func `a message type knows its name`() {
        #expect(unsafe Envelope.keyValue.name == "ttrpc.KeyValue")
    }

    @Test func `however little an unpack may allocate it refuses without harm`() throws {
        let bytes = packedRequest(ProtobufArena(), metadata: 40)
        var smallestThatFits: Int?
        for bytesMax in 1...8000 {
            let arena = ProtobufArena(unpackBytesMax: bytesMax, retainedBytes: 64)
            do {
                let request = try unsafe arena.unpack(Envelope.request, from: bytes.span)
                #expect(unsafe request.pointee.n_metadata == 40)
                smallestThatFits = smallestThatFits ?? bytesMax
            } catch {
                #expect(error == .tooLarge(bytesMax: bytesMax))
                #expect(smallestThatFits == nil, "refused \(bytesMax) after a smaller one fitted")
            }
        }
        #expect(smallestThatFits != nil)
    }

    @Test func `the bound is per message and what is built does not count`() throws {
        let bytes = packedRequest(ProtobufArena())
        let arena = ProtobufArena(unpackBytesMax: 2000, retainedBytes: 64)
        for _ in 0..<100 { _ = try unsafe arena.unpack(Envelope.request, from: bytes.span) }
        _ = unsafe arena.allocate(bytes: 100_000)
        _ = try unsafe arena.unpack(Envelope.request, from: bytes.span)
        #expect(arena.bytesInUse > 100_000)
        arena.reset()
        #expect(arena.bytesInUse == 0)
    }

    @Test func `memory handed out is zeroed, aligned and apart`() {
        let arena = ProtobufArena(retainedBytes: 32)
        var previous: UnsafeMutableRawPointer?
        for size in [0, 1, 7, 16, 100, 3] {
            let memory = unsafe arena.allocate(bytes: size)
            let address = UInt(bitPattern: memory)
            #expect(address % 16 == 0)
            #expect(unsafe memory != previous)
            for offset in 0..<size {
                #expect(unsafe memory.load(fromByteOffset: offset, as: UInt8.self) == 0)
                unsafe memory.storeBytes(of: 0xFF, toByteOffset: offset, as: UInt8.self)
            }
            unsafe previous = unsafe memory
        }
        arena.reset()
        let again = unsafe arena.allocate(bytes: 16)
        #expect(unsafe again.load(as: UInt64.self) == 0)
    }

    @Test func `a NUL in our own text does not cut it`() throws {
        let arena = ProtobufArena()
        let pair = unsafe arena.make(Envelope.keyValue)
        unsafe pair.pointee.key = unsafe arena.string("a\0b")
        let bytes = unsafe Protobuf.packed(pair)
        let read = try unsafe arena.unpack(Envelope.keyValue, from: bytes.span)
        #expect(unsafe String(protobuf: read.pointee.key) == "a\u{FFFD}b")
    }

    @Test func `repeated scalars and strings are copied in order`() {
        let arena = ProtobufArena()
        let numbers = unsafe arena.array(scalars: [3, 1, 2] as [Int64])
        let copied = (0..<3).map { unsafe numbers[$0] }
        #expect(copied == [3, 1, 2])
        let texts = unsafe arena.array(["b", "", "a"])
        #expect(unsafe Protobuf.texts(texts, count: 3) == ["b", "", "a"])
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `a message with random damage is refused or unpacked, never worse`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let arena = ProtobufArena(unpackBytesMax: 1 << 14)
        var bytes = packedRequest(arena)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: bytes.indices, using: &random)
            bytes[index] = UInt8.random(in: 0 ... .max, using: &random)
        }
        bytes.removeLast(Int.random(in: 0...3, using: &random))
        arena.reset()
        guard let request = try? unsafe arena.unpack(Envelope.request, from: bytes.span) else {
            return
        }
        // What was accepted holds valid text only, so it survives another round unchanged.
        let once = unsafe Protobuf.packed(request)
        let again = try? unsafe arena.unpack(Envelope.request, from: once.span)
        let twice = unsafe again.map { unsafe Protobuf.packed($0) }
        #expect(twice == once)
    }
}
