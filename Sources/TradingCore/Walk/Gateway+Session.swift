extension Gateway {
    // MARK: The stream

    mutating func streamLost(_ venue: VenueID, reason: String, into batch: inout OpenBatch) {
        self.withSession(venue) {
            $0.phase = .offline(reason: "the user stream is lost: \(reason)")
        }
        batch.performAtOnce(.closeGate(venue))
    }

    /// Holds back new orders until all that may have happened unseen is known.
    ///
    /// Called after every start and every loss of the stream. Cancels pass.
    mutating func beginReconciliation(_ venue: VenueID, into batch: inout OpenBatch) {
        batch.performAtOnce(.closeGate(venue))
        let retryAt = self.reconciliationRetry(batch.instant)
        let account = self.nextRead()
        let heldUntil = self.sessions[venue]?.care.readsHeldUntil(at: batch.instant.monotonic)
        let reconciliation = Reconciliation(firstRead: account, retryAt: heldUntil ?? retryAt)
        self.withSession(venue) { $0.phase = .reconciling(reconciliation) }
        // Nothing is asked before the venue wants to be: the questions would pile up.
        guard heldUntil == nil else { return }
        let symbols = self.symbols(of: venue)
        for request in [
            VenueRequest.time, .rules(symbols), .quotes(symbols), .account(account),
            .openOrders(self.nextRead()), .orderCounts,
        ] {
            batch.performAtOnce(.request(venue, request))
        }
        self.askForHistory(of: venue, into: &batch)
    }

    /// The symbols whose rules and prices are needed: what may be traded and what is held.
    func symbols(of venue: VenueID) -> [Symbol] {
        let allowed = self.settings.limits.allowedSymbols
        let held = self.state.ledger(of: venue).positionsBySymbol.filter { !$0.quantity.isZero }
        return allowed + held.map(\.symbol).filter { !allowed.contains($0) }
    }

    private func reconciliationRetry(_ instant: Instant) -> MonotonicTime {
        instant.monotonic.adding(
            milliseconds: self.settings.timing.retryIntervalMilliseconds * 4
        )
    }

    /// Crosses an item off the list, and opens the gate when the list is empty.
    mutating func advanceReconciliation(
        _ venue: VenueID,
        into batch: inout OpenBatch,
        _ body: (inout Reconciliation) -> Void
    ) {
        guard let session = self.sessions[venue],
            case .reconciling(var reconciliation) = session.phase
        else { return }
        body(&reconciliation)
        guard reconciliation.isComplete, session.history.isComplete else {
            session.phase = .reconciling(reconciliation)
            return
        }
        session.phase = .ready
        session.balances.readAt = batch.instant.monotonic
        self.openGateIfAllowed(venue, into: &batch)
    }

    /// Lets placements pass where nothing stands against it.
    mutating func openGateIfAllowed(_ venue: VenueID, into batch: inout OpenBatch) {
        guard let session = self.sessions[venue], session.isReady else { return }
        batch.perform(.openGate(venue))
    }

    /// Asks again what a reconciliation still waits for, and reads the account when it is time.
    mutating func tend(_ venue: VenueID, into batch: inout OpenBatch) {
        guard let session = self.sessions[venue] else { return }
        let now = batch.instant.monotonic
        switch session.phase {
        case .offline: return
        case .reconciling(var reconciliation):
            guard reconciliation.retryAt <= now else { return }
            reconciliation.retryAt = self.reconciliationRetry(batch.instant)
            session.phase = .reconciling(reconciliation)
            self.repeatQuestions(of: reconciliation, to: venue, into: &batch)
        case .ready:
            session.history.repeatWhenDue(at: now)
            self.askForHistory(of: venue, into: &batch)
            guard session.balances.readAt <= now else { return }
            let timing = self.settings.timing
            session.balances.readAt = now.adding(milliseconds: timing.balanceIntervalMilliseconds)
            // A stream that is alive and says nothing, or a read that lagged during the
            // reconciliation, leaves an order open that has ended: the venue's list tells. It
            // also tells what a second copy of this store has open (S5).
            batch.performAtOnce(.request(venue, .openOrders(self.nextRead())))
            batch.performAtOnce(.request(venue, .account(self.nextRead())))
            self.askForTrades(of: venue, into: &batch)
            // A quiet market's stream says nothing: its last price is asked for.
            batch.performAtOnce(.request(venue, .quotes(self.symbols(of: venue))))
            // One measurement may be off: the clock was set between it and its arrival (M3).
            batch.performAtOnce(.request(venue, .time))
        }
    }

    private mutating func repeatQuestions(
        of reconciliation: Reconciliation,
        to venue: VenueID,
        into batch: inout OpenBatch
    ) {
        var requests: [VenueRequest] = []
        if reconciliation.awaitsClock { requests.append(.time) }
        if reconciliation.awaitsRules {
            requests.append(.rules(self.symbols(of: venue)))
        }
        if reconciliation.awaitsAccount { requests.append(.account(self.nextRead())) }
        if reconciliation.awaitsOpenOrders { requests.append(.openOrders(self.nextRead())) }
        if reconciliation.awaitsOrderCounts { requests.append(.orderCounts) }
        for request in requests { batch.performAtOnce(.request(venue, request)) }
        self.askForHistory(of: venue, into: &batch)
    }

    // MARK: Orders

    /// The venue's open orders: ours among them are alive, and those of ours that are missing
    /// must be asked for one by one, because absence from a list is no evidence (E1).
    mutating func openOrdersAnswered(
        _ read: ReadID,
        _ answer: VenueAnswer,
        from venue: VenueID,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        self.noteZero(read, answer, from: venue, at: batch.instant)
        guard case .orders(let reports) = answer else { return }
        for report in reports {
            self.reported(report, from: venue, fetched: fetched, into: &batch)
        }
        // The venue numbers the orders of each symbol by themselves.
        let listed = Set(reports.map { NumberedOrder($0, on: venue) })
        var awaited: Set<OrderID> = []
        for order in self.state.ordersByAge
        where order.intent.venue == venue && order.status != .held {
            if let number = NumberedOrder(order), listed.contains(number) { continue }
            if self.chases[order.orderID]?.awaitsPlacement == true { continue }
            awaited.insert(order.orderID)
            self.chases[order.orderID, default: Chase()].askAt = batch.instant.monotonic
            self.pursue(order.orderID, into: &batch)
        }
        self.advanceReconciliation(venue, into: &batch) { reconciliation in
            guard read >= reconciliation.firstRead else { return }
            reconciliation.awaitsOpenOrders = false
            reconciliation.awaitedOrders = awaited
        }
    }

    // MARK: Balances

    mutating func accountAnswered(
        _ read: ReadID,
        _ answer: VenueAnswer,
        from venue: VenueID,
        into batch: inout OpenBatch
    ) {
        guard case .account(let account) = answer else { return }
        for balance in account.balances {
            self.sessions[venue]?.freeBalances[balance.asset] = balance.free
        }
        let ledger = self.state.ledger(of: venue)
        if ledger.accountID == nil {
            self.bind(venue, to: account, into: &batch)
        } else if ledger.accountID != account.accountID {
            self.withSession(venue) { session in
                session.stopReason =
                    "the account at the venue is \(account.accountID), the "
                    + "ledger belongs to \(ledger.accountID ?? 0) (S5)"
            }
            batch.performAtOnce(.closeGate(venue))
        } else {
            self.compare(account, with: ledger, on: venue, into: &batch)
        }
        self.advanceReconciliation(venue, into: &batch) { reconciliation in
            if read >= reconciliation.firstRead { reconciliation.awaitsAccount = false }
        }
    }

    private mutating func bind(
        _ venue: VenueID,
        to account: AccountReport,
        into batch: inout OpenBatch
    ) {
        self.record(.ledgerBound(venue, accountID: account.accountID), into: &batch)
        for balance in account.balances {
            let total = balance.free + balance.locked
            guard !total.isZero else { continue }
            self.record(
                .balanceMoved(venue, balance.asset, delta: total, isOpening: true),
                into: &batch
            )
        }
    }

    /// Compares a reading with the ledger; while an order of ours is unsettled it says nothing.
    private mutating func compare(
        _ account: AccountReport,
        with ledger: Ledger,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) {
        let isQuiet = !self.state.orders.values.contains { order in
            order.intent.venue == venue
                && (order.status == .submitting || order.status.isInDoubt || order.hasMissingFills)
        }
        guard isQuiet, self.sessions[venue]?.phase == .ready else { return }
        var totals: [Asset: Amount] = [:]
        for balance in account.balances { totals[balance.asset] = balance.free + balance.locked }
        let assets = Set(totals.keys).union(ledger.assets).sorted()
        let differences = assets.map { asset in
            (asset, (totals[asset] ?? .zero) - ledger.total(of: asset))
        }
        let now = batch.instant.monotonic
        let timing = self.settings.timing
        let believed = self.withSession(venue) { session in
            let moves = session.balances.read(
                differences: differences,
                at: now,
                lagMilliseconds: timing.balanceLagMilliseconds
            )
            if session.balances.isPending {
                session.balances.readAt = now.adding(milliseconds: timing.balanceLagMilliseconds)
            }
            return moves
        }
        for (asset, delta) in believed {
            self.record(
                .balanceMoved(venue, asset, delta: delta, isOpening: false),
                into: &batch
            )
            self.judge(delta, of: asset, on: venue, into: &batch)
        }
    }

    /// Tells people of a difference, and pauses trading where it is beyond the tolerance (E5).
    private mutating func judge(
        _ delta: Amount,
        of asset: Asset,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) {
        let difference =
            "the account at \(venue.mode.name) holds \(delta) \(asset) more than the ledger said"
        batch.performAtOnce(.alert(Alert(.balanceDiffers, difference)))
        guard let limit = self.settings.balanceTolerance.exceeded(by: delta, of: asset) else {
            return
        }
        let reason = "\(difference), beyond the tolerance of \(limit) (E5)"
        guard venue >= self.riskVenue else {
            self.pause(venue, for: delta, of: asset, limit, reason, into: &batch)
            return
        }
        guard !self.state.killSwitch.isEngaged else { return }
        let killSwitch = KillSwitch(
            level: .block,
            principal: Principal("gateway"),
            reason: reason,
            since: batch.instant.wall
        )
        self.engage(killSwitch, into: &batch)
    }

    /// Pauses trading on an account that is further from real money than the installation's own:
    /// a test exchange that is emptied keeps nobody from trading live.
    private mutating func pause(
        _ venue: VenueID,
        for delta: Amount,
        of asset: Asset,
        _ limit: Amount,
        _ reason: String,
        into batch: inout OpenBatch
    ) {
        guard !self.state.breaches.holds(.balanceDifference, on: venue, asset: asset) else {
            return
        }
        self.breach(
            RiskBreach(
                number: self.state.breaches.lastNumber + 1,
                rule: .balanceDifference,
                venue: venue,
                asset: asset,
                limit: "\(limit)",
                actual: "\(delta)",
                message: reason,
                action: .disable,
                at: batch.instant.wall
            ),
            into: &batch
        )
    }
}
