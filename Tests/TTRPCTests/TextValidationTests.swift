import CTTRPCProto
import ProtobufArena
import Testing

/// M5: protobuf-c looks neither for NULs nor at UTF-8, so we do, in the bytes.
@Suite struct TextValidationTests {
    /// A length-delimited field with a number below 16.
    private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(content.count)] + content
    }

    @Test(
        arguments: [
            ("plain", Array("trading".utf8), true),
            ("empty", [], true),
            ("two bytes", Array("é".utf8), true),
            ("four bytes", Array("😀".utf8), true),
            ("highest scalar", [0xF4, 0x8F, 0xBF, 0xBF], true),
            ("NUL first", [0, 0x61], false),
            ("NUL within", [0x61, 0, 0x62], false),
            ("NUL last", [0x61, 0], false),
            ("NUL after other letters", Array("é".utf8) + [0], false),
            ("overlong NUL", [0xC0, 0x80], false),
            ("lone continuation", [0x80], false),
            ("cut sequence", [0xE2, 0x82], false),
            ("overlong slash", [0xC0, 0xAF], false),
            ("surrogate", [0xED, 0xA0, 0x80], false),
            ("beyond Unicode", [0xF4, 0x90, 0x80, 0x80], false),
            ("Latin-1", [0x63, 0x61, 0x66, 0xE9], false),
        ] as [(String, [UInt8], Bool)]
    )
    func `text is UTF-8 without a NUL`(_ name: String, _ text: [UInt8], _ isValid: Bool) throws {
        let places: [(field: String, type: () throws -> Void)] = [
            (
                "ttrpc.Request.method",
                {
                    try unsafe validateText(
                        Self.field(1, [0x61]).span,
                        descriptor: Envelope.request.descriptor
                    )
                    try unsafe validateText(
                        Self.field(2, text).span,
                        descriptor: Envelope.request.descriptor
                    )
                }
            ),
            (
                // The second of two repeated messages.
                "ttrpc.KeyValue.value",
                {
                    let entries =
                        Self.field(5, Self.field(1, [0x61])) + Self.field(5, Self.field(2, text))
                    try unsafe validateText(
                        entries.span,
                        descriptor: Envelope.request.descriptor
                    )
                }
            ),
            (
                // Three levels down.
                "ttrpc.Any.type_url",
                {
                    let status = Self.field(1, Self.field(3, Self.field(1, text)))
                    try unsafe validateText(
                        status.span,
                        descriptor: Envelope.response.descriptor
                    )
                }
            ),
            (
                // Only the last of two counts for protobuf, but none may be bad.
                "ttrpc.Request.service",
                {
                    let twice = Self.field(1, text) + Self.field(1, [0x61])
                    try unsafe validateText(
                        twice.span,
                        descriptor: Envelope.request.descriptor
                    )
                }
            ),
        ]
        for place in places {
            if isValid {
                try place.type()
            } else {
                #expect(throws: ProtobufError.invalidText(field: place.field)) {
                    try place.type()
                }
            }
        }
    }

    @Test func `bytes fields and unknown fields may hold anything`() throws {
        let bytes =
            Self.field(3, [0, 0xFF]) + Self.field(9, [0, 0xFF]) + [0x50, 0x01, 0x5D, 0, 0, 0, 0]
        try unsafe validateText(bytes.span, descriptor: Envelope.request.descriptor)
    }

    @Test(
        arguments: [
            [0x0A],
            [0x0A, 5, 0x61],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
            [0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            [0x20, 0x80],
            [0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x0B, 0x0C],
            [0x0E],
            [0x21, 1, 2, 3],
            [0x25, 1, 2],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [0x02, 0x00],
        ] as [[UInt8]]
    )
    func `broken bytes are malformed for us and for protobuf-c`(_ bytes: [UInt8]) {
        #expect(throws: ProtobufError.malformed) {
            try unsafe validateText(bytes.span, descriptor: Envelope.request.descriptor)
        }
        // The field number 0 is the one thing that only we refuse.
        if bytes != [0x02, 0x00] {
            #expect(throws: ProtobufError.malformed) {
                _ = try unsafe ProtobufArena().unpackTrusted(Envelope.request, from: bytes.span)
            }
        }
    }

    @Test func `unpack refuses bad text and unpackTrusted does not look`() throws {
        let bytes = Self.field(1, [0x61, 0, 0x62])
        let arena = ProtobufArena()
        #expect(throws: ProtobufError.invalidText(field: "ttrpc.Request.service")) {
            _ = try unsafe arena.unpack(Envelope.request, from: bytes.span)
        }
        let request = try unsafe arena.unpackTrusted(Envelope.request, from: bytes.span)
        #expect(unsafe String(protobuf: request.pointee.service) == "a")
    }
}
