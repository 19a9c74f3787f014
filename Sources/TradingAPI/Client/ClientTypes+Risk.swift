/// One value beside the limit on it.
package struct RemoteRiskGauge: Hashable, Sendable, Encodable {
    package var name: String
    /// Of which symbol, asset, caller or mode.
    package var scope: String
    /// Empty while it is switched off.
    package var limit: String
    /// Empty while it is not known.
    package var actual: String
    /// How much of the limit is used; empty where that cannot be said.
    package var share: String
}

/// What became of the account's money in one quote asset.
package struct RemoteRiskAccount: Hashable, Sendable, Encodable {
    package var mode: String
    package var asset: String
    package var dayStart: Int64
    package var startEquity: String
    package var equity: String
    package var loss: String
    package var highWater: String
    package var drawdown: String
    package var realizedProfit: String
    package var fees: [RemoteFee]
}

/// A limit on losses or failures that was broken, or a person's word to stop trading.
package struct RemoteBreach: Hashable, Sendable, Encodable {
    package var number: UInt64
    package var rule: String
    package var mode: String
    package var asset: String
    package var strategy: String
    package var limit: String
    package var actual: String
    package var message: String
    package var action: String
    package var time: Int64
    /// 0 until somebody acknowledged it.
    package var acknowledgedAt: Int64
    package var acknowledgedBy: String
    package var acknowledgementReason: String
}

/// What is held and done now, against the limits.
package struct RemoteRiskSummary: Hashable, Sendable, Encodable {
    package var mode: String
    package var isTradingDisabled: Bool
    /// Empty while the kill switch is released.
    package var killLevel: String
    package var killReason: String
    package var gauges: [RemoteRiskGauge]
    package var accounts: [RemoteRiskAccount]
    package var breaches: [RemoteBreach]
    package var notReadyReasons: [String]
    package var alerts: [RemoteAlert]
}

/// What the gate said of one order.
package struct RemoteDecision: Hashable, Sendable, Encodable {
    package var sequence: UInt64
    package var time: Int64
    package var orderID: UInt64
    /// `accepted`, `refused` or `simulated`.
    package var verdict: String
    package var mode: String
    package var symbol: String
    package var side: String
    package var quantity: String
    /// Empty for a market order.
    package var price: String
    package var principal: String
    package var tag: String
    package var refusal: RemoteRefusal?
}

/// A part of the decisions that were looked for.
package struct RemoteDecisions: Hashable, Sendable, Encodable {
    /// Newest first.
    package var decisions: [RemoteDecision]
    /// 0 where there is nothing older.
    package var nextBeforeSequence: UInt64
}
