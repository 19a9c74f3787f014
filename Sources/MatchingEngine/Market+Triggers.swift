import TradingCore

/// The orders that wait for a price, sorted so that the next to trigger is last.
struct TriggerBook: Sendable {
    struct Entry: Hashable, Sendable {
        let price: Price
        let id: VenueOrderID
    }

    /// Triggered at or above their price; the lowest price is last.
    private(set) var above: [Entry] = []
    /// Triggered at or below their price; the highest price is last.
    private(set) var below: [Entry] = []
    /// Follow the market; looked at on every new price.
    private(set) var trailing: [VenueOrderID] = []

    /// Whether a stop waits for the price to rise; the rest wait for it to fall.
    static func isAbove(_ terms: NewOrder) -> Bool {
        switch terms.type {
        case .stopLoss, .stopLossLimit: terms.side == .buy
        case .takeProfit, .takeProfitLimit: terms.side == .sell
        case .limit, .limitMaker, .market: false
        }
    }

    mutating func insert(_ order: BookOrder) {
        guard order.terms.trailingDelta == 0 else { return self.trailing.append(order.id) }
        let entry = Entry(price: order.terms.stopPrice, id: order.id)
        if Self.isAbove(order.terms) {
            let index = self.above.firstIndex { $0.price <= entry.price } ?? self.above.count
            self.above.insert(entry, at: index)
        } else {
            let index = self.below.firstIndex { $0.price >= entry.price } ?? self.below.count
            self.below.insert(entry, at: index)
        }
    }

    mutating func remove(_ order: BookOrder) {
        self.above.removeAll { $0.id == order.id }
        self.below.removeAll { $0.id == order.id }
        self.trailing.removeAll { $0 == order.id }
    }

    /// Takes out the next order that prices between the two would trigger.
    mutating func next(low: Price, high: Price) -> VenueOrderID? {
        if let entry = self.above.last, entry.price <= high {
            self.above.removeLast()
            return entry.id
        }
        if let entry = self.below.last, entry.price >= low {
            self.below.removeLast()
            return entry.id
        }
        return nil
    }
}

extension Market {
    /// Whether a stop's price is already through the market.
    func isThrough(_ terms: NewOrder) -> Bool {
        guard terms.stopPrice.isPositive, self.lastPrice.isPositive else { return false }
        return TriggerBook.isAbove(terms)
            ? terms.stopPrice <= self.lastPrice : terms.stopPrice >= self.lastPrice
    }

    /// Lets an order wait for its trigger.
    mutating func arm(_ order: BookOrder, isNew: Bool, _ events: inout [EngineEvent]) {
        var order = order
        order.state = .armed
        let followsNow = order.terms.trailingDelta != 0 && order.terms.stopPrice.isZero
        if followsNow { order.trailingExtreme = self.lastPrice }
        events.append(
            isNew
                ? .accepted(order.id, state: .armed) : .activated(order.id, state: .armed)
        )
        if followsNow { events.append(.trailing(order.id)) }
        self.triggers.insert(order)
        _ = self.hold(order)
    }

    /// Does what trades have caused, until nothing is left to do: triggers and lists.
    mutating func settleConsequences(
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        while true {
            if self.settleLists(&ledger, &events, at: time) { continue }
            guard self.sweptHigh.isPositive else { return }
            let (low, high) = (self.sweptLow, self.sweptHigh)
            if let id = self.triggers.next(low: low, high: high)
                ?? self.nextTrailing(low: low, high: high, &events)
            {
                self.trigger(id, &ledger, &events, at: time)
            } else {
                (self.sweptLow, self.sweptHigh) = (.zero, .zero)
            }
        }
    }

    /// Lets a triggered order work.
    private mutating func trigger(
        _ id: VenueOrderID,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        guard let slot = self.book.slot(of: id) else { return }
        var order = self.book.orders[Int(slot)]
        self.triggers.remove(order)
        self.release(slot)
        order.state = .passing
        self.expireSibling(of: order, &ledger, &events)
        if order.terms.type.isMarket {
            let paying = self.paying(order.terms.side)
            ledger.unlock(order.locked, of: paying, by: order.terms.account)
            order.locked = .zero
            guard let locked = self.lockForMarket(order, &ledger) else {
                return self.end(&order, .expired(.rejected), &ledger, &events)
            }
            order.locked = locked
        }
        guard self.repeg(&order, &ledger, &events, at: time) else {
            return self.end(&order, .expired(.rejected), &ledger, &events)
        }
        events.append(.activated(id, state: .resting))
        self.enter(order, &ledger, &events, at: time)
    }

    /// What a triggered market order holds while it passes, or nil where it cannot be paid.
    private func lockForMarket(_ order: BookOrder, _ ledger: inout Ledger) -> Amount? {
        var terms = order.terms
        terms.type = .market
        terms.quantity = order.remaining
        return self.refusalByBook(terms, ledger) == nil ? .zero : nil
    }

    /// Moves the extremes of trailing orders, and names one that fires.
    private mutating func nextTrailing(
        low: Price,
        high: Price,
        _ events: inout [EngineEvent]
    ) -> VenueOrderID? {
        for id in self.triggers.trailing {
            guard let slot = self.book.slot(of: id) else { continue }
            let order = self.book.orders[Int(slot)]
            var extreme = order.trailingExtreme
            if extreme.isZero {
                let isAbove = TriggerBook.isAbove(order.terms)
                let stop = order.terms.stopPrice
                guard isAbove ? high >= stop : low <= stop else { continue }
                extreme = self.lastPrice
                events.append(.trailing(id))
            }
            let delta = order.terms.trailingDelta
            let isDue: Bool
            if order.terms.side == .sell {
                extreme = max(extreme, high)
                isDue = Int128(low.raw) * 10_000 <= Int128(extreme.raw) * Int128(10_000 - delta)
            } else {
                extreme = min(extreme, low)
                isDue = Int128(high.raw) * 10_000 >= Int128(extreme.raw) * Int128(10_000 + delta)
            }
            self.book.orders[Int(slot)].trailingExtreme = extreme
            if isDue { return id }
        }
        return nil
    }
}
