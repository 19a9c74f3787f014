extension Gateway {
    // MARK: What a person decides about an order (E6)

    /// Ends the doubt about an order on a person's word; the word is journaled with its reason.
    mutating func resolve(
        _ request: ResolveRequest,
        _ token: RequestToken,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        let orderID = request.orderID
        guard let order = self.order(orderID, fetched: fetched) else {
            batch.perform(.reply(token, .refused(Self.notFound(orderID))))
            return
        }
        if let refusal = self.refusal(to: request.resolution, of: order, at: batch.instant) {
            batch.perform(.reply(token, .refused(refusal)), afterAllEarlierEvents: true)
            return
        }
        let change = OrderChange.resolved(
            request.resolution,
            by: request.principal,
            reason: request.reason
        )
        self.change(orderID, change, into: &batch)
        switch request.resolution {
        case .absent, .canceled: break
        case .filled(let price):
            let fill = Fill(resolving: order, at: price, time: batch.instant.wall)
            self.change(orderID, .filled(fill), into: &batch)
        case .identified:
            self.chases[orderID, default: Chase()].absences = 0
            self.chases[orderID]?.askAt = batch.instant.monotonic
            self.pursue(orderID, into: &batch)
        }
        self.answerWaiters(of: orderID, into: &batch)
        guard let resolved = self.order(orderID, fetched: fetched) else {
            fatalError("invariant broken: order \(orderID) was resolved and is not remembered")
        }
        batch.perform(.reply(token, .order(resolved, isRepeat: false)))
    }

    /// Why a person's word is not taken: evidence is better, as long as there may be some.
    private func refusal(
        to resolution: Resolution,
        of order: Order,
        at now: Instant
    ) -> Refusal? {
        guard order.status == .needsOperator || self.isUnknownForLong(order, at: now) else {
            let seconds = self.settings.timing.unknownAlertMilliseconds / 1_000
            return Refusal(
                .orderInDoubt,
                limit: "NEEDS_OPERATOR, or UNKNOWN for \(seconds) s",
                actual: order.status.name,
                message: "Order \(order.orderID) is \(order.status.name); what the venue says of "
                    + "it decides."
            )
        }
        if case .absent = resolution, order.executedQuantity.isPositive {
            return Refusal(
                .orderInDoubt,
                limit: "0 executed",
                actual: "\(order.executedQuantity)",
                message: "Order \(order.orderID) has traded, so that it is not absent; resolve it "
                    + "as canceled or filled."
            )
        }
        return nil
    }

    /// When a person is told of an order whose outcome is unknown from now on.
    func alertTime(at now: Instant) -> MonotonicTime {
        now.monotonic.adding(milliseconds: self.settings.timing.unknownAlertMilliseconds)
    }

    /// What a person should look at now, oldest order first.
    func standingAlerts(at now: Instant) -> [Alert] {
        guard !self.state.orders.isEmpty || !self.state.exits.isEmpty else { return [] }
        let doubtful = self.state.ordersInDoubt.sorted().compactMap { orderID -> Alert? in
            guard let order = self.state.orders[orderID] else { return nil }
            if order.status == .needsOperator {
                return Alert(givenUp: order, reason: order.reason)
            }
            return self.isUnknownForLong(order, at: now) ? Alert(unknown: order) : nil
        }
        return doubtful + self.approvalAlerts + self.unreachableAlerts
    }

    /// What is left on venues that the configuration does not name any more: nothing that is asked
    /// of them leaves, and nothing is heard of what becomes of it (M1).
    var unreachableAlerts: [Alert] {
        VenueID.allCases.filter { $0.isExchange && !self.settings.exchanges.contains($0) }
            .compactMap { venue in
                let orderCount = self.state.openOrderCount(on: venue)
                let exits = self.state.exits.plans.values.filter { $0.entry.venue == venue }
                guard orderCount > 0 || !exits.isEmpty else { return nil }
                let name = venue.mode.name
                return Alert(
                    .venueStopped,
                    "\(name) is not configured, and \(orderCount) open orders and the exits of "
                        + "\(exits.count) are left there, where no cancel reaches them; configure "
                        + "venues.\(name) until they are closed (M1)"
                )
            }
    }

    /// Whether an order's outcome is unknown for longer than a person should wait for.
    func isUnknownForLong(_ order: Order, at now: Instant) -> Bool {
        let alertAt = order.updatedAt.adding(
            milliseconds: self.settings.timing.unknownAlertMilliseconds
        )
        return order.status == .unknown && alertAt <= now.wall
    }
}

extension Alert {
    /// An order whose outcome has been unknown for long.
    init(unknown order: Order) {
        self.init(
            .unknownForLong,
            "the outcome of order \(order.orderID) (\(order.terms.side.name) "
                + "\(order.quantity) \(order.terms.symbol)) is still unknown: \(order.reason)"
        )
    }

    /// An order whose fate could not be found out.
    init(givenUp order: Order, reason: String) {
        self.init(
            .needsOperator,
            "order \(order.orderID) (\(order.terms.side.name) \(order.quantity) "
                + "\(order.terms.symbol)) needs a person: \(reason)"
        )
    }
}
