extension State {
    package func ledger(of venue: VenueID) -> Ledger { self.ledgers[venue] ?? Ledger() }

    /// Orders of the venue on a symbol that are not finished and wait, or waited, for a price.
    package func stopOrderCount(on venue: VenueID, symbol: Symbol) -> Int {
        self.openCounts[venue]?.stopsBySymbol[symbol] ?? 0
    }

    /// The unsettled orders, oldest first.
    package var ordersByAge: [Order] {
        self.orders.values.sorted { $0.orderID < $1.orderID }
    }
}
