extension State {
    /// Counts a fill to the strategies that it belongs to, before the account's ledger does.
    mutating func countForStrategies(_ fill: Fill, of intent: OrderIntent) {
        let venue = intent.venue
        guard !intent.strategy.isEmpty || (intent.closesForAll && self.strategies[venue] != nil)
        else { return }
        let held = self.ledgers[venue]?.positions[intent.terms.symbol]?.quantity ?? .zero
        self.strategies[venue, default: StrategyBooks()].count(fill, of: intent, held: held)
        if self.strategies[venue]?.byName.isEmpty == true { self.strategies[venue] = nil }
    }
}
