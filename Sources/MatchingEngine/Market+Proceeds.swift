import TradingCore

/// One order that pays for others (OPO): the legs sell what the working order has bought.
extension Market {
    /// Notes what a working order has bought, and keeps it for the legs that are to sell it.
    mutating func keepProceeds(
        of order: BookOrder,
        _ received: Amount,
        _ ledger: inout Ledger
    ) {
        guard order.list != 0, let list = self.lists.lists[order.list], list.working == order.id,
            list.proceeds != nil
        else { return }
        let isLocked = ledger.lock(received, of: self.base, by: list.account)
        invariant(isLocked, "what was just received is free")
        self.lists.update(order.list) { $0.proceeds = ($0.proceeds ?? .zero) + received }
    }

    /// Gives the legs of an OPO the quantity that the working order has bought; false where it is
    /// less than the smallest order.
    func size(
        _ orders: inout [BookOrder],
        by proceeds: Amount?,
        _ events: inout [EngineEvent]
    ) -> Bool {
        guard let proceeds else { return true }
        let whole = Quantity(raw: Int64(clamping: proceeds.raw))
        let quantity = whole.roundedDown(to: self.rules.symbol.stepSize)
        guard self.isWholeLot(quantity) else { return false }
        for index in orders.indices {
            orders[index].terms.quantity = quantity
            orders[index].remaining = quantity
            events.append(.amended(orders[index].id, quantity: quantity))
        }
        return true
    }
}
