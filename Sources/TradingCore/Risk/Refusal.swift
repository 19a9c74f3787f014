/// The gateway's rules, in the order in which they are checked: the first that fails is named.
package enum Rule: UInt8, Hashable, Sendable, CaseIterable {
    /// The same idempotency key came with different content (M2).
    case idempotencyKey = 1
    /// The kill switch is engaged.
    case killSwitch = 2
    /// A limit on losses or failures was broken, and nobody has acknowledged it; or a person
    /// disabled trading.
    case tradingDisabled = 50
    /// The caller expects another mode (M1).
    case expectedMode = 3
    /// Recovery and reconciliation are not done, or the venue is not reachable.
    case notReady = 4
    /// The symbol is not on the allow-list.
    case symbolAllowed = 5
    /// The venue does not list the symbol, or does not trade it now.
    case symbolTrading = 6
    /// PRICE_FILTER: lowest and highest price.
    case priceRange = 7
    /// PRICE_FILTER: the tick.
    case priceTick = 8
    /// LOT_SIZE and MARKET_LOT_SIZE: smallest and largest quantity.
    case quantityRange = 9
    /// LOT_SIZE: the step.
    case quantityStep = 10
    /// No price is known for a market order.
    case marketPrice = 11
    /// NOTIONAL: smallest and largest value of an order at the venue.
    case venueNotional = 12
    /// Our own largest value of one order.
    case orderNotional = 13
    /// Open orders, ours and the venue's bound.
    case openOrders = 14
    /// An order of unknown outcome stands on the same symbol and side (E3).
    case unknownOrder = 15
    /// What is available, fees included.
    case availableBalance = 16
    /// The caller's deadline passed before the order was decided.
    case deadline = 17
    /// Cancel, query: no such order.
    case orderNotFound = 18
    /// Cancel: the order is finished.
    case orderFinished = 19
    /// SetMode: the mode may not be entered.
    case modeGate = 20
    /// An order that may only shrink a position would do more.
    case reduceOnly = 21
    /// KillSwitch: what engaged it is still there.
    case killCause = 22
    /// ResolveOrder: what became of the order is known, or may still be found out.
    case orderInDoubt = 23
    /// The venue does not answer: too many failures in a row.
    case circuitBreaker = 30
    /// The venue rejected too many orders in a row.
    case rejectBreaker = 31
    /// The venue's clock and ours are too far apart (S1).
    case clockSkew = 32
    /// The price that a market order is judged by is too old.
    case staleQuote = 33
    /// The venue asked for patience (429, 418).
    case venueRestraint = 34
    /// The venue takes no more new orders in its present window.
    case orderBudget = 35
    /// Our own largest quantity of one order.
    case orderQuantity = 40
    /// The limit price is too far from the best price, on the side that costs us.
    case priceCollar = 41
    /// The price that the order waits for is reached already.
    case stopPrice = 91
    /// The exits that are attached to the order could not be placed, or would be reached at once.
    case attachedExits = 92
    /// The order would grow a position and has no stop-loss, which is demanded.
    case stopLossRequired = 93
    /// The account lost too much in a day; or what it lost is not known.
    case dailyLoss = 51
    /// Our own largest value of a position, with every open order counted as filled.
    case positionNotional = 42
    /// Our own largest value of all positions of an account together.
    case exposureNotional = 43
    /// Something is held in too many symbols.
    case openPositions = 56
    /// The order would lose too much at its stop-loss.
    case riskPerTrade = 94
    /// Too little of the quote asset would stay free.
    case cashShare = 57
    /// The same order was placed a moment ago.
    case duplicateOrder = 58
    /// Too many orders of one principal, or of one strategy, in a while.
    case orderRate = 44
    /// Too many orders of the account in a day.
    case ordersPerDay = 59
    /// The account's equity is too far below its highest.
    case drawdown = 52
    /// Too many orders in a row failed.
    case consecutiveFailures = 53
    /// An order filled far worse than the price that it was judged by.
    case slippage = 54
    /// An account holds something else than its ledger, by more than is tolerated.
    case balanceDifference = 75
    /// AcknowledgeBreach: there is no such breach.
    case breachNotFound = 55
    /// SetLimits: there is no such limit, or it cannot have the value.
    case limitValue = 60
    /// The caller's role does not allow it.
    case role = 61
    /// CreateToken: the token cannot be made so.
    case token = 62
    /// RevokeToken: there is no such token.
    case tokenNotFound = 63
    /// A person must approve an order of this value.
    case sensitiveNotional = 70
    /// The code of the second factor is missing, wrong or used.
    case secondFactor = 71
    /// Approve, deny: the order is not held.
    case orderNotHeld = 72
    /// A person denied a held order.
    case approvalDenied = 73
    /// The value of what was placed on one day.
    case dailyNotional = 74
    /// Amend: the order cannot be changed so, or the venue did not change it.
    case amendment = 90
    /// AdjustPosition: an order of ours on the symbol is in flight, or its outcome is unknown.
    case positionBusy = 97
    /// ClosePosition, AdjustPosition: the venue takes no order that small.
    case positionDust = 98

    /// The stable name for programs.
    package var name: String {
        switch self {
        case .idempotencyKey: "idempotency_key"
        case .killSwitch: "kill_switch"
        case .expectedMode: "expected_mode"
        case .notReady: "not_ready"
        case .symbolAllowed: "symbol_allowed"
        case .symbolTrading: "symbol_trading"
        case .priceRange: "price_range"
        case .priceTick: "price_tick"
        case .quantityRange: "quantity_range"
        case .quantityStep: "quantity_step"
        case .marketPrice: "market_price"
        case .venueNotional: "venue_notional"
        case .orderNotional: "order_notional"
        case .openOrders: "open_orders"
        case .unknownOrder: "unknown_order"
        case .availableBalance: "available_balance"
        case .deadline: "deadline"
        case .orderNotFound: "order_not_found"
        case .orderFinished: "order_finished"
        case .modeGate: "mode_gate"
        case .orderInDoubt: "order_in_doubt"
        case .reduceOnly: "reduce_only"
        case .killCause: "kill_cause"
        case .circuitBreaker: "circuit_breaker"
        case .rejectBreaker: "reject_breaker"
        case .clockSkew: "clock_skew"
        case .staleQuote: "stale_quote"
        case .venueRestraint: "venue_restraint"
        case .orderBudget: "order_budget"
        case .orderQuantity: "order_quantity"
        case .priceCollar: "price_collar"
        case .stopPrice: "stop_price"
        case .attachedExits: "attached_exits"
        case .stopLossRequired: "stop_loss_required"
        case .riskPerTrade: "risk_per_trade"
        case .positionNotional: "position_notional"
        case .exposureNotional: "exposure_notional"
        case .orderRate: "order_rate"
        case .openPositions: "open_positions"
        case .cashShare: "cash_share"
        case .duplicateOrder: "duplicate_order"
        case .ordersPerDay: "orders_per_day"
        case .amendment: "amendment"
        case .positionBusy: "position_busy"
        case .positionDust: "position_dust"
        case .tradingDisabled: "trading_disabled"
        case .dailyLoss: "daily_loss"
        case .drawdown: "drawdown"
        case .consecutiveFailures: "consecutive_failures"
        case .slippage: "slippage"
        case .balanceDifference: "balance_difference"
        case .breachNotFound: "breach_not_found"
        case .limitValue: "limit_value"
        case .role: "role"
        case .token: "token"
        case .tokenNotFound: "token_not_found"
        case .sensitiveNotional: "sensitive_notional"
        case .secondFactor: "second_factor"
        case .orderNotHeld: "order_not_held"
        case .approvalDenied: "approval_denied"
        case .dailyNotional: "daily_notional"
        }
    }
}

/// Why the gateway does not do what was asked: a value, not an error.
///
/// It is as small as a reference, since every check of every order returns none.
package struct Refusal: Error, Hashable, Sendable {
    private struct Reason: Hashable, Sendable {
        var rule: Rule
        var limit: String
        var actual: String
        var message: String
        var permitted: String
    }

    private var reason: Shared<Reason>

    package init(
        _ rule: Rule,
        limit: String,
        actual: String,
        message: String,
        permitted: String = ""
    ) {
        self.reason = Shared(
            Reason(
                rule: rule,
                limit: limit,
                actual: actual,
                message: message,
                permitted: permitted
            )
        )
    }

    package var rule: Rule { self.reason.value.rule }

    /// What the rule allows, in the rule's unit.
    package var limit: String { self.reason.value.limit }

    /// What was asked for or found.
    package var actual: String { self.reason.value.actual }

    /// One sentence for people: what would have passed, or what to do.
    package var message: String { self.reason.value.message }

    /// What would have passed this rule, such as `a quantity of at most 0.5`; empty where nothing
    /// that can be asked for would.
    package var permitted: String { self.reason.value.permitted }
}
