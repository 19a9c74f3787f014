import TradingCore

extension Market {
    /// Trades an order against the other side for as long as prices allow.
    ///
    /// - Returns: False where self-trade prevention ended the order.
    mutating func match(
        _ taker: inout BookOrder,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> Bool {
        let other = taker.terms.side.opposite
        let hasLimit = !taker.terms.type.isMarket
        while taker.remaining.isPositive, let level = self.book.best(other) {
            if hasLimit {
                let isWithin =
                    other == .sell
                    ? level.price <= taker.terms.price : level.price >= taker.terms.price
                guard isWithin else { break }
            }
            let front = level.head
            let ahead = front >= 0 ? self.book.ahead(of: front, in: level) : level.anonymous
            if ahead.isPositive {
                let quantity = min(taker.remaining, ahead)
                self.book.consumeAnonymous(other, quantity)
                let price = self.slipped(level.price, taker.terms)
                self.trade(&taker, with: nil, quantity, price, &ledger, &events, at: time)
                continue
            }
            if self.isPrevented(taker, front) {
                guard self.prevent(&taker, front, &ledger, &events) else { return false }
                continue
            }
            if self.book.orders[Int(front)].list != 0 {
                self.claimPair(front, &ledger, &events)
            }
            let quantity = min(taker.remaining, self.book.orders[Int(front)].visible)
            self.trade(&taker, with: front, quantity, level.price, &ledger, &events, at: time)
        }
        return true
    }

    /// Settles one trade on both sides and tells of it.
    mutating func trade(
        _ taker: inout BookOrder,
        with maker: Slot?,
        _ quantity: Quantity,
        _ price: Price,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        let value = (price * quantity).amount(rounding: .down)
        self.lastTradeID = TradeID(raw: self.lastTradeID.raw + 1)
        ledger.notePrice(price, base: self.base, quote: self.quote)
        taker.remaining -= quantity
        taker.executed += quantity
        let takerParty = Self.settle(self.assets, &taker, quantity, value, isMaker: false, &ledger)
        // A method of the market could not also change the pool without copying all of it.
        let assets = self.assets
        let makerParty: TradeParty
        if taker.terms.side == .buy {
            let kept = takerParty.commissionAsset == nil ? takerParty.commission : .zero
            self.keepProceeds(of: taker, quantity.amount - kept, &ledger)
        }
        if let maker {
            self.book.fill(maker, quantity)
            self.book.orders[Int(maker)].executed += quantity
            makerParty = Self.settle(
                assets,
                &self.book.orders[Int(maker)],
                quantity,
                value,
                isMaker: true,
                &ledger
            )
            let order = self.book.orders[Int(maker)]
            if order.terms.side == .buy {
                let kept = makerParty.commissionAsset == nil ? makerParty.commission : .zero
                self.keepProceeds(of: order, quantity.amount - kept, &ledger)
            }
        } else {
            makerParty = Self.settleHouse(
                self.assets,
                taker.terms.side.opposite,
                quantity,
                value,
                &ledger
            )
        }
        let trade = EngineTrade(
            id: self.lastTradeID,
            price: price,
            quantity: quantity,
            value: value,
            takerSide: taker.terms.side,
            taker: takerParty,
            maker: makerParty
        )
        events.append(.traded(trade))
        self.didTrade(price, quantity, at: time)

        if let maker { self.didFill(maker) }
    }

    private func sweptRange(with price: Price) -> (low: Price, high: Price) {
        guard self.sweptHigh.isPositive else { return (price, price) }
        return (min(self.sweptLow, price), max(self.sweptHigh, price))
    }

    mutating func didTrade(_ price: Price, _ quantity: Quantity, at time: WallTime) {
        self.lastPrice = price
        (self.sweptLow, self.sweptHigh) = self.sweptRange(with: price)
        self.average.record(price, quantity, at: time)
    }

    /// Takes a filled maker off the book, or shows the next slice of an iceberg at the back.
    private mutating func didFill(_ slot: Slot) {
        let maker = self.book.orders[Int(slot)]

        guard maker.visible.isZero else { return }
        self.book.unlink(slot)
        if maker.remaining.isPositive {
            self.book.enqueue(slot)
        } else {
            invariant(maker.locked.isZero, "a filled order holds nothing")
            self.release(slot)
            self.lists.didEnd(maker, nil)
        }
    }

    /// Pays and receives for one side of a trade; the order's fills are already counted.
    private static func settle(
        _ assets: MarketAssets,
        _ order: inout BookOrder,
        _ quantity: Quantity,
        _ value: Amount,
        isMaker: Bool,
        _ ledger: inout Ledger
    ) -> TradeParty {
        let account = order.terms.account
        if account == .house {
            return Self.settleHouse(assets, order.terms.side, quantity, value, &ledger)
        }
        let stillNeeded = order.locked.isZero ? .zero : order.lockNeeded
        let released = order.locked - stillNeeded
        order.locked = stillNeeded
        let rates = ledger.rates[Int(account.raw)]
        let rate = isMaker ? rates.maker : rates.taker
        let isBuy = order.terms.side == .buy
        let paid = isBuy ? value : quantity.amount
        let received = isBuy ? quantity.amount : value
        let commission = received.scaled(
            by: rate,
            over: CommissionRates.scale,
            rounding: .down
        )
        ledger.pay(
            paid,
            releasing: released,
            of: isBuy ? assets.quote : assets.base,
            from: account
        )
        let third = ledger.chargeFeeAsset(account, rate, worth: value, in: assets.quote)
        ledger.receive(
            received,
            commission: third == nil ? commission : .zero,
            of: isBuy ? assets.base : assets.quote,
            to: account
        )
        return TradeParty(
            account: account,
            order: order.id,
            commission: third?.amount ?? commission,
            commissionAsset: third?.asset
        )
    }

    private static func settleHouse(
        _ assets: MarketAssets,
        _ side: Side,
        _ quantity: Quantity,
        _ value: Amount,
        _ ledger: inout Ledger
    ) -> TradeParty {
        let isBuy = side == .buy
        ledger.pay(
            isBuy ? value : quantity.amount,
            releasing: .zero,
            of: isBuy ? assets.quote : assets.base,
            from: .house
        )
        ledger.receive(
            isBuy ? quantity.amount : value,
            commission: .zero,
            of: isBuy ? assets.base : assets.quote,
            to: .house
        )
        return TradeParty(account: .house, order: nil, commission: .zero)
    }

    // MARK: Self-trade prevention

    private func isPrevented(_ taker: BookOrder, _ maker: Slot) -> Bool {
        taker.terms.selfTradePrevention != .none
            && self.book.orders[Int(maker)].terms.account == taker.terms.account
    }

    /// Keeps two orders of one account apart as the taker's mode demands.
    ///
    /// - Returns: Whether the taker goes on.
    private mutating func prevent(
        _ taker: inout BookOrder,
        _ slot: Slot,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent]
    ) -> Bool {
        let maker = self.book.orders[Int(slot)]
        var takerLoss = Quantity.zero
        var makerLoss = Quantity.zero
        switch taker.terms.selfTradePrevention {
        case .none: invariant(false, "nothing is prevented in this mode")
        case .expireTaker: takerLoss = taker.remaining
        case .expireMaker: makerLoss = maker.remaining
        case .expireBoth:
            takerLoss = taker.remaining
            makerLoss = maker.remaining
        case .decrement, .transfer:
            takerLoss = min(taker.remaining, maker.remaining)
            makerLoss = takerLoss
        }
        self.lastPreventedID += 1
        events.append(
            .prevented(
                PreventedMatch(
                    id: self.lastPreventedID,
                    taker: taker.id,
                    maker: maker.id,
                    account: taker.terms.account,
                    mode: taker.terms.selfTradePrevention,
                    price: maker.terms.price,
                    takerQuantity: takerLoss,
                    makerQuantity: makerLoss
                )
            )
        )
        if makerLoss == maker.remaining {
            self.remove(slot, .expiredInMatch, &ledger, &events)
        } else if makerLoss.isPositive {
            self.shrink(slot, by: makerLoss, &ledger)
        }
        if takerLoss == taker.remaining { return false }
        if takerLoss.isPositive { self.shrinkTaker(&taker, by: takerLoss, &ledger) }
        return true
    }

    /// Takes quantity off a resting order without a trade, and gives back what it held.
    mutating func shrink(_ slot: Slot, by quantity: Quantity, _ ledger: inout Ledger) {
        self.book.reduce(slot, by: quantity)
        self.giveBackSurplus(slot, &ledger)
    }

    /// Unlocks what a held order no longer needs.
    mutating func giveBackSurplus(_ slot: Slot, _ ledger: inout Ledger) {
        let order = self.book.orders[Int(slot)]
        guard order.locked.isPositive else { return }
        let surplus = order.locked - order.lockNeeded
        ledger.unlock(surplus, of: self.paying(order.terms.side), by: order.terms.account)
        self.book.orders[Int(slot)].locked = order.locked - surplus
    }

    private func shrinkTaker(
        _ taker: inout BookOrder,
        by quantity: Quantity,
        _ ledger: inout Ledger
    ) {
        taker.remaining -= quantity
        guard taker.locked.isPositive else { return }
        let surplus = taker.locked - taker.lockNeeded
        ledger.unlock(surplus, of: self.paying(taker.terms.side), by: taker.terms.account)
        taker.locked -= surplus
    }
}
