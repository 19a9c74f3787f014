/// What a subscription tells: an event, or how far it has come.
package struct RemoteUpdate: Hashable, Sendable, Encodable {
    /// The event's; without one: all events up to it were told or did not pass the filter.
    package var sequence: UInt64
    /// Nanoseconds since 1970-01-01 UTC: when it happened; without an event: when it was sent.
    package var time: Int64
    /// Nil in a heartbeat.
    package var event: RemoteEvent?
}

/// One event of the gateway's journal.
package struct RemoteEvent: Hashable, Sendable, Encodable {
    /// Such as "order" or "fill"; empty for one that this program does not know.
    package var kind: String
    /// Such as "order_filled".
    package var name: String
    /// 0 where it is about no order; so are the next six.
    package var orderID: UInt64
    package var clientOrderID: String
    package var mode: String
    package var symbol: String
    package var side: String
    package var strategy: String
    package var tag: String
    /// What the event alone makes of the order; empty where that takes more to know.
    package var status: String
    /// Where an order came to be: all of it, as it was then.
    package var order: RemoteOrder?
    package var fill: RemoteFill?
    package var refusal: RemoteRefusal?
    /// All that the event says, in words.
    package var values: [RemoteValue]
}

/// A named value of an event.
package struct RemoteValue: Hashable, Sendable, Encodable {
    package var name: String
    package var value: String
}
