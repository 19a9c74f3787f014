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
    /// Every order pays for each look in here: what is known of the symbol is one ``Instrument``,
    /// and all of this is mutating because a call that is not is handed a copy of the gateway.
    mutating func riskContext(
        for wish: OrderRequest,
        _ purpose: OrderPurpose,
        on venue: VenueID,
        at now: Instant
    ) -> RiskContext {
        // Modes that send nothing are judged by the account that they imitate.
        let ruleVenue = self.settings.ruleVenue(for: venue)
        let session = self.sessions[ruleVenue]
        let (symbol, side) = (wish.terms.symbol, wish.terms.side)
        let instrument = session?.book[symbol]
        let standing = instrument?.standing ?? Instrument.Standing()
        let rules = instrument?.sharedRules
        let limits = self.settings.sharedLimits
        let bound =
            instrument?.bound(wish.strategy, by: limits)
            ?? Shared(limits.value.bound(to: symbol, strategy: wish.strategy))
        let isOwn = ruleVenue == venue
        var context = RiskContext(
            terms: wish.terms.sized(
                at: standing.quote,
                rules?.value,
                slippageMillionths: bound.value.priceCollarMillionths
                    ?? limits.value.marketSlippageMillionths
            ),
            purpose: purpose,
            expectedMode: wish.expectedMode,
            mode: self.mode,
            killSwitch: self.state.killSwitch.isEngaged ? Shared(self.state.killSwitch) : nil,
            notReadyReasons: session?.notReadyReasons
                ?? ["no connection to \(ruleVenue.mode.name) is configured"],
            sharedRules: rules,
            quote: standing.quote,
            sharedLimits: limits,
            sharedBound: bound,
            // Held orders belong to the present mode, and would be there once approved.
            openOrderCount: self.state.heldOrders.count
                + (isOwn
                    ? session?.book.openOrderCount ?? 0 : self.state.openOrderCount(on: venue)),
            openOrderCountOnSymbol: isOwn
                ? standing.openOrderCount
                : self.state.openOrderCount(on: venue, symbol: symbol),
            stopOrderCountOnSymbol: isOwn
                ? standing.stopOrderCount
                : self.state.stopOrderCount(on: venue, symbol: symbol),
            unknownOrder: self.unknownOrder(symbol, side, on: venue),
            available: .zero,
            reducibleQuantity: .zero,
            condition: session?.care.condition(
                quotedAt: standing.quotedAt,
                usingReserve: purpose == .flatten,
                at: now
            ) ?? VenueCondition(),
            strategy: wish.strategy,
            breach: self.state.breaches.holding(strategy: wish.strategy, on: ruleVenue),
            isLossKnown: false,
            dailyCap: self.settings.dailyNotionalCaps[venue] == nil
                ? nil
                : self.dailyCap(quotedIn: rules?.value.quoteAsset, on: venue, at: now),
            isReduceOnly: wish.goal?.isReduceOnly(side) ?? false,
            exits: wish.exits
        )
        if case .market = wish.terms.type { context.addBook(session, at: now) }
        self.addRates(of: wish, to: &context, at: now)
        self.addAccount(of: wish, to: &context, on: venue, session, at: now)
        if let instrument, let book = session?.book {
            self.add(standing, of: instrument, in: book, to: &context)
        }
        return context
    }

    /// What the account holds of the symbol and may hold, and what it is worth.
    private mutating func add(
        _ standing: Instrument.Standing,
        of instrument: Instrument,
        in book: AccountBook,
        to context: inout RiskContext
    ) {
        let side = context.terms.side
        let reducible = standing.holding.reducible
        context.reducibleQuantity = reducible[side]
        context.account.isPositionOpen = standing.holding.isOpen
        guard let quoteMoney = instrument.quoteMoney, let rules = context.sharedRules?.value
        else { return }
        let money = side == .buy ? quoteMoney : instrument.baseMoney
        context.available = money?.available ?? .zero
        if context.bound.needsEquity, let equity = book.equity(in: quoteMoney) {
            context.account.equity = equity
            context.isLossKnown = book.isLossKnown(
                in: quoteMoney,
                quotedIn: rules.quoteAsset,
                limitsDay: context.limits.loss.limitsDay
            )
        }
        guard context.isExposureLimited else { return }
        context.exposure.opposite = .zero - reducible[side.opposite]
        (context.exposure.others, context.exposure.unpriced) =
            book.exposure(beside: instrument, in: quoteMoney)
    }

    private mutating func unknownOrder(
        _ symbol: Symbol,
        _ side: Side,
        on venue: VenueID
    ) -> OrderID? {
        guard !self.state.ordersInDoubt.isEmpty else { return nil }
        return self.state.ordersInDoubt.filter { orderID in
            guard let order = self.state.orders[orderID] else { return false }
            return order.intent.venue == venue && order.terms.symbol == symbol
                && order.terms.side == side
        }.min()
    }

    /// How long the order's principal, its token and its strategy must wait.
    private mutating func addRates(
        of wish: OrderRequest,
        to context: inout RiskContext,
        at now: Instant
    ) {
        let tokenLimits = self.state.tokens.limits(of: wish.principal)
        context.tokenLimits = tokenLimits
        context.rateWaitMilliseconds = context.bound.orderRate.flatMap { rate in
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
    private mutating func addAccount(
        of wish: OrderRequest,
        to context: inout RiskContext,
        on venue: VenueID,
        _ session: VenueSession?,
        at now: Instant
    ) {
        context.account.openPositionCount = session?.book.openCount ?? 0
        if context.bound.limitsStrategyLoss {
            context.isStrategyLossKnown = self.strategyDesk.isLossKnown(
                of: wish.strategy,
                on: self.settings.ruleVenue(for: venue)
            )
        }
        // What stands in another order's place is meant to be like it.
        if let interval = context.limits.duplicateMilliseconds, wish.predecessor == nil {
            context.account.duplicateWaitMilliseconds = self.recentTerms.waitMilliseconds(
                wish.terms,
                of: wish.principal,
                within: interval,
                at: now.monotonic
            )
        }
        if context.limits.ordersPerDayMax != nil, let day = self.state.orderDays[venue] {
            let time = session?.venueTime(at: now) ?? now.wall
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
