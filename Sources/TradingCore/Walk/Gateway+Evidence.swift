extension Gateway {
    mutating func decide(
        _ message: VenueInput,
        from venue: VenueID,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        self.observe(message, from: venue, fetched: fetched, into: &batch)
        switch message {
        case .placementAnswered(let orderID, let outcome):
            self.placementAnswered(orderID, outcome, fetched: fetched, into: &batch)
        case .answered(let request, let answer):
            self.answered(request, answer, from: venue, fetched: fetched, into: &batch)
        case .orderReported(let report):
            self.reported(report, from: venue, fetched: fetched, into: &batch)
        case .streamOpened:
            self.beginReconciliation(venue, into: &batch)
        case .streamLost(let reason):
            self.streamLost(venue, reason: reason, into: &batch)
        case .balancesReported(let balances, _):
            self.withSession(venue) { session in
                for balance in balances {
                    session.balances.noteEvent(for: balance.asset)
                    session.freeBalances[balance.asset] = balance.free
                }
            }
        case .quoted(let symbol, let quote):
            self.book(of: venue).take(quote, of: symbol)
            self.noteForExits(quote, of: symbol, on: venue)
            self.strategyDesk.note(symbol, on: venue)
        case .depthReported(let report):
            self.book(of: venue).instrument(report.symbol).depth =
                KnownDepth(report, at: batch.instant.monotonic)
        case .clockMeasured:
            self.advanceReconciliation(venue, into: &batch) { $0.awaitsClock = false }
        case .marketStreamOpened, .marketStreamLost, .orderLimitsReported, .orderCountsReported,
            .restrained:
            break
        }
    }

    // MARK: What became of a placement

    private mutating func placementAnswered(
        _ orderID: OrderID,
        _ outcome: PlacementOutcome,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        self.chases[orderID]?.awaitsPlacement = false
        switch outcome {
        case .accepted(let report):
            self.merge(report, into: orderID, fetched: fetched, batch: &batch)
        case .simulated(let request):
            self.change(orderID, .simulated(request: "[DRY-RUN] \(request)"), into: &batch)
        case .rejected(let error) where error.leavesFateOpen:
            self.change(
                orderID,
                .outcomeUnknown(reason: "\(error.message) (\(error.code))"),
                into: &batch
            )
            self.chases[orderID]?.askAt = batch.instant.monotonic
        case .rejected(let error):
            self.change(
                orderID,
                .rejected(code: error.code, reason: "\(error.message) (\(error.code))"),
                into: &batch
            )
        case .notSent(let reason):
            self.change(orderID, .notPlaced(reason: Self.text(of: reason)), into: &batch)
        case .unknown(let reason):
            self.change(orderID, .outcomeUnknown(reason: reason), into: &batch)
            self.chases[orderID]?.askAt = batch.instant.monotonic
        }
        self.answerWaiters(of: orderID, into: &batch)
    }

    private static func text(of reason: NotSentReason) -> String {
        switch reason {
        case .gateClosed: "not sent: the gate was closed before its turn came"
        case .windowOver: "not sent: its receive window was over before its turn came"
        case .notConnected(let why): "not sent: no connection to the venue: \(why)"
        case .queueFull: "not sent: too many orders are waiting for a connection"
        case .venueBackoff: "not sent: the venue asked for patience"
        }
    }

    // MARK: Reports

    /// A message about an order whose owner is told by its name alone (S4).
    mutating func reported(
        _ report: OrderReport,
        from venue: VenueID,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        switch ClientOrderIDScheme.owner(of: report.ownerID, prefix: self.scheme.prefix) {
        case .foreign:
            guard let orderID = self.adopter(of: report, on: venue) else {
                self.noteForeign(NumberedOrder(report, on: venue))
                return
            }
            self.merge(report, into: orderID, fetched: fetched, batch: &batch)
            self.answerWaiters(of: orderID, into: &batch)
        case .ours(let orderID):
            let order = self.order(orderID, fetched: fetched)
            guard let order, order.intent.venue == venue, order.names(report.ownerID),
                order.wasSent
            else {
                self.stopForTwin(report, on: venue, into: &batch)
                return
            }
            self.merge(report, into: orderID, fetched: fetched, batch: &batch)
            self.answerWaiters(of: orderID, into: &batch)
        case .oursMalformed:
            self.stopForTwin(report, on: venue, into: &batch)
        }
    }

    mutating func noteForeign(_ order: NumberedOrder) {
        guard !self.foreignOrders.contains(order) else { return }
        if self.foreignOrders.count == 1_024 { self.foreignOrders.removeFirst(512) }
        self.foreignOrders.append(order)
    }

    /// The order of ours that a foreign name stands for: it was renamed, or adopted (E2).
    func adopter(of report: OrderReport, on venue: VenueID) -> OrderID? {
        let isAdopter = { (order: Order) in
            order.intent.venue == venue && order.venueOrderID == report.venueOrderID
                && order.terms.symbol == report.symbol
        }
        return self.state.orders.values.first(where: isAdopter)?.orderID
            ?? self.recent.newestFirst.first(where: isAdopter)?.orderID
    }

    /// An order with our prefix that the journal does not know: a rolled-back store or a second
    /// copy of it is at work (S5).
    private mutating func stopForTwin(
        _ report: OrderReport,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) {
        let reason =
            "order \(report.ownerID) at \(venue.mode.name) has this store's prefix, but "
            + "the journal does not know it: a restored backup or a second copy is running (S5)"
        self.stop(venue, reason: reason, into: &batch)
    }

    /// Two orders at the venue under one name of ours: one of them was not meant (S2).
    private mutating func stopForDouble(
        _ report: OrderReport,
        of order: Order,
        into batch: inout OpenBatch
    ) {
        let reason =
            "order \(order.orderID) is at the venue as \(report.venueOrderID) beside "
            + "\(order.venueOrderID?.description ?? "another"): it was placed twice (S2)"
        self.stop(order.intent.venue, reason: reason, into: &batch)
    }

    /// Stops trading on a venue until an operator acts.
    mutating func stop(
        _ venue: VenueID,
        reason: String,
        into batch: inout OpenBatch
    ) {
        self.withSession(venue) { $0.stopReason = reason }
        batch.performAtOnce(.closeGate(venue))
        batch.performAtOnce(.alert(Alert(.venueStopped, reason)))
        guard !self.state.killSwitch.isEngaged else { return }
        let killSwitch = KillSwitch(
            level: .block,
            principal: Principal("gateway"),
            reason: reason,
            since: batch.instant.wall
        )
        self.engage(killSwitch, into: &batch)
    }

    /// Takes a report into an order: whatever of it is news is journaled, once.
    mutating func merge(
        _ report: OrderReport,
        into orderID: OrderID,
        fetched: Fetched,
        batch: inout OpenBatch
    ) {
        guard let order = self.order(orderID, fetched: fetched) else { return }
        if let known = order.venueOrderID, known != report.venueOrderID {
            self.stopForDouble(report, of: order, into: &batch)
            return
        }
        if order.status == .notPlaced, let successor = order.successor {
            let reason =
                "order \(orderID) is at the venue after its absence was proven and order "
                + "\(successor) was placed instead (S3)"
            self.stop(order.intent.venue, reason: reason, into: &batch)
        }
        if report.status == .rejected {
            self.change(
                orderID,
                .rejected(code: 0, reason: report.reason),
                into: &batch,
                fetched: fetched
            )
            return
        }
        if report.quantity.isPositive {
            self.change(orderID, .amended(to: report.quantity), into: &batch, fetched: fetched)
        }
        self.mergeNews(of: report, into: orderID, fetched: fetched, batch: &batch)
    }

    /// What a report says of an order's status and trades, where that is not known yet.
    private mutating func mergeNews(
        of report: OrderReport,
        into orderID: OrderID,
        fetched: Fetched,
        batch: inout OpenBatch
    ) {
        guard let order = self.order(orderID, fetched: fetched) else { return }
        let news = report.trades.filter { !order.contains($0.tradeID) }
        if self.isNews(report, beside: news, for: order) {
            let change = OrderChange.reported(
                report.status,
                report.venueOrderID,
                executed: report.executedQuantity,
                reason: report.reason
            )
            self.change(orderID, change, into: &batch, fetched: fetched)
        }
        for trade in news {
            self.change(orderID, .filled(Fill(trade)), into: &batch, fetched: fetched)
        }
        guard let order = self.state.orders[orderID], order.hasMissingFills else { return }
        if self.chases[orderID]?.fetchFillsAt == nil {
            self.chases[orderID, default: Chase()].fetchFillsAt =
                batch.instant.monotonic.adding(
                    milliseconds: self.settings.timing.fillGraceMilliseconds
                )
        }
    }

    /// Whether a report says more than its trades do; a fill that says it all is enough.
    func isNews(
        _ report: OrderReport,
        beside trades: [TradeReport],
        for order: Order
    ) -> Bool {
        let filled = trades.reduce(order.filledQuantity) { $0 + $1.quantity }
        let isExplained =
            order.venueOrderID == report.venueOrderID
            && filled >= report.executedQuantity
        switch report.status {
        case .new:
            return order.venueOrderID == nil || order.status == .submitting
                || order.status.isInDoubt || order.status == .notPlaced
        case .partiallyFilled: return !isExplained
        case .filled: return !isExplained || filled < order.quantity
        case .canceled, .expired, .rejected:
            return !order.status.isTerminal || order.venueOrderID == nil
                || report.executedQuantity > order.executedQuantity
        }
    }

    /// Journals a change of an order where it changes anything, waking it up from the disk first.
    mutating func change(
        _ orderID: OrderID,
        _ change: OrderChange,
        into batch: inout OpenBatch,
        fetched: Fetched = Fetched()
    ) {
        guard let order = self.order(orderID, fetched: fetched), order.isChanged(by: change) else {
            return
        }
        if self.state.orders[orderID] == nil {
            self.recent.forget(orderID)
            self.record(.orderReopened(order), into: &batch)
        }
        if case .filled(let fill) = change {
            self.checkTradeOrder(of: fill, in: order, into: &batch)
            self.beginDay(of: fill, in: order, into: &batch)
            self.beginStrategyDays(of: fill, in: order, into: &batch)
            self.strategyDesk.touch(order.intent.venue)
        }
        let replacement = self.replacement(of: order, endedBy: change, into: &batch)
        self.record(.orderChanged(orderID, change), into: &batch)
        if let replacement { self.succeed(order, with: replacement, into: &batch) }
        switch change {
        case .filled(let fill):
            self.noteMovement(fill, of: order)
            self.watchSlippage(of: fill, in: order, into: &batch)
        case .outcomeUnknown:
            let alertAt = self.alertTime(at: batch.instant)
            self.chases[orderID]?.alertAt = alertAt
        case .needsOperator(let reason):
            batch.performAtOnce(.alert(Alert(givenUp: order, reason: reason)))
        case .reported, .simulated, .rejected, .notPlaced, .resolved, .succeeded, .amended,
            .amendFailed, .dismissed:
            break
        }
        self.watchFailures(of: order.intent.venue, into: &batch)
        self.resendHeldCancel(of: orderID, into: &batch)
        self.cancelIfKilled(orderID, into: &batch)
    }

    /// An order that turns out to be alive under an engaged switch is cancelled like the rest (K3).
    private mutating func cancelIfKilled(_ orderID: OrderID, into batch: inout OpenBatch) {
        guard let level = self.state.killSwitch.level, level >= .cancel,
            let order = self.state.orders[orderID], order.intent.venue.isExchange,
            order.intent.purpose != .flatten, !order.status.isTerminal, order.pendingCancel == nil
        else { return }
        self.kill.canceled.insert(orderID)
        self.requestCancel(of: order, into: &batch)
    }

    /// A fill is an event for the assets that it moves: readings before and after it differ (E5).
    private mutating func noteMovement(_ fill: Fill, of order: Order) {
        let intent = order.intent
        for asset in [intent.baseAsset, intent.quoteAsset, fill.feeAsset].compactMap(\.self) {
            self.sessions[intent.venue]?.balances.noteEvent(for: asset)
        }
    }

    /// A cancel can overtake its placement: it is repeated once the order is seen (E1).
    private mutating func resendHeldCancel(of orderID: OrderID, into batch: inout OpenBatch) {
        guard let order = self.state.orders[orderID], order.pendingCancel != nil,
            order.status == .open || order.status == .partiallyFilled,
            self.chases[orderID]?.cancelAt != nil
        else { return }
        self.sendCancel(of: order, into: &batch)
    }
}

extension Order {
    /// Whether the venue may call the order by this name: its own, or that of its cancel.
    func names(_ text: String) -> Bool {
        let name = self.intent.clientOrderID
        return text == name.text || text == ClientOrderIDScheme.cancelName(of: name).text
    }
}
