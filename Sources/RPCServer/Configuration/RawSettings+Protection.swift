import TradingCore

extension RawSettings {
    /// Reads what keeps new orders from a venue that is not fit for them.
    mutating func protect(_ limits: inout RiskLimits) {
        limits.quoteAgeMaxMilliseconds = self.milliseconds(
            "limits.quote_age_ms_max",
            default: limits.quoteAgeMaxMilliseconds,
            in: 100...3_600_000
        )
        limits.clockSkewMaxMilliseconds = self.milliseconds(
            "limits.clock_skew_ms_max",
            default: limits.clockSkewMaxMilliseconds,
            in: 10...86_400_000
        )
        self.read(&limits.circuit)
        self.read(&limits.rejects)
    }

    private mutating func read(_ circuit: inout CircuitBreaker.Settings) {
        circuit.failuresMax = self.count(
            "breakers.circuit_failures_max",
            default: circuit.failuresMax,
            in: 1...1_000
        )
        circuit.openMilliseconds = self.milliseconds(
            "breakers.circuit_open_ms",
            default: circuit.openMilliseconds,
            in: 10...3_600_000
        )
        circuit.openMillisecondsMax = max(
            circuit.openMilliseconds,
            self.milliseconds(
                "breakers.circuit_open_ms_max",
                default: circuit.openMillisecondsMax,
                in: 10...3_600_000
            )
        )
    }

    private mutating func read(_ rejects: inout RejectBreaker.Settings) {
        rejects.rejectsMax = self.count(
            "breakers.rejects_max",
            default: rejects.rejectsMax,
            in: 1...1_000
        )
        rejects.periodMilliseconds = self.milliseconds(
            "breakers.rejects_period_ms",
            default: rejects.periodMilliseconds,
            in: 100...3_600_000
        )
        rejects.coolDownMilliseconds = self.milliseconds(
            "breakers.rejects_cool_down_ms",
            default: rejects.coolDownMilliseconds,
            in: 10...86_400_000
        )
    }
}
