/// What is to be traded, and how.
package struct OrderTerms: Hashable, Sendable {
    package var symbol: Symbol
    package var side: Side
    package var type: OrderType
    /// In the base asset; above zero.
    ///
    /// For an order by quote quantity what that comes to at most, as far as it is known: zero as
    /// long as it is not.
    package var quantity: Quantity
    /// How much of the quote asset a market order spends or brings, where its caller says that in
    /// the place of a quantity; the venue makes a quantity of it.
    package var quoteQuantity: Amount?

    package init(
        symbol: Symbol,
        side: Side,
        type: OrderType,
        quantity: Quantity,
        quoteQuantity: Amount? = nil
    ) {
        self.symbol = symbol
        self.side = side
        self.type = type
        self.quantity = quantity
        self.quoteQuantity = quoteQuantity
    }
}

/// Who asks; idempotency keys belong to a principal, whatever token it shows (M2).
package struct Principal: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) { self.name = name }

    package var description: String { self.name }
}

/// The caller's name for one order: the same key twice is one order (M2).
package struct IdempotencyKey: Hashable, Sendable {
    package let principal: Principal
    package let text: String

    package init(principal: Principal, text: String) {
        self.principal = principal
        self.text = text
    }
}

/// Why an order is placed.
package enum OrderPurpose: UInt8, Hashable, Sendable, CaseIterable {
    /// A client asked for it.
    case client = 1
    /// The kill switch closes a position with it (K4).
    case flatten = 2
    /// It is an exit that was attached to an entry.
    case exit = 3
}

/// A client's wish for an order, as it came through the door.
package struct OrderRequest: Hashable, Sendable {
    package var terms: OrderTerms
    package var principal: Principal
    /// Nil where the caller gave none.
    package var key: IdempotencyKey?
    /// The order is refused when the gateway is in another mode.
    package var expectedMode: TradingMode?
    /// Carried through for the caller; empty where not given.
    package var tag: String
    /// The strategy that it belongs to, whose limits bind it too; empty where not given.
    package var strategy: String
    /// What was asked for, where the risk gate made it smaller.
    package var originalQuantity: Quantity?
    /// The order is placed once more, as a new one, where its absence at the venue is proven (S3).
    package var resubmitsIfAbsent: Bool
    /// The order in whose place this one is; nil for a client's own.
    package var predecessor: OrderID?
    /// What it is to make of a position; nil for an order of its own.
    package var goal: PositionGoal?
    /// Over which it came; 0 for none.
    package var connection: UInt64
    /// The caller's session that it belongs to, where that is known already.
    package var session: String
    /// What closes it again; nil where nothing does.
    package var exits: ExitTerms?

    package init(
        terms: OrderTerms,
        principal: Principal,
        key: IdempotencyKey? = nil,
        expectedMode: TradingMode? = nil,
        tag: String = "",
        strategy: String = "",
        resubmitsIfAbsent: Bool = false,
        predecessor: OrderID? = nil,
        exits: ExitTerms? = nil
    ) {
        self.terms = terms
        self.principal = principal
        self.key = key
        self.expectedMode = expectedMode
        self.tag = tag
        self.strategy = strategy
        self.originalQuantity = nil
        self.resubmitsIfAbsent = resubmitsIfAbsent
        self.predecessor = predecessor
        self.goal = nil
        self.connection = 0
        self.session = ""
        self.exits = exits
    }
}

/// An order that passed the risk gate, with everything its request will carry (S1).
///
/// It is journaled before a byte leaves, and signed with exactly these values whenever it does.
package struct OrderIntent: Hashable, Sendable {
    package var orderID: OrderID
    package var clientOrderID: ClientOrderID
    /// The venue whose order this is, for life (M1).
    package var venue: VenueID
    package var terms: OrderTerms
    /// What the symbol's quantity is counted in.
    package var baseAsset: Asset
    /// What the symbol's price is counted in.
    package var quoteAsset: Asset
    /// The request's `timestamp`, in the venue's clock.
    package var timestamp: WallTime
    /// The request's `recvWindow`; past it the venue refuses and we do not send.
    package var receiveWindowMilliseconds: Int64
    /// The price at which the order's balance is reserved: its limit, or its worst.
    package var reservePrice: Price
    package var principal: Principal
    package var key: IdempotencyKey?
    package var tag: String
    package var purpose: OrderPurpose
    /// Whether it is placed once more where its absence is proven (S3).
    package var resubmitsIfAbsent: Bool
    /// The order in whose place this one is.
    package var predecessor: OrderID?
    /// The best price that the order could trade at when it was decided, or the price that it
    /// waits for; zero where unknown.
    package var referencePrice: Price
    /// The strategy that it belongs to; empty where it names none.
    package var strategy: String
    /// What was asked for, where the risk gate made it smaller.
    package var originalQuantity: Quantity?
    /// What its caller wanted of a position; nil for an order of its own.
    package var goal: PositionGoal?
    /// The caller's session over whose connection it was placed; empty for none.
    package var session: String
    /// What closes it again; nil where nothing does.
    package var exits: ExitTerms?
    /// The order whose fills it closes, where it is an exit.
    package var entry: OrderID?

    package init(
        orderID: OrderID,
        clientOrderID: ClientOrderID,
        venue: VenueID,
        terms: OrderTerms,
        baseAsset: Asset,
        quoteAsset: Asset,
        timestamp: WallTime,
        receiveWindowMilliseconds: Int64,
        reservePrice: Price,
        principal: Principal,
        key: IdempotencyKey?,
        tag: String,
        purpose: OrderPurpose = .client,
        resubmitsIfAbsent: Bool = false,
        predecessor: OrderID? = nil,
        referencePrice: Price = .zero,
        strategy: String = "",
        originalQuantity: Quantity? = nil,
        goal: PositionGoal? = nil,
        session: String = "",
        exits: ExitTerms? = nil,
        entry: OrderID? = nil
    ) {
        self.orderID = orderID
        self.clientOrderID = clientOrderID
        self.venue = venue
        self.terms = terms
        self.baseAsset = baseAsset
        self.quoteAsset = quoteAsset
        self.timestamp = timestamp
        self.receiveWindowMilliseconds = receiveWindowMilliseconds
        self.reservePrice = reservePrice
        self.principal = principal
        self.key = key
        self.tag = tag
        self.purpose = purpose
        self.resubmitsIfAbsent = resubmitsIfAbsent
        self.predecessor = predecessor
        self.referencePrice = referencePrice
        self.strategy = strategy
        self.originalQuantity = originalQuantity
        self.goal = goal
        self.session = session
        self.exits = exits
        self.entry = entry
    }

    /// What was asked for.
    package var askedTerms: OrderTerms {
        var terms = self.terms
        if let quantity = self.originalQuantity { terms.quantity = quantity }
        if terms.quoteQuantity != nil { terms.quantity = .zero }
        return terms
    }

    /// When the venue stops taking the request, in the venue's clock.
    package var windowEnd: WallTime {
        self.timestamp.adding(milliseconds: self.receiveWindowMilliseconds)
    }
}
