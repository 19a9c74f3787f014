extension State {
    package func ledger(of venue: VenueID) -> Ledger { self.ledgers[venue] ?? Ledger() }

    /// Orders of the venue that are not finished; held ones are not there yet.
    package func openOrderCount(on venue: VenueID) -> Int {
        self.openCounts[venue]?.total ?? 0
    }

    /// Orders that wait for a person's approval to go to the venue.
    @inline(__always)
    package func heldCount(on venue: VenueID) -> Int {
        guard !self.heldOrders.isEmpty else { return 0 }
        return self.heldOrders.count { self.orders[$0]?.intent.venue == venue }
    }

    /// Orders of the venue on a symbol that are not finished.
    package func openOrderCount(on venue: VenueID, symbol: Symbol) -> Int {
        self.openCounts[venue]?.bySymbol[symbol] ?? 0
    }

    /// Orders of the venue on a symbol that are not finished and wait, or waited, for a price.
    package func stopOrderCount(on venue: VenueID, symbol: Symbol) -> Int {
        self.openCounts[venue]?.stopsBySymbol[symbol] ?? 0
    }

    /// The unsettled orders, oldest first.
    package var ordersByAge: [Order] {
        self.orders.values.sorted { $0.orderID < $1.orderID }
    }
}
