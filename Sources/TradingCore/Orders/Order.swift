/// A trade of ours, counted once by (venue, symbol, trade id, order id) (E4).
package struct Fill: Hashable, Sendable {
    package var tradeID: TradeID
    package var price: Price
    package var quantity: Quantity
    /// What was paid or received, in the quote asset.
    package var quoteQuantity: Amount
    package var fee: Amount
    /// Nil only where the fee is zero.
    package var feeAsset: Asset?
    package var isMaker: Bool
    /// The venue's time of the trade: the day on which it counts (J2).
    package var time: WallTime

    package init(
        tradeID: TradeID,
        price: Price,
        quantity: Quantity,
        quoteQuantity: Amount,
        fee: Amount,
        feeAsset: Asset?,
        isMaker: Bool,
        time: WallTime
    ) {
        self.tradeID = tradeID
        self.price = price
        self.quantity = quantity
        self.quoteQuantity = quoteQuantity
        self.fee = fee
        self.feeAsset = feeAsset
        self.isMaker = isMaker
        self.time = time
    }

    package init(_ trade: TradeReport) {
        self.init(
            tradeID: trade.tradeID,
            price: trade.price,
            quantity: trade.quantity,
            quoteQuantity: trade.quoteQuantity,
            fee: trade.fee,
            feeAsset: trade.feeAsset,
            isMaker: trade.isMaker,
            time: trade.time
        )
    }
}

/// A cancel that was sent and whose effect is not known yet; a flag beside the state.
package struct PendingCancel: Hashable, Sendable {
    /// The id that the venue renames the order to.
    package var cancelID: ClientOrderID

    package init(cancelID: ClientOrderID) { self.cancelID = cancelID }
}

