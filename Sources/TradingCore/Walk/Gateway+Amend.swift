extension Gateway {
    // MARK: Amending

    /// Changes an order that is at the venue: any in its quantity, a limit order in its price too.
    ///
    /// A smaller quantity is a request of its own at the venue, and the order keeps its place in
    /// the queue. Anything else is a cancel, and once its end is proven a new order for the rest.
    mutating func amend(
        _ wish: AmendRequest,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        guard let order = self.order(wish.orderID, fetched: fetched) else {
            batch.perform(.reply(token, .refused(Self.notFound(wish.orderID))))
            return
        }
        let amend: PendingAmend
        switch PendingAmend.make(wish, of: order) {
        case .failure(let refusal):
            batch.perform(.reply(token, .refused(refusal)), afterAllEarlierEvents: true)
            return
        case .success(let made):
            amend = made
        }
        switch amend {
        case .reduction:
            self.record(.amendRequested(order.orderID, amend, by: wish.principal), into: &batch)
            self.chases[order.orderID, default: Chase()].amendCount = 0
            if let order = self.state.orders[order.orderID] {
                self.sendAmend(of: order, into: &batch)
            }
        case .replacement(let quantity, let price):
            let terms = order.rest(of: quantity, at: price)
            if let refusal = self.refusal(replacing: order, by: terms, at: batch.instant) {
                batch.perform(.reply(token, .refused(refusal)), afterAllEarlierEvents: true)
                return
            }
            self.requestCancel(of: order, into: &batch)
            self.record(.amendRequested(order.orderID, amend, by: wish.principal), into: &batch)
            self.chases[order.orderID, default: Chase()].replaceUntil =
                batch.instant.monotonic.adding(
                    milliseconds: self.settings.timing.replyTimeoutMilliseconds
                )
        }
        self.wait(for: order.orderID, token, .amend, deadline: deadline, at: batch.instant)
    }

    /// Sends a reduction, or sends it again: it names the quantity that is wanted, so that twice
    /// is once.
    mutating func sendAmend(of order: Order, into batch: inout OpenBatch) {
        self.chases[order.orderID]?.amendAt = nil
        guard case .reduction(let quantity) = order.pendingAmend else { return }
        self.chases[order.orderID, default: Chase()].amendCount += 1
        batch.performAtOnce(
            .request(
                order.intent.venue,
                .amend(
                    order.orderID,
                    symbol: order.terms.symbol,
                    client: order.intent.clientOrderID,
                    to: quantity
                )
            )
        )
    }

    /// The venue's word on a reduction; whatever it is, what the order is like decides.
    mutating func amendAnswered(
        _ orderID: OrderID,
        _ answer: VenueAnswer,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        switch answer {
        case .order(let report):
            self.merge(report, into: orderID, fetched: fetched, batch: &batch)
        case .refused(let error):
            self.chases[orderID]?.askAt = batch.instant.monotonic
            // An earlier transmission may have done it: then asking brings the smaller quantity.
            guard error.message.contains(Self.changesNothing) else {
                let reason = "not amended: \(error.message) (\(error.code))"
                self.failAmend(of: orderID, reason: reason, into: &batch)
                break
            }
            self.repeatAmend(of: orderID, reason: error.message, into: &batch)
        case .failed(let reason):
            self.repeatAmend(of: orderID, reason: reason, into: &batch)
        case .orders, .trades, .account, .rules, .quotes, .depth, .time, .orderCounts,
            .keyRights:
            break
        }
        self.answerWaiters(of: orderID, into: &batch)
    }

    /// How the venue says that the order has the quantity already (binance.md, section 3.9).
    private static let changesNothing = "would change no state"

    private mutating func repeatAmend(
        of orderID: OrderID,
        reason: String,
        into batch: inout OpenBatch
    ) {
        guard self.state.orders[orderID]?.pendingAmend != nil else { return }
        let timing = self.settings.timing
        let later = batch.instant.monotonic.adding(milliseconds: timing.retryIntervalMilliseconds)
        self.chases[orderID, default: Chase()].amendAt = later
        guard self.chases[orderID]?.amendCount ?? 0 >= timing.amendsMax else { return }
        self.chases[orderID]?.amendAt = nil
        self.chases[orderID]?.askAt = batch.instant.monotonic
        self.failAmend(
            of: orderID,
            reason: "not amended, as far as is known: \(reason)",
            into: &batch
        )
    }

    /// Ends an amendment that is pending, and tells its callers why.
    mutating func failAmend(of orderID: OrderID, reason: String, into batch: inout OpenBatch) {
        guard let order = self.state.orders[orderID], order.pendingAmend != nil else { return }
        self.change(orderID, .amendFailed(reason: reason), into: &batch)
        let refusal = Refusal(
            .amendment,
            limit: order.pendingAmend?.name ?? "",
            actual: "\(order.quantity)",
            message: "Order \(orderID) was not amended: \(reason)."
        )
        let waiting = self.waiters[orderID] ?? []
        for waiter in waiting where waiter.purpose == .amend {
            batch.perform(.reply(waiter.token, .refused(refusal)))
        }
        let rest = waiting.filter { $0.purpose != .amend }
        self.waiters[orderID] = rest.isEmpty ? nil : rest
    }

    // MARK: Replacing

    /// What the gate would say to the new order, were the old one gone: nothing is cancelled for
    /// an order that would be refused.
    private mutating func refusal(
        replacing order: Order,
        by terms: OrderTerms,
        at now: Instant
    ) -> Refusal? {
        let kept = self.state
        defer { self.state = kept }
        let end = OrderChange.reported(
            .canceled,
            order.venueOrderID ?? VenueOrderID(raw: 0),
            executed: order.filledQuantity,
            reason: ""
        )
        _ = self.state.apply(.orderChanged(order.orderID, end), at: now.wall)
        let wish = OrderRequest(
            terms: terms,
            principal: order.intent.principal,
            expectedMode: order.intent.venue.mode,
            strategy: order.intent.strategy,
            predecessor: order.orderID,
            exits: order.intent.exits
        )
        return RiskGate.refusal(
            of: self.riskContext(for: wish, .client, on: order.intent.venue, at: now)
        )
    }

    /// The order that replaces one whose end is proven by a change, announced in its place; nil
    /// where none does.
    mutating func replacement(
        of order: Order,
        endedBy change: OrderChange,
        into batch: inout OpenBatch
    ) -> OrderTerms? {
        guard case .replacement(let quantity, let price) = order.pendingAmend else { return nil }
        if case .amendFailed = change { return nil }
        var ended = order
        ended.apply(change, at: batch.instant.wall)
        guard ended.isSettled, ended.status == .canceled, ended.filledQuantity < quantity else {
            return nil
        }
        guard let until = self.chases[order.orderID]?.replaceUntil,
            batch.instant.monotonic < until
        else {
            let reason = "its end was known too late; nothing replaces it"
            self.failAmend(of: order.orderID, reason: reason, into: &batch)
            return nil
        }
        self.announceSuccessor(of: order.orderID, into: &batch)
        return ended.rest(of: quantity, at: price)
    }
}

