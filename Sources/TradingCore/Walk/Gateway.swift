/// The order gateway as a value: everything it decides, and nothing that it does.
///
/// One owner drives it: for each input it looks up ``needs(of:)`` on the disk, calls
/// ``decide(_:fetched:into:)``, writes the batch and only then lets the batch's effects out.
/// What survives a crash is in ``state``, the fold of the journal; the rest of the gateway is
/// derived from it and from the venues after every start.
package struct Gateway: ~Copyable {
    /// What the journal says.
    package internal(set) var state: State
    /// How it is set up; the limits in it are those in force.
    var settings: GatewaySettings
    /// What the configuration says of limits.
    let configuredLimits: RiskLimits
    var sessions: ByVenue<VenueSession> = [:]
    /// The venues' symbols, and what their accounts hold, valued.
    var books: ByVenue<AccountBook> = [:]
    var chases: [OrderID: Chase] = [:]
    var waiters: [OrderID: [Waiter]] = [:]
    var recent = RecentOrders()
    /// The keys of the orders in memory, unsettled and recent.
    var keys: [IdempotencyKey: OrderID] = [:]
    /// Orders that are known to be foreign, newest last; bounded.
    var foreignOrders: [NumberedOrder] = []
    var kill = KillProgress()
    var exitDesk = ExitDesk()
    var strategyDesk = StrategyDesk()
    /// Until when each held order is held.
    var holds: [OrderID: MonotonicTime] = [:]
    /// Until when no code of the second factor is looked at.
    var codesLockedUntil: MonotonicTime?
    /// Changes to live that wait for the venue's word, oldest first.
    var modeChanges: [PendingModeChange] = []
    /// When principals placed orders.
    var orderTimes = OrderTimes()
    /// The same by strategy, each under its name.
    var strategyTimes = OrderTimes()
    /// The same by principals whose tokens have a rate of their own.
    var tokenTimes = OrderTimes()
    var recentTerms = RecentTerms()
    /// Over which connections callers' sessions are there.
    var sessionLinks = SessionLinks()
    private var lastRead = ReadID(raw: 0)
    var scheme: ClientOrderIDScheme
    var clockWatch = ClockWatch()
    var startedAt = WallTime(nanoseconds: 0)
    var journal: JournalCondition

    /// A gateway that goes on where the journal ends.
    ///
    /// - Parameters:
    ///   - state: The fold of all events of the store.
    ///   - settings: How it is set up.
    ///   - journal: What recovery found.
    package init(
        recovered state: State,
        settings: GatewaySettings,
        journal: JournalCondition = .sound
    ) {
        self.state = state
        self.settings = settings
        self.configuredLimits = settings.limits
        self.journal = journal
        self.scheme = ClientOrderIDScheme(prefix: state.clientIDPrefix, epoch: state.epoch)
        for venue in settings.exchanges {
            self.sessions[venue] = VenueSession(settings.limits, self.book(of: venue))
        }
        self.adoptLimits()
        self.note(journal)
        for venue in state.ledgers.keys { self.revalueAll(of: venue) }
        for order in state.ordersByAge {
            if let key = order.intent.key { self.keys[key] = order.orderID }
        }
    }

    /// Takes an input and appends all that follows from it to the batch.
    package mutating func decide(
        _ input: Input,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        self.watchClock(into: &batch)
        let sequence = self.state.sequence
        // What only asks, changes nothing that an account is worth.
        var isReading = false
        switch input {
        case .request(let token, let request, let deadline):
            self.decide(request, token, deadline: deadline, fetched: fetched, into: &batch)
            isReading = self.state.sequence == sequence
        case .venue(let venue, let message):
            self.decide(message, from: venue, fetched: fetched, into: &batch)
        case .journal(let condition):
            self.decide(condition, into: &batch)
        case .connectionClosed(let connection):
            self.connectionClosed(connection, into: &batch)
        case .wake:
            self.wake(into: &batch)
        }
        if !isReading {
            self.watchEquity(into: &batch)
            self.watchStrategies(into: &batch)
        }
        self.pursueKill(into: &batch)
        self.pursueExits(into: &batch)
        for evicted in self.recent.evict(keeping: batch.closedOrders.count) {
            if let key = evicted.intent.key { self.keys[key] = nil }
            self.answerWaiters(ofForgotten: evicted, into: &batch)
        }
    }

    /// What deciding on an input takes from the disk (J6).
    package func needs(of input: Input) -> Needs {
        var needs = Needs()
        switch input {
        case .request(_, let request, _):
            return self.needs(of: request)
        case .venue(_, .orderReported(let report)):
            self.add(report, to: &needs)
        case .venue(_, .answered(_, .orders(let reports))):
            for report in reports { self.add(report, to: &needs) }
        case .venue(_, .answered(.order(let orderID, _, _, _), _)),
            .venue(_, .answered(.cancel(let orderID, _, _, _), _)),
            .venue(_, .answered(.orderTrades(let orderID, _, _), _)),
            .venue(_, .answered(.amend(let orderID, _, _, _), _)),
            .venue(_, .placementAnswered(let orderID, _)):
            self.add(orderID, to: &needs)
        case .venue, .journal, .connectionClosed, .wake:
            break
        }
        return needs
    }

    private func needs(of request: Request) -> Needs {
        var needs = Needs()
        switch request {
        case .placeOrder(let wish): self.add(wish.key, to: &needs)
        case .position(let wish):
            self.add(wish.key, to: &needs)
            if let shown = self.shownOfClosing(under: wish.key) { self.add(shown, to: &needs) }
        case .cancel(let orderID), .order(let orderID), .deny(let orderID, _, _):
            self.add(orderID, to: &needs)
        case .resolve(let wish): self.add(wish.orderID, to: &needs)
        case .amend(let wish): self.add(wish.orderID, to: &needs)
        case .approve(let wish): self.add(wish.orderID, to: &needs)
        case .orders(let filter): if filter.includesClosed { needs.history = filter }
        default: break
        }
        return needs
    }

    /// Answers what only asks, from memory alone; nil for everything else.
    ///
    /// The answer tells of the state between two batches: the caller must know that all of it is
    /// on disk (J2). Where a batch is open, the request is decided in it like any other. So is a
    /// listing, always: it costs a thousand times as much, and those that are open are counted.
    package mutating func answer(
        _ request: Request,
        at now: @autoclosure () -> Instant
    ) -> Reply? {
        if case .orders = request { return nil }
        guard self.needs(of: request).isEmpty else { return nil }
        return self.reading(request, fetched: Fetched(), at: now())
    }

    private func add(_ key: IdempotencyKey?, to needs: inout Needs) {
        guard let key else { return }
        guard let orderID = self.keys[key] else {
            needs.key = key
            return
        }
        if let missing = self.missingSuccessor(of: orderID) { self.add(missing, to: &needs) }
    }

    private func add(_ report: OrderReport, to needs: inout Needs) {
        let owner = ClientOrderIDScheme.owner(of: report.ownerID, prefix: self.scheme.prefix)
        if case .ours(let orderID) = owner { self.add(orderID, to: &needs) }
    }

    private func add(_ orderID: OrderID, to needs: inout Needs) {
        guard self.state.orders[orderID] == nil, self.recent[orderID] == nil,
            orderID <= self.state.lastOrderID
        else { return }
        needs.orders.append(orderID)
    }

    /// Journals an event and lets it act on the state; the only way the state changes.
    mutating func record(_ event: Event, into batch: inout OpenBatch) {
        batch.append(event)
        switch event {
        case .orderSubmitted(let intent), .orderApproved(let intent, _):
            self.charge(intent, at: batch.instant)
        default: break
        }
        let touched = self.touched(by: event)
        let closed = self.state.apply(event, at: batch.instant.wall)
        if let touched { self.revalue(touched) }
        guard let closed else {
            self.noteForExits(event)
            return
        }
        batch.append(closed: closed)
        self.chases[closed.orderID] = nil
        self.holds[closed.orderID] = nil
        if let key = closed.intent.key { self.keys[key] = closed.orderID }
        self.recent.remember(closed)
        self.sessions[closed.intent.venue]?.tradeWatch.lively.insert(closed.terms.symbol)
        self.noteClosing(closed, at: batch.instant)
        self.noteExit(closed, into: &batch)
        self.noteForExits(event)
    }

    /// Names a reading, so that an answer to an older one is not taken for its.
    mutating func nextRead() -> ReadID {
        self.lastRead = ReadID(raw: self.lastRead.raw + 1)
        return self.lastRead
    }

    var nextOrderID: OrderID { OrderID(raw: self.state.lastOrderID.raw + 1) }

    /// The order, from memory or from what was fetched.
    func order(_ orderID: OrderID, fetched: Fetched) -> Order? {
        self.state.orders[orderID] ?? self.recent[orderID] ?? fetched.orders[orderID]
    }

    /// Does something with a venue's session; a venue without a connection is a bug.
    mutating func withSession<Result>(
        _ venue: VenueID,
        _ body: (VenueSession) -> Result
    ) -> Result {
        guard let session = self.sessions[venue] else {
            fatalError("invariant broken: \(venue) has no session")
        }
        return body(session)
    }
}
