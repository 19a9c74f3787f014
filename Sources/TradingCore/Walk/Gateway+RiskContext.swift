extension Gateway {
    /// Why the risk gate would refuse an order now; nil where it would pass.
    ///
    /// Nothing comes of it and nothing is counted.
    package mutating func refusal(of wish: OrderRequest, at now: Instant) -> Refusal? {
        var context = self.riskContext(for: wish, .client, on: self.mode.venue, at: now)
        RiskGate.clip(&context)
        return RiskGate.refusal(of: context)
    }

    /// Everything that the checks look at, for one order.
    ///
    /// Every order pays for each look in here: what belongs together is looked up once.
    mutating func riskContext(
        for wish: OrderRequest,
        _ purpose: OrderPurpose,
        on venue: VenueID,
        at now: Instant
    ) -> RiskContext {
        let ruleVenue = self.settings.ruleVenue(for: venue)
        let session = self.sessions[ruleVenue]
        let (symbol, side) = (wish.terms.symbol, wish.terms.side)
        let (rules, quote) = (session?.rules[symbol], session?.quotes[symbol])
        // Modes that send nothing are judged by the account that they imitate.
        let ledger = self.state.ledger(of: ruleVenue)
        let limits = self.settings.limits
        let bound = limits.bound(to: symbol, strategy: wish.strategy)
        let reducible = ledger.reducible(symbol)
        var context = RiskContext(
            terms: wish.terms.sized(
                at: quote,
                rules,
                slippageMillionths: bound.priceCollarMillionths ?? limits.marketSlippageMillionths
            ),
            purpose: purpose,
            expectedMode: wish.expectedMode,
            mode: self.mode,
            killSwitch: self.state.killSwitch,
            notReadyReasons: session?.notReadyReasons
                ?? ["no connection to \(ruleVenue.mode.name) is configured"],
            rules: rules,
            quote: quote,
            limits: limits,
            knownBound: bound,
            // Held orders belong to the present mode, and would be there once approved.
            openOrderCount: self.state.openOrderCount(on: venue) + self.state.heldOrders.count,
            openOrderCountOnSymbol: self.state.openOrderCount(on: venue, symbol: symbol),
            stopOrderCountOnSymbol: wish.terms.type.trigger == nil
                ? 0 : self.state.stopOrderCount(on: venue, symbol: symbol),
            unknownOrder: self.unknownOrder(symbol, side, on: venue),
            available: .zero,
            reducibleQuantity: reducible[side],
            condition: self.condition(
                of: ruleVenue,
                symbol: symbol,
                usingReserve: purpose == .flatten,
                at: now
            ),
            strategy: wish.strategy,
            breach: self.state.breaches.holding(strategy: wish.strategy, on: ruleVenue),
            isLossKnown: false,
            dailyCap: self.dailyCap(quotedIn: rules?.quoteAsset, on: venue, at: now),
            isReduceOnly: wish.goal?.isReduceOnly(side) ?? false,
            exits: wish.exits
        )
        if case .market = wish.terms.type { context.addBook(session, at: now) }
        self.addRates(of: wish, to: &context, at: now)
        self.addAccount(of: wish, to: &context, on: venue, at: now)
        if let rules {
            let quoteAsset = rules.quoteAsset
            context.available = ledger.available(of: side == .buy ? quoteAsset : rules.baseAsset)
            self.addEquity(in: quoteAsset, to: &context, on: ruleVenue)
            if context.isExposureLimited {
                context.exposure = self.exposure(
                    beside: symbol,
                    opposite: .zero - reducible[side.opposite],
                    in: quoteAsset,
                    on: ruleVenue
                )
            }
        }
        return context
    }

    private func unknownOrder(_ symbol: Symbol, _ side: Side, on venue: VenueID) -> OrderID? {
        guard !self.state.ordersInDoubt.isEmpty else { return nil }
        return self.state.ordersInDoubt.filter { orderID in
            guard let order = self.state.orders[orderID] else { return false }
            return order.intent.venue == venue && order.terms.symbol == symbol
                && order.terms.side == side
        }.min()
    }

    /// What an order's account may come to hold besides what the order adds to.
    ///
    /// Orders that are open, in flight or of unknown outcome count as filled, on the side where
    /// that is worse.
    private func exposure(
        beside symbol: Symbol,
        opposite: Amount,
        in quoteAsset: Asset,
        on venue: VenueID
    ) -> Exposure {
        var exposure = Exposure()
        exposure.opposite = opposite
        if let book = self.books[venue] {
            (exposure.others, exposure.unpriced) = book.exposure(in: quoteAsset, beside: symbol)
        }
        return exposure
    }

    /// What the account is worth, where a limit asks for it, and whether its losses are known.
    private func addEquity(
        in quoteAsset: Asset,
        to context: inout RiskContext,
        on venue: VenueID
    ) {
        let limits = context.limits
        if limits.needsEquity(context.bound) || limits.loss.needsEquity {
            context.account.equity = self.equity(in: quoteAsset, on: venue)
        }
        context.isLossKnown = self.isLossKnown(
            at: context.account.equity,
            in: quoteAsset,
            on: venue
        )
    }

    /// How long the order's principal, its token and its strategy must wait.
    private func addRates(of wish: OrderRequest, to context: inout RiskContext, at now: Instant) {
        let tokenLimits = self.state.tokens.limits(of: wish.principal)
        context.tokenLimits = tokenLimits
        context.rateWaitMilliseconds = context.limits.orderRate.flatMap { rate in
            self.orderTimes.waitMilliseconds(wish.principal, rate, at: now.monotonic)
        }
        context.strategyWaitMilliseconds = context.bound.strategyRate.flatMap { rate in
            self.strategyTimes.waitMilliseconds(Principal(wish.strategy), rate, at: now.monotonic)
        }
        context.tokenWaitMilliseconds = self.rate(of: tokenLimits).flatMap { rate in
            self.tokenTimes.waitMilliseconds(wish.principal, rate, at: now.monotonic)
        }
    }

    /// What the account as a whole did, as far as a limit asks for it.
    private func addAccount(
        of wish: OrderRequest,
        to context: inout RiskContext,
        on venue: VenueID,
        at now: Instant
    ) {
        let limits = self.settings.limits
        let ruleVenue = self.settings.ruleVenue(for: venue)
        if limits.openPositionsMax != nil, let book = self.books[ruleVenue] {
            context.account.openPositionCount = book.openCount
            context.account.isPositionOpen = book.isOpen(wish.terms.symbol)
        }
        // What stands in another order's place is meant to be like it.
        if let interval = limits.duplicateMilliseconds, wish.predecessor == nil {
            context.account.duplicateWaitMilliseconds = self.recentTerms.waitMilliseconds(
                wish.terms,
                of: wish.principal,
                within: interval,
                at: now.monotonic
            )
        }
        if limits.ordersPerDayMax != nil, let day = self.state.orderDays[venue] {
            let time = self.sessions[ruleVenue]?.venueTime(at: now) ?? now.wall
            context.account.orderCountOfDay = day.count(at: time)
        }
    }

    /// Counts an order that passed the gate.
    mutating func noteOrder(_ intent: OrderIntent, at now: Instant) {
        let limits = self.settings.limits
        if let rate = limits.orderRate {
            self.orderTimes.note(intent.principal, rate, at: now.monotonic)
        }
        if let rate = self.tokenRate(of: intent.principal) {
            self.tokenTimes.note(intent.principal, rate, at: now.monotonic)
        }
        if let rate = limits.orderRate(of: intent.strategy) {
            self.strategyTimes.note(Principal(intent.strategy), rate, at: now.monotonic)
        }
        if let interval = limits.duplicateMilliseconds {
            self.recentTerms.note(
                intent.askedTerms,
                of: intent.principal,
                within: interval,
                at: now.monotonic
            )
        }
    }
}
