package import TradingCore

/// What an event is about; subscribers choose by it.
package enum EventKind: UInt8, Hashable, Sendable, CaseIterable {
    case order = 1
    case fill = 2
    case balance = 3
    case mode = 4
    case killSwitch = 5
    case risk = 6
    case limit = 7
    case access = 8
    case venue = 9
    case server = 10

    /// The name on the command line.
    package var name: String {
        switch self {
        case .order: "order"
        case .fill: "fill"
        case .balance: "balance"
        case .mode: "mode"
        case .killSwitch: "kill"
        case .risk: "risk"
        case .limit: "limit"
        case .access: "access"
        case .venue: "venue"
        case .server: "server"
        }
    }
}

/// Whom an event concerns, as far as subscribers choose by it.
package struct EventSubject: Hashable, Sendable {
    package var orderID: OrderID?
    package var clientOrderID: ClientOrderID?
    package var mode: TradingMode?
    package var symbol: Symbol?
    package var side: Side?
    package var strategy: String
    package var tag: String

    /// Of an event that is about no order.
    package init(mode: TradingMode? = nil, symbol: Symbol? = nil, strategy: String = "") {
        self.mode = mode
        self.symbol = symbol
        self.strategy = strategy
        self.tag = ""
    }

    /// Of an order, for all its life.
    package init(_ intent: OrderIntent) {
        self.orderID = intent.orderID
        self.clientOrderID = intent.clientOrderID
        self.mode = intent.venue.mode
        self.symbol = intent.terms.symbol
        self.side = intent.terms.side
        self.strategy = intent.strategy
        self.tag = intent.tag
    }
}

/// One event of the journal as subscribers see it: the same however old it is.
package struct StreamedEvent: Sendable {
    package var sequence: UInt64
    package var time: WallTime
    package var kind: EventKind
    /// Such as "order_filled".
    package var name: String
    package var subject: EventSubject
    /// What the event alone makes of the order.
    package var status: OrderStatus?
    /// The order that came to be with the event.
    package var order: Order?
    package var fill: Fill?
    package var refusal: Refusal?
    /// All that the event says.
    package var values: [(name: String, value: String)]

    package init(
        sequence: UInt64,
        time: WallTime,
        kind: EventKind,
        name: String,
        subject: EventSubject,
        values: [(name: String, value: String)]
    ) {
        self.sequence = sequence
        self.time = time
        self.kind = kind
        self.name = name
        self.subject = subject
        self.values = values
    }
}

/// Which events a subscriber wants: of each set one of its members, all where it is empty.
package struct EventFilter: Hashable, Sendable {
    package var kinds: Set<EventKind>
    package var symbols: Set<Symbol>
    package var strategies: Set<String>
    package var tags: Set<String>

    package init(
        kinds: Set<EventKind> = [],
        symbols: Set<Symbol> = [],
        strategies: Set<String> = [],
        tags: Set<String> = []
    ) {
        self.kinds = kinds
        self.symbols = symbols
        self.strategies = strategies
        self.tags = tags
    }

    package func takes(_ kind: EventKind, _ subject: EventSubject) -> Bool {
        (self.kinds.isEmpty || self.kinds.contains(kind))
            && (self.symbols.isEmpty || subject.symbol.map(self.symbols.contains) ?? false)
            && (self.strategies.isEmpty || self.strategies.contains(subject.strategy))
            && (self.tags.isEmpty || self.tags.contains(subject.tag))
    }
}

/// What a call of Subscribe asks for.
package struct SubscriptionWish: Hashable, Sendable {
    /// The first event wanted; 0 for those that happen from now on.
    package var fromSequence: UInt64
    package var filter: EventFilter
    /// How long the stream may be silent.
    package var heartbeatMilliseconds: Int64

    package init(
        fromSequence: UInt64 = 0,
        filter: EventFilter = EventFilter(),
        heartbeatMilliseconds: Int64 = SubscriptionWish.heartbeatMillisecondsDefault
    ) {
        self.fromSequence = fromSequence
        self.filter = filter
        self.heartbeatMilliseconds = heartbeatMilliseconds
    }

    package static let heartbeatMillisecondsDefault: Int64 = 5_000
    package static let heartbeatMillisecondsRange: ClosedRange<Int64> = 100...60_000
}
