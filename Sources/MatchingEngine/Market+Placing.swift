import TradingCore

extension Market {
    /// Checks an order, gives it a number and lets it enter.
    mutating func place(
        _ original: NewOrder,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> Placement {
        var (terms, pegRefusal) = self.priced(original, at: time)
        if let refusal = pegRefusal ?? self.check(terms, at: time) { return .refused(refusal) }
        if terms.quoteQuantity.isPositive {
            guard let quantity = self.quantity(forQuote: terms) else { return .refused(.thinBook) }
            terms.quantity = quantity
        }
        if self.exceedsPosition(terms, ledger) { return .refused(.filter(.maxPosition)) }
        if let refusal = self.refusalByBook(terms, ledger) { return .refused(refusal) }
        var order = BookOrder(id: self.book.nextOrderID, terms: terms)
        let needed = order.lockNeeded
        guard ledger.lock(needed, of: self.paying(terms.side), by: terms.account) else {
            return .refused(.insufficientBalance)
        }
        order.locked = needed
        _ = self.book.takeOrderID()
        if terms.type.isAlgorithmic {
            self.arm(order, isNew: true, &events)
        } else {
            if terms.peg != nil { events.append(.pegged(order.id, price: terms.price)) }
            events.append(.accepted(order.id, state: .resting))
            self.enter(order, &ledger, &events, at: time)
            self.settleConsequences(&ledger, &events, at: time)
        }
        return .accepted(order.id)
    }

    /// What the engine refuses by looking at the book: posts that take, stops already through,
    /// market orders that the account cannot pay.
    func refusalByBook(_ terms: NewOrder, _ ledger: Ledger) -> EngineRefusal? {
        switch terms.type {
        case .limit:
            return nil
        case .limitMaker:
            return self.crosses(terms.side, terms.price) ? .wouldMatchImmediately : nil
        case .market:
            return self.canPay(terms, ledger) ? nil : .insufficientBalance
        case .stopLoss, .stopLossLimit, .takeProfit, .takeProfitLimit:
            return self.isThrough(terms) ? .wouldTriggerImmediately : nil
        }
    }

    /// Whether the other side has a level at the price or better.
    func crosses(_ side: Side, _ price: Price) -> Bool {
        guard let best = self.book.best(side.opposite) else { return false }
        return side == .buy ? best.price <= price : best.price >= price
    }

    private func canPay(_ terms: NewOrder, _ ledger: Ledger) -> Bool {
        let free = ledger[terms.account, self.paying(terms.side)].free
        guard terms.side == .buy else { return free >= terms.quantity.amount }
        var remaining = terms.quantity
        var cost = Amount.zero
        self.forEachOffer(to: terms) { price, available in
            let quantity = min(remaining, available)
            cost += (price * quantity).amount(rounding: .up)
            remaining -= quantity
            return remaining.isPositive && cost <= free
        }
        return cost <= free
    }

    /// Whether the book holds the whole quantity within the limit.
    func canFill(_ terms: NewOrder) -> Bool {
        var remaining = terms.quantity
        self.forEachOffer(to: terms) { price, available in
            if !terms.type.isMarket {
                let isWithin = terms.side == .buy ? price <= terms.price : price >= terms.price
                guard isWithin else { return false }
            }
            remaining -= min(remaining, available)
            return remaining.isPositive
        }
        return remaining.isZero
    }

    /// The base quantity that an amount of quote buys or that brings it, or nil for less than
    /// the smallest order.
    private func quantity(forQuote terms: NewOrder) -> Quantity? {
        var budget = terms.quoteQuantity.amount.raw * 100_000_000
        var quantity: Int128 = 0
        self.forEachOffer(to: terms) { price, available in
            let affordable = min(budget / Int128(price.raw), Int128(available.raw))
            quantity += affordable
            budget -= affordable * Int128(price.raw)
            return affordable == Int128(available.raw)
        }
        guard let raw = Int64(exactly: quantity) else { return nil }
        let rounded = Quantity(raw: raw).roundedDown(to: self.rules.symbol.stepSize)
        guard rounded.isPositive, rounded >= self.rules.symbol.quantityMin else { return nil }
        return rounded
    }

    /// Walks what the other side offers to an order, best price first, until told to stop.
    ///
    /// Orders of the same account count only where their meeting is not prevented; the hidden
    /// parts of icebergs count at their price.
    ///
    /// - Complexity: O(*n*) in the count of orders offered before the walk is stopped.
    private func forEachOffer(to terms: NewOrder, _ body: (Price, Quantity) -> Bool) {
        let isPreventing = terms.selfTradePrevention != .none
        for level in self.book.levels(terms.side.opposite).reversed() {
            if level.anonymous.isPositive {
                let price = self.slipped(level.price, terms)
                guard body(price, level.anonymous) else { return }
            }
            var slot = level.head
            while slot >= 0 {
                let maker = self.book.orders[Int(slot)]
                if !isPreventing || maker.terms.account != terms.account {
                    guard body(level.price, maker.remaining) else { return }
                }
                slot = maker.next
            }
        }
    }

    /// Lets an accepted order trade, and rests or ends what is left.
    mutating func enter(
        _ entering: BookOrder,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        var order = entering
        let terms = order.terms
        if terms.timeInForce == .fillOrKill, !self.canFill(terms) {
            return self.end(&order, .expired(.unfilledFillOrKill), &ledger, &events)
        }
        let isPrevented = !self.match(&order, &ledger, &events, at: time)
        guard order.remaining.isPositive else {
            invariant(order.locked.isZero, "a filled order holds nothing")
            self.lists.didEnd(order, nil)
            return
        }
        if isPrevented {
            self.end(&order, .expiredInMatch, &ledger, &events)
        } else if terms.type.isMarket {
            self.end(&order, .expired(.insufficientLiquidity), &ledger, &events)
        } else if terms.timeInForce == .goodTillCanceled {
            let slot = self.hold(order)
            self.book.enqueue(slot)
        } else if terms.timeInForce == .immediateOrCancel {
            self.end(&order, .expired(.unfilledImmediateOrCancel), &ledger, &events)
        } else {
            self.end(&order, .expired(.unfilledFillOrKill), &ledger, &events)
        }
    }

    /// Gives back what an order holds and says how it ended; the caller has unlinked it.
    mutating func end(
        _ order: inout BookOrder,
        _ end: OrderEnd,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent]
    ) {
        ledger.unlock(order.locked, of: self.paying(order.terms.side), by: order.terms.account)
        order.locked = .zero
        events.append(.ended(order.id, end))
        self.lists.didEnd(order, end)
    }

    /// Takes a held order out, wherever it is, and ends it.
    mutating func remove(
        _ slot: Slot,
        _ end: OrderEnd,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent]
    ) {
        switch self.book.orders[Int(slot)].state {
        case .resting: self.book.unlink(slot)
        case .armed: self.triggers.remove(self.book.orders[Int(slot)])
        case .pending: break
        case .passing: invariant(false, "a passing order is not held")
        }
        var order = self.book.orders[Int(slot)]
        self.release(slot)
        self.end(&order, end, &ledger, &events)
    }

    /// Cancels an open order, and with it the list that it belongs to.
    mutating func cancel(
        _ id: VenueOrderID,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> EngineRefusal? {
        guard let slot = self.book.slot(of: id) else { return .unknownOrder }
        let list = self.book.orders[Int(slot)].list
        guard list == 0 else { return self.cancelList(list, &ledger, &events, at: time) }
        self.remove(slot, .canceled, &ledger, &events)
        return nil
    }
}
