/// Everything that survives a crash: the fold of the journal's events, and nothing else.
///
/// The stored properties have no default values on purpose: the compiler then asks both
/// initialisers for a new one, and with the second comes its place in the store's snapshots.
package struct State: Hashable, Sendable {
    /// The count of events applied so far.
    package private(set) var sequence: Sequence
    /// The start of every client order id of the store; empty until the store is made (S4).
    package private(set) var clientIDPrefix: String
    /// The part of the client order id that changes at every start.
    package private(set) var epoch: String
    /// When the store was made, by the wall clock of then.
    package private(set) var createdAt: WallTime
    /// The last order number given out.
    package private(set) var lastOrderID: OrderID
    /// The time that each venue's newest placement was signed for, by the venue's clock: what is
    /// at the venue under our prefix and later is missing here (J5).
    package private(set) var lastPlacements: ByVenue<WallTime>
    /// Orders about which not everything is known; all others are on disk only.
    package private(set) var orders: [OrderID: Order]
    /// Those of `orders` whose outcome is unknown.
    package private(set) var ordersInDoubt: Set<OrderID>
    /// Those of `orders` that wait for a person's approval.
    package private(set) var heldOrders: Set<OrderID>
    package private(set) var modes: ModeBook
    package private(set) var killSwitch: KillSwitch
    package private(set) var secondFactor: SecondFactor
    /// What venues last asked us not to send.
    package private(set) var restraints: ByVenue<VenueRestraint>
    /// The newest trade of ours on each symbol (S5).
    package private(set) var lastTrades: ByVenue<[Symbol: TradeMark]>
    /// By which orders the engaged kill switch closes positions (K4).
    package private(set) var closings: ByVenue<[Symbol: Closing]>
    /// The limits that were changed and not reset since.
    package private(set) var limitChanges: [LimitKey: LimitChange]
    /// By which callers prove who they are.
    package private(set) var tokens: TokenList
    /// Whose orders are cancelled when their callers' connections are lost.
    package private(set) var cancelSessions: [SessionName: CancelSession]
    /// What the venues' accounts hold, those that were ever touched.
    package private(set) var ledgers: ByVenue<Ledger>
    /// Limits on losses or failures that were broken.
    package internal(set) var breaches: BreachList
    /// Orders in a row that failed at a venue; what has none has no entry.
    package internal(set) var failureCounts: ByVenue<Int>
    /// How many orders each account placed in its last day.
    package private(set) var orderDays: ByVenue<OrderDay>
    /// When principals and strategies placed orders of late.
    package private(set) var orderLogs: OrderLogs
    /// What each account's losses are counted from, by quote asset.
    package internal(set) var equities: ByVenue<[Asset: EquityRecord]>
    /// What the orders of each strategy did.
    package internal(set) var strategies: ByVenue<StrategyBooks>
    /// What was placed on the venues' present days.
    package private(set) var dayNotionals: ByVenue<DayNotional>
    /// What closes entries again, those that are not closed yet.
    package private(set) var exits: ExitBook
    /// Those of `orders`, counted; what has none has no entry.
    private(set) var openCounts: ByVenue<OpenCounts>

    /// The state before the first event.
    package init() {
        self.sequence = Sequence(raw: 0)
        self.clientIDPrefix = ""
        self.epoch = ""
        self.createdAt = WallTime(nanoseconds: 0)
        self.lastOrderID = OrderID(raw: 0)
        self.lastPlacements = [:]
        self.orders = [:]
        self.ordersInDoubt = []
        self.heldOrders = []
        self.modes = ModeBook()
        self.killSwitch = KillSwitch(
            level: nil,
            principal: Principal(""),
            reason: "",
            since: WallTime(nanoseconds: 0)
        )
        self.secondFactor = SecondFactor(
            lastStep: 0,
            failureCount: 0,
            failedAt: WallTime(nanoseconds: 0)
        )
        self.restraints = [:]
        self.lastTrades = [:]
        self.closings = [:]
        self.limitChanges = [:]
        self.tokens = TokenList()
        self.cancelSessions = [:]
        self.ledgers = [:]
        self.breaches = BreachList()
        self.failureCounts = [:]
        self.orderDays = [:]
        self.orderLogs = OrderLogs()
        self.equities = [:]
        self.strategies = [:]
        self.dayNotionals = [:]
        self.exits = ExitBook()
        self.openCounts = [:]
    }

    /// The state that a snapshot holds; what follows from its parts is derived again.
    package init(
        sequence: Sequence,
        clientIDPrefix: String,
        epoch: String,
        createdAt: WallTime,
        lastOrderID: OrderID,
        lastPlacements: ByVenue<WallTime>,
        orders: [Order],
        modes: ModeBook,
        killSwitch: KillSwitch,
        secondFactor: SecondFactor,
        restraints: ByVenue<VenueRestraint>,
        lastTrades: ByVenue<[Symbol: TradeMark]>,
        closings: ByVenue<[Symbol: Closing]>,
        limitChanges: [LimitChange],
        tokens: TokenList,
        cancelSessions: [SessionName: CancelSession],
        ledgers: ByVenue<Ledger>,
        breaches: BreachList,
        failureCounts: ByVenue<Int>,
        orderDays: ByVenue<OrderDay>,
        orderLogs: OrderLogs,
        equities: ByVenue<[Asset: EquityRecord]>,
        strategies: ByVenue<StrategyBooks>,
        dayNotionals: ByVenue<DayNotional>,
        exits: [ExitPlan]
    ) {
        self.sequence = sequence
        self.clientIDPrefix = clientIDPrefix
        self.epoch = epoch
        self.createdAt = createdAt
        self.lastOrderID = lastOrderID
        self.lastPlacements = lastPlacements
        self.orders = [:]
        (self.ordersInDoubt, self.heldOrders) = ([], [])
        self.modes = modes
        self.killSwitch = killSwitch
        self.secondFactor = secondFactor
        self.restraints = restraints
        self.lastTrades = lastTrades
        self.closings = closings
        self.limitChanges = [:]
        self.tokens = tokens
        self.cancelSessions = cancelSessions
        self.ledgers = ledgers
        self.breaches = breaches
        self.failureCounts = failureCounts
        self.orderDays = orderDays
        self.orderLogs = orderLogs
        self.equities = equities
        self.strategies = strategies
        self.dayNotionals = dayNotionals
        self.exits = ExitBook(exits)
        self.openCounts = [:]
        for change in limitChanges { self.limitChanges[change.key] = change }
        for order in orders {
            self.orders[order.orderID] = order
            guard order.status != .held else {
                self.heldOrders.insert(order.orderID)
                continue
            }
            self.count(order, by: 1)
            self.ledgers[order.intent.venue, default: Ledger()].expect(
                Reservation(remaining: order.reservedQuantity, of: order.intent)
            )
            if order.status.isInDoubt { self.ordersInDoubt.insert(order.orderID) }
        }
    }

    /// Takes in one event.
    ///
    /// - Returns: The order that the event finished, which memory forgets with this.
    package mutating func apply(_ event: Event, at time: WallTime) -> Order? {
        self.sequence = Sequence(raw: self.sequence.raw + 1)
        switch event {
        case .storeCreated(let prefix):
            invariant(self.clientIDPrefix.isEmpty, "a store is made once")
            self.clientIDPrefix = prefix
            self.createdAt = time
        case .started(let epoch, _):
            self.epoch = epoch
        case .stopped: break
        case .orderSubmitted(let intent):
            self.note(intent, at: time)
            self.place(Order(intent: intent, status: .submitting, createdAt: time))
            if intent.purpose == .flatten {
                self.closings[intent.venue, default: [:]][intent.terms.symbol, default: Closing()]
                    .begin()
            }
        case .orderSimulated(let intent):
            self.note(intent, at: time)
            self.countOfDay(intent)
            return Order(intent: intent, status: .simulated, createdAt: time)
        case .orderRefused(let intent, let refusal):
            self.note(intent.orderID)
            return Order(intent: intent, status: .refused, refusal: refusal, createdAt: time)
        case .orderHeld(let intent, let refusal):
            self.note(intent, at: time)
            let order = Order(intent: intent, status: .held, refusal: refusal, createdAt: time)
            self.orders[order.orderID] = order
            self.heldOrders.insert(order.orderID)
        case .orderApproved(let intent, _):
            return self.approve(intent, at: time)
        case .codeShown(let outcome, _, _):
            self.secondFactor.note(outcome, at: time)
        case .orderChanged(let orderID, let change):
            return self.change(orderID, by: change, at: time)
        case .orderReopened(let order): self.reopen(order)
        case .cancelRequested(let orderID, let cancelID):
            self.orders[orderID]?.pendingCancel = PendingCancel(cancelID: cancelID)
        case .amendRequested(let orderID, let amend, _):
            self.orders[orderID]?.pendingAmend = amend
        case .modeChanged(let record), .strategyModeChanged(let record): self.modes.take(record)
        case .killChanged(let killSwitch):
            self.killSwitch = killSwitch
            self.closings = [:]
            if killSwitch.endsExits { self.exits = ExitBook() }
        case .ledgerBound(let venue, let accountID):
            self.ledgers[venue, default: Ledger()].bind(to: accountID)
        case .balanceMoved(let venue, let asset, let delta, _):
            self.ledgers[venue, default: Ledger()].move(asset, by: delta)
            self.equities[venue]?[asset]?.move(by: delta)
        case .venueRestrained(let venue, let restraint): self.restraints[venue] = restraint
        case .riskBreached(let breach): self.breaches.append(breach)
        case .breachAcknowledged(let number, let acknowledgement):
            self.acknowledge(number, acknowledgement)
        case .equityMarked(let venue, let asset, let mark):
            self.equities[venue, default: [:]][asset, default: EquityRecord(mark)].take(mark)
        case .strategyMarked(let venue, let name, let asset, let mark):
            self.strategies[venue, default: StrategyBooks()].take(mark, of: name, in: asset)
        case .tokenChanged(let token): self.tokens.note(token)
        case .sessionOpened(let session): self.cancelSessions[session.name] = session
        case .sessionEnded(let name, _, _): self.cancelSessions[name] = nil
        case .limitChanged(let change):
            self.limitChanges[change.key] = change.setting == .configuration ? nil : change
        case .exitsChanged(let entry, let change): self.exits.take(change, of: entry)
        }
        return nil
    }

    private mutating func note(_ orderID: OrderID) {
        invariant(
            orderID.raw == self.lastOrderID.raw + 1,
            "order \(orderID) follows order \(self.lastOrderID)"
        )
        self.lastOrderID = orderID
    }

    /// Takes in an order that passed the gate: a held one when it came, not when it is approved.
    private mutating func note(_ intent: OrderIntent, at time: WallTime) {
        self.note(intent.orderID)
        self.orderLogs.note(intent, at: time)
    }

    private mutating func reopen(_ order: Order) {
        self.insert(order)
        if !self.killSwitch.endsExits { self.exits.reopen(order.intent) }
    }

    private mutating func insert(_ order: Order) {
        let earlier = self.orders.updateValue(order, forKey: order.orderID)
        invariant(earlier == nil, "order \(order.orderID) is there already")
        self.count(order, by: 1)
        self.ledgers[order.intent.venue, default: Ledger()].reserve(
            Reservation(remaining: order.reservedQuantity, of: order.intent)
        )
        if order.status.isInDoubt { self.ordersInDoubt.insert(order.orderID) }
    }

    /// Takes in an order that is about to be sent.
    private mutating func place(_ order: Order) {
        self.insert(order)
        let intent = order.intent
        self.exits.begin(intent)
        self.lastPlacements[intent.venue] = intent.timestamp
        let day = UTCDay(of: intent.timestamp)
        self.dayNotionals[intent.venue, default: DayNotional(day: day)].add(
            order.dayNotional,
            of: intent
        )
        self.countOfDay(intent)
    }

    /// Turns a held order into one that is on its way, or that is simulated and thereby finished.
    private mutating func approve(_ intent: OrderIntent, at time: WallTime) -> Order? {
        guard var order = self.orders.removeValue(forKey: intent.orderID) else {
            fatalError("invariant broken: order \(intent.orderID) was approved and is not held")
        }
        self.heldOrders.remove(intent.orderID)
        order.approve(intent, at: time)
        guard !order.isSettled else { return order }
        self.place(order)
        return nil
    }

    private mutating func change(
        _ orderID: OrderID,
        by change: OrderChange,
        at time: WallTime
    ) -> Order? {
        guard let place = self.orders.index(forKey: orderID) else {
            fatalError("invariant broken: order \(orderID) changed while it was not in memory")
        }
        // In its place, so that it is neither copied nor looked up again.
        let (intent, before, after) = self.orders.values[place].apply(weighing: change, at: time)
        guard self.heldOrders.isEmpty || self.heldOrders.remove(orderID) == nil else {
            invariant(after.isSettled, "a held order is approved or ends")
            return self.orders.remove(at: place).value
        }
        if before != after { self.weigh(intent, before, after) }
        if case .filled(let fill) = change {
            self.count(fill, of: intent)
            self.exits.count(fill, of: intent)
            if !fill.isOperators { self.mark(fill, of: intent) }
        }
        guard after.isSettled else { return nil }
        let order = self.orders.remove(at: place).value
        self.count(order, by: -1)
        self.exits.finish(order)
        if order.intent.purpose == .flatten, order.status == .filled {
            self.closings[order.intent.venue]?[order.terms.symbol]?.succeed()
        }
        return order
    }

    /// Counts a changed order anew.
    private mutating func weigh(_ intent: OrderIntent, _ before: OrderWeight, _ after: OrderWeight)
    {
        let venue = intent.venue
        if after.dayNotional != before.dayNotional {
            self.dayNotionals[venue]?.replace(
                before.dayNotional,
                with: after.dayNotional,
                of: intent
            )
        }
        if after.reservedQuantity != before.reservedQuantity {
            self.ledgers[venue, default: Ledger()].change(
                Reservation(remaining: before.reservedQuantity, of: intent),
                to: Reservation(remaining: after.reservedQuantity, of: intent)
            )
        }
        guard after.status != before.status else { return }
        self.countFailure(of: intent, before, after)
        if after.status.isInDoubt {
            self.ordersInDoubt.insert(intent.orderID)
        } else if !self.ordersInDoubt.isEmpty {
            self.ordersInDoubt.remove(intent.orderID)
        }
    }

    private mutating func countOfDay(_ intent: OrderIntent) {
        let day = OrderDay(start: WallTime(nanoseconds: .min), count: 0)
        self.orderDays[intent.venue, default: day].add(at: intent.timestamp)
    }

    private mutating func count(_ fill: Fill, of intent: OrderIntent) {
        self.countForStrategies(fill, of: intent)
        let realized = self.ledgers[intent.venue, default: Ledger()].apply(fill, of: intent)
        self.equities[intent.venue]?[intent.quoteAsset]?.count(
            fill,
            of: intent,
            realized: realized
        )
    }

    private mutating func mark(_ fill: Fill, of intent: OrderIntent) {
        let (venue, symbol) = (intent.venue, intent.terms.symbol)
        let mark = TradeMark(fill).newer(than: self.lastTrades[venue]?[symbol])
        self.lastTrades[venue, default: [:]][symbol] = mark
    }

    private mutating func count(_ order: Order, by step: Int) {
        let venue = order.intent.venue
        self.openCounts[venue, default: OpenCounts()].count(order.terms, by: step)
        if self.openCounts[venue]?.total == 0 { self.openCounts[venue] = nil }
    }
}
