/// What the account of the present mode holds.
package struct RemoteBalances: Hashable, Sendable, Encodable {
    package var mode: String
    package var balances: [RemoteBalance]
}

/// A page of fills, newest first.
package struct RemoteFills: Hashable, Sendable, Encodable {
    package var fills: [RemoteOrderFill]
    /// 0 where there is nothing older.
    package var nextBeforeSequence: UInt64
}

/// A trade and the order that made it.
package struct RemoteOrderFill: Hashable, Sendable, Encodable {
    package var sequence: UInt64
    package var orderID: UInt64
    package var clientOrderID: String
    package var mode: String
    package var symbol: String
    package var side: String
    package var strategy: String
    package var tag: String
    package var fill: RemoteFill
}
