extension State {
    package func ledger(of venue: VenueID) -> Ledger { self.ledgers[venue] ?? Ledger() }

    /// The unsettled orders, oldest first.
    package var ordersByAge: [Order] {
        self.orders.values.sorted { $0.orderID < $1.orderID }
    }
}
