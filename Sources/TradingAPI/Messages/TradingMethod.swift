/// The methods of the gateway's services.
package enum TradingMethod: String, CaseIterable, Sendable {
    case placeOrder = "PlaceOrder"
    case cancel = "Cancel"
    case cancelAll = "CancelAll"
    case amend = "Amend"
    case getOrder = "GetOrder"
    case listOrders = "ListOrders"
    case positions = "Positions"
    case getMode = "GetMode"
    case setMode = "SetMode"
    case killSwitch = "KillSwitch"
    case health = "Health"
    case resolveOrder = "ResolveOrder"
    case getLimits = "GetLimits"
    case setLimits = "SetLimits"
    case riskSummary = "RiskSummary"
    case riskDecisions = "RiskDecisions"
    case riskBreaches = "RiskBreaches"
    case acknowledgeBreach = "AcknowledgeBreach"
    case disableTrading = "DisableTrading"
    case createToken = "CreateToken"
    case listTokens = "ListTokens"
    case revokeToken = "RevokeToken"
    case listApprovals = "ListApprovals"
    case approve = "Approve"
    case deny = "Deny"
    case subscribe = "Subscribe"
    case balances = "Balances"
    case listFills = "ListFills"
    case closePosition = "ClosePosition"
    case adjustPosition = "AdjustPosition"
    case cancelOnDisconnect = "CancelOnDisconnect"
    case listSessions = "ListSessions"

    /// The full name of the service that the method belongs to.
    package var service: String {
        switch self {
        case .placeOrder, .closePosition, .adjustPosition, .cancelOnDisconnect, .cancel, .cancelAll,
            .amend, .getOrder,
            .listOrders, .positions, .getMode, .setMode, .killSwitch, .health, .subscribe,
            .balances, .listFills, .listSessions:
            "trading.v1.TradingService"
        case .resolveOrder, .getLimits, .setLimits, .createToken, .listTokens, .revokeToken,
            .listApprovals, .approve, .deny,
            .riskSummary, .riskDecisions, .riskBreaches, .acknowledgeBreach, .disableTrading:
            "trading.v1.AdminService"
        }
    }

    /// The full names of all services that have the method: what reads the audit trail is in a
    /// service of its own, too.
    package var services: [String] {
        switch self {
        case .listFills, .getMode, .riskDecisions, .riskBreaches, .subscribe:
            [self.service, "trading.v1.AuditService"]
        default: [self.service]
        }
    }

    /// Whether the method makes things safer, and is answered while others are turned away (K1).
    package var isUrgent: Bool {
        switch self {
        case .cancel, .cancelAll, .killSwitch, .disableTrading: true
        default: false
        }
    }

    /// Whether the method makes orders of its caller's, which belong to the caller's session.
    var placesOrders: Bool {
        switch self {
        case .placeOrder, .closePosition, .adjustPosition: true
        default: false
        }
    }

    /// Whether the method changes nothing, whatever it is asked: a viewer may call it then.
    package var isRead: Bool { AccessTable.access(to: self).role(.any) == .viewer }

    /// Whether the method answers with a stream.
    package var isStreaming: Bool { self == .subscribe }

    /// The type of a refusal in a status's details.
    package static let refusalTypeURL = "type.googleapis.com/trading.v1.Refusal"
    /// The type of where to go on with a subscription, in the details of the status that ended it.
    package static let subscriptionEndTypeURL = "type.googleapis.com/trading.v1.SubscriptionEnd"
}
