import TradingCore

extension VenueRequest {
    /// What Binance counts for the request, at most: a cancel that succeeds counts nothing.
    var weight: Int {
        switch self {
        case .cancel, .time, .keyRights: 1
        case .order, .amend: 4
        case .openOrders: 80
        case .trades, .tradesSince, .allOrders, .account, .rules: 20
        case .orderTrades: 5
        case .orderCounts: 40
        case .depth: 50
        case .quotes: 4
        }
    }

    /// Who may be served before whom when little may be sent.
    var urgency: Governor.Urgency {
        switch self {
        case .cancel: .cancel
        // The fate of an order that may be at work: what is not known cannot be ended.
        case .order, .allOrders, .tradesSince, .orderTrades: .inquiry
        // It only makes an order smaller.
        case .amend: .inquiry
        // The proof that nothing of ours is open any more (K3).
        case .openOrders: .inquiry
        case .trades, .account, .rules, .orderCounts, .quotes, .depth, .time, .keyRights:
            .read
        }
    }
}
