/// A price in units of the quote asset for one unit of the base asset, exact to 10⁻⁸.
///
/// Range: ±92,233,720,368.54775807, the range of an `Int64` at that scale.
public struct Price: ExactDecimal {
    /// How many digits stand after the point.
    @inlinable
    public static var fractionDigits: Int { 8 }

    /// The price times 10⁸.
    public let raw: Int64

    /// Wraps a price that is already scaled by 10⁸.
    @inlinable
    public init(raw: Int64) { self.raw = raw }

    /// The exact value of a quantity at a price; it cannot overflow.
    @inlinable
    public static func * (price: Price, quantity: Quantity) -> Notional {
        Notional(raw: Int128(price.raw) &* Int128(quantity.raw))
    }

    /// Whether the price is a whole number of ticks; a tick of zero allows every price.
    @inlinable
    public func isMultiple(of tick: Price) -> Bool {
        tick.raw == 0 || self.raw % tick.raw == 0
    }

    /// The nearest whole number of ticks in the named direction.
    ///
    /// - Parameters:
    ///   - rounding: Where to go when the price lies between two ticks.
    ///   - tick: The step; above zero.
    /// - Returns: The rounded price.
    @inlinable
    public func rounded(_ rounding: Rounding, to tick: Price) -> Price {
        Price(raw: self.raw.divided(by: tick.raw, rounding: rounding) * tick.raw)
    }

    /// The price times `numerator / denominator`, or nil where that leaves the range.
    @inlinable @inline(__always)
    public func scaled(
        by numerator: Int64,
        over denominator: Int64,
        rounding: Rounding
    ) -> Price? {
        let (small, isBeyond) = self.raw.multipliedReportingOverflow(by: numerator)
        if !isBeyond { return Price(raw: small.divided(by: denominator, rounding: rounding)) }
        let product = Int128(self.raw) * Int128(numerator)
        return Int64(exactly: product.divided(by: Int128(denominator), rounding: rounding))
            .map(Price.init(raw:))
    }
}
