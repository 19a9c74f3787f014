/// What one account holds, valued at the last prices: by symbol, and summed by quote asset.
///
/// Derived from the ledger and the quotes. Each change of either values one symbol anew, so that
/// an order is judged in the same time whatever the number of symbols and of orders.
package struct AccountBook: Hashable, Sendable {
    /// One symbol's part.
    private struct Entry: Hashable, Sendable {
        /// Nil where an order's symbol is not listed any more: it may be in any asset.
        var quoteAsset: Asset?
        /// What the position would bring now; negative where it must be bought back.
        var worth = Notional.zero
        /// What the position could be worth at its worst.
        var exposure = Notional.zero
        /// Something is held that cannot be valued.
        var isUnworthed = false
        /// Something may come to be held that cannot be valued.
        var isUnpriced = false
        /// More may come to be held than is too little to be sold.
        var isOpen = false
    }

    private struct Sum: Hashable, Sendable {
        var worth = Notional.zero
        var exposure = Notional.zero
        var unworthed = 0
        var unpriced: Set<Symbol> = []

        func firstUnpriced(but symbol: Symbol) -> Symbol? {
            self.unpriced.isEmpty ? nil : self.unpriced.filter { $0 != symbol }.min()
        }
    }

    private var entries: [Symbol: Entry] = [:]
    private var sums: [Asset?: Sum] = [:]
    /// Symbols in which something is, or may come to be, held.
    package private(set) var openCount = 0

    /// One value of many: the sum of 65,536 of them is within the range.
    private static let largest = Notional(raw: 1 << 110)

    package init() {}

    /// What is told of one symbol.
    package struct Part: Hashable, Sendable {
        package var quoteAsset: Asset?
        package var held = Amount.zero
        /// What orders that are not finished can still buy and sell.
        package var buying = Amount.zero
        package var selling = Amount.zero
        package var quote: Quote?
        /// Less than this cannot be sold.
        package var quantityMin = Quantity.zero

        package init(quoteAsset: Asset?) { self.quoteAsset = quoteAsset }
    }

    /// Values a symbol anew.
    package mutating func set(_ symbol: Symbol, _ part: Part) {
        let old = self.entries[symbol]
        if part.held.isZero, part.buying.isZero, part.selling.isZero {
            guard let old else { return }
            self.add(old, of: symbol, -1)
            self.entries[symbol] = nil
            return
        }
        let entry = Self.entry(part)
        if entry == old { return }
        if let old { self.add(old, of: symbol, -1) }
        self.add(entry, of: symbol, 1)
        self.entries[symbol] = entry
    }

    private static func entry(_ part: Part) -> Entry {
        var entry = Entry(quoteAsset: part.quoteAsset)
        let worst = max(part.held + part.buying, part.selling - part.held)
        entry.isOpen = worst.isPositive && worst >= part.quantityMin.amount
        guard let quote = part.quote else {
            entry.isUnworthed = !part.held.isZero
            entry.isUnpriced = worst.isPositive
            return entry
        }
        if worst.isPositive {
            entry.exposure = min(Notional(worth: worst, at: quote.ask), Self.largest)
        }
        if part.held.isPositive {
            entry.worth = min(Notional(worth: part.held, at: quote.bid), Self.largest)
        } else if !part.held.isZero {
            let owed = min(Notional(worth: part.held, at: quote.ask), Self.largest)
            entry.worth = Notional(raw: -owed.raw)
        }
        return entry
    }

    private mutating func add(_ entry: Entry, of symbol: Symbol, _ sign: Int) {
        var sum = self.sums.removeValue(forKey: entry.quoteAsset) ?? Sum()
        let factor = Int128(sign)
        sum.worth = Notional(raw: sum.worth.raw + factor * entry.worth.raw)
        sum.exposure = Notional(raw: sum.exposure.raw + factor * entry.exposure.raw)
        if entry.isUnworthed { sum.unworthed += sign }
        if entry.isUnpriced {
            if sign > 0 { sum.unpriced.insert(symbol) } else { sum.unpriced.remove(symbol) }
        }
        if entry.isOpen { self.openCount += sign }
        self.sums[entry.quoteAsset] = sum
    }

    /// What the positions in a quote asset would bring now, or nil while one has no price.
    package func worth(in quoteAsset: Asset) -> Notional? {
        let (own, any) = (self.sums[quoteAsset], self.sums[Asset?.none])
        guard own?.unworthed ?? 0 == 0, any?.unworthed ?? 0 == 0 else { return nil }
        return (own?.worth ?? .zero) + (any?.worth ?? .zero)
    }

    /// What the other symbols' positions are worth at their worst, and which one has no price.
    package func exposure(
        in quoteAsset: Asset,
        beside symbol: Symbol
    ) -> (others: Notional, unpriced: Symbol?) {
        let (own, any) = (self.sums[quoteAsset], self.sums[Asset?.none])
        var others = (own?.exposure ?? .zero) + (any?.exposure ?? .zero)
        if let entry = self.entries[symbol], (entry.quoteAsset ?? quoteAsset) == quoteAsset {
            others = others - entry.exposure
        }
        let first = own?.firstUnpriced(but: symbol)
        let second = any?.firstUnpriced(but: symbol)
        guard let first, let second else { return (others, first ?? second) }
        return (others, min(first, second))
    }

    /// Whether something is, or may come to be, held of a symbol.
    package func isOpen(_ symbol: Symbol) -> Bool { self.entries[symbol]?.isOpen ?? false }
}
