import Journal
import TradingAPI
import TradingCore

extension StreamedEvent {
    /// What subscribers see of an event.
    ///
    /// - Parameters:
    ///   - event: As the journal has it.
    ///   - sequence: Its own.
    ///   - time: Of its record.
    ///   - order: Tells whose an order is that the event names only by its number.
    init(
        _ event: Event,
        _ sequence: UInt64,
        at time: WallTime,
        subjectOf order: (OrderID) -> EventSubject?
    ) {
        let view = EventView(event)
        let subject: EventSubject
        if let intent = event.intent {
            subject = EventSubject(intent)
        } else if let orderID = view.orderID {
            guard let known = order(orderID) else {
                fatalError("invariant broken: event \(sequence) is about no order that was kept")
            }
            subject = known
        } else {
            subject = event.subject
        }
        self.init(
            sequence: sequence,
            time: time,
            kind: event.kind,
            name: view.kind,
            subject: subject,
            values: view.fields.map { ($0.name, $0.value) }
        )
        self.describe(event, at: time)
    }

    private mutating func describe(_ event: Event, at time: WallTime) {
        switch event {
        case .orderSubmitted(let intent): self.begin(intent, .submitting, at: time)
        case .orderSimulated(let intent): self.begin(intent, .simulated, at: time)
        case .orderRefused(let intent, let refusal):
            self.begin(intent, .refused, refusal, at: time)
        case .orderHeld(let intent, let refusal): self.begin(intent, .held, refusal, at: time)
        case .orderApproved(let intent, _):
            self.begin(intent, intent.venue == .monitor ? .simulated : .submitting, at: time)
        case .orderReopened(let order):
            self.order = order
            self.status = order.status
        case .orderChanged(_, let change): self.describe(change)
        case .storeCreated, .started, .stopped, .codeShown, .cancelRequested, .amendRequested,
            .modeChanged, .strategyModeChanged, .killChanged, .ledgerBound, .balanceMoved,
            .venueRestrained, .riskBreached, .breachAcknowledged, .equityMarked, .strategyMarked,
            .limitChanged, .tokenChanged, .sessionOpened, .sessionEnded, .exitsChanged:
            break
        }
    }

    private mutating func begin(
        _ intent: OrderIntent,
        _ status: OrderStatus,
        _ refusal: Refusal? = nil,
        at time: WallTime
    ) {
        self.order = Order(intent: intent, status: status, refusal: refusal, createdAt: time)
        self.status = status
        self.refusal = refusal
    }

    private mutating func describe(_ change: OrderChange) {
        switch change {
        case .filled(let fill): self.fill = fill
        case .simulated: self.status = .simulated
        case .rejected: self.status = .rejected
        case .notPlaced: self.status = .notPlaced
        case .outcomeUnknown: self.status = .unknown
        case .needsOperator: self.status = .needsOperator
        case .dismissed(let dismissal):
            self.status = dismissal.status
            if case .refused(let refusal, _) = dismissal { self.refusal = refusal }
        case .reported(let status, _, _, _):
            switch status {
            // What the fills say comes first, and they may be told before or after.
            case .new, .partiallyFilled, .filled: break
            case .canceled: self.status = .canceled
            case .expired: self.status = .expired
            case .rejected: self.status = .rejected
            }
        case .resolved, .succeeded, .amended, .amendFailed: break
        }
    }
}

extension Event {
    /// The order that the event holds whole, where it holds one.
    var intent: OrderIntent? {
        switch self {
        case .orderSubmitted(let intent), .orderSimulated(let intent),
            .orderRefused(let intent, _), .orderHeld(let intent, _),
            .orderApproved(let intent, _):
            intent
        case .orderReopened(let order): order.intent
        case .storeCreated, .started, .stopped, .codeShown, .orderChanged, .cancelRequested,
            .amendRequested, .modeChanged, .strategyModeChanged, .killChanged, .ledgerBound,
            .balanceMoved, .venueRestrained, .riskBreached, .breachAcknowledged, .equityMarked,
            .strategyMarked,
            .limitChanged, .tokenChanged, .sessionOpened, .sessionEnded, .exitsChanged:
            nil
        }
    }

    fileprivate var kind: EventKind {
        switch self {
        case .storeCreated, .started, .stopped: .server
        case .orderSubmitted, .orderSimulated, .orderRefused, .orderHeld, .orderApproved,
            .orderReopened, .cancelRequested, .amendRequested, .exitsChanged:
            .order
        case .orderChanged(_, .filled): .fill
        case .orderChanged: .order
        case .codeShown, .tokenChanged, .sessionOpened, .sessionEnded: .access
        case .modeChanged, .strategyModeChanged: .mode
        case .killChanged: .killSwitch
        case .balanceMoved: .balance
        case .ledgerBound, .venueRestrained: .venue
        case .riskBreached, .breachAcknowledged, .equityMarked, .strategyMarked: .risk
        case .limitChanged: .limit
        }
    }

    /// Whom it concerns, where it is about no order.
    fileprivate var subject: EventSubject {
        switch self {
        case .modeChanged(let record), .strategyModeChanged(let record):
            EventSubject(mode: record.mode, strategy: record.strategy)
        case .ledgerBound(let venue, _), .balanceMoved(let venue, _, _, _),
            .venueRestrained(let venue, _), .equityMarked(let venue, _, _):
            EventSubject(mode: venue.mode)
        case .riskBreached(let breach):
            EventSubject(mode: breach.venue.mode, strategy: breach.strategy)
        case .strategyMarked(let venue, let name, _, _):
            EventSubject(mode: venue.mode, strategy: name)
        case .limitChanged(let change):
            EventSubject(symbol: change.key.symbol, strategy: change.key.strategy ?? "")
        case .storeCreated, .started, .stopped, .orderSubmitted, .orderSimulated, .orderRefused,
            .orderHeld, .orderApproved, .codeShown, .orderChanged, .orderReopened,
            .cancelRequested, .amendRequested, .killChanged, .breachAcknowledged, .tokenChanged,
            .sessionOpened, .sessionEnded, .exitsChanged:
            EventSubject()
        }
    }
}
