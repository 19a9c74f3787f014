extension Gateway {
    mutating func decide(
        _ request: Request,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        if let refusal = self.refusalOfDamage(request) {
            batch.perform(.reply(token, .refused(refusal)))
            return
        }
        switch request {
        case .placeOrder(let wish):
            self.place(wish, token, deadline: deadline, fetched: fetched, into: &batch)
        case .position(let wish):
            self.reposition(wish, token, deadline: deadline, fetched: fetched, into: &batch)
        case .cancelOnDisconnect(let wish):
            self.cancelOnDisconnect(wish, token, into: &batch)
        case .cancel(let orderID):
            self.cancel(orderID, token, deadline: deadline, fetched: fetched, into: &batch)
        case .cancelAll(let symbol):
            let sent = self.cancelAll(symbol, into: &batch)
            batch.perform(.reply(token, .cancelsSent(sent)))
        case .amend(let wish):
            self.amend(wish, token, deadline: deadline, fetched: fetched, into: &batch)
        case .setMode(let wish):
            self.decideMode(wish, token, deadline: deadline, into: &batch)
        case .killStatus, .killEngage, .killRelease:
            self.decideKill(request, token, fetched: fetched, into: &batch)
        case .risk, .acknowledgeBreach, .disableTrading:
            self.decideRisk(request, token, into: &batch)
        case .resolve(let request):
            self.resolve(request, token, fetched: fetched, into: &batch)
        case .limits, .setLimits:
            self.decideLimits(request, token, into: &batch)
        case .tokens(let request):
            self.decideTokens(request, token, into: &batch)
        case .approvals, .approve, .deny:
            self.decideApprovals(
                request,
                token,
                deadline: deadline,
                fetched: fetched,
                into: &batch
            )
        case .order, .orders, .sessions, .positions, .mode, .riskSummary, .health:
            guard let reply = self.reading(request, fetched: fetched, at: batch.instant) else {
                fatalError("invariant broken: a reading has no answer")
            }
            batch.perform(.reply(token, reply), afterAllEarlierEvents: true)
        }
    }

    // MARK: Placing

    private mutating func place(
        _ wish: OrderRequest,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        let isAnswered = self.answerEarly(
            wish.key,
            token,
            deadline: deadline,
            fetched: fetched,
            into: &batch
        ) { intent in
            // Another strategy's order may be meant for another mode (B6).
            intent.askedTerms == wish.terms && intent.goal == nil && intent.exits == wish.exits
                && intent.strategy == wish.strategy
        }
        guard !isAnswered, !self.refusesKeyOfClosing(wish.key, token, into: &batch) else { return }
        if let refusal = self.refusalUntilReady(of: wish, at: batch.instant) {
            batch.perform(.reply(token, .refused(refusal)))
            return
        }
        let orderID = self.admit(wish, into: &batch)
        self.answerPlacement(of: orderID, token, deadline: deadline, into: &batch)
    }

    /// Answers a call for an order that is not to be decided.
    ///
    /// Its key names an order already (M2), or its deadline is over. `isSame` tells whether the
    /// order that the key names is what is wished for now.
    ///
    /// - Returns: Whether it is answered.
    mutating func answerEarly(
        _ key: IdempotencyKey?,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch,
        isSame: (OrderIntent) -> Bool
    ) -> Bool {
        if let earlier = self.holder(of: key, fetched: fetched) {
            self.repeatAnswer(
                earlier,
                isSame: isSame(earlier.intent),
                token,
                deadline: deadline,
                fetched: fetched,
                into: &batch
            )
            return true
        }
        guard let refusal = Self.refusal(ofOrderBy: deadline, at: batch.instant) else {
            return false
        }
        batch.perform(.reply(token, .refused(refusal)))
        return true
    }

    static func refusal(ofOrderBy deadline: MonotonicTime?, at now: Instant) -> Refusal? {
        guard let deadline, deadline <= now.monotonic else { return nil }
        return Refusal(
            .deadline,
            limit: "in time",
            actual: "too late",
            message: "The deadline passed before the order was decided; it was not placed."
        )
    }

    /// Answers a call whose order was just decided: at once where that was its end, else when more
    /// of its fate is known.
    mutating func answerPlacement(
        of orderID: OrderID,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        into batch: inout OpenBatch
    ) {
        guard self.state.orders[orderID] != nil else {
            self.answerClosed(orderID, token, into: &batch)
            return
        }
        self.wait(
            for: orderID,
            token,
            .placement(isRepeat: false),
            deadline: deadline,
            at: batch.instant
        )
        // A held order waits for a person, its caller does not.
        if self.state.heldOrders.contains(orderID) {
            self.answerWaiters(of: orderID, into: &batch)
        }
    }

    /// Puts a wish through the risk gate, and journals what comes of it: an order that is refused,
    /// simulated, held, or on its way.
    mutating func admit(_ wish: OrderRequest, into batch: inout OpenBatch) -> OrderID {
        let orderID = self.nextOrderID
        let venue = self.mode(of: wish.strategy).venue
        var context = self.riskContext(for: wish, .client, on: venue, at: batch.instant)
        if let quantity = RiskGate.clippedQuantity(of: context) {
            context.terms.quantity = quantity
        }
        var wish = wish
        if context.terms != wish.terms {
            if wish.terms.quoteQuantity == nil { wish.originalQuantity = wish.terms.quantity }
            wish.terms = context.terms
        }
        let admission = RiskGate.admit(context) { rules, worstPrice in
            self.intent(
                orderID,
                wish,
                venue: venue,
                rules: rules,
                reservePrice: worstPrice,
                at: batch.instant
            )
        }
        switch consume admission {
        case .refused(let refusal):
            let intent = self.intent(
                orderID,
                wish,
                venue: venue,
                rules: context.rules,
                reservePrice: .zero,
                at: batch.instant
            )
            self.record(.orderRefused(intent, refusal), into: &batch)
        case .held(let intent, let refusal):
            self.hold(intent, refusal, into: &batch)
        case .approved(let order):
            self.send(order, into: &batch)
        }
        return orderID
    }

    private mutating func send(_ order: consuming ApprovedOrder, into batch: inout OpenBatch) {
        let intent = order.intent
        self.noteOrder(intent, at: batch.instant)
        guard intent.venue != .monitor else {
            self.record(.orderSimulated(intent), into: &batch)
            return
        }
        self.record(.orderSubmitted(intent), into: &batch)
        if let key = intent.key { self.keys[key] = intent.orderID }
        self.chases[intent.orderID] = Chase(awaitsPlacement: true)
        batch.place(order)
    }

    func intent(
        _ orderID: OrderID,
        _ wish: OrderRequest,
        venue: VenueID,
        rules: SymbolRules?,
        reservePrice: Price,
        at instant: Instant
    ) -> OrderIntent {
        let session = self.sessions[self.settings.ruleVenue(for: venue)]
        let venueTime = session?.venueTime(at: instant) ?? instant.wall
        return OrderIntent(
            orderID: orderID,
            clientOrderID: self.scheme.name(of: orderID),
            venue: venue,
            terms: wish.terms,
            baseAsset: rules?.baseAsset ?? Asset(""),
            quoteAsset: rules?.quoteAsset ?? Asset(""),
            timestamp: WallTime(milliseconds: venueTime.milliseconds),
            receiveWindowMilliseconds: self.settings.timing.receiveWindowMilliseconds,
            reservePrice: reservePrice,
            principal: wish.principal,
            key: wish.key,
            tag: wish.tag,
            resubmitsIfAbsent: wish.resubmitsIfAbsent,
            predecessor: wish.predecessor,
            referencePrice: wish.terms.type.trigger?.stopPrice
                ?? session?.book[wish.terms.symbol]?.quote?.best(for: wish.terms.side) ?? .zero,
            strategy: wish.strategy,
            originalQuantity: wish.originalQuantity,
            goal: wish.goal,
            session: wish.session.isEmpty
                ? self.sessionLinks.session(of: wish.connection, wish.principal) : wish.session,
            exits: wish.exits
        )
    }

    // MARK: Repeats

    func holder(of key: IdempotencyKey?, fetched: Fetched) -> Order? {
        guard let key else { return nil }
        if let orderID = self.keys[key] {
            return self.state.orders[orderID] ?? self.recent[orderID]
        }
        // The disk may hold an older version of an order that is awake again.
        return fetched.keyHolder.map { self.order($0.orderID, fetched: fetched) ?? $0 }
    }

    /// The same key again: the first order, or the one that is there instead of it by now; a
    /// refusal where the content differs (M2).
    mutating func repeatAnswer(
        _ earlier: Order,
        isSame: Bool,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        guard isSame else {
            let refusal = Refusal(
                .idempotencyKey,
                limit: "order \(earlier.orderID)",
                actual: "different content",
                message: "The key was used for order \(earlier.orderID) with other content; "
                    + "use a new key for a new order."
            )
            batch.perform(.reply(token, .refused(refusal)))
            return
        }
        let latest = self.latest(of: earlier, fetched: fetched)
        if self.isAwaited(latest) {
            self.wait(
                for: latest.orderID,
                token,
                .placement(isRepeat: true),
                deadline: deadline,
                at: batch.instant
            )
        } else {
            batch.perform(
                .reply(token, .order(latest, isRepeat: true)),
                afterAllEarlierEvents: true
            )
        }
    }

    // MARK: Cancelling

    private mutating func cancel(
        _ orderID: OrderID,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        guard let order = self.order(orderID, fetched: fetched) else {
            batch.perform(.reply(token, .refused(Self.notFound(orderID))))
            return
        }
        if order.status.isTerminal, self.state.exits[orderID] != nil {
            self.endExits(of: orderID, "canceled with their entry", into: &batch)
            batch.perform(.reply(token, .order(order, isRepeat: false)))
            return
        }
        guard !order.status.isTerminal else {
            let refusal = Refusal(
                .orderFinished,
                limit: "an open order",
                actual: order.status.name,
                message: "Order \(orderID) is \(order.status.name) already."
            )
            batch.perform(.reply(token, .refused(refusal)), afterAllEarlierEvents: true)
            return
        }
        guard order.status != .held else {
            let reason = Dismissal.canceled(reason: "canceled before it was approved")
            self.dismiss(orderID, reason, into: &batch)
            self.answerClosed(orderID, token, into: &batch)
            return
        }
        if let entry = order.intent.entry {
            let reason = "order \(orderID) was canceled"
            self.endExits(of: entry, reason, canceledByCaller: orderID, into: &batch)
        }
        self.requestCancel(of: order, into: &batch)
        self.wait(for: orderID, token, .cancel, deadline: deadline, at: batch.instant)
    }

    /// Cancels our open orders one by one: `DELETE openOrders` would take foreign ones too (K3).
    mutating func cancelAll(_ symbol: Symbol?, into batch: inout OpenBatch) -> [OrderID] {
        let isMeant = { (intent: OrderIntent) in symbol == nil || intent.terms.symbol == symbol }
        let held = self.dismissHeld("canceled with all others", into: &batch, where: isMeant)
        let open = self.cancelOpen("canceled with all orders", into: &batch, where: isMeant)
        return (held + open).sorted()
    }

    /// Cancels orders that are at a venue, and ends the exits of their kind.
    @discardableResult mutating func cancelOpen(
        _ reason: String,
        into batch: inout OpenBatch,
        where isMeant: (OrderIntent) -> Bool
    ) -> [OrderID] {
        self.endExits(reason, into: &batch, where: isMeant)
        let orders = self.state.ordersByAge.filter { order in
            !order.status.isTerminal && order.intent.venue.isExchange && isMeant(order.intent)
        }
        for order in orders { self.requestCancel(of: order, into: &batch) }
        return orders.map(\.orderID)
    }

    mutating func requestCancel(of order: Order, into batch: inout OpenBatch) {
        let cancelID = ClientOrderIDScheme.cancelName(of: order.intent.clientOrderID)
        self.failAmend(of: order.orderID, reason: "the order is being cancelled", into: &batch)
        if order.pendingCancel == nil {
            self.record(.cancelRequested(order.orderID, cancelID), into: &batch)
        }
        self.sendCancel(of: order, into: &batch)
    }

    mutating func sendCancel(of order: Order, into batch: inout OpenBatch) {
        self.chases[order.orderID, default: Chase()].cancelAt = nil
        batch.performAtOnce(
            .request(
                order.intent.venue,
                .cancel(
                    order.orderID,
                    symbol: order.terms.symbol,
                    target: order.intent.clientOrderID,
                    cancelID: ClientOrderIDScheme.cancelName(of: order.intent.clientOrderID)
                )
            )
        )
    }

    static func notFound(_ orderID: OrderID) -> Refusal {
        Refusal(
            .orderNotFound,
            limit: "a known order",
            actual: "\(orderID)",
            message: "There is no order \(orderID)."
        )
    }
}
