/// The little of protobuf and ttrpc that a load generator needs, independent of the library that
/// it measures.
enum Wire {
    static let headerBytes = 10

    /// A request frame of stream 1; the stream's number is put in when it is sent.
    static func request(_ method: String, _ payload: [UInt8]) -> [UInt8] {
        let envelope =
            Self.text(1, "trading.v1.TradingService") + Self.text(2, method)
            + Self.bytes(3, payload) + Self.number(4, 10_000_000_000)
        return Self.bigEndian(UInt32(envelope.count)) + Self.bigEndian(1) + [1, 0] + envelope
    }

    /// A request frame that subscribes to every event from now on, as stream 1.
    static func subscription() -> [UInt8] {
        let envelope = Self.text(1, "trading.v1.TradingService") + Self.text(2, "Subscribe")
        return Self.bigEndian(UInt32(envelope.count)) + Self.bigEndian(1) + [1, 1] + envelope
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    static func text(_ field: UInt64, _ text: String) -> [UInt8] {
        Self.bytes(field, Array(text.utf8))
    }

    static func bytes(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        Self.varint(field << 3 | 2) + Self.varint(UInt64(bytes.count)) + bytes
    }

    static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] {
        Self.varint(field << 3) + Self.varint(value)
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

/// Reads the fields of one message, without copying it.
struct WireFields {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.position = range.lowerBound
        self.end = range.upperBound
    }

    /// A field's number with its value, or where its bytes lie.
    struct Field {
        let number: UInt64
        var value: UInt64 = 0
        var range = 0..<0
    }

    mutating func next() -> Field? {
        guard self.position < self.end else { return nil }
        let tag = self.varint()
        var field = Field(number: tag >> 3)
        switch tag & 7 {
        case 0: field.value = self.varint()
        case 2:
            let count = Int(self.varint())
            field.range = self.position..<min(self.position + count, self.end)
            self.position = field.range.upperBound
        default: self.position = self.end
        }
        return field
    }

    /// The last value of a field, 0 where it is absent.
    static func value(of number: UInt64, in bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
        var fields = WireFields(bytes, range)
        var value: UInt64 = 0
        while let field = fields.next() { if field.number == number { value = field.value } }
        return value
    }

    /// Where a field's bytes lie, if it is there.
    static func range(
        of number: UInt64,
        in bytes: [UInt8],
        _ range: Range<Int>
    ) -> Range<Int>? {
        var fields = WireFields(bytes, range)
        while let field = fields.next() { if field.number == number { return field.range } }
        return nil
    }

    private mutating func varint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while self.position < self.end {
            let byte = self.bytes[self.position]
            self.position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return value
    }
}
