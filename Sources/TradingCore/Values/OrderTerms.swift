/// Which way an order trades.
public enum Side: UInt8, Hashable, Sendable, CaseIterable {
    /// Pays quote, receives base.
    case buy = 1
    /// Pays base, receives quote.
    case sell = 2

    /// The venue's word, such as `BUY`.
    @inlinable
    public var name: String { self == .buy ? "BUY" : "SELL" }

    /// The other side.
    @inlinable
    public var opposite: Side { self == .buy ? .sell : .buy }
}

/// How long an order stays.
public enum TimeInForce: UInt8, Hashable, Sendable, CaseIterable {
    /// Until filled or cancelled.
    case goodTillCanceled = 1
    /// Fills what it can at once; the rest expires.
    case immediateOrCancel = 2
    /// Fills wholly at once or expires without a trade.
    case fillOrKill = 3

    /// The venue's abbreviation, such as `GTC`.
    @inlinable
    public var name: String {
        switch self {
        case .goodTillCanceled: "GTC"
        case .immediateOrCancel: "IOC"
        case .fillOrKill: "FOK"
        }
    }
}
