/// How one strategy is set up, beside its limits; constant while the gateway runs.
package struct StrategySettings: Hashable, Sendable {
    /// How much its orders may place on any one venue in one day, by quote asset (B6).
    ///
    /// Where a strategy has caps, its orders in other quote assets may only reduce positions.
    package var dailyNotionalCaps: [Asset: Amount]?

    package init(dailyNotionalCaps: [Asset: Amount]? = nil) {
        self.dailyNotionalCaps = dailyNotionalCaps
    }
}
