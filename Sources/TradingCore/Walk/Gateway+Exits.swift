/// When the exits of each entry are looked at; derived, begun anew with the process.
struct ExitDesk: Sendable {
    struct Times: Sendable {
        /// When the plan is looked at again.
        var lookAt: MonotonicTime?
        /// Before it no exit follows one that failed.
        var placeAt: MonotonicTime?
        /// Before it an exit's size does not follow the entry's fills again.
        var resizeAt: MonotonicTime?
        /// Before it no profit is tried to take again.
        var takeProfitAt: MonotonicTime?
    }

    /// Entries of whose exits something was learned.
    var touched: Set<OrderID> = []
    var times: [OrderID: Times] = [:]
    /// Entries for which a person was told that they are without protection.
    var told: Set<OrderID> = []

    mutating func forget(_ entry: OrderID) {
        self.touched.remove(entry)
        self.times[entry] = nil
        self.told.remove(entry)
    }

    /// The entries to be looked at now, oldest first.
    mutating func takeDue(at now: MonotonicTime) -> [OrderID] {
        var due = self.touched
        self.touched = []
        for (entry, times) in self.times {
            if let at = times.lookAt, at <= now { due.insert(entry) }
        }
        for entry in due { self.times[entry]?.lookAt = nil }
        return due.sorted()
    }

    var nextLook: MonotonicTime? { self.times.values.compactMap(\.lookAt).min() }
}

extension Gateway {
    /// Goes on with what attached exits ask for; called after every input.
    ///
    /// What to do is derived from the state, so that it goes on after a restart.
    mutating func pursueExits(into batch: inout OpenBatch) {
        guard !self.state.exits.isEmpty else {
            if !self.exitDesk.times.isEmpty || !self.exitDesk.touched.isEmpty {
                self.exitDesk = ExitDesk()
            }
            return
        }
        for entry in self.exitDesk.takeDue(at: batch.instant.monotonic) {
            self.pursueExits(of: entry, into: &batch)
        }
    }

    /// More steps than ever follow from one thing that was learned.
    private static let exitStepsMax = 8

    private mutating func pursueExits(of entry: OrderID, into batch: inout OpenBatch) {
        for _ in 0..<Self.exitStepsMax {
            guard let plan = self.state.exits[entry] else {
                self.exitDesk.forget(entry)
                return
            }
            switch plan.nextStep(self.exitView(of: plan, at: batch.instant)) {
            case .rest:
                return
            case .look:
                self.tellUnprotected(plan, into: &batch)
                self.lookAgain(at: entry, batch.instant)
                return
            case .reach(let aim):
                self.record(.exitsChanged(entry, .reached(aim)), into: &batch)
            case .cancelEntry(let order):
                self.requestCancel(of: order, into: &batch)
            case .cancel(let order):
                self.makeRoom(for: plan, canceling: order, into: &batch)
                return
            case .place(let type, let quantity):
                self.placeExit(type, quantity, of: plan, into: &batch)
                return
            case .giveUp(let reason):
                self.record(.exitsChanged(entry, .needsOperator(reason: reason)), into: &batch)
                let text = "the exits of order \(entry) need an operator: \(reason)"
                batch.performAtOnce(.alert(Alert(.exitFailed, text)))
            case .endClosing(let reason, let isFailure):
                self.record(.exitsChanged(entry, .closingEnded(reason: reason)), into: &batch)
                self.answerClosers(of: entry, into: &batch)
                guard isFailure else { continue }
                let text = "the position of order \(entry) is not closed: \(reason)"
                batch.performAtOnce(.alert(Alert(.exitFailed, text)))
            case .end(let reason):
                self.record(.exitsChanged(entry, .ended(reason: reason)), into: &batch)
            }
        }
        self.lookAgain(at: entry, batch.instant)
    }

