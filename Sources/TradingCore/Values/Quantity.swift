/// A quantity in units of the base asset, exact to 10⁻⁸.
///
/// Range: ±92,233,720,368.54775807, the range of an `Int64` at that scale.
public struct Quantity: ExactDecimal {
    /// How many digits stand after the point.
    @inlinable
    public static var fractionDigits: Int { 8 }

    /// The quantity times 10⁸.
    public let raw: Int64

    /// Wraps a quantity that is already scaled by 10⁸.
    @inlinable
    public init(raw: Int64) { self.raw = raw }

    /// The sum; overflow is a bug of the caller and ends the process.
    @inlinable
    public static func + (left: Quantity, right: Quantity) -> Quantity {
        Quantity(raw: left.raw + right.raw)
    }

    /// The difference; overflow is a bug of the caller and ends the process.
    @inlinable
    public static func - (left: Quantity, right: Quantity) -> Quantity {
        Quantity(raw: left.raw - right.raw)
    }

    /// Adds in place.
    @inlinable
    public static func += (left: inout Quantity, right: Quantity) { left = left + right }

    /// Subtracts in place.
    @inlinable
    public static func -= (left: inout Quantity, right: Quantity) { left = left - right }

    /// The sum, or nil where it leaves the range.
    @inlinable
    public func adding(_ other: Quantity) -> Quantity? {
        let (sum, overflow) = self.raw.addingReportingOverflow(other.raw)
        return overflow ? nil : Quantity(raw: sum)
    }

    /// Whether the quantity is a whole number of steps; a step of zero allows every quantity.
    @inlinable
    public func isMultiple(of step: Quantity) -> Bool {
        step.raw == 0 || self.raw % step.raw == 0
    }

    /// The largest whole number of steps that is not above the quantity.
    @inlinable
    public func roundedDown(to step: Quantity) -> Quantity {
        guard step.raw != 0 else { return self }
        return Quantity(raw: self.raw.divided(by: step.raw, rounding: .down) * step.raw)
    }

    /// The same number as an amount, or the nearest that the range holds.
    init(clamping amount: Amount) {
        self.init(raw: Int64(clamping: amount.raw))
    }

    /// The same number as an amount of the base asset.
    @inlinable
    public var amount: Amount { Amount(raw: Int128(self.raw)) }
}
