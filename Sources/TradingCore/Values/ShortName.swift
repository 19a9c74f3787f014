/// Up to 24 bytes of text in their place, without a reference: a venue's name of a symbol or of an
/// asset.
///
/// What is looked up, compared and copied by every decision must cost no count of references and
/// no walk over a text. A longer name is cut to end in `…`: no venue lists one, so that it is
/// unequal to every name that is listed, and two of them may be equal. A zero byte ends a name.
@usableFromInline
struct ShortName: Hashable, Sendable, Comparable {
    /// The bytes in their order, the first one the highest; zeros behind the end.
    @usableFromInline
    var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

    private static let byteCountMax = 24
    private static let ellipsis = "…".utf8

    @usableFromInline
    init(_ text: String) {
        var (place, count) = (0, text.utf8.count)
        guard count > Self.byteCountMax else {
            for byte in text.utf8.prefix(while: { $0 != 0 }) { self.append(byte, &place) }
            return
        }
        // Whole characters only.
        count = Self.byteCountMax - Self.ellipsis.count
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: count)
        while end.samePosition(in: text.unicodeScalars) == nil { text.utf8.formIndex(before: &end) }
        for byte in text.utf8[..<end] { self.append(byte, &place) }
        for byte in Self.ellipsis { self.append(byte, &place) }
    }

    private mutating func append(_ byte: UInt8, _ place: inout Int) {
        let shifted = UInt64(byte) << UInt64(56 - place % 8 * 8)
        switch place / 8 {
        case 0: self.words.0 |= shifted
        case 1: self.words.1 |= shifted
        default: self.words.2 |= shifted
        }
        place += 1
    }

    @usableFromInline
    var text: String {
        let (first, second, third) = self.words
        let count =
            if third != 0 {
                24 - third.trailingZeroBitCount / 8
            } else if second != 0 {
                16 - second.trailingZeroBitCount / 8
            } else {
                8 - first.trailingZeroBitCount / 8
            }
        let words = (first.bigEndian, second.bigEndian, third.bigEndian)
        return unsafe withUnsafeBytes(of: words) { bytes in
            unsafe String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    @inlinable
    static func == (left: ShortName, right: ShortName) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2
    }

    /// Orders as the texts do, byte by byte.
    @inlinable
    static func < (left: ShortName, right: ShortName) -> Bool {
        left.words < right.words
    }

    @inlinable
    func hash(into hasher: inout Hasher) { hasher.combine(self.quickHash(seed: 0)) }

    /// Where tables keep it: they hold what the venue lists.
    @inlinable
    func quickHash(seed: Int) -> Int {
        let first = QuickHash.mix(self.words.0, UInt64(bitPattern: Int64(seed)))
        let rest = QuickHash.mix(self.words.1, self.words.2)
        return Int(truncatingIfNeeded: QuickHash.mix(first, rest))
    }
}
