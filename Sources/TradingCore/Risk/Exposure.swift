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

extension Gateway {
    /// What an order's account may come to hold besides what the order adds to.
    ///
    /// Orders that are open, in flight or of unknown outcome count as filled, on the side where
    /// that is worse. The walk over the other symbols is made only where a limit asks for it.
    func exposure(
        beside terms: OrderTerms,
        quotedIn quoteAsset: Asset?,
        on venue: VenueID
    ) -> Exposure {
        var exposure = Exposure()
        guard self.settings.limits.exposureNotionalMax != nil, let quoteAsset else {
            return exposure
        }
        let symbol = terms.symbol
        exposure.opposite =
            .zero - self.reducibleQuantity(of: symbol, side: terms.side.opposite, on: venue)
        let ledger = self.state.ledger(of: venue)
        let session = self.sessions[venue]
        for (other, position) in ledger.positions
        where other != symbol && position.quoteAsset == quoteAsset {
            self.add(other, position.quantity, ledger, session?.quotes[other], to: &exposure)
        }
        for other in ledger.pending.keys where other != symbol && ledger.positions[other] == nil {
            // An order whose symbol is not listed any more may be in any asset: it counts.
            guard session?.rules[other]?.quoteAsset ?? quoteAsset == quoteAsset else { continue }
            self.add(other, .zero, ledger, session?.quotes[other], to: &exposure)
        }
        return exposure
    }

    private func add(
        _ symbol: Symbol,
        _ held: Amount,
        _ ledger: Ledger,
        _ quote: Quote?,
        to exposure: inout Exposure
    ) {
        let worst = max(
            held + ledger.pending(symbol, .buy),
            ledger.pending(symbol, .sell) - held
        )
        guard worst.isPositive else { return }
        guard let quote else {
            exposure.unpriced = exposure.unpriced.map { min($0, symbol) } ?? symbol
            return
        }
        exposure.others = exposure.others.adding(Notional(worth: worst, at: quote.ask))
    }
}
