extension Gateway {
    // MARK: Cancel on disconnect

    /// Takes up, changes or ends the duty to cancel a session's orders (D8).
    mutating func cancelOnDisconnect(
        _ wish: SessionWish,
        _ token: RequestToken,
        into batch: inout OpenBatch
    ) {
        // What is over is over, though nobody has noticed yet.
        self.endLostSessions(into: &batch)
        let known = self.state.cancelSessions[wish.name]
        if let grace = wish.graceMilliseconds {
            let session = CancelSession(
                name: wish.name,
                graceMilliseconds: grace,
                openedAt: known?.openedAt ?? batch.instant.wall
            )
            if session != known { self.record(.sessionOpened(session), into: &batch) }
            self.sessionLinks.join(wish.name, wish.connection)
        } else if known != nil {
            self.sessionLinks.remove(wish.name)
            self.record(.sessionEnded(wish.name, .released, orders: []), into: &batch)
        }
        let view = SessionView(
            name: wish.name,
            graceMilliseconds: wish.graceMilliseconds ?? 0,
            isResumed: known != nil,
            open: self.openOrders(of: wish.name).map(\.orderID)
        )
        batch.perform(.reply(token, .session(view)), afterAllEarlierEvents: true)
    }

    /// All sessions, by caller and name.
    func sessionStatuses(at now: Instant) -> [SessionStatus] {
        guard !self.state.cancelSessions.isEmpty else { return [] }
        var open: [SessionName: [OrderID]] = [:]
        for order in self.state.ordersByAge where Self.isGuarded(order) {
            let name = SessionName(order.intent.session, of: order.intent.principal)
            open[name, default: []].append(order.orderID)
        }
        return self.state.cancelSessions.values.sorted { $0.name < $1.name }.map { session in
            SessionStatus(
                session: session,
                connectionCount: self.sessionLinks.connectionCount(of: session.name),
                graceLeftMilliseconds: self.sessionLinks
                    .graceLeftMilliseconds(of: session.name, at: now.monotonic),
                open: open[session.name] ?? []
            )
        }
    }

    /// A connection is gone: where it was the last one of a session, its grace time begins.
    mutating func connectionClosed(_ connection: UInt64, into batch: inout OpenBatch) {
        for name in self.sessionLinks.close(connection) {
            self.beginGrace(of: name, at: batch.instant)
        }
        self.endLostSessions(into: &batch)
    }

    /// No connection outlives the process: all sessions wait for theirs (M3).
    mutating func resumeSessions(at now: Instant) {
        self.sessionLinks = SessionLinks()
        for name in self.state.cancelSessions.keys { self.beginGrace(of: name, at: now) }
    }

    private mutating func beginGrace(of name: SessionName, at now: Instant) {
        guard let session = self.state.cancelSessions[name] else { return }
        self.sessionLinks.wait(
            for: name,
            until: now.monotonic.adding(milliseconds: session.graceMilliseconds)
        )
    }

    /// Cancels the orders of the sessions that nobody came back for in time, and no others.
    mutating func endLostSessions(into batch: inout OpenBatch) {
        for name in self.sessionLinks.lost(at: batch.instant.monotonic) {
            let orders = self.openOrders(of: name)
            self.sessionLinks.remove(name)
            self.record(
                .sessionEnded(name, .lost, orders: orders.map(\.orderID)),
                into: &batch
            )
            for order in orders {
                if order.status == .held {
                    let reason = "the connection of session \(name) was lost"
                    self.dismiss(order.orderID, .canceled(reason: reason), into: &batch)
                } else {
                    self.requestCancel(of: order, into: &batch)
                }
            }
        }
    }

    private func openOrders(of name: SessionName) -> [Order] {
        self.state.ordersByAge.filter { order in
            order.intent.session == name.text && order.intent.principal == name.principal
                && Self.isGuarded(order)
        }
    }

    /// Whether an order, of whatever session, is one that the loss of a session would cancel.
    private static func isGuarded(_ order: Order) -> Bool {
        !order.intent.session.isEmpty && !order.status.isTerminal && order.intent.venue.isExchange
    }
}
