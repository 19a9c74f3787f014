/// The mode and who set it.
public struct RemoteMode: Hashable, Sendable, Encodable {
    /// The installation's, such as `testnet`: no strategy's orders go further.
    public var mode: String
    /// Nanoseconds since 1970-01-01 UTC.
    public var since: Int64
    /// Who set it.
    public var changedBy: String
    /// Why.
    public var reason: String
    /// The last changes, newest first, those of strategies' modes included.
    public var history: [RemoteModeChange]
    /// By name, the strategies whose mode was ever set; others go as far as the installation.
    public var strategies: [RemoteStrategyMode]

    /// The mode that orders of a strategy are placed in, or of none.
    public func effective(of strategy: String) -> String {
        self.strategies.first { $0.strategy == strategy }?.effectiveMode ?? self.mode
    }
}

/// A change of the mode.
public struct RemoteModeChange: Hashable, Sendable, Encodable {
    /// To what it was changed.
    public var mode: String
    /// When, in nanoseconds since 1970-01-01 UTC.
    public var since: Int64
    /// Who did it.
    public var changedBy: String
    /// Why.
    public var reason: String
    /// Whose; empty for the installation's.
    public var strategy: String
}

/// How far the orders of a strategy may go, and go.
public struct RemoteStrategyMode: Hashable, Sendable, Encodable {
    /// Its name.
    public var strategy: String
    /// Its own.
    public var mode: String
    /// The lower of its own and the installation's: where its orders are placed.
    public var effectiveMode: String
    /// When it was set, in nanoseconds since 1970-01-01 UTC.
    public var since: Int64
    /// Who set it.
    public var changedBy: String
    /// Why.
    public var reason: String
}

/// What a change of a mode came to.
public struct ChangedMode: Hashable, Sendable, Encodable {
    /// What is set now.
    public var mode: String
    /// What was set before; empty where nothing was for the strategy.
    public var previousMode: String
    /// Where orders are placed now: the lower of the strategy's and the installation's.
    public var effectiveMode: String
}
