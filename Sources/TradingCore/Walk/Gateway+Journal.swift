/// What is known of the journal that the gateway runs on.
package enum JournalCondition: Hashable, Sendable {
    /// Every record is what was written.
    case sound
    /// It was read, and what lies before the newest snapshot is still being verified.
    case unverified
    /// It is not what was written; nothing is written to it any more, and nothing is traded.
    case damaged(String)

    /// Why orders are not taken; nil where they are.
    package var notReadyReason: String? {
        switch self {
        case .sound: nil
        case .unverified: "the journal is being verified"
        case .damaged(let reason): "the journal is damaged: \(reason)"
        }
    }

    package var isDamaged: Bool { if case .damaged = self { true } else { false } }
}

extension Gateway {
    /// Takes in what was found out about the journal; damage stays.
    mutating func decide(_ condition: JournalCondition, into batch: inout OpenBatch) {
        guard !self.journal.isDamaged else { return }
        self.note(condition)
        for venue in self.settings.exchanges {
            if condition == .sound {
                self.openGateIfAllowed(venue, into: &batch)
            } else {
                batch.performAtOnce(.closeGate(venue))
            }
        }
    }

    mutating func note(_ condition: JournalCondition) {
        self.journal = condition
        for venue in self.settings.exchanges {
            self.sessions[venue]?.journalReason = condition.notReadyReason
        }
    }

    /// Why a call is refused on a damaged journal, or nil: looking, cancelling and killing work.
    ///
    /// A placement is refused as a call, not as an order: an order that was told of must be found
    /// afterwards, and its number must not be given to another.
    func refusalOfDamage(_ request: Request) -> Refusal? {
        guard case .damaged(let reason) = self.journal else { return nil }
        switch request {
        case .placeOrder, .position, .cancelOnDisconnect, .setMode, .killRelease, .resolve, .amend,
            .acknowledgeBreach,
            .disableTrading, .setLimits, .tokens(.create), .tokens(.revoke), .approve, .deny:
            return Refusal(
                .notReady,
                limit: "a sound journal",
                actual: "damaged",
                message: "The journal is damaged: \(reason). Nothing that must be recorded can "
                    + "be done."
            )
        case .cancel, .cancelAll, .order, .orders, .sessions, .positions, .mode, .killStatus,
            .killEngage, .health, .risk, .limits, .tokens(.list), .approvals, .riskSummary:
            return nil
        }
    }
}
