/// Everything that can make the gateway decide something.
package enum Input: Hashable, Sendable {
    /// A client's call; past its deadline nothing new is begun for it.
    case request(RequestToken, Request, deadline: MonotonicTime?)
    case venue(VenueID, VenueInput)
    /// Something was found out about the journal.
    case journal(JournalCondition)
    /// A caller's connection is gone; its number is never used again by this process.
    case connectionClosed(UInt64)
    /// Time has passed; see ``Gateway/nextWake``.
    case wake
}

/// What a client can ask for.
package enum Request: Hashable, Sendable {
    case placeOrder(OrderRequest)
    case position(PositionRequest)
    case cancelOnDisconnect(SessionWish)
    /// All sessions of cancel-on-disconnect.
    case sessions
    case cancel(OrderID)
    case cancelAll(Symbol?)
    case amend(AmendRequest)
    case order(OrderID)
    case orders(OrderFilter)
    /// What a mode's account holds, the installation's where none is named.
    case positions(TradingMode?)
    case mode
    case setMode(ModeWish)
    case killStatus
    case killEngage(KillLevel, Principal, reason: String)
    case killRelease(Principal, reason: String, KillRelease)
    case health
    case resolve(ResolveRequest)
    /// Losses, failures and breaches.
    case risk
    /// Trading goes on after the breach of that number; after all of them where it is nil.
    case acknowledgeBreach(UInt64?, Principal, reason: String)
    /// New orders of a strategy, or all where it is empty, are refused unless they only reduce.
    case disableTrading(strategy: String, Principal, reason: String)
    case limits
    case setLimits(LimitsWish)
    case tokens(TokenRequest)
    /// Everything that is limited, for the principal that asks.
    case riskSummary(Principal)
    /// The held orders.
    case approvals
    case approve(ApprovalRequest)
    case deny(OrderID, Principal, reason: String)
}

/// A person's word that a held order may go.
package struct ApprovalRequest: Hashable, Sendable {
    package var orderID: OrderID
    package var principal: Principal
    package var code: ShownCode

    package init(orderID: OrderID, principal: Principal, code: ShownCode) {
        self.orderID = orderID
        self.principal = principal
        self.code = code
    }
}

/// A person's word on an order whose fate could not be found out.
package struct ResolveRequest: Hashable, Sendable {
    package var orderID: OrderID
    package var resolution: Resolution
    package var principal: Principal
    /// Why the person believes it; recorded.
    package var reason: String

    package init(
        orderID: OrderID,
        resolution: Resolution,
        principal: Principal,
        reason: String
    ) {
        self.orderID = orderID
        self.resolution = resolution
        self.principal = principal
        self.reason = reason
    }
}

/// Which orders a listing shows: newest first.
package struct OrderFilter: Hashable, Sendable {
    package var includesClosed: Bool
    package var symbol: Symbol?
    package var countMax: Int
    /// Older orders only.
    package var before: OrderID?

    package init(includesClosed: Bool, symbol: Symbol?, countMax: Int, before: OrderID?) {
        self.includesClosed = includesClosed
        self.symbol = symbol
        self.countMax = countMax
        self.before = before
    }
}

/// How the kill switch is to be released.
package struct KillRelease: Hashable, Sendable {
    /// Releases it whatever engaged it.
    package var isForced: Bool
    /// What outside of the gateway still asks for it, in words.
    package var causes: [String]
    /// Wanted where the configuration says so.
    package var code: ShownCode

    package init(isForced: Bool = false, causes: [String] = [], code: ShownCode = .none) {
        self.isForced = isForced
        self.causes = causes
        self.code = code
    }
}

/// What becomes of open orders when their mode is left (M1).
public enum OpenOrdersPolicy: UInt8, Hashable, Sendable {
    /// The change is refused while there are any.
    case refuse = 1
    /// They are cancelled.
    case cancel = 2
    /// They live on at their venue.
    case keep = 3
}

extension Request {
    /// Whether the answer names the placements that are on the wire.
    package var asksForTheWire: Bool {
        switch self {
        case .killEngage, .killStatus: true
        default: false
        }
    }
}

/// What an input needs from the disk, so that deciding needs no I/O (J6).
package struct Needs: Hashable, Sendable {
    /// The key whose holder is asked for.
    package var key: IdempotencyKey?
    /// Finished orders that the input speaks of.
    package var orders: [OrderID] = []
    /// A page of finished orders.
    package var history: OrderFilter?

    package init() {}

    package var isEmpty: Bool {
        self.key == nil && self.orders.isEmpty && self.history == nil
    }
}

/// What was found on the disk for an input's ``Needs``.
package struct Fetched: Hashable, Sendable {
    /// The order that holds the key.
    package var keyHolder: Order?
    package var orders: [OrderID: Order] = [:]
    /// Newest first.
    package var history: [Order] = []
    /// The placements that are on the wire, where the input asks for them (K1); nil where nobody
    /// looked.
    package var onTheWire: Set<OrderID>?

    package init() {}
}
