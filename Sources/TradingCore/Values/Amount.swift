/// An amount of some asset, exact to 10⁻⁸; negative where something is owed or was given away.
///
/// Held in 128 bits, so that no sum of amounts the venue can express overflows.
public struct Amount: ExactDecimal {
    /// How many digits stand after the point.
    @inlinable
    public static var fractionDigits: Int { 8 }

    /// The amount times 10⁸.
    public let raw: Int128

    /// Wraps an amount that is already scaled by 10⁸.
    @inlinable
    public init(raw: Int128) { self.raw = raw }

    /// The sum.
    @inlinable
    public static func + (left: Amount, right: Amount) -> Amount {
        Amount(raw: left.raw + right.raw)
    }

    /// The difference.
    @inlinable
    public static func - (left: Amount, right: Amount) -> Amount {
        Amount(raw: left.raw - right.raw)
    }

    /// The amount with its sign turned.
    @inlinable
    public static prefix func - (amount: Amount) -> Amount { Amount(raw: -amount.raw) }

    /// Adds in place.
    @inlinable
    public static func += (left: inout Amount, right: Amount) { left = left + right }

    /// Subtracts in place.
    @inlinable
    public static func -= (left: inout Amount, right: Amount) { left = left - right }

    /// The amount times `numerator / denominator`, rounded as named.
    @inlinable @inline(__always)
    public func scaled(
        by numerator: Int64,
        over denominator: Int64,
        rounding: Rounding
    ) -> Amount {
        if let small = self.scaledInWords(by: numerator, over: denominator, rounding) {
            return small
        }
        return Amount(
            raw: (self.raw * Int128(numerator)).divided(
                by: Int128(denominator),
                rounding: rounding
            )
        )
    }

    /// The same by divisions of 64 bits, a few times as fast; nil where a part does not fit.
    ///
    /// Every order is judged by some of them, mostly by a denominator that the compiler knows.
    @inlinable @inline(__always)
    func scaledInWords(
        by numerator: Int64,
        over denominator: Int64,
        _ rounding: Rounding
    ) -> Amount? {
        guard let raw = Int64(exactly: self.raw), raw >= 0, numerator >= 0, denominator > 0 else {
            return nil
        }
        let (whole, part) = raw.quotientAndRemainder(dividingBy: denominator)
        let (product, isBeyond) = part.multipliedReportingOverflow(by: numerator)
        guard !isBeyond else { return nil }
        let (quotient, rest) = product.quotientAndRemainder(dividingBy: denominator)
        let carry: Int64 = rounding == .up && rest > 0 ? 1 : 0
        return Amount(raw: Int128(whole) * Int128(numerator) + Int128(quotient) + Int128(carry))
    }

    /// The amount as a quantity, or nil where it is outside of a quantity's range.
    @inlinable
    public var quantity: Quantity? { Int64(exactly: self.raw).map(Quantity.init(raw:)) }
}

/// The exact product of a price and a quantity, in the quote asset at 10⁻¹⁶.
public struct Notional: ExactDecimal {
    /// How many digits stand after the point.
    @inlinable
    public static var fractionDigits: Int { 16 }

    /// The notional times 10¹⁶.
    public let raw: Int128

    /// Wraps a notional that is already scaled by 10¹⁶.
    @inlinable
    public init(raw: Int128) { self.raw = raw }

    /// The exact notional of an amount of the quote asset.
    @inlinable
    public init(_ amount: Amount) { self.raw = amount.raw * Notional.perAmount }

    /// The sum.
    @inlinable
    public static func + (left: Notional, right: Notional) -> Notional {
        Notional(raw: left.raw + right.raw)
    }

    /// The difference.
    @inlinable
    public static func - (left: Notional, right: Notional) -> Notional {
        Notional(raw: left.raw - right.raw)
    }

    /// Adds in place.
    @inlinable
    public static func += (left: inout Notional, right: Notional) { left = left + right }

    /// The notional as an amount of the quote asset, rounded as named.
    @inlinable
    public func amount(rounding: Rounding) -> Amount {
        let quotient = self.raw / Notional.perAmount
        let rest = self.raw &- quotient &* Notional.perAmount
        return switch rounding {
        case .down: Amount(raw: rest < 0 ? quotient - 1 : quotient)
        case .up: Amount(raw: rest > 0 ? quotient + 1 : quotient)
        }
    }

    @inlinable static var perAmount: Int128 { 100_000_000 }
}