/// One order and all that is known of it.
package struct Order: Hashable, Sendable {
    package var intent: OrderIntent
    package var status: OrderStatus
    /// Nil while the venue has not named it.
    package var venueOrderID: VenueOrderID?
    /// What the venue says is executed; the fills may lag behind it (E4).
    package var executedQuantity: Quantity
    package var fills: [Fill]
    package var filledQuantity: Quantity
    /// What the fills paid or received, in the quote asset.
    package var filledQuoteQuantity: Amount
    package var pendingCancel: PendingCancel?
    package var pendingAmend: PendingAmend?
    /// What is to be traded in all, as the venue has it now: amendments make it smaller.
    ///
    /// What a quote quantity comes to is the venue's word, once it has spoken.
    package var quantity: Quantity
    /// The order that was placed instead of this one.
    package var successor: OrderID?
    /// Where refused: by which rule; where held, or ended before it was approved: why that.
    package var refusal: Refusal?
    /// The venue's or the network's words where the order did not go well; else empty.
    package var reason: String
    package var createdAt: WallTime
    package var updatedAt: WallTime

    package init(
        intent: OrderIntent,
        status: OrderStatus,
        refusal: Refusal? = nil,
        createdAt: WallTime
    ) {
        self.intent = intent
        self.status = status
        self.venueOrderID = nil
        self.executedQuantity = .zero
        self.fills = []
        self.filledQuantity = .zero
        self.filledQuoteQuantity = .zero
        self.pendingCancel = nil
        self.pendingAmend = nil
        self.quantity = intent.terms.quantity
        self.successor = nil
        self.refusal = refusal
        self.reason = ""
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }

    package var orderID: OrderID { self.intent.orderID }
    package var terms: OrderTerms { self.intent.terms }

    /// What may still trade; zero once the order is finished.
    package var remainingQuantity: Quantity {
        let remaining = self.quantity - self.filledQuantity
        return self.status.isTerminal || remaining < .zero ? .zero : remaining
    }

    /// Whether the venue rejected it as its own type asks: the market was there before it.
    ///
    /// Nothing failed by that.
    package var cameTooLate: Bool {
        self.status == .rejected
            && VenueError.lateness.contains { self.reason.hasPrefix($0) }
    }

    /// What the fills paid or received for one unit of base, rounded down; nil without fills.
    package var averagePrice: Price? {
        guard self.filledQuantity.isPositive else { return nil }
        let cost = Notional(self.filledQuoteQuantity).raw
        return Int64(exactly: cost / Int128(self.filledQuantity.raw)).map(Price.init(raw:))
    }

    /// What is held back for the order: what may still trade, and what was traded by trades that
    /// have not reached the ledger yet.
    package var reservedQuantity: Quantity {
        if self.status == .held { return .zero }
        guard self.status.isTerminal else { return self.remainingQuantity }
        return self.hasMissingFills ? self.executedQuantity - self.filledQuantity : .zero
    }

    /// Whether the venue has executed more than the fills account for: they must be fetched.
    package var hasMissingFills: Bool { self.filledQuantity < self.executedQuantity }

    /// Whether everything about the order is known, so that memory may forget it.
    package var isSettled: Bool { self.status.isTerminal && !self.hasMissingFills }

    /// Whether the trade is already among the fills.
    package func contains(_ tradeID: TradeID) -> Bool {
        self.fills.contains { $0.tradeID == tradeID }
    }

    /// Takes in a change; the fill of a change must not be among the fills yet.
    mutating func apply(_ change: OrderChange, at time: WallTime) {
        switch change {
        case .reported(_, let venueOrderID, let executed, let reason):
            self.venueOrderID = venueOrderID
            self.executedQuantity = max(self.executedQuantity, executed)
            if !reason.isEmpty { self.reason = reason }
        case .filled(let fill):
            invariant(!self.contains(fill.tradeID), "trade \(fill.tradeID) is counted twice (E4)")
            self.fills.append(fill)
            self.filledQuantity += fill.quantity
            self.filledQuoteQuantity += fill.quoteQuantity
            self.executedQuantity = max(self.executedQuantity, self.filledQuantity)
        case .simulated(let reason), .rejected(_, let reason), .notPlaced(let reason),
            .outcomeUnknown(let reason), .needsOperator(let reason):
            self.reason = reason
        case .resolved(let resolution, let principal, let reason):
            self.reason = "resolved by \(principal) as \(resolution.name): \(reason)"
            if case .identified(let venueOrderID) = resolution { self.venueOrderID = venueOrderID }
        case .succeeded(let successor):
            self.successor = successor
        case .amended(let quantity):
            self.quantity = quantity
            if case .reduction(let wanted) = self.pendingAmend, quantity <= wanted {
                self.pendingAmend = nil
            }
        case .amendFailed(let reason):
            self.pendingAmend = nil
            self.reason = reason
        case .dismissed(let dismissal):
            if case .refused(let refusal, _) = dismissal { self.refusal = refusal }
            self.reason = dismissal.reason
        }
        // An amendment to what is executed already ends an order, which is not filled by that.
        let isAmended = self.status.isTerminal && self.terms.quoteQuantity == nil
        let whole = isAmended ? self.terms.quantity : self.quantity
        self.status = self.status.after(
            change,
            isFilled: self.filledQuantity >= whole,
            hasFills: !self.fills.isEmpty
        )
        if self.status.isTerminal { self.pendingCancel = nil }
        if self.isSettled { self.pendingAmend = nil }
        self.updatedAt = max(self.updatedAt, time)
    }

    /// Whether a change would alter anything; what would not is not journaled.
    package func isChanged(by change: OrderChange) -> Bool {
        switch change {
        // What a person entered stands for all trades that were not known then.
        case .filled(let fill):
            !self.contains(fill.tradeID)
                && !(self.status == .filled && self.fills.contains(where: \.isOperators))
        case .resolved: self.status.isInDoubt
        case .succeeded: self.successor == nil
        // Only the venue knows what a quote quantity comes to.
        case .amended(let quantity):
            quantity < self.quantity
                || (self.terms.quoteQuantity != nil && quantity != self.quantity)
        case .amendFailed: self.pendingAmend != nil
        case .dismissed: self.status == .held
        case .reported, .simulated, .rejected, .notPlaced, .outcomeUnknown, .needsOperator:
            {
                var copy = self
                copy.apply(change, at: self.updatedAt)
                return copy.status != self.status || copy.venueOrderID != self.venueOrderID
                    || copy.executedQuantity != self.executedQuantity
            }()
        }
    }
}
