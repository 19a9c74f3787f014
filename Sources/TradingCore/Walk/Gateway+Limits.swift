extension Gateway {
    /// Tells the limits, or changes some of them, for the next order on.
    mutating func decideLimits(
        _ request: Request,
        _ token: RequestToken,
        into batch: inout OpenBatch
    ) {
        var steps: [LimitStep] = []
        if case .setLimits(let wish) = request {
            let plan = LimitPlan(
                configured: self.configuredLimits,
                changes: self.state.limitChanges
            )
            switch plan.steps(wish) {
            case .failure(let refusal):
                batch.perform(.reply(token, .refused(refusal)))
                return
            case .success(let planned): steps = planned
            }
            for step in steps {
                let change = LimitChange(
                    key: step.key,
                    setting: step.setting,
                    previous: step.old,
                    principal: wish.principal,
                    reason: wish.reason,
                    at: batch.instant.wall
                )
                self.record(.limitChanged(change), into: &batch)
            }
            self.adoptLimits()
        }
        let view = self.limitsView(steps)
        batch.perform(.reply(token, .limits(view)), afterAllEarlierEvents: true)
    }

    /// Makes what the journal says of limits what the gate goes by.
    mutating func adoptLimits() {
        let limits = self.configuredLimits.applying(self.state.limitChanges)
        self.settings.limits = limits
        self.strategyDesk.adopt(limits)
        if let rate = limits.orderRate { self.orderTimes.adopt(rate) }
        for name in limits.byStrategy.keys {
            self.strategyTimes.adopt(limits.orderRate(of: name), of: Principal(name))
        }
        for venue in self.settings.exchanges {
            self.withSession(venue) { session in
                session.care.circuit.adopt(limits.circuit)
                session.care.rejects.adopt(limits.rejects)
            }
        }
    }

    private func limitsView(_ steps: [LimitStep]) -> LimitsView {
        let symbols = self.configuredLimits.allowedSymbols
        let strategies = Set(self.configuredLimits.byStrategy.keys)
            .union(self.settings.limits.byStrategy.keys)
        let present = LimitTable.keys(for: symbols, strategies: Array(strategies))
        // What was changed for a symbol that is not traded any more still waits for it.
        let absent = self.state.limitChanges.keys.filter { !present.contains($0) }.sorted()
        let limits = (present + absent).map { key in
            LimitsView.Limit(
                key: key,
                value: self.settings.limits.value(of: key),
                configured: self.configuredLimits.value(of: key),
                change: self.state.limitChanges[key],
                expected: LimitTable.row(of: key)?.expected ?? "unknown to this program"
            )
        }
        return LimitsView(limits: limits, steps: steps)
    }
}
