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
        case .cancel(let orderID):
            self.cancel(orderID, token, deadline: deadline, fetched: fetched, into: &batch)
        case .cancelAll(let symbol):
            let sent = self.cancelAll(symbol, into: &batch)
            batch.perform(.reply(token, .cancelsSent(sent)))
        case .amend(let wish):
            self.amend(wish, token, deadline: deadline, fetched: fetched, into: &batch)
        case .order(let orderID):
            let reply =
                self.order(orderID, fetched: fetched)
                .map { Reply.order($0, isRepeat: false) } ?? .refused(Self.notFound(orderID))
            batch.perform(.reply(token, reply), afterAllEarlierEvents: true)
        case .orders(let filter):
            let orders = self.list(filter, fetched: fetched)
            batch.perform(.reply(token, .orders(orders)), afterAllEarlierEvents: true)
        case .positions:
            batch.perform(.reply(token, .positions(self.positions())), afterAllEarlierEvents: true)
        case .mode, .setMode:
            self.decideMode(request, token, deadline: deadline, into: &batch)
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
        case .health:
            let health = self.health(at: batch.instant)
            batch.perform(.reply(token, .health(health)), afterAllEarlierEvents: true)
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
        if let earlier = self.holder(of: wish.key, fetched: fetched) {
            self.repeatAnswer(
                earlier,
                wish,
                token,
                deadline: deadline,
                fetched: fetched,
                into: &batch
            )
            return
        }
        let now = batch.instant.monotonic
        if let deadline, deadline <= now {
            let refusal = Refusal(
                .deadline,
                limit: "in time",
                actual: "too late",
                message: "The deadline passed before the order was decided; it was not placed."
            )
            batch.perform(.reply(token, .refused(refusal)))
            return
        }
        let orderID = self.admit(wish, into: &batch)
        if self.state.orders[orderID] == nil {
            self.answerClosed(orderID, token, into: &batch)
        } else {
            self.wait(
                for: orderID,
                token,
                .placement(isRepeat: false),
                deadline: deadline,
                at: batch.instant
            )
        }
    }

    /// Puts a wish through the risk gate, and journals what comes of it: an order that is refused,
    /// simulated, or on its way.
    mutating func admit(_ wish: OrderRequest, into batch: inout OpenBatch) -> OrderID {
        let orderID = self.nextOrderID
        let venue = self.mode.venue
        let context = self.riskContext(for: wish, .client, on: venue, at: batch.instant)
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
        case .approved(let order):
            self.send(order, into: &batch)
        }
        return orderID
    }

    private mutating func send(_ order: consuming ApprovedOrder, into batch: inout OpenBatch) {
        let intent = order.intent
        if let rate = self.settings.limits.orderRate {
            self.orderTimes.note(intent.principal, rate, at: batch.instant.monotonic)
        }
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
            referencePrice: session?.quotes[wish.terms.symbol]?.best(for: wish.terms.side) ?? .zero
        )
    }

    mutating func riskContext(
        for wish: OrderRequest,
        _ purpose: OrderPurpose,
        on venue: VenueID,
        at now: Instant
    ) -> RiskContext {
        let ruleVenue = self.settings.ruleVenue(for: venue)
        let session = self.sessions[ruleVenue]
        let symbol = wish.terms.symbol
        let rules = session?.rules[symbol]
        // Modes that send nothing are judged by the account that they imitate.
        let ledger = self.state.ledger(of: ruleVenue)
        return RiskContext(
            terms: wish.terms,
            purpose: purpose,
            expectedMode: wish.expectedMode,
            mode: self.mode,
            killSwitch: self.state.killSwitch,
            notReadyReasons: session?.notReadyReasons
                ?? ["no connection to \(ruleVenue.mode.name) is configured"],
            rules: rules,
            quote: session?.quotes[symbol],
            limits: self.settings.limits,
            openOrderCount: self.state.openOrderCount(on: venue),
            openOrderCountOnSymbol: self.state.openOrderCount(on: venue, symbol: symbol),
            unknownOrder: self.unknownOrder(symbol, wish.terms.side, on: venue),
            availableBase: rules.map { ledger.available(of: $0.baseAsset) } ?? .zero,
            availableQuote: rules.map { ledger.available(of: $0.quoteAsset) } ?? .zero,
            reducibleQuantity: self.reducibleQuantity(
                of: symbol,
                side: wish.terms.side,
                on: ruleVenue
            ),
            condition: self.condition(
                of: ruleVenue,
                symbol: symbol,
                usingReserve: purpose == .flatten,
                at: now
            ),
            exposure: self.exposure(beside: wish.terms, quotedIn: rules?.quoteAsset, on: ruleVenue),
            rateWaitMilliseconds: self.settings.limits.orderRate.flatMap { rate in
                self.orderTimes.waitMilliseconds(wish.principal, rate, at: now.monotonic)
            },
            breach: self.state.breaches.holding(strategy: "", on: ruleVenue),
            isLossKnown: rules.map { self.isLossKnown(in: $0.quoteAsset, on: ruleVenue) } ?? false
        )
    }

    private func unknownOrder(_ symbol: Symbol, _ side: Side, on venue: VenueID) -> OrderID? {
        self.state.ordersInDoubt.filter { orderID in
            guard let order = self.state.orders[orderID] else { return false }
            return order.intent.venue == venue && order.terms.symbol == symbol
                && order.terms.side == side
        }.min()
    }

    // MARK: Repeats

    private func holder(of key: IdempotencyKey?, fetched: Fetched) -> Order? {
        guard let key else { return nil }
        if let orderID = self.keys[key] {
            return self.state.orders[orderID] ?? self.recent[orderID]
        }
        // The disk may hold an older version of an order that is awake again.
        return fetched.keyHolder.map { self.order($0.orderID, fetched: fetched) ?? $0 }
    }

    /// The same key again: the first order, or the one that is there instead of it by now; a
    /// refusal where the content differs (M2).
    private mutating func repeatAnswer(
        _ earlier: Order,
        _ wish: OrderRequest,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        guard earlier.terms == wish.terms else {
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
        self.requestCancel(of: order, into: &batch)
        self.wait(for: orderID, token, .cancel, deadline: deadline, at: batch.instant)
    }

    /// Cancels our open orders one by one: `DELETE openOrders` would take foreign ones too (K3).
    mutating func cancelAll(
        _ symbol: Symbol?,
        on venue: VenueID? = nil,
        into batch: inout OpenBatch
    ) -> [OrderID] {
        let orders = self.state.ordersByAge.filter { order in
            !order.status.isTerminal && order.intent.venue.isExchange
                && (symbol == nil || order.terms.symbol == symbol)
                && (venue == nil || order.intent.venue == venue)
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
