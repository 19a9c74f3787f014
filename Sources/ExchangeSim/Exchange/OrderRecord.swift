import MatchingEngine
import TradingCore

/// What the venue remembers of an order for as long as it runs.
struct OrderRecord {
    let id: VenueOrderID
    let market: Int
    /// The terms; quantity and price as the venue shows them.
    var terms: NewOrder
    /// The id under which the order is found; a cancel or an amendment changes it.
    var clientOrderID: String
    let strategyID: Int64?
    let strategyType: Int64?
    let time: WallTime
    var updateTime: WallTime
    /// When the order began to work; nil before that.
    var workingTime: WallTime?
    /// When a trailing order began to follow; nil before that.
    var trailingTime: WallTime?
    var executed: Quantity = .zero
    var value: Amount = .zero
    /// What the book gave a pegged order; nil before that, and for all others.
    var peggedPrice: Price?
    var prevented: Quantity = .zero
    var lastPreventedID: Int64?
    var status: OrderStatus = .new
    var expiryReason: ExpiryReason?
    var list: Int64 = -1
    var amends: [Amendment] = []
    /// Whether its first fill was counted by the ORDERS limiter.
    var isFillCounted = false

    var isOpen: Bool { self.status.isOpen }

    /// Whether the venue says that the order is or was on its book.
    var isWorking: Bool { self.workingTime != nil }

    struct Amendment {
        let executionID: Int64
        let oldClientOrderID: String
        let newClientOrderID: String
        let oldQuantity: Quantity
        let newQuantity: Quantity
        let time: WallTime
    }
}

/// An order's status; raw values are the venue's names.
enum OrderStatus: String {
    case new = "NEW"
    case pendingNew = "PENDING_NEW"
    case partiallyFilled = "PARTIALLY_FILLED"
    case filled = "FILLED"
    case canceled = "CANCELED"
    case expired = "EXPIRED"
    case expiredInMatch = "EXPIRED_IN_MATCH"

    var isOpen: Bool {
        switch self {
        case .new, .pendingNew, .partiallyFilled: true
        case .filled, .canceled, .expired, .expiredInMatch: false
        }
    }
}

/// A trade as one of its two accounts sees it.
struct AccountTrade {
    let id: TradeID
    let order: VenueOrderID
    let list: Int64
    let price: Price
    let quantity: Quantity
    let value: Amount
    let commission: Amount
    let commissionAsset: String
    let time: WallTime
    let isBuyer: Bool
    let isMaker: Bool
}

/// A trade as everybody sees it.
struct PublicTrade {
    let id: TradeID
    let price: Price
    let quantity: Quantity
    let value: Amount
    let time: WallTime
    let isBuyerMaker: Bool
}

extension Side {
    /// The venue's name.
    var name: String { self == .buy ? "BUY" : "SELL" }
}

extension TimeInForce {
    /// The venue's name.
    var name: String {
        switch self {
        case .goodTillCanceled: "GTC"
        case .immediateOrCancel: "IOC"
        case .fillOrKill: "FOK"
        }
    }

    /// The value with the venue's name.
    init?(name: String) {
        switch name {
        case "GTC": self = .goodTillCanceled
        case "IOC": self = .immediateOrCancel
        case "FOK": self = .fillOrKill
        default: return nil
        }
    }
}
