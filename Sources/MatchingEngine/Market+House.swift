import TradingCore

/// What everybody else does: liquidity that is nobody's order, and trades of others.
extension Market {
    /// Lets the house take up to a quantity within a limit.
    mutating func houseTakes(
        _ side: Side,
        _ quantity: Quantity,
        limit: Price,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        _ = self.houseTrades(side, quantity, limit, &ledger, &events, at: time)
        self.settleConsequences(&ledger, &events, at: time)
    }

    /// Lets the house trade with one resting order, whatever stands before it in the queue.
    mutating func houseFills(
        _ id: VenueOrderID,
        _ quantity: Quantity,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        guard let slot = self.book.slot(of: id), self.book.orders[Int(slot)].state == .resting
        else { return }
        if self.book.orders[Int(slot)].list != 0 { self.claimPair(slot, &ledger, &events) }
        let price = self.book.orders[Int(slot)].terms.price
        let side = self.book.orders[Int(slot)].terms.side.opposite
        let most = min(quantity, self.book.orders[Int(slot)].remaining)
        var taker = BookOrder(
            id: VenueOrderID(raw: 0),
            terms: self.houseTerms(side, most, price)
        )
        while taker.remaining.isPositive, self.book.slot(of: id) == slot {
            let part = min(taker.remaining, self.book.orders[Int(slot)].visible)
            self.trade(&taker, with: slot, part, price, &ledger, &events, at: time)
        }
        self.settleConsequences(&ledger, &events, at: time)
    }

    private func houseTerms(_ side: Side, _ quantity: Quantity, _ limit: Price) -> NewOrder {
        var terms = NewOrder(account: .house, side: side, type: .limit)
        terms.quantity = quantity
        terms.price = limit
        terms.timeInForce = .immediateOrCancel
        return terms
    }

    /// Sets anonymous quantity; where it crosses resting orders they trade at their own price,
    /// and anonymous quantity that it crosses is taken back as out of date.
    mutating func quote(
        _ key: LevelKey,
        _ quantity: Quantity,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        var taker = BookOrder(
            id: VenueOrderID(raw: 0),
            terms: self.houseTerms(key.side, quantity, key.price)
        )
        let other = key.side.opposite
        while taker.remaining.isPositive, self.crosses(key.side, key.price),
            let level = self.book.best(other)
        {
            if level.anonymous.isPositive {
                self.book.setAnonymous(LevelKey(side: other, price: level.price), to: .zero)
                continue
            }
            if self.book.orders[Int(level.head)].list != 0 {
                self.claimPair(level.head, &ledger, &events)
            }
            let maker = self.book.orders[Int(level.head)]
            self.trade(
                &taker,
                with: level.head,
                min(taker.remaining, maker.visible),
                level.price,
                &ledger,
                &events,
                at: time
            )
        }
        self.book.setAnonymous(key, to: taker.remaining)
        self.settleConsequences(&ledger, &events, at: time)
    }

    /// Repeats a recorded trade: orders at better prices trade first, then the queue at its
    /// price; what finds nobody is told of as a trade between others (M6).
    ///
    /// The explained part has moved the queue at its price already, by a quote that came first.
    mutating func repeatTrade(
        _ price: Price,
        _ quantity: Quantity,
        explained: Quantity,
        takerSide: Side,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        let other = takerSide.opposite
        self.dropAnonymous(other, betterThan: price)
        var remaining = quantity
        let better = Price(raw: price.raw + (takerSide == .buy ? -1 : 1))
        remaining -= self.houseTrades(takerSide, quantity, better, &ledger, &events, at: time)
        let done = quantity - remaining
        let queueMoves = quantity - explained - done
        if queueMoves.isPositive {
            remaining -= self.houseTrades(
                takerSide,
                queueMoves,
                price,
                &ledger,
                &events,
                at: time
            )
        }
        if remaining.isPositive {
            self.tellTrade(price, remaining, takerSide, &events, at: time)
        }
        self.settleConsequences(&ledger, &events, at: time)
    }

    /// Lets the house take within a limit; the quantity that it took.
    private mutating func houseTrades(
        _ side: Side,
        _ quantity: Quantity,
        _ limit: Price,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> Quantity {
        var taker = BookOrder(
            id: VenueOrderID(raw: 0),
            terms: self.houseTerms(side, quantity, limit)
        )
        _ = self.match(&taker, &ledger, &events, at: time)
        return taker.executed
    }

    /// Tells of a trade between others that moves nothing here.
    private mutating func tellTrade(
        _ price: Price,
        _ quantity: Quantity,
        _ takerSide: Side,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        self.lastTradeID = TradeID(raw: self.lastTradeID.raw + 1)
        let nobody = TradeParty(account: .house, order: nil, commission: .zero)
        events.append(
            .traded(
                EngineTrade(
                    id: self.lastTradeID,
                    price: price,
                    quantity: quantity,
                    value: (price * quantity).amount(rounding: .down),
                    takerSide: takerSide,
                    taker: nobody,
                    maker: nobody
                )
            )
        )
        self.didTrade(price, quantity, at: time)
    }

    /// Takes back the anonymous quantity of a side at prices better than the given one.
    mutating func dropAnonymous(_ side: Side, betterThan price: Price) {
        for level in self.book.levels(side).reversed() {
            let isBetter = side == .buy ? level.price > price : level.price < price
            guard isBetter else { return }
            if level.anonymous.isPositive {
                self.book.setAnonymous(LevelKey(side: side, price: level.price), to: .zero)
            }
        }
    }
}