extension Order {
    /// What is left to trade of a new quantity, at a new price.
    func rest(of quantity: Quantity, at price: Price) -> OrderTerms {
        var terms = self.terms
        terms.quantity = quantity - self.filledQuantity
        terms.type = terms.type.limited(to: price) ?? terms.type
        return terms
    }
}

extension PendingAmend {
    /// What a wish comes to, or why it cannot be.
    static func make(_ wish: AmendRequest, of order: Order) -> Result<PendingAmend, Refusal> {
        if let entry = order.intent.entry {
            let actual = "an exit of order \(entry)"
            return .failure(order.unamendable(limit: "no change but by its entry", actual: actual))
        }
        let state = order.pendingCancel == nil ? order.status.name : "being cancelled"
        guard order.status == .open || order.status == .partiallyFilled,
            order.pendingCancel == nil, order.terms.type != .market
        else {
            let limit = "an open order that rests or waits"
            return .failure(order.unamendable(limit: limit, actual: state))
        }
        if let pending = order.pendingAmend {
            return .failure(order.unamendable(limit: "one at a time", actual: pending.name))
        }
        let quantity = wish.quantity ?? order.quantity
        guard quantity > max(order.filledQuantity, order.executedQuantity) else {
            let least = "more than the \(order.executedQuantity) that are executed"
            return .failure(order.unamendable(limit: least, actual: "\(quantity)"))
        }
        let limit = order.terms.type.limitPrice
        let isPriceKept = wish.price == nil || wish.price == limit
        if isPriceKept, quantity == order.quantity {
            return .failure(order.unamendable(limit: "a change", actual: "none"))
        }
        if isPriceKept, quantity < order.quantity { return .success(.reduction(to: quantity)) }
        // The price that an order waits for may be reached by now: another one would not wait.
        guard let limit, order.terms.type.trigger == nil else {
            let least = "a smaller quantity, being of type \(order.terms.type.venueType.name)"
            let actual = isPriceKept ? "a quantity of \(quantity)" : "another price"
            return .failure(order.unamendable(limit: least, actual: actual))
        }
        return .success(.replacement(quantity: quantity, price: wish.price ?? limit))
    }
}

extension Order {
    fileprivate func unamendable(limit: String, actual: String) -> Refusal {
        Refusal(
            .amendment,
            limit: limit,
            actual: actual,
            message: "Order \(self.orderID) cannot be amended so: it takes \(limit), there is "
                + "\(actual)."
        )
    }
}
