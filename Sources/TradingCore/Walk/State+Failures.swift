extension State {
    /// Counts an order that failed, or begins to count anew after one that did not.
    ///
    /// An order that a process before this one left behind says nothing about the venue; nor does
    /// one that the engaged kill switch kept from being sent.
    mutating func countFailure(
        of intent: OrderIntent,
        _ before: OrderWeight,
        _ after: OrderWeight
    ) {
        let venue = intent.venue
        switch (before.status, after.status) {
        case (.submitting, .rejected), (.submitting, .unknown), (.submitting, .notPlaced):
            guard intent.clientOrderID.text.contains("-\(self.epoch)-"), !after.cameTooLate,
                after.status != .notPlaced || !self.killSwitch.isEngaged
            else { return }
            self.failureCounts[venue, default: 0] += 1
        case (.submitting, .open), (.submitting, .partiallyFilled), (.submitting, .filled),
            (.submitting, .canceled), (.submitting, .expired):
            self.failureCounts[venue] = nil
        default:
            break
        }
    }

    /// A breach for failures that a person has seen begins to count anew.
    mutating func acknowledge(
        _ number: UInt64,
        _ acknowledgement: RiskBreach.Acknowledgement
    ) {
        guard let breach = self.breaches.acknowledge(number, acknowledgement) else { return }
        if breach.rule == .consecutiveFailures { self.failureCounts[breach.venue] = nil }
        guard let asset = breach.asset else { return }
        guard breach.strategy.isEmpty else {
            self.strategies[breach.venue]?.acknowledge(breach.rule, of: breach.strategy, in: asset)
            return
        }
        self.equities[breach.venue]?[asset]?.acknowledge(breach.rule)
    }
}
