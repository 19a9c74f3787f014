import TradingCore

extension RawSettings {
    /// Reads how single strategies are set up, beside their limits (B6).
    mutating func strategies() -> [String: StrategySettings] {
        var strategies: [String: StrategySettings] = [:]
        for name in self.names(below: "strategies") {
            var settings = StrategySettings()
            settings.initialMode = self.optionalMode("strategies.\(name).mode")
            settings.dailyNotionalCaps = self.dailyNotionalCap("strategies.\(name)")
            strategies[name] = settings
        }
        return strategies
    }

    private mutating func optionalMode(_ name: String) -> TradingMode? {
        let names = TradingMode.allCases.map(\.name).joined(separator: ", ")
        let mode = self.value(
            name,
            default: TradingMode??.some(nil),
            expected: "one of \(names)"
        ) { text in
            TradingMode(name: text).map(Optional.some)
        }
        return mode ?? nil
    }
}
