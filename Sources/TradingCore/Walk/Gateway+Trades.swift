extension Gateway {
    // MARK: Trades as evidence

    /// Every trade of the symbol since then: with it a proof of absence is complete (E2 c).
    ///
    /// A list of orders that lags may lack the order; its trades would show it all the same.
    mutating func tradesSinceAnswered(
        _ symbol: Symbol,
        since: WallTime,
        _ answer: VenueAnswer,
        from venue: VenueID,
        into batch: inout OpenBatch
    ) {
        guard case .trades(let trades) = answer else { return }
        for orderID in self.suspects(of: symbol, since: since, on: venue) {
            guard let order = self.state.orders[orderID],
                let listed = self.chases[orderID]?.listed
            else { continue }
            self.chases[orderID]?.listed = nil
            let stranger = trades.first { trade in
                trade.side == order.terms.side && trade.time >= since
                    && !listed.contains(trade.venueOrderID)
                    && !self.isKnown(trade.venueOrderID, of: symbol, on: venue)
            }
            if let stranger {
                self.noteStranger(stranger, beside: orderID, into: &batch)
            } else {
                self.endAbsent(order, into: &batch)
            }
            self.answerWaiters(of: orderID, into: &batch)
        }
    }

    /// A trade of nobody known: the list of orders may lag, so all is asked again, a few times.
    private mutating func noteStranger(
        _ trade: TradeReport,
        beside orderID: OrderID,
        into batch: inout OpenBatch
    ) {
        self.chases[orderID]?.strangeTrades += 1
        let count = self.chases[orderID]?.strangeTrades ?? 0
        guard count >= self.settings.timing.absencesMin else { return }
        self.change(
            orderID,
            .needsOperator(
                reason: "trade \(trade.tradeID) on this side is of order \(trade.venueOrderID), "
                    + "which the venue does not list"
            ),
            into: &batch
        )
    }

    /// Whether the venue's number is that of an order of ours, or of a foreign one seen before.
    private func isKnown(_ number: VenueOrderID, of symbol: Symbol, on venue: VenueID) -> Bool {
        self.owner(of: number, symbol: symbol, on: venue) != nil
            || self.foreignOrders.contains { $0.isNumbered(number, of: symbol, on: venue) }
    }

    /// The order of ours with the venue's number, among those in memory.
    private func owner(
        of number: VenueOrderID,
        symbol: Symbol,
        on venue: VenueID
    ) -> Order? {
        let isOwner = { (order: Order) in
            order.venueOrderID == number && order.intent.venue == venue
                && order.terms.symbol == symbol
        }
        return self.state.orders.values.first(where: isOwner)
            ?? self.recent.newestFirst.first(where: isOwner)
    }

    // MARK: Trades since the last one

    /// Asks each minute for the trades behind the last known one: of the symbols on which orders
    /// of ours lived since the last pass, and of one more in turn (E5).
    mutating func askForTrades(of venue: VenueID, into batch: inout OpenBatch) {
        guard let session = self.sessions[venue] else { return }
        let allowed = self.settings.limits.allowedSymbols
        let marks = self.state.lastTrades[venue] ?? [:]
        var symbols = session.tradeWatch.lively
        symbols.formUnion(allowed.filter { self.state.openOrderCount(on: venue, symbol: $0) > 0 })
        if let next = session.tradeWatch.next(of: allowed) { symbols.insert(next) }
        session.tradeWatch.lively = []
        for symbol in symbols.sorted() {
            // Without a trade of ours there is none that we may have missed the successors of.
            guard let mark = marks[symbol] else { continue }
            let from = TradeID(raw: mark.tradeID.raw + 1)
            batch.performAtOnce(.request(venue, .trades(symbol, from: from)))
        }
    }

    /// Counts the trades of ours among them that no message brought.
    mutating func tradesAnswered(
        _ symbol: Symbol,
        _ answer: VenueAnswer,
        from venue: VenueID,
        into batch: inout OpenBatch
    ) {
        guard case .trades(let trades) = answer else { return }
        for trade in trades {
            guard let order = self.owner(of: trade.venueOrderID, symbol: symbol, on: venue) else {
                continue
            }
            self.change(order.orderID, .filled(Fill(trade)), into: &batch)
            self.answerWaiters(of: order.orderID, into: &batch)
        }
    }
}

/// On which symbols trades of ours may have been made since they were last asked for.
struct TradeWatch: Hashable, Sendable {
    var lively: Set<Symbol> = []
    private var turn = 0

    /// The next symbol in turn, or nil where there is none.
    mutating func next(of symbols: [Symbol]) -> Symbol? {
        guard !symbols.isEmpty else { return nil }
        self.turn = (self.turn + 1) % symbols.count
        return symbols[self.turn]
    }
}
