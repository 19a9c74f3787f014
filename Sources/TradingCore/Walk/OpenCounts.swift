/// Orders of one venue that are not finished, counted.
struct OpenCounts: Hashable, Sendable {
    private(set) var total = 0
    /// What has none has no entry.
    private(set) var bySymbol: [Symbol: Int] = [:]
    /// Those that wait, or waited, for a price; what has none has no entry.
    private(set) var stopsBySymbol: [Symbol: Int] = [:]

    mutating func count(_ terms: OrderTerms, by step: Int) {
        Self.count(terms.symbol, in: &self.bySymbol, by: step)
        if terms.type.trigger != nil { Self.count(terms.symbol, in: &self.stopsBySymbol, by: step) }
        self.total += step
    }

    private static func count(_ symbol: Symbol, in counts: inout [Symbol: Int], by step: Int) {
        let count = (counts[symbol] ?? 0) + step
        invariant(count >= 0, "fewer orders are open on \(symbol) than were closed")
        counts[symbol] = count == 0 ? nil : count
    }
}
