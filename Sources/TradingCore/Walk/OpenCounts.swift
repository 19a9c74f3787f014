/// Orders of one venue that are not finished, counted.
struct OpenCounts: Hashable, Sendable {
    private(set) var total = 0
    /// What has none has no entry.
    private(set) var bySymbol: [Symbol: Int] = [:]

    mutating func count(_ symbol: Symbol, by step: Int) {
        let count = (self.bySymbol[symbol] ?? 0) + step
        invariant(count >= 0, "fewer orders are open on \(symbol) than were closed")
        self.bySymbol[symbol] = count == 0 ? nil : count
        self.total += step
    }
}
