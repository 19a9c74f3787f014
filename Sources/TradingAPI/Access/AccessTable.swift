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

    /// What the table says of one method.
    package struct Access: Sendable {
        /// The least role that any call needs, before its payload is looked at.
        package let leastRole: Role
        private let roles: [Condition: Role]
        /// Whether calls of the method are not told apart.
        private let isOne: Bool

        fileprivate init(_ rows: [Row]) {
            self.leastRole = rows.map(\.role).min() ?? .admin
            self.roles = Dictionary(uniqueKeysWithValues: rows.map { ($0.condition, $0.role) })
            self.isOne = rows.map(\.condition) == [.any]
        }

        /// The least role that such a call needs.
        package func role(_ condition: Condition) -> Role {
            if self.isOne { return self.leastRole }
            // What nobody thought of is for nobody but an admin.
            return self.roles[condition] ?? self.roles[.any] ?? .admin
        }
    }

    /// What the table says of a method.
    package static func access(to method: TradingMethod) -> Access {
        self.accesses[method] ?? Access([])
    }

    private static let accesses = Dictionary(grouping: Self.rows, by: \.method)
        .mapValues(Access.init)
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
