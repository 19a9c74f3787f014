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
    @inlinable
    public static var zero: Self { Self(raw: 0) }

    /// Whether the value is above zero.
    @inlinable
    public var isPositive: Bool { self.raw > 0 }

    /// Whether the value is exactly zero.
    @inlinable
    public var isZero: Bool { self.raw == 0 }

    /// Compares by value.
    @inlinable
    public static func == (left: Self, right: Self) -> Bool { left.raw == right.raw }

    /// Orders by value.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.raw < right.raw }

    /// Parses text such as `-12.5`; trailing zeros beyond the precision are accepted.
    ///
    /// Exponents, plus signs, spaces and grouping are refused, as are `.5` and `5.`.
    @inlinable
    public init(_ text: some StringProtocol) throws(DecimalError) {
        var copy = String(text)
        copy.makeContiguousUTF8()
        try self.init(parsing: copy.utf8.span)
    }

    /// Parses the bytes of a decimal text; see ``init(_:)``.
    ///
    /// - Complexity: O(*n*) in the count of bytes, without allocation.
    @inlinable
    public init(parsing bytes: Span<UInt8>) throws(DecimalError) {
        let (magnitude, isNegative) = try DecimalText.parse(
            bytes,
            fractionDigits: Self.fractionDigits
        )
        guard let raw = Raw(exactly: magnitude) else { throw .outOfRange }
        self.init(raw: isNegative ? 0 - raw : raw)
    }

    /// The shortest exact text, such as `0.5` or `60000`.
    @inlinable public var description: String { self.digits(isPadded: false).text }

    /// The text with all fraction digits, such as `0.50000000`: the form that Binance sends.
    @inlinable public var paddedText: String { self.digits(isPadded: true).text }

    /// The bytes of ``description``.
    @inlinable package var digits: DecimalDigits { self.digits(isPadded: false) }

    @inlinable
    func digits(isPadded: Bool) -> DecimalDigits {
        DecimalDigits(
            magnitude: UInt128(self.raw.magnitude),
            isNegative: self.raw < 0,
            fractionDigits: Self.fractionDigits,
            isPadded: isPadded
        )
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
    @inlinable
    package func divided(by divisor: Self, rounding: Rounding) -> Self {
        invariant(divisor > 0, "a rounding division needs a positive divisor")
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        switch rounding {
        case .down: return remainder < 0 ? quotient - 1 : quotient
        case .up: return remainder > 0 ? quotient + 1 : quotient
        }
    }
}
