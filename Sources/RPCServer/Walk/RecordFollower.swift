import TradingCore

/// Whoever follows what the walk writes; called on the gateway loop, after a batch's effects.
protocol RecordFollower: AnyObject {
    /// A record was written, which need not be on disk yet.
    ///
    /// - Parameters:
    ///   - events: All of it, in order; those of the next call follow without a gap.
    ///   - time: The record's.
    ///   - closed: The orders that it finished: the store holds them now.
    func recorded(_ events: [Event], at time: WallTime, closing closed: [OrderID])

    /// All that was recorded is on disk.
    func synced()

    /// A person should look at something, which need not be recorded.
    func alerted(_ alert: Alert, at time: WallTime)

    /// What is recorded from now on is not written any more.
    func abandoned()
}
