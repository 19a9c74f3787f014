/// What the account of the present mode holds.
public struct RemoteBalances: Hashable, Sendable, Encodable {
    /// The present one, such as `testnet`.
    public var mode: String
    /// Of every asset.
    public var balances: [RemoteBalance]
}

/// A page of fills, newest first.
public struct RemoteFills: Hashable, Sendable, Encodable {
    /// Perhaps none, though there are older ones.
    public var fills: [RemoteOrderFill]
    /// What the next page's ``FillFilter/before`` is; 0 where there is nothing older.
    public var nextBeforeSequence: UInt64
}

/// A trade and the order that made it.
public struct RemoteOrderFill: Hashable, Sendable, Encodable {
    /// Of the event; it never changes.
    public var sequence: UInt64
    /// The gateway's number of the order.
    public var orderID: UInt64
    /// By which the venue knows the order.
    public var clientOrderID: String
    /// Of the order, such as `testnet`.
    public var mode: String
    /// Such as `BTCUSDT`.
    public var symbol: String
    /// `BUY` or `SELL`.
    public var side: String
    /// Of the order; empty where its wish had none.
    public var strategy: String
    /// Of the order; empty where its wish had none.
    public var tag: String
    /// The trade itself.
    public var fill: RemoteFill
}
