/// The text of a decimal number in its place, for those who copy its bytes on: no `String` is made.
@usableFromInline
package struct DecimalDigits: Sendable {
    /// The sign, 39 digits of 128 bits or as many places, and the point make 41 bytes at most.
    private static let byteCountMax = 48

    /// Filled from the end.
    private var bytes = InlineArray<48, UInt8>(repeating: 0)
    private var start = Self.byteCountMax

    /// Writes a scaled integer: the shortest text, or the one with all fraction digits.
    ///
    /// - Parameters:
    ///   - magnitude: The integer without its sign.
    ///   - isNegative: Whether a minus goes in front.
    ///   - fractionDigits: How many of its digits stand after the point.
    ///   - isPadded: Whether zeros at the end of the fraction stay.
    @usableFromInline
    init(magnitude: UInt128, isNegative: Bool, fractionDigits: Int, isPadded: Bool) {
        // What most amounts of an account are.
        guard magnitude != 0 || isPadded else {
            self.prepend(UInt8(ascii: "0"))
            return
        }
        var digits = LastDigits(magnitude)
        for _ in 0..<fractionDigits {
            let digit = digits.next()
            let isTrailingZero = digit == 0 && self.start == Self.byteCountMax
            if isPadded || !isTrailingZero { self.prepend(UInt8(ascii: "0") + digit) }
        }
        if self.start < Self.byteCountMax { self.prepend(UInt8(ascii: ".")) }
        repeat { self.prepend(UInt8(ascii: "0") + digits.next()) } while !digits.isZero
        if isNegative { self.prepend(UInt8(ascii: "-")) }
    }

    private mutating func prepend(_ byte: UInt8) {
        self.start -= 1
        self.bytes[self.start] = byte
    }

    /// Lends the bytes: ASCII, and never none.
    package func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(self.bytes.span.extracting(self.start...))
    }

    @usableFromInline
    var text: String {
        self.withBytes { bytes in
            guard let text = try? UTF8Span(validating: bytes) else {
                fatalError("invariant broken: digits are no text")
            }
            return String(copying: text)
        }
    }

    /// A number from its last digit to its first, in 64 bits as soon as it fits.
    private struct LastDigits {
        private var wide: UInt128
        private var low: UInt64

        init(_ number: UInt128) {
            let isWide = number > UInt128(UInt64.max)
            self.wide = isWide ? number : 0
            self.low = isWide ? 0 : UInt64(truncatingIfNeeded: number)
        }

        var isZero: Bool { self.low == 0 && self.wide == 0 }

        mutating func next() -> UInt8 {
            guard self.wide != 0 else {
                let (rest, digit) = self.low.quotientAndRemainder(dividingBy: 10)
                self.low = rest
                return UInt8(truncatingIfNeeded: digit)
            }
            let (rest, digit) = self.wide.quotientAndRemainder(dividingBy: 10)
            self = LastDigits(rest)
            return UInt8(truncatingIfNeeded: digit)
        }
    }
}
