extension Gateway {
    // MARK: Mode

    mutating func decideMode(
        _ request: Request,
        _ token: RequestToken,
        into batch: inout OpenBatch
    ) {
        guard case .setMode(let mode, let policy, let principal, let reason) = request else {
            batch.perform(
                .reply(token, .mode(self.modeRecord, previous: self.mode)),
                afterAllEarlierEvents: true
            )
            return
        }
        let previous = self.mode
        if mode != previous {
            if let refusal = self.refusalToEnter(mode) ?? self.refusalToLeave(policy) {
                batch.perform(.reply(token, .refused(refusal)))
                return
            }
            if policy == .cancel {
                _ = self.cancelAll(nil, on: self.mode.venue, into: &batch)
            }
            self.changeMode(to: mode, by: principal, reason: reason, into: &batch)
        }
        batch.perform(.reply(token, .mode(self.modeRecord, previous: previous)))
    }

    private var modeRecord: ModeRecord {
        self.state.mode
            ?? ModeRecord(
                mode: .monitor,
                principal: Principal(""),
                reason: "",
                since: self.startedAt
            )
    }

    mutating func changeMode(
        to mode: TradingMode,
        by principal: Principal,
        reason: String,
        into batch: inout OpenBatch
    ) {
        let record = ModeRecord(
            mode: mode,
            principal: principal,
            reason: reason,
            since: batch.instant.wall
        )
        self.record(.modeChanged(record), into: &batch)
    }

    /// Why a mode may not be entered, or nil.
    func refusalToEnter(_ mode: TradingMode) -> Refusal? {
        switch mode {
        case .monitor, .dryRun: return nil
        case .paper:
            return Refusal(
                .modeGate,
                limit: "monitor, dry_run, testnet or live",
                actual: mode.name,
                message: "Mode paper is not available in this version."
            )
        case .testnet, .live:
            if mode == .live, !self.settings.allowsLiveTrading {
                return Refusal(
                    .modeGate,
                    limit: "allow_live_trading: true",
                    actual: "false",
                    message: "Live trading is not allowed by the configuration; set "
                        + "allow_live_trading and restart."
                )
            }
            guard !self.settings.exchanges.contains(mode.venue) else { return nil }
            return Refusal(
                .modeGate,
                limit: "a configured venue",
                actual: "none",
                message: "No venue for mode \(mode.name) is configured."
            )
        }
    }

    /// Why the current mode may not be left, or nil (M1).
    private func refusalToLeave(_ policy: OpenOrdersPolicy) -> Refusal? {
        let count = self.state.openOrderCount(on: self.mode.venue)
        guard policy == .refuse, count > 0 else { return nil }
        return Refusal(
            .modeGate,
            limit: "0 open orders",
            actual: "\(count)",
            message: "Mode \(self.mode.name) has \(count) open orders; cancel them, or say what "
                + "becomes of them."
        )
    }

    // MARK: Reading

    /// A page of orders, newest first: those in memory, and from the disk those that are not.
    func list(_ filter: OrderFilter, fetched: Fetched) -> [Order] {
        var orders = self.state.orders
        if filter.includesClosed {
            for order in self.recent.newestFirst + fetched.history
            where orders[order.orderID] == nil {
                orders[order.orderID] = order
            }
        }
        let page = orders.values.filter { order in
            (filter.includesClosed || !order.status.isTerminal)
                && (filter.symbol == nil || order.terms.symbol == filter.symbol)
                && (filter.before.map { order.orderID < $0 } ?? true)
        }
        return Array(page.sorted { $0.orderID > $1.orderID }.prefix(filter.countMax))
    }

    func positions() -> PositionsView {
        let ruleVenue = self.settings.ruleVenue(for: self.recordedMode.venue)
        let quotes = self.sessions[ruleVenue]?.quotes ?? [:]
        let ledger = self.state.ledger(of: self.recordedMode.venue)
        return PositionsView(
            mode: self.recordedMode,
            positions: ledger.positionsBySymbol.map { position in
                PositionsView.MarkedPosition(
                    position: position,
                    mark: quotes[position.symbol]?.middle
                )
            },
            balances: ledger.assets.map { asset in
                PositionsView.Balance(
                    asset: asset,
                    total: ledger.total(of: asset),
                    reserved: ledger.reserved(of: asset),
                    available: ledger.available(of: asset)
                )
            }
        )
    }

    mutating func health(at now: Instant) -> HealthView {
        var reasons: [String] = []
        if let level = self.state.killSwitch.level {
            reasons.append("the kill switch is engaged at level \(level.name)")
        }
        let ruleVenue = self.settings.ruleVenue(for: self.mode.venue)
        reasons +=
            self.sessions[ruleVenue]?.notReadyReasons
            ?? ["no connection to \(ruleVenue.mode.name) is configured"]
        reasons += self.condition(of: ruleVenue, symbol: nil, at: now)
            .reasons(self.settings.limits)
        return HealthView(
            notReadyReasons: reasons,
            mode: self.mode,
            journalSequence: self.state.sequence,
            openOrderCount: self.state.orders.values.filter { !$0.status.isTerminal }.count,
            unknownOrderCount: self.state.ordersInDoubt.count,
            startedAt: self.startedAt,
            alerts: self.standingAlerts(at: now)
        )
    }
}

extension Quote {
    /// The price halfway between bid and ask, rounded down.
    package var middle: Price { Price(raw: self.bid.raw / 2 + self.ask.raw / 2) }
}
