extension Gateway {
    /// The venue answered a read or a cancel.
    mutating func answered(
        _ request: VenueRequest,
        _ answer: VenueAnswer,
        from venue: VenueID,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        switch request {
        case .cancel(let orderID, _, _, _):
            self.cancelAnswered(orderID, answer, fetched: fetched, into: &batch)
        case .order(let orderID, _, _, _):
            self.orderAnswered(orderID, answer, from: venue, fetched: fetched, into: &batch)
        case .amend(let orderID, _, _, _):
            self.amendAnswered(orderID, answer, fetched: fetched, into: &batch)
        case .orderTrades(let orderID, _, _):
            self.tradesAnswered(orderID, answer, fetched: fetched, into: &batch)
        case .openOrders(let read):
            self.openOrdersAnswered(read, answer, from: venue, fetched: fetched, into: &batch)
        case .allOrders(let symbol, let since):
            self.allOrdersAnswered(
                symbol,
                since: since,
                answer,
                from: venue,
                fetched: fetched,
                into: &batch
            )
        case .account(let read):
            self.accountAnswered(read, answer, from: venue, into: &batch)
        case .rules:
            guard case .rules(let rules) = answer else { return }
            self.book(of: venue).list(rules)
            self.revalueAll(of: venue)
            self.advanceReconciliation(venue, into: &batch) { $0.awaitsRules = false }
        case .quotes:
            guard case .quotes(let quotes) = answer else { return }
            let book = self.book(of: venue)
            for quote in quotes { book.take(quote.quote, of: quote.symbol) }
        case .orderCounts:
            guard case .orderCounts = answer else { return }
            self.advanceReconciliation(venue, into: &batch) { $0.awaitsOrderCounts = false }
        case .tradesSince(let symbol, let since):
            self.tradesSinceAnswered(symbol, since: since, answer, from: venue, into: &batch)
        case .trades(let symbol, _):
            self.tradesAnswered(symbol, answer, from: venue, into: &batch)
        case .keyRights:
            self.keyRightsAnswered(answer, into: &batch)
        // The book is asked for by venues' own parts.
        case .time, .depth:
            break
        }
    }

    private mutating func cancelAnswered(
        _ orderID: OrderID,
        _ answer: VenueAnswer,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        let later = batch.instant.monotonic.adding(
            milliseconds: self.settings.timing.retryIntervalMilliseconds
        )
        switch answer {
        case .order(let report):
            self.merge(report, into: orderID, fetched: fetched, batch: &batch)
        case .refused:
            // -2011 says that the venue has no such open order. For an order it never confirmed
            // that is no evidence (E1); for a known one, its end has not reached us: ask.
            guard let order = self.state.orders[orderID] else { break }
            if order.status == .needsOperator {
                // It was given up: now and then is enough, until there is news of it (E6).
                self.chases[orderID, default: Chase()].cancelAt = batch.instant.monotonic.adding(
                    milliseconds: self.settings.timing.balanceIntervalMilliseconds
                )
                break
            }
            self.chases[orderID, default: Chase()].askAt = batch.instant.monotonic
            self.chases[orderID]?.cancelAt = later
        case .failed, .orders, .trades, .account, .rules, .quotes, .depth, .time,
            .orderCounts, .keyRights:
            guard self.state.orders[orderID] != nil else { break }
            self.chases[orderID, default: Chase()].cancelAt = later
        }
        self.answerWaiters(of: orderID, into: &batch)
    }

    private mutating func orderAnswered(
        _ orderID: OrderID,
        _ answer: VenueAnswer,
        from venue: VenueID,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        let wasPastWindow = self.chases[orderID]?.isAskingPastWindow ?? false
        self.chases[orderID]?.isAsking = false
        switch answer {
        case .order(let report) where self.isAnother(report, than: orderID):
            self.chases[orderID]?.askAt = nil
            self.change(
                orderID,
                .needsOperator(
                    reason: "order \(report.venueOrderID) of the venue is another one: "
                        + "\(report.side.name) \(report.quantity) \(report.symbol)"
                ),
                into: &batch
            )
            self.noteAsked(orderID, on: venue, into: &batch)
        case .order(let report):
            self.chases[orderID]?.absences = 0
            self.chases[orderID]?.askAt = nil
            self.merge(report, into: orderID, fetched: fetched, batch: &batch)
            self.noteAsked(orderID, on: venue, into: &batch)
        case .refused(let error) where error.code == VenueError.noSuchOrder:
            self.absent(orderID, wasPastWindow: wasPastWindow, into: &batch)
            self.noteAsked(orderID, on: venue, into: &batch)
        case .refused, .failed, .orders, .trades, .account, .rules, .quotes, .depth, .time,
            .orderCounts, .keyRights:
            // What ended meanwhile needs no answer any more; the reconciliation goes on (E6).
            if self.state.orders[orderID] == nil {
                self.noteAsked(orderID, on: venue, into: &batch)
            }
            self.chases[orderID]?.askAt = batch.instant.monotonic.adding(
                milliseconds: self.settings.timing.retryIntervalMilliseconds
            )
        }
        self.answerWaiters(of: orderID, into: &batch)
    }

    /// Whether the venue's order under a number that a person named is not the one meant.
    private func isAnother(_ report: OrderReport, than orderID: OrderID) -> Bool {
        guard let order = self.state.orders[orderID], !order.names(report.ownerID) else {
            return false
        }
        return !order.matches(report)
    }

    private mutating func noteAsked(
        _ orderID: OrderID,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) {
        self.advanceReconciliation(venue, into: &batch) { $0.awaitedOrders.remove(orderID) }
    }

    private mutating func tradesAnswered(
        _ orderID: OrderID,
        _ answer: VenueAnswer,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        if case .trades(let trades) = answer {
            for trade in trades {
                self.change(
                    orderID,
                    .filled(Fill(trade)),
                    into: &batch,
                    fetched: fetched
                )
            }
        }
        if let order = self.state.orders[orderID], order.hasMissingFills {
            self.chases[orderID, default: Chase()].fetchFillsAt =
                batch.instant.monotonic.adding(
                    milliseconds: self.settings.timing.retryIntervalMilliseconds
                )
        }
        self.answerWaiters(of: orderID, into: &batch)
    }
}

extension VenueError {
    /// The timestamp is outside of the receive window: what is known of the venue's clock is wrong.
    package static let outsideWindow = -1021

    /// "Order does not exist." to a query.
    static let noSuchOrder = -2013

    /// Whether the order of a placement answered so may exist all the same (E1).
    var leavesFateOpen: Bool {
        switch self.code {
        // "Unexpected response" and "timeout": the venue itself does not know.
        case -1006, -1007: true
        // It was sent before, so it is there.
        case -2010 where self.message.hasPrefix("Duplicate order sent"): true
        // Without a code of the venue, something on the way answered in its place.
        default: self.httpStatus >= 500 || self.code == 0
        }
    }
}
