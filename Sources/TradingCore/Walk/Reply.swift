/// An answer to a client's call.
///
/// Large ones lie beside it: an answer is moved more often than it is looked into.
package enum Reply: Hashable, Sendable {
    indirect case order(Order, isRepeat: Bool)
    /// An order that was asked for, and how its exits stand, where it has any.
    indirect case orderShown(Order, ExitsView?)
    indirect case positionReached(PositionReached)
    case session(SessionView)
    case sessions([SessionStatus])
    case orders([Order], exits: [OrderID: ExitsView])
    case cancelsSent([OrderID])
    case positions(PositionsView)
    indirect case mode(ModeView)
    indirect case killSwitch(KillSwitchView)
    case health(HealthView)
    indirect case risk(RiskView)
    indirect case limits(LimitsView)
    indirect case riskSummary(RiskSummary)
    case tokens(all: [AccessToken], changed: [AccessToken])
    case approvals(ApprovalsView)
    case refused(Refusal)
}

extension Reply {
    /// The one order that it tells of.
    package var order: Order? {
        switch self {
        case .order(let order, _), .orderShown(let order, _): order
        default: nil
        }
    }

    /// Whether the answer is true whatever became of the journal; all others tell of events that
    /// may be lost with it (J1).
    package var needsNoJournal: Bool {
        switch self {
        case .killSwitch, .health, .refused: true
        case .order, .orderShown, .positionReached, .session, .sessions, .orders, .cancelsSent,
            .positions, .mode, .risk, .limits, .tokens, .approvals, .riskSummary:
            false
        }
    }
}

/// A mode and what it comes to.
package struct ModeView: Hashable, Sendable {
    /// The installation's, or of the strategy that was asked about.
    package var record: ModeRecord
    /// What was set before; nil where nothing was for a strategy.
    package var previous: TradingMode?
    /// The mode that orders are placed in.
    package var effective: TradingMode
    /// By name, where all was asked for.
    package var strategies: [Strategy] = []
    /// Newest first, where all was asked for.
    package var history: [ModeRecord] = []

    /// How far one strategy may go, and goes.
    package struct Strategy: Hashable, Sendable {
        package var record: ModeRecord
        /// The lower of its own and the installation's.
        package var effective: TradingMode
    }
}

/// What a mode's venue holds.
package struct PositionsView: Hashable, Sendable {
    package var mode: TradingMode
    package var positions: [MarkedPosition]
    package var balances: [Balance]

    /// A position and the price that it is worth now.
    package struct MarkedPosition: Hashable, Sendable {
        package var position: Position
        /// The middle of best bid and ask; nil while unknown.
        package var mark: Price?
        /// Whether it is a remainder that is too small for the venue to take an order of it.
        package var isDust: Bool
    }

    /// One asset of the account.
    package struct Balance: Hashable, Sendable {
        package var asset: Asset
        package var total: Amount
        package var reserved: Amount
        package var available: Amount
    }
}

/// The kill switch and what it could not confirm yet.
package struct KillSwitchView: Hashable, Sendable {
    package var state: KillSwitch
    package var isDurable: Bool
    /// Sent and not answered when the answer was made.
    package var inFlight: [OrderID]
    /// Not confirmed closed.
    package var open: [OrderID]
    /// Orders that the switch cancelled, since the process started.
    package var canceled: [OrderID]
    /// Those of them whose end is not confirmed.
    package var unconfirmed: [OrderID]
    package var venues: [Venue]

    /// How far the switch has come at one exchange.
    package struct Venue: Hashable, Sendable {
        package var venue: VenueID
        /// When a reading confirmed that no order of ours is open; nil until then (K3).
        package var zeroSince: WallTime?
        /// At level flatten: each position that was or is to be closed.
        package var closings: [Closing]
    }

    /// How far one position is closed.
    package struct Closing: Hashable, Sendable {
        /// Whether it is done.
        package enum Status: UInt8, Hashable, Sendable, CaseIterable {
            case closing = 1
            case closed = 2
            /// A rest stays; the reason says why.
            case left = 3

            package var name: String {
                switch self {
                case .closing: "closing"
                case .closed: "closed"
                case .left: "left"
                }
            }
        }

        package var symbol: Symbol
        /// What is held still, in the base asset.
        package var quantity: Amount
        package var status: Status
        package var reason: String
        package var orderCount: Int
    }

    /// Whether every cancel that the level asks for is confirmed (K3).
    package var isCancelDone: Bool {
        guard let level = self.state.level, level >= .cancel else { return true }
        return self.open.isEmpty && self.venues.allSatisfy { $0.zeroSince != nil }
    }

    /// Whether everything that the level asks for is confirmed, or left for a stated reason.
    package var isDone: Bool {
        self.isCancelDone
            && (self.state.level == nil
                || self.venues.allSatisfy { venue in
                    venue.closings.allSatisfy { $0.status != .closing }
                })
    }
}

/// The orders that wait for a person.
package struct ApprovalsView: Hashable, Sendable {
    /// Oldest first.
    package var held: [HeldOrder]
    /// Until when no code is looked at, after too many wrong ones; nil while codes are.
    package var codesLockedUntil: WallTime?

    /// An order and the time at which it expires.
    package struct HeldOrder: Hashable, Sendable {
        package var order: Order
        package var expiresAt: WallTime
    }
}

/// Whether the gateway takes orders, and why not.
package struct HealthView: Hashable, Sendable {
    package var notReadyReasons: [String]
    package var mode: TradingMode
    package var journalSequence: Sequence
    package var openOrderCount: Int
    package var unknownOrderCount: Int
    package var startedAt: WallTime
    /// Callers since the start that could not show who they are; counted outside of the gateway.
    package var authenticationFailureCount: UInt64 = 0
    /// What a person should look at now.
    package var alerts: [Alert]
}
