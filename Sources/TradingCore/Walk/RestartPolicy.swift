/// What becomes of orders that were unfinished when the process ended.
package enum RestartPolicy: UInt8, Hashable, Sendable, CaseIterable {
    /// They live on; new orders pass once everything is reconciled.
    case resume = 1
    /// They are cancelled; new orders pass once everything is reconciled.
    case cancel = 2
    /// They live on, and nothing new passes until a person releases the kill switch.
    case halt = 3

    /// The name in the configuration.
    package var name: String {
        switch self {
        case .resume: "resume"
        case .cancel: "cancel"
        case .halt: "halt"
        }
    }
}

extension Gateway {
    /// Treats what was unfinished at the end of the last process as the policy says.
    mutating func applyRestartPolicy(into batch: inout OpenBatch) {
        let unfinished = self.state.ordersByAge.filter { order in
            order.intent.venue.isExchange && order.isAtVenue
        }
        let isUnfinished = !unfinished.isEmpty || !self.state.heldOrders.isEmpty
        guard isUnfinished, !self.state.killSwitch.isEngaged else { return }
        switch self.settings.restartPolicy {
        case .resume: return
        case .cancel:
            _ = self.dismissHeld("canceled by the restart policy", into: &batch)
            // What protects a position stays: it would be placed again.
            for order in unfinished
            where order.pendingCancel == nil && order.intent.purpose != .exit {
                let cancelID = ClientOrderIDScheme.cancelName(of: order.intent.clientOrderID)
                self.record(.cancelRequested(order.orderID, cancelID), into: &batch)
                // It leaves when the walk begins: the venue is not connected yet.
                self.chases[order.orderID]?.cancelAt = batch.instant.monotonic
            }
        case .halt:
            let count = unfinished.count + self.state.heldOrders.count
            let reason = "restart policy: \(count) orders were unfinished at the start"
            batch.performAtOnce(.alert(Alert(.haltedAtStart, reason)))
            let killSwitch = KillSwitch(
                level: .block,
                principal: Principal("gateway"),
                reason: reason,
                since: batch.instant.wall
            )
            self.engage(killSwitch, into: &batch)
        }
    }
}
