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
        limits.unknownBlocks = self.flag("limits.unknown_blocks", default: limits.unknownBlocks)
        self.read(&limits.circuit)
        self.read(&limits.rejects)
    }

    /// Reads how far the account may be from the ledger: items such as `USDT=5`, `*=0`.
    mutating func balanceTolerance() -> BalanceTolerance {
        var tolerance = BalanceTolerance()
        guard let listed = self.take("reconciliation.tolerance") else { return tolerance }
        for item in listed.items {
            let parts = item.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let amount = try? Amount(String(parts[1])), amount >= .zero
            else {
                self.report(
                    listed.place,
                    "reconciliation.tolerance: expected ASSET=AMOUNT or *=AMOUNT, found "
                        + "\"\(item)\""
                )
                continue
            }
            if parts[0] == "*" {
                tolerance.others = amount
            } else {
                tolerance.byAsset[Asset(String(parts[0]))] = amount
            }
        }
        return tolerance
    }

    /// Reads what becomes of orders that were unfinished at the end of the last process.
    mutating func restartPolicy() -> RestartPolicy {
        let names = RestartPolicy.allCases.map(\.name).joined(separator: ", ")
        let policy = self.value(
            "restart_policy",
            default: RestartPolicy.resume,
            expected: "one of \(names)"
        ) { text in
            RestartPolicy.allCases.first { $0.name == text }
        }
        return policy ?? .resume
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
