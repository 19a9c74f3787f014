import TradingCore

extension Market {
    /// The checks of the venue's front end, in the order in which it makes them.
    func check(_ terms: NewOrder, at time: WallTime) -> EngineRefusal? {
        guard self.rules.symbol.isTrading else { return .marketClosed }
        if let refusal = self.checkComposition(terms) { return refusal }
        if let filter = self.failedPriceFilter(terms, at: time)
            ?? self.failedQuantityFilter(terms)
            ?? self.failedNotionalFilter(terms, at: time)
            ?? self.failedCountFilter(terms)
        {
            return .filter(filter)
        }
        return nil
    }

    /// Whether the terms go together, given that the fields of the type are all there.
    private func checkComposition(_ terms: NewOrder) -> EngineRefusal? {
        if terms.quoteQuantity.isPositive {
            guard terms.type == .market, terms.quantity.isZero else {
                return .unsupportedCombination
            }
            return nil
        }
        guard terms.quantity.isPositive else { return .notionalZero }
        if !terms.type.isMarket, !terms.price.isPositive { return .notionalZero }
        if terms.icebergQuantity.isPositive {
            guard !terms.type.isMarket, terms.timeInForce == .goodTillCanceled else {
                return .unsupportedCombination
            }
            guard terms.icebergQuantity < terms.quantity else { return .icebergExceedsQuantity }
        }
        return nil
    }

    private func failedPriceFilter(_ terms: NewOrder, at time: WallTime) -> Filter? {
        if !terms.type.isMarket, !self.isAllowed(terms.price) { return .price }
        if terms.stopPrice.isPositive, !self.isAllowed(terms.stopPrice) { return .price }
        if terms.trailingDelta != 0, !self.rules.trailingDelta.contains(terms.trailingDelta) {
            return .trailingDelta
        }
        if !terms.type.isMarket, let reference = self.referencePrice(at: time) {
            let bounds = terms.side == .buy ? self.rules.bidPercent : self.rules.askPercent
            let price = Int128(terms.price.raw) * 100
            let whole = Int128(reference.raw)
            let isInside =
                price <= whole * Int128(bounds.up) && price >= whole * Int128(bounds.down)
            if !isInside { return .percentPrice }
        }
        return nil
    }

    private func isAllowed(_ price: Price) -> Bool {
        let rules = self.rules.symbol
        return (rules.priceMin.isZero || price >= rules.priceMin)
            && (rules.priceMax.isZero || price <= rules.priceMax)
            && price.isMultiple(of: rules.tickSize)
    }

    private func failedQuantityFilter(_ terms: NewOrder) -> Filter? {
        guard terms.quantity.isPositive else { return nil }
        guard self.isWholeLot(terms.quantity) else { return .lotSize }
        if terms.icebergQuantity.isPositive {
            guard self.isWholeLot(terms.icebergQuantity) else { return .lotSize }
            let slice = terms.icebergQuantity.raw
            let parts = (terms.quantity.raw - 1) / slice + 1
            if parts > self.rules.icebergPartsMax { return .icebergParts }
        }
        let marketMax = self.rules.symbol.marketQuantityMax
        if terms.type.isMarket, marketMax.isPositive, terms.quantity > marketMax {
            return .marketLotSize
        }
        return nil
    }

    /// Whether LOT_SIZE allows a quantity.
    func isWholeLot(_ quantity: Quantity) -> Bool {
        let rules = self.rules.symbol
        return quantity >= rules.quantityMin
            && (rules.quantityMax.isZero || quantity <= rules.quantityMax)
            && quantity.isMultiple(of: rules.stepSize)
    }

    private func failedNotionalFilter(_ terms: NewOrder, at time: WallTime) -> Filter? {
        let rules = self.rules.symbol
        let minimum = Notional(rules.notionalMin)
        if terms.quoteQuantity.isPositive {
            guard rules.isNotionalMinForMarket else { return nil }
            return Notional(terms.quoteQuantity.amount) < minimum ? .notional : nil
        }
        if terms.type.isMarket {
            guard rules.isNotionalMinForMarket, let reference = self.referencePrice(at: time)
            else { return nil }
            return reference * terms.quantity < minimum ? .notional : nil
        }
        let notional = terms.price * terms.quantity
        if notional < minimum { return .notional }
        if rules.notionalMax.isPositive, notional > Notional(rules.notionalMax) {
            return .notional
        }
        return nil
    }

    private func failedCountFilter(_ terms: NewOrder) -> Filter? {
        let counts = self.openCounts(of: terms.account)
        let ordersMax = self.rules.symbol.openOrdersMax
        if ordersMax > 0, counts.orders >= ordersMax { return .maxOrders }
        if terms.type.isAlgorithmic, counts.algorithmic >= self.rules.algoOrdersMax {
            return .maxAlgoOrders
        }
        return nil
    }

    /// MAX_POSITION, which the engine checks because it needs the balances.
    func exceedsPosition(_ terms: NewOrder, _ ledger: Ledger) -> Bool {
        guard self.rules.positionMax.isPositive, terms.side == .buy else { return false }
        let balance = ledger[terms.account, self.base]
        var total = balance.free + balance.locked + terms.quantity.amount
        for order in self.book.orders
        where order.state != .passing && order.terms.account == terms.account
            && order.terms.side == .buy
        {
            total += order.remaining.amount
        }
        return total > self.rules.positionMax.amount
    }
}
