/// Something that a person should look at now.
package struct Alert: Hashable, Sendable {
    /// What it is about; stable, for programs.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// An order's outcome has been unknown for long.
        case unknownForLong = "unknown_for_long"
        /// An order's fate could not be found out (E6).
        case needsOperator = "needs_operator"
        /// A venue is not traded on until a person acts (S5).
        case venueStopped = "venue_stopped"
        /// The account holds other than the ledger says (E5).
        case balanceDiffers = "balance_differs"
        /// Callers could not show who they are.
        case authenticationFailed = "authentication_failed"
        /// Orders were unfinished at a start, and the restart policy held trading.
        case haltedAtStart = "halted_at_start"
        /// A limit on losses or failures was broken, or a person disabled trading.
        case riskBreached = "risk_breached"
        /// An order waits for a person's approval.
        case approvalWanted = "approval_wanted"
        /// Too many codes of the second factor did not count.
        case codesLocked = "codes_locked"
        /// What an order bought is without an exit that was attached to it.
        case exitFailed = "exit_failed"
    }

    package var kind: Kind
    /// One sentence for people.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
