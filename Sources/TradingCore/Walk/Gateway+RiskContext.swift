extension Gateway {
    /// Why the risk gate would refuse an order now; nil where it would pass.
    ///
    /// Nothing comes of it and nothing is counted.
    package mutating func refusal(of wish: OrderRequest, at now: Instant) -> Refusal? {
        let context = self.riskContext(for: wish, .client, on: self.mode.venue, at: now)
        return RiskGate.refusal(of: RiskGate.clipped(context))
    }

    /// Everything that the checks look at, for one order.
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
        let limits = self.settings.limits
        return RiskContext(
            terms: wish.terms.sized(
                at: session?.quotes[symbol],
                rules,
                slippageMillionths: limits.priceCollarMillionths(of: symbol)
                    ?? limits.marketSlippageMillionths
            ),
            purpose: purpose,
            expectedMode: wish.expectedMode,
            mode: self.mode,
            killSwitch: self.state.killSwitch,
            notReadyReasons: session?.notReadyReasons
                ?? ["no connection to \(ruleVenue.mode.name) is configured"],
            rules: rules,
            quote: session?.quotes[symbol],
            limits: self.settings.limits,
            // Held orders belong to the present mode, and would be there once approved.
            openOrderCount: self.state.openOrderCount(on: venue) + self.state.heldOrders.count,
            openOrderCountOnSymbol: self.state.openOrderCount(on: venue, symbol: symbol),
            stopOrderCountOnSymbol: self.state.stopOrderCount(on: venue, symbol: symbol),
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
            strategyWaitMilliseconds: self.settings.limits.orderRate(of: wish.strategy).flatMap {
                self.strategyTimes.waitMilliseconds(
                    Principal(wish.strategy),
                    $0,
                    at: now.monotonic
                )
            },
            tokenWaitMilliseconds: self.tokenRate(of: wish.principal).flatMap {
                self.tokenTimes.waitMilliseconds(wish.principal, $0, at: now.monotonic)
            },
            tokenLimits: self.state.tokens.limits(of: wish.principal),
            strategy: wish.strategy,
            account: self.accountCondition(for: wish, rules, on: venue, at: now),
            breach: self.state.breaches.holding(strategy: wish.strategy, on: ruleVenue),
            isLossKnown: rules.map { self.isLossKnown(in: $0.quoteAsset, on: ruleVenue) } ?? false,
            dailyCap: self.dailyCap(quotedIn: rules?.quoteAsset, on: venue, at: now),
            exits: wish.exits
        )
    }

    private func unknownOrder(_ symbol: Symbol, _ side: Side, on venue: VenueID) -> OrderID? {
        self.state.ordersInDoubt.filter { orderID in
            guard let order = self.state.orders[orderID] else { return false }
            return order.intent.venue == venue && order.terms.symbol == symbol
                && order.terms.side == side
        }.min()
    }

    private func accountCondition(
        for wish: OrderRequest,
        _ rules: SymbolRules?,
        on venue: VenueID,
        at now: Instant
    ) -> AccountCondition {
        let limits = self.settings.limits
        let ruleVenue = self.settings.ruleVenue(for: venue)
        var account = AccountCondition()
        if limits.needsEquity, let rules {
            account.equity = self.equity(in: rules.quoteAsset, on: ruleVenue)
        }
        if limits.openPositionsMax != nil, let book = self.books[ruleVenue] {
            account.openPositionCount = book.openCount
            account.isPositionOpen = book.isOpen(wish.terms.symbol)
        }
        // What stands in another order's place is meant to be like it.
        if let interval = limits.duplicateMilliseconds, wish.predecessor == nil {
            account.duplicateWaitMilliseconds = self.recentTerms.waitMilliseconds(
                wish.terms,
                of: wish.principal,
                within: interval,
                at: now.monotonic
            )
        }
        if limits.ordersPerDayMax != nil, let day = self.state.orderDays[venue] {
            let time = self.sessions[ruleVenue]?.venueTime(at: now) ?? now.wall
            account.orderCountOfDay = day.count(at: time)
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
