/// A decimal number with a fixed count of fraction digits, held as a scaled integer.
///
/// Parsing and printing are exact: a text that does not fit is refused, never rounded.
public protocol ExactDecimal: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// The integer that holds the scaled value.
    associatedtype Raw: FixedWidthInteger & SignedInteger & Sendable

    /// How many digits stand after the point.
    static var fractionDigits: Int { get }

    /// The value times ten to the power of ``fractionDigits``.
    var raw: Raw { get }

    /// Wraps an already scaled value.
    init(raw: Raw)
}

/// Why a text is not a decimal number of the wanted type.
public enum DecimalError: Error, Hashable, Sendable {
    /// There is no digit where one is needed.
    case missingDigits
    /// A byte that is neither a digit, a leading minus nor the one point.
    case illegalCharacter(UInt8)
    /// More significant fraction digits than the type holds; send fewer.
    case tooPrecise(fractionDigitsMax: Int)
    /// The number is outside of the type's range.
    case outOfRange
}

extension ExactDecimal {
    /// Zero.
    public static var zero: Self { Self(raw: 0) }

    /// Whether the value is above zero.
    public var isPositive: Bool { self.raw > 0 }

    /// Whether the value is exactly zero.
    public var isZero: Bool { self.raw == 0 }

    /// Orders by value.
    public static func < (left: Self, right: Self) -> Bool { left.raw < right.raw }

    /// Parses text such as `-12.5`; trailing zeros beyond the precision are accepted.
    ///
    /// Exponents, plus signs, spaces and grouping are refused, as are `.5` and `5.`.
    public init(_ text: some StringProtocol) throws(DecimalError) {
        var copy = String(text)
        copy.makeContiguousUTF8()
        try self.init(parsing: copy.utf8.span)
    }

    /// Parses the bytes of a decimal text; see ``init(_:)``.
    ///
    /// - Complexity: O(*n*) in the count of bytes, without allocation.
    public init(parsing bytes: Span<UInt8>) throws(DecimalError) {
        var index = 0
        let isNegative = bytes.count > 0 && bytes[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        var scaled: Raw = 0
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
                if fractionDigits == Self.fractionDigits {
                    guard byte == UInt8(ascii: "0") else {
                        throw .tooPrecise(fractionDigitsMax: Self.fractionDigits)
                    }
                    continue
                }
                fractionDigits += 1
            }
            scaled = try Self.appending(byte - UInt8(ascii: "0"), to: scaled)
        }
        guard digits > 0, bytes[bytes.count - 1] != UInt8(ascii: ".") else {
            throw .missingDigits
        }
        for _ in max(fractionDigits, 0)..<Self.fractionDigits {
            scaled = try Self.appending(0, to: scaled)
        }
        self.init(raw: isNegative ? 0 - scaled : scaled)
    }

    private static func appending(_ digit: UInt8, to value: Raw) throws(DecimalError) -> Raw {
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(Raw(digit))
        guard !overflow, !carry else { throw .outOfRange }
        return sum
    }

    /// The shortest exact text, such as `0.5` or `60000`.
    public var description: String {
        var text = self.paddedText
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// The text with all fraction digits, such as `0.50000000`: the form that Binance sends.
    public var paddedText: String {
        let magnitude = self.raw.magnitude
        var digits = String(magnitude)
        if digits.utf8.count <= Self.fractionDigits {
            let zeros = Self.fractionDigits + 1 - digits.utf8.count
            digits = String(repeating: "0", count: zeros) + digits
        }
        let point = digits.index(digits.endIndex, offsetBy: -Self.fractionDigits)
        let sign = self.raw < 0 ? "-" : ""
        return sign + digits[..<point] + "." + digits[point...]
    }
}

/// Which way a result that does not fit is moved.
public enum Rounding: Hashable, Sendable {
    /// Towards negative infinity.
    case down
    /// Towards positive infinity.
    case up
}

extension FixedWidthInteger where Self: SignedInteger {
    /// Divides by a positive number, rounding as named.
    package func divided(by divisor: Self, rounding: Rounding) -> Self {
        invariant(divisor > 0, "a rounding division needs a positive divisor")
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        switch rounding {
        case .down: return remainder < 0 ? quotient - 1 : quotient
        case .up: return remainder > 0 ? quotient + 1 : quotient
        }
    }
}