    private mutating func exitView(of plan: ExitPlan, at now: Instant) -> ExitView {
        let (venue, symbol) = (plan.entry.venue, plan.entry.terms.symbol)
        let session = self.sessions[venue]
        let ledger = self.state.ledger(of: venue)
        let times = self.exitDesk.times[plan.entry.orderID] ?? ExitDesk.Times()
        let isDue = { (time: MonotonicTime?) in time.map { $0 <= now.monotonic } ?? true }
        let instrument = session?.book[symbol]
        let rules = instrument?.rules
        let stopsMax = rules?.stopOrdersMax ?? 0
        return ExitView(
            entry: self.state.orders[plan.entry.orderID],
            working: plan.working.sorted().compactMap { self.state.orders[$0] },
            isReady: session?.isReady == true && !self.state.killSwitch.isEngaged,
            quote: instrument?.quote,
            rules: rules,
            sellable: min(
                ledger.reducible(symbol)[.sell],
                ledger.available(of: plan.entry.baseAsset)
            ),
            isSoldElsewhere: ledger.pending(symbol, .sell).isPositive,
            holdsStops: stopsMax == 0
                || self.state.stopOrderCount(on: venue, symbol: symbol) < stopsMax,
            isPlacingDue: isDue(times.placeAt),
            isResizeDue: isDue(times.resizeAt),
            isTakeProfitDue: isDue(times.takeProfitAt),
            failuresMax: self.settings.timing.closingFailuresMax
        )
    }

    // MARK: Steps

    /// Cancels an exit so that another takes its place; not while the venue would not take that
    /// one, because then the old one is better than none.
    private mutating func makeRoom(
        for plan: ExitPlan,
        canceling order: Order,
        into batch: inout OpenBatch
    ) {
        let entry = plan.entry.orderID
        let condition = self.condition(of: plan.entry.venue, at: batch.instant)
        guard condition.restraint == nil, condition.shortage == nil else {
            self.lookAgain(at: entry, batch.instant)
            return
        }
        self.exitDesk.times[entry, default: ExitDesk.Times()].resizeAt = self.exitPause(
            at: batch.instant
        )
        self.requestCancel(of: order, into: &batch)
    }

    /// Sends an exit through the gate, as an order that may do nothing but reduce.
    private mutating func placeExit(
        _ type: OrderType,
        _ quantity: Quantity,
        of plan: ExitPlan,
        into batch: inout OpenBatch
    ) {
        let entry = plan.entry
        var wish = OrderRequest(
            terms: OrderTerms(
                symbol: entry.terms.symbol,
                side: .sell,
                type: type,
                quantity: quantity
            ),
            principal: entry.principal,
            tag: entry.tag,
            strategy: entry.strategy
        )
        if let closing = plan.closing { wish.take(closing) }
        let refusal = self.sendClosing(
            wish,
            .exit,
            of: entry.orderID,
            on: entry.venue,
            into: &batch
        )
        guard let refusal else {
            if plan.closing != nil { self.showClosers(of: plan, self.state.lastOrderID) }
            return
        }
        self.tell(plan, refusal.message, into: &batch)
        self.exitDesk.times[entry.orderID, default: ExitDesk.Times()].placeAt =
            self.exitPause(at: batch.instant)
        self.lookAgain(at: entry.orderID, batch.instant)
    }

    /// Ends the exits of an entry on somebody's word, and cancels what of them is at the venue.
    mutating func endExits(
        of entry: OrderID,
        _ reason: String,
        canceledByCaller: OrderID? = nil,
        into batch: inout OpenBatch
    ) {
        guard let plan = self.state.exits[entry] else { return }
        self.record(.exitsChanged(entry, .ended(reason: reason)), into: &batch)
        for order in plan.working.sorted().compactMap({ self.state.orders[$0] })
        where !order.status.isTerminal && order.pendingCancel == nil
            && order.orderID != canceledByCaller
        {
            self.requestCancel(of: order, into: &batch)
        }
    }

