/// What is to be done next about the exits of one entry.
enum ExitStep: Hashable, Sendable {
    /// Nothing, until something is learned of an order or the market.
    case rest
    /// Nothing yet: it is looked at again after a while.
    case look
    /// The market reached a price: that is journaled before anything follows from it.
    case reach(Trigger.Aim)
    /// The entry is not to buy any more: the stop was reached.
    case cancelEntry(Order)
    /// The exit at the venue is in the way of the one that is wanted.
    case cancel(Order)
    case place(OrderType, Quantity)
    case giveUp(String)
    /// What a caller wants to be sold at the market is not: the reason, and whether orders failed.
    case endClosing(String, isFailure: Bool)
    case end(String)
}

/// Everything that the next step depends on, beside the plan itself.
struct ExitView: Sendable {
    /// The entry, while it is not settled.
    var entry: Order?
    /// The exit orders that are not settled.
    var working: [Order] = []
    /// Whether placements pass now.
    var isReady = true
    /// Nil while no price is known.
    var quote: Quote?
    /// Nil while they are not known.
    var rules: SymbolRules?
    /// What may be sold beside all open orders, by the position and by the balance.
    var sellable = Amount.zero
    /// Whether other orders may still sell of the position.
    var isSoldElsewhere = false
    /// Whether the venue takes another order that waits for a price.
    var holdsStops = true
    /// Whether enough time has passed since the last exit that failed.
    var isPlacingDue = true
    /// Whether enough time has passed since the exit was last changed in its size.
    var isResizeDue = true
    /// Whether enough time has passed since the last take-profit that came to nothing.
    var isTakeProfitDue = true
    /// Exit orders that may fail in a row.
    var failuresMax = 5
}

extension ExitPlan {
    /// The step that comes next.
    ///
    /// At most one exit order is alive at any time: another one is placed only once the one before
    /// is settled, for what its fills left. So they never sell more than the entry bought.
    func nextStep(_ view: ExitView) -> ExitStep {
        guard self.problem.isEmpty else { return .rest }
        if self.reached == .stopLoss, let entry = view.entry, !entry.status.isTerminal,
            entry.pendingCancel == nil
        {
            return .cancelEntry(entry)
        }
        guard self.working.isEmpty else { return self.step(beside: view.working, view) }
        guard self.rest.isPositive else {
            guard view.entry == nil else { return .rest }
            return .end(self.bought.isPositive ? Self.soldText : "the entry ended without a fill")
        }
        guard view.isReady, let quote = view.quote, let rules = view.rules else { return .look }
        if let closing = self.closing { return self.step(towards: closing, quote, rules, view) }
        if let aim = self.news(at: quote, view), aim == .stopLoss || self.canTakeProfit(view, rules)
        {
            return .reach(aim)
        }
        return self.placing(quote, rules, view)
    }

    private static let soldText = "what the entry bought is sold"

    /// The exit that is wanted beside one that is alive.
    private func step(beside working: [Order], _ view: ExitView) -> ExitStep {
        if self.closing != nil { return self.stepOfClosing(beside: working, view) }
        guard working.count == 1, self.working.count == 1, let order = working.first,
            order.status == .open, order.pendingCancel == nil, order.executedQuantity.isZero,
            // What was sent because its price came goes on by itself.
            order.terms.type.trigger != nil
        else { return .rest }
        guard view.isReady, let quote = view.quote, let rules = view.rules else { return .look }
        if self.reached == .takeProfit { return .cancel(order) }
        if self.news(at: quote, view) == .takeProfit { return .reach(.takeProfit) }
        let wanted = self.size(rules, sellable: view.sellable + order.remainingQuantity.amount)
        guard let type = self.restingType else { return .rest }
        if wanted < order.quantity { return .cancel(order) }
        let isSame = wanted == order.quantity && type == order.terms.type
        guard !isSame, rules.takes(wanted, type, at: quote) else {
            return self.isProfitPaused(quote, view) ? .look : .rest
        }
        // While the entry still fills, one change follows the other at a distance: meanwhile what
        // the order does not cover is watched from here.
        let isUrgent =
            view.entry == nil || self.terms.stopLoss.map { quote.bid <= $0.stopPrice } ?? false
        return isUrgent || view.isResizeDue ? .cancel(order) : .look
    }

    // MARK: Closing

    /// What rests is in the way of the sale at the market that a caller asked for.
    private func stepOfClosing(beside working: [Order], _ view: ExitView) -> ExitStep {
        guard working.count == 1, self.working.count == 1, let order = working.first,
            order.status == .open || order.status == .partiallyFilled,
            order.pendingCancel == nil, order.terms.type != .market,
            !order.terms.type.isTakeProfitExit
        else { return .rest }
        return view.isReady ? .cancel(order) : .look
    }

