extension Gateway {
    // MARK: What messages tell of the venue itself

    /// Learns from a message how its venue is, before the message itself is decided on.
    mutating func observe(
        _ message: VenueInput,
        from venue: VenueID,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        guard self.sessions[venue] != nil else { return }
        self.watchStream(message, from: venue, fetched: fetched, into: &batch)
        self.watchAnswers(message, from: venue, into: &batch)
        let now = batch.instant
        switch message {
        case .clockMeasured(let sample):
            self.clockMeasured(sample, from: venue, into: &batch)
        case .orderLimitsReported(let limits):
            self.withCare(venue) { $0.budget.learn(limits) }
        case .orderCountsReported(let orderID, let counts):
            self.withCare(venue) { care in
                care.budget.note(counts, with: orderID, at: care.clock.venueTimes(at: now))
            }
        case .restrained(let restraint):
            self.restrained(restraint, by: venue, into: &batch)
        case .quoted(let symbol, _):
            self.book(of: venue).instrument(symbol).standing.quotedAt = now.monotonic
        case .answered(.quotes, .quotes(let quotes)):
            let book = self.book(of: venue)
            for quote in quotes { book.instrument(quote.symbol).standing.quotedAt = now.monotonic }
        case .marketStreamOpened:
            self.withCare(venue) { $0.marketSince = now.monotonic }
            // The stream tells changes only: what changed while it was lost must be asked for.
            let symbols = self.settings.limits.allowedSymbols
            batch.performAtOnce(.request(venue, .quotes(symbols)))
        case .marketStreamLost:
            self.withCare(venue) { $0.marketSince = nil }
        case .placementAnswered, .answered, .streamOpened, .streamLost, .orderReported,
            .balancesReported, .depthReported:
            break
        }
    }

    /// Feeds the breakers and the budget.
    private mutating func watchAnswers(
        _ message: VenueInput,
        from venue: VenueID,
        into batch: inout OpenBatch
    ) {
        let now = batch.instant
        switch message {
        case .placementAnswered(let orderID, let outcome):
            self.withCare(venue) { care in
                care.budget.complete(orderID, at: care.clock.venueTimes(at: now))
                care.note(outcome, at: now.monotonic)
            }
        case .answered(_, .failed(let reason)):
            self.withCare(venue) { care in
                // Asked for patience, the venue answers; it is not out of order.
                guard care.restraint(at: now.monotonic) == nil else { return }
                care.circuit.failed(reason, at: now.monotonic)
            }
        case .answered(_, .orderCounts(let counts)):
            self.withCare(venue) { care in
                care.circuit.succeeded()
                care.budget.note(counts, with: nil, at: care.clock.venueTimes(at: now))
            }
        case .answered, .clockMeasured:
            self.withCare(venue) { $0.circuit.succeeded() }
        default:
            break
        }
    }

    /// Keeps what the venue asked for, over restarts too.
    private mutating func restrained(
        _ restraint: VenueRestraint,
        by venue: VenueID,
        into batch: inout OpenBatch
    ) {
        let known = self.state.restraints[venue]
        let merged = restraint.merged(with: known, at: batch.instant.wall)
        // Requests that were on their way together are answered alike: one record is enough.
        let isNews =
            known.map { known in
                merged.scope != known.scope
                    || known.until.adding(milliseconds: 1_000) < merged.until
            } ?? true
        if isNews { self.record(.venueRestrained(venue, merged), into: &batch) }
        self.adopt(merged, of: venue, at: batch.instant)
    }

    /// Carries a restraint over to the clock that is never set, and holds our reads back.
    private mutating func adopt(
        _ restraint: VenueRestraint,
        of venue: VenueID,
        at now: Instant
    ) {
        let wait = restraint.until.nanoseconds - now.wall.nanoseconds
        guard wait > 0 else { return }
        let milliseconds = min(
            wait.divided(by: 1_000_000, rounding: .up),
            Self.restraintMillisecondsMax
        )
        let until = now.monotonic.adding(milliseconds: milliseconds)
        self.withSession(venue) { session in
            session.care.restraint = VenueCare.Restraint(
                until: until,
                scope: restraint.scope,
                reason: restraint.reason
            )
            guard restraint.scope >= .allButCancels else { return }
            session.balances.readAt = max(session.balances.readAt, until)
            if case .reconciling(var reconciliation) = session.phase {
                reconciliation.retryAt = max(reconciliation.retryAt, until)
                session.phase = .reconciling(reconciliation)
            }
        }
    }