    /// Ends the exits of some entries; their orders are the caller's to cancel.
    mutating func endExits(
        _ reason: String,
        into batch: inout OpenBatch,
        where isMeant: (OrderIntent) -> Bool
    ) {
        for plan in self.state.exits.byAge where isMeant(plan.entry) {
            let ended = Event.exitsChanged(plan.entry.orderID, .ended(reason: reason))
            self.record(ended, into: &batch)
        }
    }

    // MARK: What is learned

    /// Notes whose exits an event is about, so that they are looked at.
    mutating func noteForExits(_ event: Event) {
        guard !self.state.exits.isEmpty else { return }
        switch event {
        case .orderSubmitted(let intent), .orderApproved(let intent, _):
            self.exitDesk.touched.insert(intent.entry ?? intent.orderID)
        case .orderChanged(let orderID, let change):
            guard let order = self.state.orders[orderID] ?? self.recent[orderID] else { break }
            let intent = order.intent
            self.exitDesk.touched.insert(intent.entry ?? orderID)
            switch change {
            // It is at the venue: what is told of it after this is news again.
            case .reported: self.exitDesk.told.remove(intent.entry ?? orderID)
            // What others sell is not there to be sold any more.
            case .filled where intent.terms.side == .sell:
                let entries = self.state.exits.entries(of: intent.terms.symbol, on: intent.venue)
                self.exitDesk.touched.formUnion(entries)
            default: break
            }
        default: break
        }
    }

    /// Notes whose exits a price is about.
    mutating func noteForExits(_ quote: Quote, of symbol: Symbol, on venue: VenueID) {
        guard !self.state.exits.isEmpty else { return }
        for entry in self.state.exits.entries(of: symbol, on: venue)
        where self.state.exits[entry]?.minds(quote) == true {
            self.exitDesk.touched.insert(entry)
        }
    }

    /// An exit order ended: where it did not do what it was for, the next one waits a moment.
    mutating func noteExit(_ order: Order, into batch: inout OpenBatch) {
        guard let entry = order.intent.entry, let plan = self.state.exits[entry],
            order.status != .filled
        else { return }
        let pause = self.exitPause(at: batch.instant)
        if order.terms.type.isTakeProfitExit {
            self.exitDesk.times[entry, default: ExitDesk.Times()].takeProfitAt = pause
        }
        guard order.failedAsExit || order.status == .notPlaced else { return }
        self.exitDesk.times[entry, default: ExitDesk.Times()].placeAt = pause
        let text = "order \(order.orderID) ended \(order.status.name): \(order.reason)"
        if order.failedAsExit { self.tell(plan, text, into: &batch) }
    }

    private func exitPause(at now: Instant) -> MonotonicTime {
        now.monotonic.adding(milliseconds: self.settings.timing.retryIntervalMilliseconds * 2)
    }

    private mutating func lookAgain(at entry: OrderID, _ now: Instant) {
        self.exitDesk.times[entry, default: ExitDesk.Times()].lookAt = now.monotonic.adding(
            milliseconds: self.settings.timing.retryIntervalMilliseconds
        )
    }

    // MARK: Telling

    /// Tells people once that something was bought and nothing may be placed to protect it.
    private mutating func tellUnprotected(_ plan: ExitPlan, into batch: inout OpenBatch) {
        guard self.state.killSwitch.isEngaged, plan.working.isEmpty, plan.rest.isPositive else {
            return
        }
        self.tell(plan, "the kill switch is engaged", into: &batch)
    }

    /// Tells people, once for a plan until an exit of it is placed again.
    private mutating func tell(
        _ plan: ExitPlan,
        _ reason: String,
        into batch: inout OpenBatch
    ) {
        let entry = plan.entry.orderID
        guard self.exitDesk.told.insert(entry).inserted else { return }
        let text =
            "\(plan.rest) \(plan.entry.baseAsset) of order \(entry) are without their exit at the "
            + "venue: \(reason)"
        batch.performAtOnce(.alert(Alert(.exitFailed, text)))
    }
}
