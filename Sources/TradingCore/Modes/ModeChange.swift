/// A mode as it was last set: the installation's, or a strategy's own.
package struct ModeRecord: Hashable, Sendable {
    package var mode: TradingMode
    /// Empty where it is the installation's.
    package var strategy: String
    package var principal: Principal
    package var reason: String
    package var since: WallTime

    package init(
        mode: TradingMode,
        strategy: String = "",
        principal: Principal,
        reason: String,
        since: WallTime
    ) {
        self.mode = mode
        self.strategy = strategy
        self.principal = principal
        self.reason = reason
        self.since = since
    }
}

/// A caller's wish to change the mode.
package struct ModeWish: Hashable, Sendable {
    package var mode: TradingMode
    /// Whose mode; empty for the installation's.
    package var strategy: String
    /// What becomes of the open orders of the mode that is left.
    package var openOrders: OpenOrdersPolicy
    package var principal: Principal
    package var reason: String
    /// What the caller typed; live wants ``liveConfirmation``.
    package var confirmation: String
    /// Wanted for live where the configuration says so.
    package var code: ShownCode

    /// The words by which a person says that live is meant.
    package static let liveConfirmation = "trade live"

    package init(
        _ mode: TradingMode,
        _ openOrders: OpenOrdersPolicy,
        _ principal: Principal,
        strategy: String = "",
        reason: String,
        confirmation: String = "",
        code: ShownCode = .none
    ) {
        self.mode = mode
        self.strategy = strategy
        self.openOrders = openOrders
        self.principal = principal
        self.reason = reason
        self.confirmation = confirmation
        self.code = code
    }
}

/// What a venue says that our key may do.
package struct KeyRights: Hashable, Sendable {
    package var canTrade: Bool
    package var canWithdraw: Bool

    package init(canTrade: Bool, canWithdraw: Bool) {
        self.canTrade = canTrade
        self.canWithdraw = canWithdraw
    }
}

/// One condition of a change of mode that does not hold.
struct UnmetCondition: Hashable, Sendable {
    var limit: String
    var actual: String
    /// A sentence.
    var message: String
}

extension UnmetCondition {
    init(_ refusal: Refusal) {
        self.init(limit: refusal.limit, actual: refusal.actual, message: refusal.message)
    }
}

extension Refusal {
    /// All that stands against a change of mode, at once; nil where nothing does.
    init?(_ unmet: [UnmetCondition]) {
        guard !unmet.isEmpty else { return nil }
        self.init(
            .modeGate,
            limit: unmet.map(\.limit).joined(separator: "; "),
            actual: unmet.map(\.actual).joined(separator: "; "),
            message: unmet.map(\.message).joined(separator: " ")
        )
    }
}

/// A change to live that waits for the venue's word on our key.
struct PendingModeChange: Hashable, Sendable {
    var wish: ModeWish
    var token: RequestToken
    var deadline: MonotonicTime?
    /// What its caller saw: it does not undo what somebody sets meanwhile.
    var seen: Seen

    /// The installation's mode, and the strategy's that is to change.
    struct Seen: Hashable, Sendable {
        var installation: ModeRecord?
        var strategy: ModeRecord?
    }
}