    /// Binance's longest ban is three days; more says a clock that was set.
    private static let restraintMillisecondsMax: Int64 = 3 * 86_400_000

    /// What venues asked of the process before this one still counts.
    mutating func resumeRestraints(into batch: inout OpenBatch) {
        for venue in self.settings.exchanges {
            guard let restraint = self.state.restraints[venue],
                batch.instant.wall < restraint.until
            else { continue }
            self.adopt(restraint, of: venue, at: batch.instant)
            batch.performAtOnce(.restrain(venue, restraint))
        }
    }

    // MARK: The clock

    /// Closes the gates when the wall clock was set, until each venue's time confirms (M3).
    mutating func watchClock(into batch: inout OpenBatch) {
        guard let step = self.clockWatch.look(at: batch.instant) else { return }
        let now = batch.instant.monotonic
        for venue in self.settings.exchanges {
            batch.performAtOnce(.closeGate(venue))
            self.withCare(venue) { care in
                care.clockDoubt = VenueCare.ClockDoubt(
                    since: now,
                    stepMilliseconds: step,
                    askAt: now
                )
            }
            self.askForTime(venue, into: &batch)
        }
    }

    private mutating func askForTime(_ venue: VenueID, into batch: inout OpenBatch) {
        guard let doubt = self.sessions[venue]?.care.clockDoubt,
            doubt.askAt <= batch.instant.monotonic
        else { return }
        let retry = self.settings.timing.retryIntervalMilliseconds * 4
        let askAt = batch.instant.monotonic.adding(milliseconds: retry)
        self.withCare(venue) { $0.clockDoubt?.askAt = askAt }
        batch.performAtOnce(.request(venue, .time))
    }

    private mutating func clockMeasured(
        _ sample: ClockSample,
        from venue: VenueID,
        into batch: inout OpenBatch
    ) {
        self.withCare(venue) { care in
            guard care.clock.take(sample) else { return }
            care.clockCorrectedAt = sample.at.monotonic
            care.rejects.clockCorrected()
        }
        guard let doubt = self.sessions[venue]?.care.clockDoubt,
            sample.at.monotonic >= doubt.since
        else { return }
        self.withCare(venue) { $0.clockDoubt = nil }
        self.openGateIfAllowed(venue, into: &batch)
    }

    // MARK: The user stream

    /// Compares what REST shows with what the stream brings.
    private mutating func watchStream(
        _ message: VenueInput,
        from venue: VenueID,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        switch message {
        case .streamOpened:
            self.withCare(venue) { care in
                care.stream = StreamWatch()
                care.streamSince = care.clock.venueTimes(at: batch.instant).upperBound
            }
        case .streamLost:
            self.withCare(venue) { $0.stream = StreamWatch() }
        case .orderReported(let report):
            self.withCare(venue) { $0.stream.saw(report) }
        case .placementAnswered(let orderID, .accepted(let report)),
            .answered(.cancel(let orderID, _, _, _), .order(let report)),
            .answered(.order(let orderID, _, _, _), .order(let report)):
            let order = self.order(orderID, fetched: fetched)
            self.expectOnStream(report, of: order, from: venue, at: batch.instant)
        case .answered(.openOrders, .orders(let reports)):
            for report in reports {
                let owner = ClientOrderIDScheme.owner(
                    of: report.ownerID,
                    prefix: self.scheme.prefix
                )
                guard case .ours(let orderID) = owner else { continue }
                let order = self.order(orderID, fetched: fetched)
                self.expectOnStream(report, of: order, from: venue, at: batch.instant)
            }
        default:
            break
        }
    }

