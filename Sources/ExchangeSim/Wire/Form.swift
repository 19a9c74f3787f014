import MarketReplay

/// Percent-decoding and splitting of `a=1&b=2`, over the bytes as they arrived.
enum Form {
    /// One `name=value`, still encoded, and where it stood.
    struct Field {
        let range: Range<Int>
        let name: ArraySlice<UInt8>
        let value: ArraySlice<UInt8>
    }

    /// Splits a query or a body into its fields; empty pieces are skipped.
    static func fields(of bytes: [UInt8]) -> [Field] {
        var fields: [Field] = []
        var start = 0
        while start < bytes.count {
            var end = start
            var equals = -1
            while end < bytes.count, bytes[end] != UInt8(ascii: "&") {
                if equals < 0, bytes[end] == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            if end > start {
                let split = equals < 0 ? end : equals
                fields.append(
                    Field(
                        range: start..<end,
                        name: bytes[start..<split],
                        value: bytes[min(split + 1, end)..<end]
                    )
                )
            }
            start = end + 1
        }
        return fields
    }

    /// The text of a percent-encoded piece; `+` is a space, a bad escape stands for itself.
    static func decode(_ piece: ArraySlice<UInt8>) -> String {
        guard piece.contains(UInt8(ascii: "%")) || piece.contains(UInt8(ascii: "+")) else {
            return String(decoding: piece, as: UTF8.self)
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(piece.count)
        var index = piece.startIndex
        while index < piece.endIndex {
            let byte = piece[index]
            if byte == UInt8(ascii: "%"), index + 2 < piece.endIndex,
                let high = JSONValue.hexDigit(piece[index + 1]),
                let low = JSONValue.hexDigit(piece[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// The percent-encoding that clients apply before they sign: all but unreserved characters.
    static func encode(_ text: String) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"):
                encoded.append(byte)
            case UInt8(ascii: " "):
                encoded.append(UInt8(ascii: "+"))
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded.append(digits[Int(byte >> 4)])
                encoded.append(digits[Int(byte & 15)])
            }
        }
        return encoded
    }
}
