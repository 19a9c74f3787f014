public import TradingCore

/// What a client wants of a position; decimals are exact text, such as `0.5`.
public struct PositionWish: Hashable, Sendable {
    /// What is to become of it.
    public enum Goal: Hashable, Sendable {
        /// All that can be sold is sold.
        case close
        /// A share of it is sold: above 0, at most 1, such as `0.5`.
        case closeShare(String)
        /// Exactly so much of it is sold, in the base asset.
        case closeQuantity(String)
        /// It becomes this, in the base asset, 0 or more; open orders of ours count as filled.
        case adjust(to: String)
    }

    /// The pair as the venue spells it, such as `BTCUSDT`.
    public var symbol: String
    /// What is to become of its position.
    public var goal: Goal
    /// Names the order for at least seven days, as that of ``OrderWish/idempotencyKey``.
    public var idempotencyKey: String?
    /// The order is refused in any other mode.
    public var expectedMode: TradingMode?
    /// Carried along with the order, and told with its events.
    public var tag: String?
    /// Whose order it is; limits and filters go by it.
    public var strategy: String?

    /// Wants something of a position.
    ///
    /// - Parameters:
    ///   - symbol: The pair as the venue spells it.
    ///   - goal: What is to become of its position.
    public init(symbol: String, goal: Goal) {
        self.symbol = symbol
        self.goal = goal
    }
}

/// What became of a wish for a position: an order, or nothing.
public struct RemotePositionChange: Hashable, Sendable, Encodable {
    /// Nil where there was nothing to do.
    public var order: RemoteOrder?
    /// Whether the key named the order before.
    public var isRepeat: Bool
    /// Why there is no order; nil where there is one.
    public var nothingToDo: RemoteNothingToDo?
}

/// A position that is what it was to be.
public struct RemoteNothingToDo: Hashable, Sendable, Encodable {
    /// What is held, in the base asset.
    public var positionQuantity: String
    /// What open orders of ours would add to it, negative where they sell more than they buy.
    public var pendingQuantity: String
    /// In words.
    public var message: String
}

/// A session of cancel-on-disconnect, of whatever caller.
public struct RemoteCancelSession: Hashable, Sendable, Encodable {
    /// The caller's own name for it.
    public var session: String
    /// Whose it is, such as `token:momentum`.
    public var principal: String
    /// When it was first named, in nanoseconds since 1970-01-01 UTC.
    public var openedAt: Int64
    /// How long nobody may be there before its orders are cancelled.
    public var graceMilliseconds: UInt32
    /// How many connections named it and are there still.
    public var connectionCount: UInt32
    /// How much of the grace time is left, where it has no connection; else 0.
    public var graceLeftMilliseconds: UInt32
    /// Its open orders, which would be cancelled.
    public var orderIDs: [UInt64]
}

/// A session whose orders are cancelled when its connections are lost.
public struct RemoteSession: Hashable, Sendable, Encodable {
    /// Whether it was there before the call.
    ///
    /// False after a lost connection: the grace time was over, and its orders were cancelled.
    public var isResumed: Bool
    /// Its open orders.
    public var orderIDs: [UInt64]
}
