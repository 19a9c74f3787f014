/// Changes inputs at random, with a known sequence for each seed.
struct Mutation {
    private var state: UInt64
    /// Pieces that are put in: what parsers look for.
    private static let pieces = [
        "\"", "{", "}", "[", "]", ",", ":", "&", "=", "%", "%2", "\\u", "\\ud800", "\n", "\r\n",
        "\0", "-", "-1", "0", "1e999", "9223372036854775807", "9223372036854775808",
        "99999999999999999999999999", "0.00000001", "0.000000001", "true", "null", "\u{FEFF}",
        "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "signature=", "quantity=",
        "price=", "symbol=BTCUSDT", "PK\u{03}\u{04}", "\u{81}\u{FE}", "BTCUSDT",
    ].map { Array($0.utf8) }

    init(seed: UInt64) { self.state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func roll(_ count: Int) -> Int {
        self.state ^= self.state << 13
        self.state ^= self.state >> 7
        self.state ^= self.state << 17
        return Int(self.state % UInt64(max(1, count)))
    }

    /// An input with one to four changes; `others` may lend it a part.
    mutating func change(_ input: [UInt8], _ others: [[UInt8]]) -> [UInt8] {
        var bytes = input
        for _ in 0...self.roll(4) {
            let position = self.roll(bytes.count + 1)
            switch self.roll(6) {
            case 0 where position < bytes.count:
                bytes[position] ^= 1 << UInt8(self.roll(8))
            case 1 where position < bytes.count:
                bytes[position] = UInt8(self.roll(256))
            case 2:
                bytes.removeSubrange(position..<min(bytes.count, position + self.roll(8)))
            case 3:
                bytes.insert(contentsOf: Self.pieces[self.roll(Self.pieces.count)], at: position)
            case 4:
                bytes = Array(bytes[..<position])
            default:
                let other = others[self.roll(others.count)]
                let start = self.roll(other.count)
                let part = other[start..<min(other.count, start + self.roll(40))]
                bytes.insert(contentsOf: part, at: position)
            }
        }
        return bytes
    }
}
