import Logging
import TradingCore

/// Tells people what the journal holds of interest to them; ordinary orders are for the journal.
struct EventLog {
    let log: Logger

    func note(_ events: [Event]) {
        for event in events { self.note(event) }
    }

    /// A person should look at it now.
    func note(_ alert: Alert) {
        self.log.critical(
            "\(alert.message)",
            metadata: ["alert": "\(alert.kind.rawValue)"]
        )
    }

    private static func metadata(of record: ModeRecord) -> Logger.Metadata {
        [
            "mode": "\(record.mode.name)", "by": "\(record.principal)",
            "reason": "\(record.reason)",
        ]
    }

    private func note(_ event: Event) {
        switch event {
        case .modeChanged(let record):
            self.log.notice("mode changed", metadata: Self.metadata(of: record))
        case .strategyModeChanged(let record):
            var metadata = Self.metadata(of: record)
            metadata["strategy"] = "\(record.strategy)"
            self.log.notice("mode of a strategy changed", metadata: metadata)
        case .killChanged(let state):
            self.log.warning(
                "kill switch changed",
                metadata: [
                    "level": "\(state.level?.name ?? "released")", "by": "\(state.principal)",
                    "reason": "\(state.reason)",
                ]
            )
        case .balanceMoved(let venue, let asset, let delta, isOpening: false):
            self.log.warning(
                "balance moved by others",
                metadata: [
                    "venue": "\(venue.mode.name)", "asset": "\(asset)", "delta": "\(delta)",
                ]
            )
        case .orderChanged(let orderID, .outcomeUnknown(let reason)):
            self.log.warning(
                "outcome unknown",
                metadata: ["order": "\(orderID)", "reason": "\(reason)"]
            )
        case .orderChanged(let orderID, .needsOperator(let reason)):
            self.log.error(
                "needs an operator",
                metadata: ["order": "\(orderID)", "reason": "\(reason)"]
            )
        case .orderChanged(let orderID, .resolved(let resolution, let principal, let reason)):
            self.log.warning(
                "resolved by a person",
                metadata: [
                    "order": "\(orderID)", "as": "\(resolution.name)", "by": "\(principal)",
                    "reason": "\(reason)",
                ]
            )
        case .orderHeld(let intent, let refusal):
            self.note(Alert(.approvalWanted, "order \(intent.orderID): \(refusal.message)"))
        case .codeShown(.refused(let count), let principal, let purpose):
            self.note(failures: count, of: principal, for: purpose)
        case .venueRestrained(let venue, let restraint):
            self.log.warning(
                "the venue asked for patience",
                metadata: [
                    "venue": "\(venue.mode.name)", "reason": "\(restraint.reason)",
                    "until": "\(restraint.until.milliseconds)",
                ]
            )
        case .riskBreached(let breach): self.note(breach)
        case .breachAcknowledged(let number, let acknowledgement):
            self.note(acknowledgement, of: number)
        case .exitsChanged(let entry, let change): self.note(change, of: entry)
        case .limitChanged(let change): self.note(change)
        case .tokenChanged(let token): self.note(token)
        case .sessionEnded(let name, let end, let orders): self.note(name, end, orders)
        case .storeCreated, .started, .stopped, .orderSubmitted, .orderSimulated, .orderRefused,
            .orderChanged, .orderApproved, .codeShown, .orderReopened, .cancelRequested,
            .amendRequested, .ledgerBound, .balanceMoved, .equityMarked, .strategyMarked,
            .sessionOpened:
            break
        }
    }

    private func note(_ name: SessionName, _ end: SessionEnd, _ orders: [OrderID]) {
        self.log.warning(
            "session ended",
            metadata: [
                "session": "\(name.text)", "by": "\(name.principal)", "end": "\(end.name)",
                "canceled_orders": "\(orders.map(\.description).joined(separator: " "))",
            ]
        )
    }

    private func note(failures count: Int, of principal: Principal, for purpose: String) {
        self.log.warning(
            "a code of the second factor did not count",
            metadata: ["by": "\(principal)", "for": "\(purpose)", "failures": "\(count)"]
        )
    }

    private func note(_ change: ExitChange, of entry: OrderID) {
        switch change {
        case .reached(let aim):
            self.log.info(
                "exit reached",
                metadata: ["entry": "\(entry)", "exit": "\(aim)"]
            )
        case .needsOperator(let reason):
            self.log.error(
                "exits need an operator",
                metadata: ["entry": "\(entry)", "reason": "\(reason)"]
            )
        case .closing(let closing):
            self.log.info(
                "exits close a position",
                metadata: [
                    "entry": "\(entry)", "quantity": "\(closing.quantity)",
                    "by": "\(closing.principal)",
                ]
            )
        case .closingEnded(let reason):
            self.log.warning(
                "exits do not close a position",
                metadata: ["entry": "\(entry)", "reason": "\(reason)"]
            )
        case .ended(let reason):
            self.log.info(
                "exits ended",
                metadata: ["entry": "\(entry)", "reason": "\(reason)"]
            )
        }
    }

    private func note(_ token: AccessToken) {
        self.log.warning(
            token.isRevoked ? "token revoked" : "token created",
            metadata: [
                "token": "\(token.tokenID)", "name": "\(token.name)",
                "role": "\(token.role.name)",
                "by": "\(token.revocation?.principal ?? token.createdBy)",
                "reason": "\(token.revocation?.reason ?? token.reason)",
            ]
        )
    }

    private func note(_ breach: RiskBreach) {
        self.log.error(
            "a limit was broken",
            metadata: [
                "breach": "\(breach.number)", "rule": "\(breach.rule.name)",
                "limit": "\(breach.limit)", "actual": "\(breach.actual)",
                "action": "\(breach.action.name)",
            ]
        )
    }

    private func note(_ acknowledgement: RiskBreach.Acknowledgement, of number: UInt64) {
        self.log.warning(
            "breach acknowledged",
            metadata: [
                "breach": "\(number)", "by": "\(acknowledgement.principal)",
                "reason": "\(acknowledgement.reason)",
            ]
        )
    }

    private func note(_ change: LimitChange) {
        self.log.warning(
            "limit changed",
            metadata: [
                "limit": "\(change.key)", "from": "\(change.previous ?? "off")",
                "to": "\(change.setting)", "by": "\(change.principal)",
                "reason": "\(change.reason)",
            ]
        )
    }
}
