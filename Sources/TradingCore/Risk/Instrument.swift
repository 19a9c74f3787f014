/// One symbol of a venue as a decision sees it: the venue's rules and prices, what our account has
/// in it, and which of our limits bind it.
///
/// A class, so that a decision finds all of it by one look-up and copies none of it. What follows
/// from the journal or from prices is kept here as their news come, by ``AccountBook``.
final class Instrument {
    let symbol: Symbol
    /// What was last told of the levels near the best prices; market orders alone read it.
    var depth: KnownDepth?
    /// Nil while the venue does not list it.
    var sharedRules: Shared<SymbolRules>?
    /// What it is bought and sold for, and what is bought and sold; nil until its rules or its
    /// position named them.
    var quoteMoney: Money?
    var baseMoney: Money?
    /// As of now; a decision reads it once.
    var standing = Standing()
    /// The newest first.
    private var bounds: [(strategy: String, limits: Shared<BoundLimits>)] = []
    private var boundBy: Shared<RiskLimits>?

    /// More strategies than a symbol usually has; beyond it the last one makes room.
    private static let boundsMax = 8

    init(_ symbol: Symbol) { self.symbol = symbol }

    /// Nil while the venue does not list it.
    var rules: SymbolRules? { self.sharedRules?.value }

    /// Nil while no price is known.
    var quote: Quote? { self.standing.quote }

    /// What of the limits binds an order of a strategy on the symbol.
    func bound(_ strategy: String, by limits: Shared<RiskLimits>) -> Shared<BoundLimits> {
        if self.boundBy?.isSame(as: limits) != true {
            self.boundBy = limits
            self.bounds = []
        }
        let bounds = self.bounds
        if let place = bounds.firstIndex(where: { $0.strategy == strategy }) {
            return bounds[place].limits
        }
        let bound = Shared(limits.value.bound(to: self.symbol, strategy: strategy))
        self.bounds = [(strategy, bound)] + bounds.prefix(Self.boundsMax - 1)
        return bound
    }

    /// What is known of it now; without a reference, so that a copy of it costs next to nothing.
    struct Standing {
        var quote: Quote?
        /// When the best prices were learned.
        var quotedAt: MonotonicTime?
        /// What the account holds of it, and how that is valued.
        var holding = Holding()
        /// Orders of ours on it that are not finished.
        var openOrderCount = 0
        /// Those of them that wait, or waited, for a price.
        var stopOrderCount = 0
    }

    /// What is, or may come to be, held, and what it is worth.
    struct Holding: Hashable, Sendable {
        var held = Amount.zero
        /// What orders that are not finished can still trade.
        var pending = AmountBySide()
        /// What the position would bring now; negative where it must be bought back.
        private(set) var worth = Notional.zero
        /// What the position could be worth at its worst.
        private(set) var exposure = Notional.zero
        /// Something is held that cannot be valued.
        private(set) var isUnworthed = false
        /// Something may come to be held that cannot be valued.
        private(set) var isUnpriced = false
        /// More may come to be held than is too little to be sold.
        private(set) var isOpen = false

        /// How much an order on each side can trade and only shrink the position, were every order
        /// of ours on that side filled; zero or less where it would open one.
        var reducible: AmountBySide {
            AmountBySide(
                buying: -self.held - self.pending[.buy],
                selling: self.held - self.pending[.sell]
            )
        }

        /// One value of many: the sum of 65,536 of them is within the range.
        private static let largest = Notional(raw: 1 << 110)

        /// Values what is held at the best prices.
        mutating func value(at quote: Quote?, quantityMin: Quantity) {
            let worst = max(self.held + self.pending[.buy], self.pending[.sell] - self.held)
            self.isOpen = worst.isPositive && worst >= quantityMin.amount
            self.worth = .zero
            self.exposure = .zero
            self.isUnworthed = quote == nil && !self.held.isZero
            self.isUnpriced = quote == nil && worst.isPositive
            guard let quote else { return }
            if worst.isPositive {
                self.exposure = min(Notional(worth: worst, at: quote.ask), Self.largest)
            }
            if self.held.isPositive {
                self.worth = min(Notional(worth: self.held, at: quote.bid), Self.largest)
            } else if !self.held.isZero {
                let owed = min(Notional(worth: self.held, at: quote.ask), Self.largest)
                self.worth = Notional(raw: -owed.raw)
            }
        }
    }
}
