extension Gateway {
    /// Sends what closes the venue's positions, one order at a time for each (K4).
    mutating func closePositions(on venue: VenueID, into batch: inout OpenBatch) {
        guard self.sessions[venue]?.isReady == true else { return }
        for position in self.state.ledger(of: venue).positionsBySymbol {
            guard
                case .sell(let quantity) = self.closingStep(
                    of: position,
                    on: venue,
                    at: batch.instant
                )
            else { continue }
            self.close(position, quantity: quantity, on: venue, into: &batch)
        }
    }

    /// What is to be done about one position now.
    enum ClosingStep: Hashable, Sendable {
        case nothing
        /// Something must end first.
        case wait(String)
        /// The rest stays; the text says why.
        case leave(String)
        case sell(Quantity)
    }

    /// Decides about one position: what it takes to close it, never more than is there.
    ///
    /// Every order that may still sell counts as filled, so that a position is never turned
    /// around (K4).
    func closingStep(of position: Position, on venue: VenueID, at instant: Instant) -> ClosingStep {
        let symbol = position.symbol
        let progress = self.state.closings[venue]?[symbol] ?? Closing()
        guard position.quantity.isPositive else {
            return position.quantity.isZero
                ? .nothing : .leave("it was sold from other holdings: nothing is held to sell")
        }
        let open = self.state.ordersByAge.filter {
            $0.intent.venue == venue && $0.terms.symbol == symbol && !$0.isSettled
        }
        if let first = open.first(where: { !$0.status.isInDoubt }) {
            return .wait("order \(first.orderID) is not finished")
        }
        guard let session = self.sessions[venue], session.isReady else {
            return .wait("the venue is not ready")
        }
        guard let instrument = session.book[symbol], let rules = instrument.rules,
            let quote = instrument.quote
        else {
            return .wait("rules or prices of \(symbol) are not known yet")
        }
        let held = self.state.ledger(of: venue).reducible(symbol)[.sell]
        let free = min(held, self.freeToSell(rules.baseAsset, on: venue))
        let doubt = open.first { $0.terms.side == .sell }
        var quantity = Quantity(clamping: free).roundedDown(to: rules.stepSize)
        if let largest = rules.largestMarketQuantity { quantity = min(quantity, largest) }
        if !rules.takesMarketOrder(of: quantity, at: quote.bid) {
            if let doubt {
                return doubt.status == .needsOperator
                    ? .leave("order \(doubt.orderID) needs an operator")
                    : .wait("the outcome of order \(doubt.orderID) is unknown")
            }
            return .leave(
                free < held
                    ? "only \(free) \(rules.baseAsset) is free"
                    : "dust: the venue takes no order of \(free) \(rules.baseAsset)"
            )
        }
        if progress.failureCount >= self.settings.timing.closingFailuresMax {
            return .leave("\(progress.failureCount) orders did not close it")
        }
        let holding = Holding(venue: venue, symbol: symbol)
        if let retry = self.kill.closingRetries[holding], retry.at > instant.monotonic {
            return .wait(retry.reason)
        }
        return .sell(quantity)
    }

    /// What may be sold: what the ledger holds, or less where the account says so.
    func freeToSell(_ asset: Asset, on venue: VenueID) -> Amount {
        let available = self.state.ledger(of: venue).available(of: asset)
        guard let told = self.sessions[venue]?.freeBalances[asset] else { return available }
        return min(available, told)
    }

    private mutating func close(
        _ position: Position,
        quantity: Quantity,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) {
        let wish = OrderRequest(
            terms: OrderTerms(
                symbol: position.symbol,
                side: .sell,
                type: .market,
                quantity: quantity
            ),
            principal: self.state.killSwitch.principal,
            tag: "flatten"
        )
        if let refusal = self.sendClosing(wish, .flatten, on: venue, into: &batch) {
            self.retryClosing(position.symbol, on: venue, refusal.message, at: batch.instant)
        }
    }

    /// Sends an order of the gateway's own through the gate, one that may do nothing but reduce.
    ///
    /// - Parameters:
    ///   - wish: The order.
    ///   - purpose: What it closes a position for; not a client's.
    ///   - entry: The order whose fills it closes, where it is an exit.
    ///   - venue: Where the position is.
    ///   - batch: Takes the order.
    /// - Returns: Why it is not sent; nil where it is on its way.
    mutating func sendClosing(
        _ wish: OrderRequest,
        _ purpose: OrderPurpose,
        of entry: OrderID? = nil,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) -> Refusal? {
        let orderID = self.nextOrderID
        let context = self.riskContext(for: wish, purpose, on: venue, at: batch.instant)
        let admission = RiskGate.admit(context) { rules, worstPrice in
            var intent = self.intent(
                orderID,
                wish,
                venue: venue,
                rules: rules,
                reservePrice: worstPrice,
                at: batch.instant
            )
            intent.purpose = purpose
            intent.entry = entry
            return intent
        }
        switch consume admission {
        case .approved(let order):
            self.record(.orderSubmitted(order.intent), into: &batch)
            self.chases[orderID] = Chase(awaitsPlacement: true)
            batch.place(order)
            return nil
        case .held: fatalError("invariant broken: what closes a position waits for nobody")
        case .refused(let refusal): return refusal
        }
    }

    /// An order that closes a position ended without doing so.
    mutating func noteClosing(_ order: Order, at instant: Instant) {
        guard self.state.killSwitch.level == .flatten, order.intent.purpose == .flatten,
            order.status != .filled
        else { return }
        let reason = "order \(order.orderID) ended \(order.status.name), it is tried again"
        self.retryClosing(order.terms.symbol, on: order.intent.venue, reason, at: instant)
    }

    private mutating func retryClosing(
        _ symbol: Symbol,
        on venue: VenueID,
        _ reason: String,
        at instant: Instant
    ) {
        let interval = self.settings.timing.retryIntervalMilliseconds * 2
        let holding = Holding(venue: venue, symbol: symbol)
        self.kill.closingRetries[holding] = KillProgress.Retry(
            at: instant.monotonic.adding(milliseconds: interval),
            reason: reason
        )
    }

    /// How far each position is closed; those without one are not listed.
    func closings(on venue: VenueID, at instant: Instant) -> [KillSwitchView.Closing] {
        let begun = self.state.closings[venue] ?? [:]
        return self.state.ledger(of: venue).positionsBySymbol.compactMap { position in
            let step = self.closingStep(of: position, on: venue, at: instant)
            guard step != .nothing || begun[position.symbol] != nil else { return nil }
            let (status, reason): (KillSwitchView.Closing.Status, String) =
                switch step {
                case .nothing: (.closed, "")
                case .wait(let reason): (.closing, reason)
                case .sell(let quantity): (.closing, "\(quantity) is to be sold")
                case .leave(let reason): (.left, reason)
                }
            return KillSwitchView.Closing(
                symbol: position.symbol,
                quantity: position.quantity,
                status: status,
                reason: reason,
                orderCount: begun[position.symbol]?.orderCount ?? 0
            )
        }
    }
}
