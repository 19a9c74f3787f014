/// What the journal holds: everything that the state is made of, in the order it happened.
///
/// The meaning of a case never changes once released (J4); a new need is a new case.
package enum Event: Hashable, Sendable {
    /// The store was made; client order ids of this store start with the prefix (S4).
    case storeCreated(clientIDPrefix: String)
    /// A process began to run on the store; client order ids continue with the epoch (S4).
    case started(epoch: String, version: String)
    /// The process ended in order; nothing of it came after this. It takes along the receipts that
    /// no other event would.
    case stopped
    /// An order passed the risk gate and will be sent.
    case orderSubmitted(OrderIntent)
    /// An order passed the risk gate in a mode that sends nothing.
    case orderSimulated(OrderIntent)
    /// An order was refused by a rule; the intent holds what is known of it.
    case orderRefused(OrderIntent, Refusal)
    /// An order passed the risk gate and waits for a person; the refusal says by which rule.
    case orderHeld(OrderIntent, Refusal)
    /// A person approved a held order and it passed the gate again: this intent will be sent, or is
    /// simulated where the mode sends nothing.
    case orderApproved(OrderIntent, by: Principal)
    /// Somebody showed a code of the second factor.
    case codeShown(CodeOutcome, by: Principal, purpose: String)
    /// Evidence about an order.
    case orderChanged(OrderID, OrderChange)
    /// A finished order that memory had forgotten is needed again: evidence came late.
    case orderReopened(Order)
    /// A cancel is about to be sent.
    case cancelRequested(OrderID, ClientOrderID)
    /// An amendment is about to be sent, or to be made by a cancel and another order.
    case amendRequested(OrderID, PendingAmend, by: Principal)
    case modeChanged(ModeRecord)
    /// How far one strategy may go was set.
    case strategyModeChanged(ModeRecord)
    case killChanged(KillSwitch)
    /// The venue's ledger belongs to this account (S5).
    case ledgerBound(VenueID, accountID: Int64)
    /// A balance changed by something other than our fills: an opening, a deposit, a foreign
    /// trade (E5).
    case balanceMoved(VenueID, Asset, delta: Amount, isOpening: Bool)
    /// The venue asked for patience; it counts over restarts.
    case venueRestrained(VenueID, VenueRestraint)
    /// A limit on losses or failures was broken, or a person disabled trading.
    case riskBreached(RiskBreach)
    /// A person has seen the breach of that number and lets trading go on.
    case breachAcknowledged(UInt64, RiskBreach.Acknowledgement)
    /// A day began for an account in one quote asset, or what its losses are counted from changed.
    case equityMarked(VenueID, Asset, EquityMark)
    /// The same of a strategy: by name, what its own fills did.
    case strategyMarked(VenueID, String, Asset, EquityMark)

    /// A person changed a limit.
    case limitChanged(LimitChange)
    /// A token was made or revoked: this is what it is now.
    case tokenChanged(AccessToken)
    /// A caller's orders are to be cancelled when its connections are lost: from now on, or with
    /// another grace time.
    case sessionOpened(CancelSession)
    /// That is over; where its connections were lost, these orders are cancelled.
    case sessionEnded(SessionName, SessionEnd, orders: [OrderID])
    /// What became of the exits of an entry, beside what became of their orders.
    case exitsChanged(OrderID, ExitChange)

    /// Whether the event may be seen before it is synced.
    package enum Durability: Hashable, Sendable {
        case syncFirst
        /// The venue can be asked again, so the event may wait for the next sync (J2).
        case mayWait
    }

    package var durability: Durability {
        switch self {
        case .storeCreated, .started, .orderSubmitted, .orderSimulated, .orderRefused,
            .orderReopened, .modeChanged, .strategyModeChanged, .killChanged, .ledgerBound,
            .balanceMoved,
            .venueRestrained, .riskBreached, .breachAcknowledged, .equityMarked,
            .strategyMarked, .limitChanged, .tokenChanged, .orderHeld, .orderApproved, .codeShown,
            .sessionOpened,
            .sessionEnded, .exitsChanged:
            .syncFirst
        case .orderChanged(_, let change):
            switch change {
            case .reported, .filled, .amended: .mayWait
            case .simulated, .rejected, .notPlaced, .outcomeUnknown, .needsOperator, .resolved,
                .succeeded, .amendFailed, .dismissed:
                .syncFirst
            }
        case .stopped: .mayWait
        // What is forgotten is asked for again, or found at the venue.
        case .cancelRequested, .amendRequested: .mayWait
        }
    }
}
