extension Gateway {
    /// Tells of losses and failures, or does what a person says about them.
    mutating func decideRisk(
        _ request: Request,
        _ token: RequestToken,
        into batch: inout OpenBatch
    ) {
        switch request {
        case .acknowledgeBreach(let number, let principal, let reason):
            if let refusal = self.refusalToAcknowledge(number) {
                batch.perform(.reply(token, .refused(refusal)))
                return
            }
            let acknowledgement = RiskBreach.Acknowledgement(
                principal: principal,
                reason: reason,
                at: batch.instant.wall
            )
            for breach in self.state.breaches.open where number.map({ $0 == breach.number }) ?? true
            {
                self.record(.breachAcknowledged(breach.number, acknowledgement), into: &batch)
            }
            for venue in self.settings.exchanges { self.strategyDesk.touch(venue) }
        case .disableTrading(let strategy, let principal, let reason):
            let scope = strategy.isEmpty ? "" : " of strategy \(strategy)"
            self.breach(
                RiskBreach(
                    number: self.state.breaches.lastNumber + 1,
                    rule: .tradingDisabled,
                    venue: self.riskVenue(of: strategy),
                    strategy: strategy,
                    limit: "a person's word",
                    actual: "disabled",
                    message: "\(principal) disabled trading\(scope): \(reason).",
                    action: .disable,
                    at: batch.instant.wall
                ),
                into: &batch
            )
        default:
            break
        }
        batch.perform(.reply(token, .risk(self.riskView())), afterAllEarlierEvents: true)
    }

    /// The account that new orders are judged by.
    var riskVenue: VenueID { self.riskVenue(of: "") }

    /// The account that orders of a strategy are judged by.
    func riskVenue(of strategy: String) -> VenueID {
        self.settings.ruleVenue(for: self.mode(of: strategy).venue)
    }

    private func refusalToAcknowledge(_ number: UInt64?) -> Refusal? {
        let open = self.state.breaches.open
        guard let number, !open.contains(where: { $0.number == number }) else { return nil }
        let numbers = open.map { "\($0.number)" }.joined(separator: ", ")
        return Refusal(
            .breachNotFound,
            limit: numbers.isEmpty ? "none" : numbers,
            actual: "\(number)",
            message: "There is no breach \(number) that nobody has acknowledged.",
            permitted: numbers
        )
    }

    // MARK: Breaches

    /// Records a breach and does what it calls for.
    ///
    /// What an account loses that is further from real money than the installation's own stops
    /// nobody but those who trade there: a test exchange that is emptied does not close live
    /// positions.
    mutating func breach(_ breach: RiskBreach, into batch: inout OpenBatch) {
        var breach = breach
        if breach.venue < self.riskVenue { breach.action = .disable }
        self.record(.riskBreached(breach), into: &batch)
        batch.performAtOnce(.alert(Alert(.riskBreached, breach.message)))
        guard let level = breach.action.killLevel,
            self.state.killSwitch.level.map({ $0 < level }) ?? true
        else { return }
        self.engage(
            KillSwitch(
                level: level,
                principal: Principal("gateway"),
                reason: "\(breach.rule.name): \(breach.message)",
                since: batch.instant.wall
            ),
            into: &batch
        )
    }

    /// Stops trading after too many failures in a row, once for each run of them.
    mutating func watchFailures(of venue: VenueID, into batch: inout OpenBatch) {
        guard let limit = self.settings.limits.loss.failuresMax,
            let count = self.state.failureCounts[venue], count >= limit,
            !self.state.breaches.holds(.consecutiveFailures, on: venue, asset: nil)
        else { return }
        self.breach(
            RiskBreach(
                number: self.state.breaches.lastNumber + 1,
                rule: .consecutiveFailures,
                venue: venue,
                limit: "\(limit)",
                actual: "\(count)",
                message: "\(count) orders in a row failed at \(venue.mode.name).",
                action: self.settings.limits.loss.onFailures,
                at: batch.instant.wall
            ),
            into: &batch
        )
    }

    /// Stops trading after a fill that was far worse than the price that its order was judged by.
    mutating func watchSlippage(
        of fill: Fill,
        in order: Order,
        into batch: inout OpenBatch
    ) {
        let intent = order.intent
        guard let limit = self.settings.limits.loss.slippageMillionths, !fill.isOperators,
            let slippage = intent.slippageMillionths(at: fill.price), slippage > limit,
            !self.state.breaches.holds(.slippage, on: intent.venue, asset: nil)
        else { return }
        self.breach(
            RiskBreach(
                number: self.state.breaches.lastNumber + 1,
                rule: .slippage,
                venue: intent.venue,
                limit: LossLimits.share(limit),
                actual: LossLimits.share(slippage),
                message: "Order \(order.orderID) traded \(intent.terms.symbol) at \(fill.price), "
                    + "the best price at its decision was \(intent.referencePrice).",
                action: self.settings.limits.loss.onSlippage,
                at: batch.instant.wall
            ),
            into: &batch
        )
    }

    // MARK: Telling

    /// Losses and failures as they are.
    package func riskView() -> RiskView {
        let venue = self.riskVenue
        return RiskView(
            mode: self.mode,
            isTradingDisabled: self.state.breaches.holding(strategy: "", on: venue) != nil,
            breaches: self.state.breaches.breaches,
            failureCount: self.state.failureCounts[venue] ?? 0,
            accounts: self.riskAccounts(of: venue)
        )
    }
}

extension OrderIntent {
    /// How much worse a price is than the best one at the order's decision, in millionths rounded
    /// up; nil where it is not worse, or nobody knew a price then.
    package func slippageMillionths(at price: Price) -> Int64? {
        let reference = self.referencePrice
        let worse =
            self.terms.side == .buy
            ? Int128(price.raw) - Int128(reference.raw) : Int128(reference.raw) - Int128(price.raw)
        guard reference.isPositive, worse > 0 else { return nil }
        return Int64(
            clamping: (worse * 1_000_000).divided(by: Int128(reference.raw), rounding: .up)
        )
    }
}
