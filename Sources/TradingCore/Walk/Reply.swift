/// An answer to a client's call.
package enum Reply: Hashable, Sendable {
    case order(Order, isRepeat: Bool)
    case orders([Order])
    case cancelsSent([OrderID])
    case positions(PositionsView)
    case mode(ModeRecord, previous: TradingMode)
    case killSwitch(KillSwitchView)
    case health(HealthView)
    case refused(Refusal)
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
}

/// Whether the gateway takes orders, and why not.
package struct HealthView: Hashable, Sendable {
    package var notReadyReasons: [String]
    package var mode: TradingMode
    package var journalSequence: Sequence
    package var openOrderCount: Int
    package var unknownOrderCount: Int
    package var startedAt: WallTime
}
