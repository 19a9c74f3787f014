extension Gateway {
    // MARK: Orders in the place of others

    /// Ends an order whose absence at the venue is proven (E2), and places it once more where the
    /// caller asked for that: as a new order with a new name, through the whole gate (S3).
    ///
    /// Once only: the new order does not ask for it again. Nothing is placed for an order that its
    /// caller wanted to cancel, or in another mode than its own.
    mutating func endAbsent(_ order: Order, into batch: inout OpenBatch) {
        let isResubmitted = order.intent.resubmitsIfAbsent && order.pendingCancel == nil
        if isResubmitted { self.announceSuccessor(of: order.orderID, into: &batch) }
        let reason =
            "proven absent: after its window was over the venue had no such order, and no trade "
            + "that another does not explain"
        self.change(order.orderID, .notPlaced(reason: reason), into: &batch)
        if isResubmitted { self.succeed(order, with: order.terms, into: &batch) }
    }

    /// Journals that the next order takes the place of another, before that one ends.
    mutating func announceSuccessor(of orderID: OrderID, into batch: inout OpenBatch) {
        self.record(.orderChanged(orderID, .succeeded(by: self.nextOrderID)), into: &batch)
    }

    /// Places an order instead of one that has ended; its callers wait for the new one.
    ///
    /// The key stays with the first order, whose repeats are answered by the last in the row.
    mutating func succeed(
        _ order: Order,
        with terms: OrderTerms,
        into batch: inout OpenBatch
    ) {
        var wish = OrderRequest(
            terms: terms,
            principal: order.intent.principal,
            expectedMode: order.intent.venue.mode,
            tag: order.intent.tag,
            strategy: order.intent.strategy,
            predecessor: order.orderID,
            exits: order.intent.exits
        )
        wish.session = order.intent.session
        let successor = self.admit(wish, into: &batch)
        if let waiting = self.waiters.removeValue(forKey: order.orderID) {
            self.waiters[successor, default: []] += waiting
        }
        self.answerWaiters(of: successor, into: &batch)
    }

    /// The order that is there instead of this one by now; itself where there is none.
    func latest(of order: Order, fetched: Fetched) -> Order {
        var latest = order
        while let successor = latest.successor,
            let next = self.order(successor, fetched: fetched)
        {
            latest = next
        }
        return latest
    }

    /// The first order of the row behind this one that is not in memory, if any.
    func missingSuccessor(of orderID: OrderID) -> OrderID? {
        var next: OrderID? = orderID
        while let orderID = next, let order = self.state.orders[orderID] ?? self.recent[orderID] {
            next = order.successor
        }
        return next
    }
}
