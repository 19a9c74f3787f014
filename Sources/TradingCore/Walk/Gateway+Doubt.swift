extension Gateway {
    /// Does what has become due; called when ``nextWake`` has come, or earlier.
    mutating func wake(into batch: inout OpenBatch) {
        let now = batch.instant.monotonic
        for (orderID, waiting) in self.waiters.sorted(by: { $0.key < $1.key })
        where waiting.contains(where: { $0.deadline <= now }) {
            self.answerWaiters(of: orderID, into: &batch)
        }
        self.expireHeld(into: &batch)
        self.endLostSessions(into: &batch)
        for orderID in self.chases.keys.sorted() { self.pursue(orderID, into: &batch) }
        for venue in self.settings.exchanges {
            self.tend(venue, into: &batch)
            self.careFor(venue, into: &batch)
        }
    }

    /// When ``wake`` has something to do next.
    package var nextWake: MonotonicTime? {
        var times: [MonotonicTime] = []
        for waiting in self.waiters.values { times.append(contentsOf: waiting.map(\.deadline)) }
        for chase in self.chases.values {
            if let time = chase.askAt, !chase.isAsking { times.append(time) }
            if let time = chase.fetchFillsAt { times.append(time) }
            if let time = chase.cancelAt { times.append(time) }
            if let time = chase.alertAt { times.append(time) }
            if let time = chase.amendAt { times.append(time) }
        }
        for session in self.sessions.values {
            switch session.phase {
            case .offline: break
            case .reconciling(let reconciliation): times.append(reconciliation.retryAt)
            case .ready:
                times.append(session.balances.readAt)
                if let time = session.history.repeatAt { times.append(time) }
            }
            times += session.care.wakeTimes
        }
        times += self.holds.values
        if let time = self.sessionLinks.nextEnd { times.append(time) }
        if let time = self.nextKillWake { times.append(time) }
        if let time = self.exitDesk.nextLook { times.append(time) }
        return times.min()
    }

    mutating func pursue(_ orderID: OrderID, into batch: inout OpenBatch) {
        guard let order = self.state.orders[orderID], var chase = self.chases[orderID] else {
            return
        }
        let now = batch.instant.monotonic
        let venue = order.intent.venue
        if !venue.isExchange { chase.askAt = nil }
        if let askAt = chase.askAt, askAt <= now, !chase.isAsking {
            chase.isAsking = true
            chase.askAt = nil
            chase.isAskingPastWindow = self.isPastWindow(order, at: batch.instant)
            self.ask(for: order, into: &batch)
        }
        if let fetchAt = chase.fetchFillsAt, fetchAt <= now {
            chase.fetchFillsAt = nil
            if order.hasMissingFills, let venueOrderID = order.venueOrderID {
                batch.performAtOnce(
                    .request(
                        venue,
                        .orderTrades(orderID, symbol: order.terms.symbol, venue: venueOrderID)
                    )
                )
            }
        }
        if let alertAt = chase.alertAt, alertAt <= now {
            chase.alertAt = nil
            if order.status == .unknown {
                batch.performAtOnce(.alert(Alert(unknown: order)))
            }
        }
        let isCancelDue = chase.cancelAt.map { $0 <= now } ?? false
        let isAmendDue = chase.amendAt.map { $0 <= now } ?? false
        self.chases[orderID] = chase
        if isCancelDue {
            if order.pendingCancel == nil {
                self.chases[orderID]?.cancelAt = nil
            } else {
                self.sendCancel(of: order, into: &batch)
            }
        }
        if isAmendDue { self.sendAmend(of: order, into: &batch) }
    }

    private func ask(for order: Order, into batch: inout OpenBatch) {
        batch.performAtOnce(
            .request(
                order.intent.venue,
                .order(
                    order.orderID,
                    symbol: order.terms.symbol,
                    client: order.intent.clientOrderID,
                    venue: order.venueOrderID
                )
            )
        )
    }

    // MARK: Proof of absence

    /// Whether nothing of the order can be executed any more: Binance checks the window just
    /// before its matching engine (E2 a).
    private func isPastWindow(_ order: Order, at instant: Instant) -> Bool {
        guard let session = self.sessions[order.intent.venue],
            session.care.clock.isMeasured
        else { return false }
        let margin = self.settings.timing.absenceMarginMilliseconds
        return session.venueTime(at: instant) > order.intent.windowEnd.adding(milliseconds: margin)
    }

    /// The venue says that it has no such order; that counts only past the window (E2 b).
    mutating func absent(_ orderID: OrderID, wasPastWindow: Bool, into batch: inout OpenBatch) {
        guard let order = self.state.orders[orderID] else { return }
        let timing = self.settings.timing
        let later = batch.instant.monotonic.adding(
            milliseconds: timing.inquiryIntervalMilliseconds
        )
        guard order.status != .needsOperator else {
            // It was given up (E6); a reconciliation or a cancel asks again.
            self.chases[orderID]?.askAt = nil
            return
        }
        guard order.status == .unknown || order.status == .submitting else {
            // The venue showed it before: a read that lags (E5). Ask again.
            self.chases[orderID]?.askAt = later
            return
        }
        if wasPastWindow { self.chases[orderID]?.absences += 1 }
        let absences = self.chases[orderID]?.absences ?? 0
        if absences >= timing.absencesMin {
            let since = self.proofStart(of: order)
            batch.performAtOnce(
                .request(order.intent.venue, .allOrders(order.terms.symbol, since: since))
            )
        }
        self.chases[orderID]?.askAt = later
    }

    /// From when on a proof of absence must know every order of the symbol (E2 c).
    func proofStart(of order: Order) -> WallTime {
        order.intent.timestamp.adding(
            milliseconds: -self.settings.timing.absenceMarginMilliseconds
        )
    }

    /// Every order of the symbol since then: the last part of a proof of absence (E2 c).
    ///
    /// It proves something only about orders whose own proof asked for it: another order's list
    /// may begin too late, or may have been read before this order's window was over.
    mutating func allOrdersAnswered(
        _ symbol: Symbol,
        since: WallTime,
        _ answer: VenueAnswer,
        from venue: VenueID,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        defer { self.historyAnswered(symbol, since: since, answer, from: venue, into: &batch) }
        guard case .orders(let reports) = answer else { return }
        // A row under a name of ours is evidence about that order, the doubtful one included.
        for report in reports where self.isNamedLikeOurs(report) {
            self.reported(report, from: venue, fetched: fetched, into: &batch)
        }
        for orderID in self.suspects(of: symbol, since: since, on: venue) {
            guard let order = self.state.orders[orderID] else { continue }
            self.judge(order, by: reports, fetched: fetched, into: &batch)
            self.answerWaiters(of: orderID, into: &batch)
        }
    }

    /// The orders whose proof of absence asked for this list.
    func suspects(of symbol: Symbol, since: WallTime, on venue: VenueID) -> [OrderID] {
        self.state.ordersInDoubt.sorted().filter { orderID in
            guard let order = self.state.orders[orderID], let chase = self.chases[orderID] else {
                return false
            }
            return order.intent.venue == venue && order.terms.symbol == symbol
                && order.status == .unknown && self.proofStart(of: order) == since
                && chase.absences >= self.settings.timing.absencesMin
        }
    }

    func isNamedLikeOurs(_ report: OrderReport) -> Bool {
        ClientOrderIDScheme.owner(of: report.ownerID, prefix: self.scheme.prefix) != .foreign
    }

    private mutating func judge(
        _ order: Order,
        by reports: [OrderReport],
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        let strangers = reports.filter { report in
            report.side == order.terms.side
                && report.time >= self.proofStart(of: order)
                && !self.isAttributed(report, on: order.intent.venue, fetched: fetched)
        }
        if strangers.isEmpty {
            self.chases[order.orderID]?.listed = Set(reports.map(\.venueOrderID))
            let since = self.proofStart(of: order)
            batch.performAtOnce(
                .request(order.intent.venue, .tradesSince(order.terms.symbol, since: since))
            )
        } else if let twin = strangers.first(where: { order.matches($0) }) {
            // Adopted once: it explains no other order of ours.
            self.noteForeign(NumberedOrder(twin, on: order.intent.venue))
            self.merge(twin, into: order.orderID, fetched: fetched, batch: &batch)
        } else {
            self.change(
                order.orderID,
                .needsOperator(
                    reason: "the venue has orders on this side that belong to nobody known"
                ),
                into: &batch
            )
        }
    }

    /// Whether a row is some other order that is known: of ours, or a foreign one seen before.
    private func isAttributed(
        _ report: OrderReport,
        on venue: VenueID,
        fetched: Fetched
    ) -> Bool {
        switch ClientOrderIDScheme.owner(of: report.ownerID, prefix: self.scheme.prefix) {
        case .ours(let orderID):
            self.order(orderID, fetched: fetched)?.names(report.ownerID) ?? false
        case .oursMalformed: false
        case .foreign:
            self.foreignOrders.contains(NumberedOrder(report, on: venue))
                || self.adopter(of: report, on: venue) != nil
        }
    }
}

extension Order {
    /// Whether a row of the venue is this order under another name, as far as can be told.
    func matches(_ report: OrderReport) -> Bool {
        report.symbol == self.terms.symbol && report.side == self.terms.side
            && (self.terms.quoteQuantity.map { report.quoteQuantity == $0 }
                ?? (report.quantity == self.quantity))
            && report.price == (self.terms.type.limitPrice ?? .zero)
            && report.stopPrice == (self.terms.type.trigger?.stopPrice ?? .zero)
            && report.type ?? self.terms.type.venueType == self.terms.type.venueType
    }
}
