import TradingCore

extension RawSettings {
    /// Reads how single strategies are set up, beside their limits (B6).
    mutating func strategies() -> [String: StrategySettings] {
        var strategies: [String: StrategySettings] = [:]
        for name in self.names(below: "strategies") {
            var settings = StrategySettings()
            settings.dailyNotionalCaps = self.dailyNotionalCap("strategies.\(name)")
            strategies[name] = settings
        }
        return strategies
    }
}