    private mutating func expectOnStream(
        _ report: OrderReport,
        of order: Order?,
        from venue: VenueID,
        at now: Instant
    ) {
        guard let order, order.intent.venue == venue, let session = self.sessions[venue],
            session.phase == .ready, let since = session.care.streamSince, since < report.time
        else { return }
        let trades = report.trades.filter { !order.contains($0.tradeID) }
        guard !trades.isEmpty || self.isNews(report, beside: trades, for: order) else { return }
        let grace = self.settings.timing.streamGraceMilliseconds
        let deadline = now.monotonic.adding(milliseconds: grace)
        self.withCare(venue) { $0.stream.expect(report, by: deadline) }
    }

    // MARK: What has become due

    mutating func careFor(_ venue: VenueID, into batch: inout OpenBatch) {
        let now = batch.instant.monotonic
        self.askForTime(venue, into: &batch)
        if self.withCare(venue, { $0.circuit.wantsProbe(at: now) }) {
            batch.performAtOnce(.request(venue, .time))
        }
        guard let late = self.sessions[venue]?.care.stream.overdue(at: now) else { return }
        let grace = self.settings.timing.streamGraceMilliseconds
        let reason =
            "REST shows order \(late.number) on \(late.symbol), the stream did not within "
            + "\(grace) ms"
        self.withCare(venue) { $0.stream = StreamWatch() }
        self.streamLost(venue, reason: reason, into: &batch)
        batch.performAtOnce(.renewStream(venue, reason: reason))
    }

    // MARK: New orders

    /// Counts an order that is about to be sent.
    mutating func charge(_ intent: OrderIntent, at now: Instant) {
        guard self.sessions[intent.venue] != nil else { return }
        self.withCare(intent.venue) { care in
            care.budget.charge(intent.orderID, at: care.clock.venueTimes(at: now))
        }
    }

    /// Whether a venue can be traded with now, whatever the symbol.
    mutating func condition(of venue: VenueID, at now: Instant) -> VenueCondition {
        self.sessions[venue]?.care.view(quotedAt: nil, usingReserve: false, at: now).condition
            ?? VenueCondition()
    }

    // MARK: Trade numbers

    /// Stops trading on a ledger whose venue began to number trades anew: Binance's testnet wipes
    /// its books about once a month, and what we believe to hold is gone with them (S5).
    mutating func checkTradeOrder(of fill: Fill, in order: Order, into batch: inout OpenBatch) {
        let venue = order.intent.venue
        let trade = TradeMark(fill)
        guard let last = self.state.lastTrades[venue]?[order.terms.symbol],
            last.runsBackwards(to: trade)
        else { return }
        let reason =
            "trade \(trade.tradeID) on \(order.terms.symbol) was made after trade "
            + "\(last.tradeID): the venue began to count anew, the ledger does not hold there (S5)"
        self.stop(venue, reason: reason, into: &batch)
    }

    /// Does something with what is known of a venue's health.
    @discardableResult
    mutating func withCare<Result>(
        _ venue: VenueID,
        _ body: (inout VenueCare) -> Result
    ) -> Result {
        self.withSession(venue) { body(&$0.care) }
    }
}

extension VenueCare {
    fileprivate mutating func note(_ outcome: PlacementOutcome, at now: MonotonicTime) {
        switch outcome {
        case .accepted:
            self.circuit.succeeded()
            self.rejects.accepted()
        case .rejected(let error) where error.leavesFateOpen:
            self.circuit.failed("\(error.message) (\(error.code))", at: now)
        case .rejected(let error):
            self.circuit.succeeded()
            if error.isLateness { return }
            let isUntimely = error.code == VenueError.outsideWindow
            if isUntimely, self.wasSignedBeforeCorrection(answeredAt: now) { return }
            self.rejects.rejected(
                "\(error.message) (\(error.code))",
                isUntimely: isUntimely,
                at: now
            )
        case .unknown(let reason), .notSent(.notConnected(let reason)):
            self.circuit.failed(reason, at: now)
        case .simulated, .notSent:
            break
        }
    }

    /// Whether an order that is answered now may have been signed before the clock was corrected.
    private func wasSignedBeforeCorrection(answeredAt now: MonotonicTime) -> Bool {
        guard let corrected = self.clockCorrectedAt else { return false }
        return now < corrected.adding(milliseconds: Self.answerMillisecondsMax)
    }

    /// A placement leaves within its window, and is given up long before this.
    private static let answerMillisecondsMax: Int64 = 15_000
}
