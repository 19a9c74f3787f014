public import TradingCore

/// What an event is about; subscribers choose by it.
public enum EventKind: UInt8, Hashable, Sendable, CaseIterable {
    /// An order came to be, or its fate changed.
    case order = 1
    /// A trade of an order.
    case fill = 2
    /// An asset of the account came or went.
    case balance = 3
    /// The mode was changed.
    case mode = 4
    /// The kill switch was pulled or let go.
    case killSwitch = 5
    /// A limit on losses or failures was broken, or trading was let go on; the day's equity.
    case risk = 6
    /// A limit of the risk gate was changed.
    case limit = 7
    /// A token was made or revoked, or a one-time code was shown.
    case access = 8
    /// An exchange asked for a pause, or its account was first seen.
    case venue = 9
    /// The gateway started or stopped.
    case server = 10
    /// Something that a person should look at now; told as it happens, not kept.
    case alert = 11

    /// The name on the command line.
    public var name: String {
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
        case .alert: "alert"
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
public struct EventFilter: Hashable, Sendable {
    /// What the events are about.
    public var kinds: Set<EventKind>
    /// Of which symbols; events that are about none do not pass.
    public var symbols: Set<Symbol>
    /// Of orders with which strategy.
    public var strategies: Set<String>
    /// Of orders with which tag.
    public var tags: Set<String>

    /// Makes a filter; without arguments everything passes.
    ///
    /// - Parameters:
    ///   - kinds: What the events are about.
    ///   - symbols: Of which symbols.
    ///   - strategies: Of orders with which strategy.
    ///   - tags: Of orders with which tag.
    public init(
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

    /// Whether alerts pass, which are about no symbol, strategy or tag.
    package var takesAlerts: Bool {
        (self.kinds.isEmpty || self.kinds.contains(.alert)) && self.symbols.isEmpty
            && self.strategies.isEmpty && self.tags.isEmpty
    }

    package func takes(_ kind: EventKind, _ subject: EventSubject) -> Bool {
        (self.kinds.isEmpty || self.kinds.contains(kind))
            && (self.symbols.isEmpty || subject.symbol.map(self.symbols.contains) ?? false)
            && (self.strategies.isEmpty || self.strategies.contains(subject.strategy))
            && (self.tags.isEmpty || self.tags.contains(subject.tag))
    }
}

/// What a call of Subscribe asks for.
public struct SubscriptionWish: Hashable, Sendable {
    /// The first event wanted; 0 for those that happen from now on.
    public var fromSequence: UInt64
    /// Which of them.
    public var filter: EventFilter
    /// How long the stream may be silent, in milliseconds; see ``heartbeatMillisecondsRange``.
    public var heartbeatMilliseconds: Int64

    /// Makes a wish; without arguments for all that happens from now on.
    ///
    /// - Parameters:
    ///   - fromSequence: The first event wanted, however old; 0 for those from now on. A strategy
    ///     that keeps the last ``RemoteUpdate/sequence`` it has seen goes on with the next one.
    ///   - filter: Which of them.
    ///   - heartbeatMilliseconds: How long the stream may be silent.
    public init(
        fromSequence: UInt64 = 0,
        filter: EventFilter = EventFilter(),
        heartbeatMilliseconds: Int64 = SubscriptionWish.heartbeatMillisecondsDefault
    ) {
        self.fromSequence = fromSequence
        self.filter = filter
        self.heartbeatMilliseconds = heartbeatMilliseconds
    }

    /// How long the stream is silent at most where nothing else is asked for.
    public static let heartbeatMillisecondsDefault: Int64 = 5_000
    /// What can be asked for.
    public static let heartbeatMillisecondsRange: ClosedRange<Int64> = 100...60_000
}
