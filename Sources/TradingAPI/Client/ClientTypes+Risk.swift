/// One value beside the limit on it.
public struct RemoteRiskGauge: Hashable, Sendable, Encodable {
    /// The limit's, such as `position_notional_max`; stable.
    public var name: String
    /// Of which symbol, asset, caller or mode.
    public var scope: String
    /// Empty while it is switched off.
    public var limit: String
    /// Empty while it is not known.
    public var actual: String
    /// How much of the limit is used; empty where that cannot be said.
    public var share: String
}

/// What became of the account's money in one quote asset; texts are empty where nothing is known.
public struct RemoteRiskAccount: Hashable, Sendable, Encodable {
    /// Whose venue it is, such as `testnet`.
    public var mode: String
    /// Such as `USDT`; all amounts here but fees are in it.
    public var asset: String
    /// When the day began by the venue's clock, in nanoseconds since 1970-01-01 UTC.
    public var dayStart: Int64
    /// What everything was worth then.
    public var startEquity: String
    /// What everything is worth now; empty while a price is missing.
    public var equity: String
    /// What the day lost so far, fees included; negative where it won.
    public var loss: String
    /// The most that everything was ever worth.
    public var highWater: String
    /// How far below that it is now, as a share of it.
    public var drawdown: String
    /// Of what was closed in the day, before fees.
    public var realizedProfit: String
    /// Paid in the day, by asset.
    public var fees: [RemoteFee]
}

/// A limit on losses or failures that was broken, or a person's word to stop trading.
public struct RemoteBreach: Hashable, Sendable, Encodable {
    /// Counted from 1; what ``TradingClient/acknowledgeBreach(_:reason:)`` takes.
    public var number: UInt64
    /// The rule's name, such as `daily_loss`; stable.
    public var rule: String
    /// Whose trading broke it; empty where that does not matter.
    public var mode: String
    /// Where the limit is about money; else empty.
    public var asset: String
    /// Empty where it stops all strategies.
    public var strategy: String
    /// What the rule allows.
    public var limit: String
    /// What was found.
    public var actual: String
    /// In words.
    public var message: String
    /// `disable`, `kill_block`, `kill_cancel` or `kill_flatten`.
    public var action: String
    /// When, in nanoseconds since 1970-01-01 UTC.
    public var time: Int64
    /// Nanoseconds since 1970-01-01 UTC; 0 until somebody acknowledged it.
    public var acknowledgedAt: Int64
    /// Who did; empty until then.
    public var acknowledgedBy: String
    /// Why; empty until then.
    public var acknowledgementReason: String
}

/// What is held and done now, against the limits.
public struct RemoteRiskSummary: Hashable, Sendable, Encodable {
    /// How far orders go, such as `testnet`.
    public var mode: String
    /// Whether a breach holds back all orders that do not only reduce.
    public var isTradingDisabled: Bool
    /// Empty while the kill switch is released.
    public var killLevel: String
    /// Why it was pulled; empty while it is released.
    public var killReason: String
    /// Each limit with what it bounds.
    public var gauges: [RemoteRiskGauge]
    /// By quote asset.
    public var accounts: [RemoteRiskAccount]
    /// Those that nobody has acknowledged, oldest first.
    public var breaches: [RemoteBreach]
    /// Every reason why new orders are not taken, in words; empty where they are.
    public var notReadyReasons: [String]
    /// What a person should look at now.
    public var alerts: [RemoteAlert]
}

/// What the gate said of one order.
public struct RemoteDecision: Hashable, Sendable, Encodable {
    /// Of the event; it never changes.
    public var sequence: UInt64
    /// When, in nanoseconds since 1970-01-01 UTC.
    public var time: Int64
    /// The gateway's number of the order.
    public var orderID: UInt64
    /// `accepted`, `refused` or `simulated`.
    public var verdict: String
    /// Of the order, such as `testnet`.
    public var mode: String
    /// Such as `BTCUSDT`.
    public var symbol: String
    /// `BUY` or `SELL`.
    public var side: String
    /// In the base asset.
    public var quantity: String
    /// Empty for a market order.
    public var price: String
    /// Who placed it.
    public var principal: String
    /// As its wish had it.
    public var tag: String
    /// Where it was refused: the rule, the limit and the value that decided it.
    public var refusal: RemoteRefusal?
}

/// A part of the decisions that were looked for.
public struct RemoteDecisions: Hashable, Sendable, Encodable {
    /// Newest first; perhaps none, though there are older ones.
    public var decisions: [RemoteDecision]
    /// What the next page's ``DecisionFilter/before`` is; 0 where there is nothing older.
    public var nextBeforeSequence: UInt64
}
