/// What a subscription tells: an event, or how far it has come.
public struct RemoteUpdate: Hashable, Sendable, Encodable {
    /// The event's; without one: all events up to it were told or did not pass the filter.
    public var sequence: UInt64
    /// Nanoseconds since 1970-01-01 UTC: when it happened; without an event: when it was sent.
    public var time: Int64
    /// Nil in a heartbeat and in an alert.
    public var event: RemoteEvent?
    /// Something that a person should look at, raised just now; then there is no event.
    ///
    /// It is told once, to whoever listens; what stands is in ``TradingClient/health()``.
    public var alert: RemoteAlert?
}

/// One event of the gateway's journal.
public struct RemoteEvent: Hashable, Sendable, Encodable {
    /// Such as "order" or "fill"; empty for one that this program does not know.
    public var kind: String
    /// Such as "order_filled".
    public var name: String
    /// 0 where it is about no order; so are the next six.
    public var orderID: UInt64
    /// By which the venue knows the order.
    public var clientOrderID: String
    /// Of the order, or that the event is about.
    public var mode: String
    /// Of the order, or that the event is about.
    public var symbol: String
    /// `BUY` or `SELL`.
    public var side: String
    /// Of the order, or that the event is about.
    public var strategy: String
    /// Of the order.
    public var tag: String
    /// What the event alone makes of the order; empty where that takes more to know.
    public var status: String
    /// Where an order came to be: all of it, as it was then.
    public var order: RemoteOrder?
    /// The trade, where the event is one.
    public var fill: RemoteFill?
    /// Why an order was refused, or waits for a person.
    public var refusal: RemoteRefusal?
    /// All that the event says, in words.
    public var values: [RemoteValue]
}

/// A named value of an event.
public struct RemoteValue: Hashable, Sendable, Encodable {
    /// Stable.
    public var name: String
    /// As text.
    public var value: String
}
