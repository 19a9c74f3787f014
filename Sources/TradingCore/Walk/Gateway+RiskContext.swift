extension Gateway {
    /// Why the risk gate would refuse an order now; nil where it would pass.
    ///
    /// Nothing comes of it and nothing is counted.
    package mutating func refusal(of wish: OrderRequest, at now: Instant) -> Refusal? {
        let venue = self.mode(of: wish.strategy).venue
        let context = self.riskContext(for: wish, .client, on: venue, at: now)
        if RiskGate.clippedQuantity(of: context) != nil { return nil }
        return RiskGate.refusal(of: context)
    }

    /// Everything that the checks look at, for one order.
    ///
    /// Every order pays for each look in here: what the venue's session knows is asked for at once,
    /// all of this is mutating because a call that is not is handed a copy of the gateway, and the
    /// context is made in one piece where its caller wants it.
    mutating func riskContext(
        for wish: OrderRequest,
        _ purpose: OrderPurpose,
        on venue: VenueID,
        at now: Instant
    ) -> RiskContext {
        // Modes that send nothing are judged by the account that they imitate.
        let ruleVenue = self.settings.ruleVenue(for: venue)
        let (symbol, side) = (wish.terms.symbol, wish.terms.side)
        let limits = self.settings.sharedLimits
        let facts =
            self.sessions[ruleVenue]?.facts(for: wish, purpose, limits, at: now)
            ?? VenueFacts(
                notReadyReasons: ["no connection to \(ruleVenue.mode.name) is configured"],
                bound: Shared(limits.value.bound(to: symbol, strategy: wish.strategy)),
                time: now.wall
            )
        let bound = facts.bound
        let counts = self.counts(facts, symbol, on: venue, isOwn: ruleVenue == venue)
        let tokenLimits = self.state.tokens.limits(of: wish.principal)
        let time = now.monotonic
        return RiskContext(
            terms: wish.terms.sized(
                at: facts.quote,
                facts.rules,
                slippageMillionths: bound.value.priceCollarMillionths
                    ?? limits.value.marketSlippageMillionths
            ),
            purpose: purpose,
            expectedMode: wish.expectedMode,
            mode: self.mode(of: wish.strategy),
            killSwitch: self.state.killSwitch.isEngaged ? Shared(self.state.killSwitch) : nil,
            notReadyReasons: facts.notReadyReasons,
            sharedRules: facts.rules,
            quote: facts.quote,
            book: facts.bookSide,
            sharedLimits: limits,
            sharedBound: bound,
            openOrderCount: counts.all,
            openOrderCountOnSymbol: counts.onSymbol,
            stopOrderCountOnSymbol: counts.stopsOnSymbol,
            unknownOrder: self.unknownOrder(symbol, side, on: venue),
            available: facts.money.available,
            reducibleQuantity: facts.reducible,
            condition: facts.condition,
            exposure: facts.money.exposure,
            rateWaitMilliseconds: bound.value.orderRate.flatMap { rate in
                self.orderTimes.waitMilliseconds(wish.principal, rate, at: time)
            },
            strategyWaitMilliseconds: bound.value.strategyRate.flatMap { rate in
                self.strategyTimes.waitMilliseconds(Principal(wish.strategy), rate, at: time)
            },
            tokenWaitMilliseconds: self.rate(of: tokenLimits).flatMap { rate in
                self.tokenTimes.waitMilliseconds(wish.principal, rate, at: time)
            },
            tokenLimits: tokenLimits,
            strategy: wish.strategy,
            account: self.account(of: wish, on: venue, facts, at: now),
            breach: self.state.breaches.holding(strategy: wish.strategy, on: ruleVenue),
            isLossKnown: facts.money.isLossKnown,
            isStrategyLossKnown: !bound.value.limitsStrategyLoss
                || self.strategyDesk.isLossKnown(of: wish.strategy, on: ruleVenue),
            dailyCap: self.dailyCap(for: wish, on: venue, facts),
            isReduceOnly: wish.goal?.isReduceOnly(side) ?? false,
            exits: wish.exits
        )
    }

    /// Orders of ours that are not finished: on the venue, on the symbol, and those of the latter
    /// that wait for a price.
    ///
    /// Held orders would be there once approved.
    @inline(__always)
    private mutating func counts(
        _ facts: VenueFacts,
        _ symbol: Symbol,
        on venue: VenueID,
        isOwn: Bool
    ) -> (all: Int, onSymbol: Int, stopsOnSymbol: Int) {
        let heldCount = self.state.heldCount(on: venue)
        guard !isOwn else {
            return (
                heldCount + facts.openOrderCount, facts.openOrderCountOnSymbol,
                facts.stopOrderCountOnSymbol
            )
        }
        return (
            heldCount + self.state.openOrderCount(on: venue),
            self.state.openOrderCount(on: venue, symbol: symbol),
            self.state.stopOrderCount(on: venue, symbol: symbol)
        )
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

    /// What the account as a whole did, as far as a limit asks for it.
    private mutating func account(
        of wish: OrderRequest,
        on venue: VenueID,
        _ facts: VenueFacts,
        at now: Instant
    ) -> AccountCondition {
        var account = AccountCondition()
        account.equity = facts.money.equity
        account.openPositionCount = facts.openPositionCount
        account.isPositionOpen = facts.isPositionOpen
        // What stands in another order's place is meant to be like it.
        if let interval = self.settings.limits.duplicateMilliseconds, wish.predecessor == nil {
            account.duplicateWaitMilliseconds = self.recentTerms.waitMilliseconds(
                wish.terms,
                of: wish.principal,
                within: interval,
                at: now.monotonic
            )
        }
        if self.settings.limits.ordersPerDayMax != nil, let day = self.state.orderDays[venue] {
            account.orderCountOfDay = day.count(at: facts.time)
        }
        return account
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
