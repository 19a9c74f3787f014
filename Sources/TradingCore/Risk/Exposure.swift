/// What an account may come to hold besides what one order adds to.
package struct Exposure: Hashable, Sendable {
    /// What would be held of the order's symbol on the other side, were every order there filled,
    /// in the base asset; negative where the order's side is held even then.
    package var opposite = Amount.zero
    /// What the worst of the other symbols' positions are worth together, those that are counted
    /// in the same quote asset.
    package var others = Notional.zero
    /// One of the other symbols whose price is not known.
    package var unpriced: Symbol?

    package init() {}
}

extension Notional {
    /// What an amount of a base asset is worth at a price, whatever its sign; the largest notional
    /// where the product is beyond it.
    package init(worth amount: Amount, at price: Price) {
        // Nearly every amount is within one word: the product of two words is exact.
        if let word = Int64(exactly: amount.raw) {
            self.init(raw: Int128((Int128(word) &* Int128(price.raw)).magnitude))
            return
        }
        let (product, isOutOfRange) = amount.raw.multipliedReportingOverflow(by: Int128(price.raw))
        let isFar = isOutOfRange || product == .min
        self.init(raw: isFar ? .max : Int128(product.magnitude))
    }

    /// The sum, or the largest notional where it is beyond that; for values above zero.
    package func adding(_ other: Notional) -> Notional {
        let (sum, isOutOfRange) = self.raw.addingReportingOverflow(other.raw)
        return Notional(raw: isOutOfRange ? .max : sum)
    }

    /// How much of a base asset it buys at a price, rounded down; nil where the price is zero.
    package func amount(at price: Price) -> Amount? {
        price.isPositive ? Amount(raw: self.raw / Int128(price.raw)) : nil
    }
}
