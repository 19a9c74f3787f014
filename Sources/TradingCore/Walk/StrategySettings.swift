/// How one strategy is set up, beside its limits; constant while the gateway runs.
package struct StrategySettings: Hashable, Sendable {
    /// How far it may go in a store that has no word about it yet; nil for as far as the
    /// installation.
    package var initialMode: TradingMode?

    package init(initialMode: TradingMode? = nil) {
        self.initialMode = initialMode
    }
}
