/// What our fills on one symbol add up to.
///
/// The quantity is what was bought less what was sold, less fees taken in the base asset: what is
/// really there to sell. The average price is that of the fills alone; fees stand beside it.
package struct Position: Hashable, Sendable {
    package let symbol: Symbol
    package let baseAsset: Asset
    package let quoteAsset: Asset
    /// In the base asset; negative where more was sold than bought.
    package private(set) var quantity: Amount
    /// What the quantity was bought (or, negative, sold) for.
    package private(set) var cost: Notional
    /// Profit of what was closed, in the quote asset, before fees.
    package private(set) var realizedProfit: Notional
    /// Fees paid, by asset, in the order in which the assets first appeared.
    package private(set) var fees: [Fee]
    package private(set) var fillCount: UInt64

    /// Fees paid in one asset.
    package struct Fee: Hashable, Sendable {
        package var asset: Asset
        package var amount: Amount

        package init(asset: Asset, amount: Amount) {
            self.asset = asset
            self.amount = amount
        }
    }

    package init(symbol: Symbol, baseAsset: Asset, quoteAsset: Asset) {
        self.init(
            symbol: symbol,
            baseAsset: baseAsset,
            quoteAsset: quoteAsset,
            quantity: .zero,
            cost: .zero,
            realizedProfit: .zero,
            fees: [],
            fillCount: 0
        )
    }

    /// The position that a snapshot holds.
    package init(
        symbol: Symbol,
        baseAsset: Asset,
        quoteAsset: Asset,
        quantity: Amount,
        cost: Notional,
        realizedProfit: Notional,
        fees: [Fee],
        fillCount: UInt64
    ) {
        self.symbol = symbol
        self.baseAsset = baseAsset
        self.quoteAsset = quoteAsset
        self.quantity = quantity
        self.cost = cost
        self.realizedProfit = realizedProfit
        self.fees = fees
        self.fillCount = fillCount
    }

    /// The average price of what is held, or nil where nothing is.
    package var averagePrice: Price? {
        guard !self.quantity.isZero else { return nil }
        let quotient =
            (self.cost.raw.magnitude + self.quantity.raw.magnitude / 2)
            / self.quantity.raw.magnitude
        return Int64(exactly: quotient).map(Price.init(raw:))
    }

    /// Profit of what is held at a price, in the quote asset, before fees.
    package func unrealizedProfit(at mark: Price) -> Notional {
        Notional(raw: self.quantity.raw * Int128(mark.raw)) - self.cost
    }

    /// Counts one fill, which must not have been counted before (E4).
    ///
    /// - Returns: The profit that it realized, without its fee.
    @discardableResult
    package mutating func apply(_ fill: Fill, side: Side) -> Notional {
        let earlier = self.realizedProfit
        let bought = side == .buy ? fill.quantity.amount : -fill.quantity.amount
        let isGrowing = self.quantity.isZero || (self.quantity.raw > 0) == (bought.raw > 0)
        let closing = isGrowing ? 0 : min(self.quantity.raw.magnitude, bought.raw.magnitude)
        if closing > 0 {
            let costClosed = self.costShare(of: closing)
            let sign: Int128 = self.quantity.raw > 0 ? 1 : -1
            let proceeds = Int128(closing) * Int128(fill.price.raw) * sign
            self.realizedProfit += Notional(raw: proceeds - costClosed)
            self.cost = Notional(raw: self.cost.raw - costClosed)
            self.quantity -= Amount(raw: Int128(closing) * sign)
        }
        let opening = bought.raw.magnitude - closing
        if opening > 0 {
            let opened = Int128(opening) * (bought.raw > 0 ? 1 : -1)
            self.quantity += Amount(raw: opened)
            self.cost += Notional(raw: opened * Int128(fill.price.raw))
        }
        self.fillCount += 1
        self.charge(fill)
        return self.realizedProfit - earlier
    }

    private mutating func charge(_ fill: Fill) {
        guard let asset = fill.feeAsset, !fill.fee.isZero else { return }
        if let index = self.fees.firstIndex(where: { $0.asset == asset }) {
            self.fees[index].amount += fill.fee
        } else {
            self.fees.append(Fee(asset: asset, amount: fill.fee))
        }
        guard asset == self.baseAsset else { return }
        // The fee takes a part of the holding with it, at average cost: the average price stays.
        let taken = min(fill.fee.raw.magnitude, self.quantity.raw.magnitude)
        if self.quantity.isPositive {
            self.cost = Notional(raw: self.cost.raw - self.costShare(of: taken))
        }
        self.quantity -= fill.fee
    }

    /// The cost of a part of the quantity, rounded towards zero; signed like the cost.
    private func costShare(of part: UInt128) -> Int128 {
        let whole = self.quantity.raw.magnitude
        invariant(part <= whole, "a share of a position is at most the whole")
        guard part < whole else { return self.cost.raw }
        let product = self.cost.raw.magnitude.multipliedFullWidth(by: part)
        let share = Int128(whole.dividingFullWidth(product).quotient)
        return self.cost.raw < 0 ? -share : share
    }
}
