package import TradingCore

/// Who may call what: the one table of it.
package enum AccessTable {
    /// What tells the calls of one method apart.
    package enum Condition: String, Hashable, Sendable {
        /// All that no other row names.
        case any
        /// SetMode: to live.
        case live
        /// SetLimits: letting more pass than before.
        case loosening
        /// KillSwitch: looking at it.
        case status
        /// KillSwitch: pulling it.
        case engage
    }

    /// The least role that a call needs.
    package struct Row: Hashable, Sendable {
        package var method: TradingMethod
        package var condition: Condition
        package var role: Role

        init(_ method: TradingMethod, _ role: Role, _ condition: Condition = .any) {
            self.method = method
            self.condition = condition
            self.role = role
        }
    }

    package static let rows: [Row] = [
        Row(.health, .viewer),
        Row(.getOrder, .viewer),
        Row(.listOrders, .viewer),
        Row(.positions, .viewer),
        Row(.getMode, .viewer),
        Row(.getLimits, .viewer),
        Row(.riskSummary, .viewer),
        Row(.riskDecisions, .viewer),
        Row(.riskBreaches, .viewer),
        Row(.subscribe, .viewer),
        Row(.balances, .viewer),
        Row(.listFills, .viewer),
        Row(.listSessions, .viewer),
        Row(.placeOrder, .trader),
        Row(.closePosition, .trader),
        Row(.adjustPosition, .trader),
        Row(.cancelOnDisconnect, .trader),
        Row(.cancel, .trader),
        Row(.cancelAll, .trader),
        Row(.amend, .trader),
        Row(.killSwitch, .viewer, .status),
        Row(.killSwitch, .trader, .engage),
        Row(.killSwitch, .admin),
        Row(.disableTrading, .trader),
        Row(.acknowledgeBreach, .risk),
        Row(.setMode, .risk),
        Row(.setMode, .admin, .live),
        Row(.setLimits, .risk),
        Row(.setLimits, .admin, .loosening),
        Row(.resolveOrder, .admin),
        Row(.listApprovals, .viewer),
        Row(.approve, .risk),
        Row(.deny, .risk),
        Row(.createToken, .admin),
        Row(.listTokens, .admin),
        Row(.revokeToken, .admin),
    ]

    /// The least role that a call of a method needs.
    package static func role(_ method: TradingMethod, _ condition: Condition) -> Role {
        let row =
            self.rows.first { $0.method == method && $0.condition == condition }
            ?? self.rows.first { $0.method == method && $0.condition == .any }
        // What nobody thought of is for nobody but an admin.
        return row?.role ?? .admin
    }

    /// The least role that any call of a method needs, before its payload is looked at.
    package static func leastRole(_ method: TradingMethod) -> Role {
        // A walk without an array of its own: every call asks.
        self.rows.lazy.filter { $0.method == method }.map(\.role).min() ?? .admin
    }
}

extension Request {
    /// What tells the request apart from others of its method.
    ///
    /// Whether limits are loosened is decided with the limits at hand; see ``LimitsWish``.
    package var accessCondition: AccessTable.Condition {
        switch self {
        case .setMode(let wish): wish.mode == .live ? .live : .any
        case .killStatus: .status
        case .killEngage: .engage
        default: .any
        }
    }
}

/// Who calls, and what the caller may do.
package struct Caller: Hashable, Sendable {
    package var principal: Principal
    package var role: Role

    package init(_ principal: Principal, _ role: Role) {
        self.principal = principal
        self.role = role
    }

    /// Why a call is not for the caller; nil where it is.
    package func refusal(of method: TradingMethod, needing role: Role) -> TradingCore.Refusal? {
        guard self.role < role else { return nil }
        return TradingCore.Refusal(
            .role,
            limit: role.name,
            actual: self.role.name,
            message: "\(method.rawValue) like this is for the role \(role.name); "
                + "\(self.principal) is \(self.role.name)."
        )
    }
}
