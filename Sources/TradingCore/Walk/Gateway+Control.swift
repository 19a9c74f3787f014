extension Gateway {
    // MARK: Reading

    /// Answers what only asks for something; nil for what may change something.
    mutating func reading(
        _ request: Request,
        fetched: Fetched,
        at now: @autoclosure () -> Instant
    ) -> Reply? {
        switch request {
        case .order(let orderID):
            self.order(orderID, fetched: fetched).map { .orderShown($0, self.exits(of: $0)) }
                ?? .refused(Self.notFound(orderID))
        case .orders(let filter):
            self.reading(self.list(filter, fetched: fetched))
        case .sessions: .sessions(self.sessionStatuses(at: now()))
        case .positions(let mode): .positions(self.positions(of: mode))
        case .mode:
            .mode(self.modeView())
        case .riskSummary(let principal): .riskSummary(self.riskSummary(for: principal, at: now()))
        case .health: .health(self.health(at: now()))
        default: nil
        }
    }

    private func reading(_ orders: [Order]) -> Reply {
        .orders(orders, exits: self.exits(of: orders))
    }

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

    /// What a mode's account holds; that of the installation where none is named.
    func positions(of mode: TradingMode? = nil) -> PositionsView {
        let mode = mode ?? self.recordedMode
        let ruleVenue = self.settings.ruleVenue(for: mode.venue)
        let book = self.books[ruleVenue]
        let ledger = self.state.ledger(of: mode.venue)
        return PositionsView(
            mode: mode,
            positions: ledger.positionsBySymbol.map { position in
                PositionsView.MarkedPosition(
                    position: position,
                    mark: book?[position.symbol]?.quote?.middle,
                    isDust: self.isDust(
                        position.quantity,
                        of: position.symbol,
                        on: mode.venue
                    )
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
        // Named one by one: settings that are read beside something else are copied for it.
        let mode = self.mode
        let ruleVenue = self.settings.ruleVenue(for: mode.venue)
        let limits = self.settings.sharedLimits
        reasons +=
            self.sessions[ruleVenue]?.notReadyReasons
            ?? ["no connection to \(ruleVenue.mode.name) is configured"]
        reasons += self.condition(of: ruleVenue, at: now).reasons(limits)
        return HealthView(
            notReadyReasons: reasons,
            mode: mode,
            journalSequence: self.state.sequence,
            openOrderCount: self.state.orders.count - self.state.heldOrders.count,
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
