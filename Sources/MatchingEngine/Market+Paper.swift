package import TradingCore

/// What only a market inside of a gateway needs: worse prices for takers than the ones shown, and
/// going on with the orders of an earlier process.
extension Market {
    /// What a taker pays of anonymous quantity: the level's price, made worse by the slippage and
    /// never worse than the taker's own limit or than nothing.
    ///
    /// The house, which repeats what happened elsewhere, trades at the level's own price.
    func slipped(_ price: Price, _ terms: NewOrder) -> Price {
        guard self.slippageTicks > 0, terms.account != .house else { return price }
        let tick = max(self.rules.symbol.tickSize.raw, 1)
        let (slip, isTooLarge) = tick.multipliedReportingOverflow(by: self.slippageTicks)
        let most = isTooLarge ? price.raw : min(slip, price.raw)
        switch terms.side {
        case .buy:
            let worse = Price(raw: price.raw + most)
            return terms.type.isMarket ? worse : max(price, min(worse, terms.price))
        case .sell:
            let worse = Price(raw: max(tick, price.raw - most))
            return terms.type.isMarket ? worse : min(price, max(worse, terms.price))
        }
    }

    /// Puts an open order of an earlier process back, at the end of its level's queue or waiting
    /// for its trigger.
    ///
    /// No filter looks at it, because it passed them when it was new.
    ///
    /// - Returns: False where the account does not have what the order holds.
    mutating func resume(
        _ id: VenueOrderID,
        _ terms: NewOrder,
        executed: Quantity,
        isArmed: Bool,
        _ ledger: inout Ledger
    ) -> Bool {
        var order = BookOrder(id: id, terms: terms)
        order.executed = executed
        order.remaining = terms.quantity - executed
        let needed = order.lockNeeded
        guard ledger.lock(needed, of: self.paying(terms.side), by: terms.account) else {
            return false
        }
        order.locked = needed
        if isArmed {
            order.state = .armed
            self.triggers.insert(order)
            _ = self.hold(order)
        } else {
            self.book.enqueue(self.hold(order))
        }
        return true
    }
}

extension MatchingEngine {
    /// Lets takers of a market trade worse than its book shows, by whole ticks; zero for not.
    package mutating func setSlippage(ticks: Int64, on market: Int) {
        self.markets[market].slippageTicks = ticks
    }

    /// Lets a market count on from the last numbers of an earlier process.
    ///
    /// - Parameters:
    ///   - orderID: The number of its last order; zero for none.
    ///   - tradeID: That of its last trade.
    ///   - market: Which market; no order was placed on it yet.
    package mutating func continueNumbers(
        afterOrder orderID: Int64,
        trade tradeID: TradeID,
        on market: Int
    ) {
        self.markets[market].book.reserveOrderIDs(through: orderID)
        self.markets[market].lastTradeID = tradeID
    }

    /// Puts an open order of an earlier process back on its market.
    ///
    /// - Parameters:
    ///   - id: Its number, within those that ``continueNumbers(afterOrder:trade:on:)`` reserved.
    ///   - terms: A limit order that stays until cancelled, or an order that waits for a price,
    ///     with its whole quantity.
    ///   - executed: What of the quantity had traded.
    ///   - isArmed: Whether it still waits for its price.
    ///   - market: Which market.
    /// - Returns: False where the account does not have what the order holds.
    package mutating func resume(
        _ id: VenueOrderID,
        _ terms: NewOrder,
        executed: Quantity,
        isArmed: Bool,
        on market: Int
    ) -> Bool {
        invariant(isArmed || !terms.type.isMarket, "a market order does not rest")
        return self.markets[market].resume(
            id,
            terms,
            executed: executed,
            isArmed: isArmed,
            &self.ledger
        )
    }
}
