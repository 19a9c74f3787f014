/// A walk over the fields of a message in the wire format, without copying.
///
/// Accepts exactly what protobuf-c accepts (no groups, lengths below 2³¹), so that what one of the
/// two looked at is what the other reads.
package struct WireCursor {
    /// How deep messages may nest; deeper is refused, because decoders recurse.
    package static let nestingMax = 32

    /// One field as found.
    package struct Field: Equatable {
        package enum Value: Equatable {
            /// An integer, bool or enum as sent, before any zigzag.
            case varint(UInt64)
            /// Four or eight bytes at `range`.
            case fixed(Range<Int>)
            /// A string, bytes, message or packed field: its contents are at `range`.
            case delimited(Range<Int>)
        }

        package let number: UInt32
        package let value: Value
    }

    private var offset: Int

    /// Starts at the beginning of `bytes` given to `next`, or behind fields that were read before.
    package init(skipping bytes: Int = 0) {
        offset = bytes
    }

    /// The next field, or nil at the end.
    package mutating func next(in bytes: Span<UInt8>) throws(ProtobufError) -> Field? {
        guard offset < bytes.count else { return nil }
        let tag = try varint(in: bytes, bytesMax: 5)
        let number = UInt32(truncatingIfNeeded: tag >> 3)
        guard number > 0 else { throw .malformed }
        switch tag & 7 {
        case 0:
            return Field(number: number, value: .varint(try varint(in: bytes, bytesMax: 10)))
        case 1:
            return Field(number: number, value: .fixed(try take(8, of: bytes)))
        case 2:
            let length = try varint(in: bytes, bytesMax: 5)
            guard length <= UInt64(Int32.max) else { throw .malformed }
            return Field(number: number, value: .delimited(try take(Int(length), of: bytes)))
        case 5:
            return Field(number: number, value: .fixed(try take(4, of: bytes)))
        default:
            throw .malformed
        }
    }

    private mutating func take(
        _ count: Int,
        of bytes: Span<UInt8>
    ) throws(ProtobufError) -> Range<Int> {
        guard count <= bytes.count - offset else { throw .malformed }
        defer { offset += count }
        return offset..<offset + count
    }

    private mutating func varint(
        in bytes: Span<UInt8>,
        bytesMax: Int
    ) throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<bytesMax {
            guard offset < bytes.count else { throw .malformed }
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 { return value }
        }
        throw .malformed
    }
}
