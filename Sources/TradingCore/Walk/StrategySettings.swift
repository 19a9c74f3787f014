/// How one strategy is set up, beside its limits; constant while the gateway runs.
package struct StrategySettings: Hashable, Sendable {
    /// How far it may go in a store that has no word about it yet; nil for as far as the
    /// installation.
    package var initialMode: TradingMode?
    /// How much its orders may place on any one venue in one day, by quote asset (B6).
    ///
    /// Where a strategy has caps, its orders in other quote assets may only reduce positions.
    package var dailyNotionalCaps: [Asset: Amount]?

    package init(initialMode: TradingMode? = nil, dailyNotionalCaps: [Asset: Amount]? = nil) {
        self.initialMode = initialMode
        self.dailyNotionalCaps = dailyNotionalCaps
    }
}