    /// The sale that a caller asked for; where it cannot be, the exits go on with what is left.
    private func step(
        towards closing: ExitClosing,
        _ quote: Quote,
        _ rules: SymbolRules,
        _ view: ExitView
    ) -> ExitStep {
        let quantity = self.size(rules, sellable: min(view.sellable, closing.quantity))
        guard rules.takes(quantity, .market, at: quote) else {
            let reason = "the venue takes no order of the \(quantity) that can be sold"
            return .endClosing(reason, isFailure: false)
        }
        if self.failureCount >= view.failuresMax {
            let reason = "\(self.failureCount) orders to close the position in a row failed"
            return .endClosing(reason, isFailure: true)
        }
        return view.isPlacingDue ? .place(.market, quantity) : .look
    }

    // MARK: Placing

    private func placing(_ quote: Quote, _ rules: SymbolRules, _ view: ExitView) -> ExitStep {
        let quantity = self.size(rules, sellable: view.sellable)
        let isDust = quantity < rules.quantityMin || !quantity.isPositive
        guard let type = self.typeNow else {
            if isDust { return self.endOfDust(view) }
            return self.isProfitPaused(quote, view) ? .look : .rest
        }
        guard rules.takes(quantity, type, at: quote) else {
            // Too little to wait at the venue may be enough once the price is there.
            return self.reached == nil && !isDust ? .rest : self.endOfDust(view)
        }
        if self.failureCount >= view.failuresMax {
            // A stop that the venue does not take is watched from here.
            let isWatched = self.reached == nil && self.terms.stopLoss != nil
            return isWatched
                ? .rest : .giveUp("\(self.failureCount) exit orders in a row failed")
        }
        guard self.reached != nil || view.holdsStops else { return .rest }
        return view.isPlacingDue ? .place(type, quantity) : .look
    }

    /// What becomes of too little to be sold: more may come of the entry, or of another sale's end.
    private func endOfDust(_ view: ExitView) -> ExitStep {
        if view.entry != nil || view.isSoldElsewhere { return .look }
        return .end(
            view.sellable < self.rest
                ? "only \(max(view.sellable, .zero)) of \(self.rest) are there to sell: the "
                    + "position was closed otherwise"
                : "dust: the venue takes no order of \(self.rest)"
        )
    }

    /// Whether a profit could be taken but for the pause after an attempt that came to nothing.
    private func isProfitPaused(_ quote: Quote, _ view: ExitView) -> Bool {
        var later = view
        later.isTakeProfitDue = true
        return !view.isTakeProfitDue && self.news(at: quote, later) == .takeProfit
    }

    /// The exit whose price the market has reached, where that is news.
    ///
    /// Of both at once it is the stop; a stop that rests at the venue is the venue's to trigger.
    private func news(at quote: Quote, _ view: ExitView) -> Trigger.Aim? {
        guard self.reached != .stopLoss else { return nil }
        if let stop = self.terms.stopLoss, quote.bid <= stop.stopPrice { return .stopLoss }
        guard self.reached == nil, view.isTakeProfitDue, self.failureCount < view.failuresMax,
            let price = self.terms.takeProfit, quote.bid >= price
        else { return nil }
        return .takeProfit
    }

    /// Whether there is enough to sell for a profit.
    private func canTakeProfit(_ view: ExitView, _ rules: SymbolRules) -> Bool {
        guard let price = self.terms.takeProfit else { return false }
        return rules.takes(
            self.size(rules, sellable: view.sellable),
            .limit(price, .immediateOrCancel),
            at: Quote(bid: price, ask: price)
        )
    }

    /// Whether a price may change what is to be done.
    func minds(_ quote: Quote) -> Bool {
        if self.reached == nil, let price = self.terms.takeProfit, quote.bid >= price {
            return true
        }
        guard self.reached != .stopLoss, let stop = self.terms.stopLoss else { return false }
        return quote.bid <= stop.stopPrice
    }

    private func size(_ rules: SymbolRules, sellable: Amount) -> Quantity {
        let quantity = Quantity(clamping: min(self.rest, sellable))
        let largest = rules.largestMarketQuantity ?? quantity
        return min(quantity, largest).roundedDown(to: rules.stepSize)
    }

    /// The order that is wanted now; nil where the price is only watched.
    private var typeNow: OrderType? {
        switch self.reached {
        case .stopLoss:
            self.terms.stopLoss?.limitPrice.map { .limit($0, .goodTillCanceled) } ?? .market
        case .takeProfit: self.terms.takeProfit.map { .limit($0, .immediateOrCancel) }
        case nil: self.restingType
        }
    }

    /// The stop as it waits at the venue.
    private var restingType: OrderType? {
        self.terms.stopLoss.map { stop in
            let trigger = Trigger(.stopLoss, at: stop.stopPrice)
            return stop.limitPrice.map { .stopLimit(trigger, $0, .goodTillCanceled) }
                ?? .stop(trigger)
        }
    }
}

extension SymbolRules {
    /// Whether the venue's filters let an order that sells pass.
    fileprivate func takes(_ quantity: Quantity, _ type: OrderType, at quote: Quote) -> Bool {
        let price = type.limitPrice ?? type.trigger?.stopPrice ?? quote.bid
        return self.takes(quantity, at: price, isMarket: type.venueType.isMarket)
    }
}
