/// Losses and failures of the account that new orders are judged by, for people.
package struct RiskView: Hashable, Sendable {
    package var mode: TradingMode
    /// Whether a breach holds back all orders that do not only reduce.
    package var isTradingDisabled: Bool
    /// Oldest first; see ``BreachList``.
    package var breaches: [RiskBreach]
    /// Orders in a row that failed.
    package var failureCount: Int
    /// By quote asset.
    package var accounts: [Account]

    /// What became of the account's money in one quote asset.
    package struct Account: Hashable, Sendable {
        package var venue: VenueID
        package var asset: Asset
        /// When the day began, by the venue's clock.
        package var dayStart: WallTime
        package var startEquity: Amount
        /// Nil while a price is missing.
        package var equity: Amount?
        /// What the day lost so far, fees included.
        ///
        /// Negative where it won, nil while it is not known.
        package var loss: Amount?
        package var highWater: Amount?
        package var drawdownMillionths: Int64?
        /// Of what was closed in the day, before fees.
        package var realizedProfit: Notional
        /// Paid in the day, by asset.
        package var fees: [Position.Fee]
    }
}
