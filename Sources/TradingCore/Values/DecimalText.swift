/// Decimal texts and the scaled integers that they mean, for all decimal types at once.
///
/// Not generic: a parser that is not specialised for its caller's type took 0.4 µs a number.
@usableFromInline
enum DecimalText {
    /// Reads a decimal text; see ``ExactDecimal/init(parsing:)``.
    @usableFromInline
    static func parse(
        _ bytes: Span<UInt8>,
        fractionDigits fractionDigitsMax: Int
    ) throws(DecimalError) -> (magnitude: Int128, isNegative: Bool) {
        var index = 0
        let isNegative = bytes.count > 0 && bytes[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        var scaled = Accumulator()
        var fractionDigits = -1
        var digits = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "."), fractionDigits < 0, digits > 0 {
                fractionDigits = 0
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
                throw .illegalCharacter(byte)
            }
            digits += 1
            if fractionDigits >= 0 {
                if fractionDigits == fractionDigitsMax {
                    guard byte == UInt8(ascii: "0") else {
                        throw .tooPrecise(fractionDigitsMax: fractionDigitsMax)
                    }
                    continue
                }
                fractionDigits += 1
            }
            try scaled.append(byte - UInt8(ascii: "0"))
        }
        guard digits > 0, bytes[bytes.count - 1] != UInt8(ascii: ".") else {
            throw .missingDigits
        }
        for _ in max(fractionDigits, 0)..<fractionDigitsMax { try scaled.append(0) }
        return (scaled.value, isNegative)
    }

    /// Digits in 64 bits as long as they fit, then in 128.
    private struct Accumulator {
        private var low: UInt64 = 0
        private var wide: Int128?

        var value: Int128 { self.wide ?? Int128(self.low) }

        mutating func append(_ digit: UInt8) throws(DecimalError) {
            if self.wide == nil, self.low < UInt64.max / 10 - 1 {
                self.low = self.low * 10 + UInt64(digit)
                return
            }
            let (shifted, overflow) = self.value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(Int128(digit))
            guard !overflow, !carry else { throw .outOfRange }
            self.wide = sum
        }
    }
}
