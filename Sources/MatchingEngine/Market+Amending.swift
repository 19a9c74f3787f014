import TradingCore

extension Market {
    /// Reduces an open order's quantity; it keeps its place in the queue.
    ///
    /// An order that has traded the new quantity already ends.
    mutating func amend(
        _ id: VenueOrderID,
        to quantity: Quantity,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> EngineRefusal? {
        guard let slot = self.book.slot(of: id) else { return .unknownOrder }
        let order = self.book.orders[Int(slot)]
        if order.terms.quantity.isZero { return .amendPending }
        if order.amends >= self.rules.amendsMax { return .filter(.maxAmends) }
        if quantity == order.terms.quantity { return .amendNoChange }
        if quantity > order.terms.quantity { return .amendIncrease }
        guard self.isWholeLot(quantity) else { return .filter(.lotSize) }
        if !order.terms.type.isMarket {
            let minimum = Notional(self.rules.symbol.notionalMin)
            if order.terms.price * quantity < minimum { return .filter(.notional) }
        }
        let loss = order.terms.quantity - quantity
        self.book.orders[Int(slot)].terms.quantity = quantity
        self.book.orders[Int(slot)].amends += 1
        events.append(.amended(id, quantity: quantity))
        if loss >= order.remaining {
            self.remove(slot, .expired(.exchangeCanceled), &ledger, &events)
            self.settleConsequences(&ledger, &events, at: time)
            return nil
        }
        if order.state == .resting {
            self.shrink(slot, by: loss, &ledger)
        } else {
            self.book.orders[Int(slot)].remaining -= loss
            self.giveBackSurplus(slot, &ledger)
        }
        return nil
    }
}
