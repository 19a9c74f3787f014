import TradingCore

extension RawSettings {
    /// Reads how single strategies are set up, beside their limits (B6).
    mutating func strategies() -> [String: StrategySettings] {
        var strategies: [String: StrategySettings] = [:]
        for name in self.names(below: "strategies") {
            var settings = StrategySettings()
            settings.initialMode = self.optional(
                "strategies.\(name).mode",
                expected: Self.modeExpected,
                parse: TradingMode.init(name:)
            )
            settings.dailyNotionalCaps = self.dailyNotionalCap("strategies.\(name)")
            strategies[name] = settings
        }
        return strategies
    }
}
