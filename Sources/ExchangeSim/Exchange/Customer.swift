import MatchingEngine
import TradingCore

/// An account of the venue with its orders, its trades and the streams that watch it.
final class Customer {
    let account: AccountNumber
    /// The number that `GET /api/v3/account` shows.
    let uid: Int64
    /// When anything last changed.
    var updateTime: WallTime
    /// What this customer has on each market.
    var books: [CustomerBook]
    /// The active user data streams, in the order in which they were opened.
    var subscriptions: [UserSubscription] = []
    var orderCount = OrderCount()
    /// What other systems have locked of each asset.
    var externalLocks: [String: Amount] = [:]
    /// Whether the running transaction took commission in the fee asset.
    var paidInFeeAsset = false

    init(account: AccountNumber, uid: Int64, markets: Int, at time: WallTime) {
        self.account = account
        self.uid = uid
        self.updateTime = time
        self.books = Array(repeating: CustomerBook(), count: markets)
    }
}

/// The orders and trades of a customer on one market.
struct CustomerBook {
    /// All orders, oldest first.
    var orders: [VenueOrderID] = []
    /// The open ones, oldest first.
    var open: [VenueOrderID] = []
    /// The order that was last known by each client id.
    var byClientID: [String: VenueOrderID] = [:]
    /// All trades, oldest first.
    var trades: [AccountTrade] = []
}

/// One user data stream of one connection.
final class UserSubscription {
    /// How the stream was asked for, and so how its events are wrapped.
    enum Kind: Hashable {
        /// By the WebSocket API; ids count from zero on each connection. One of the session ends
        /// with the session's logon.
        case api(id: Int64, isOfSession: Bool)
        /// By a listen key, on a connection for market streams.
        case listenKey(String)
    }

    let kind: Kind
    let connection: WebSocketHandler
    let customer: Customer
    /// Whether events are swallowed, for tests of clients.
    var isSilenced = false

    init(_ kind: Kind, connection: WebSocketHandler, customer: Customer) {
        self.kind = kind
        self.connection = connection
        self.customer = customer
    }

    /// The number that the WebSocket API gave it.
    var id: Int64? { if case .api(let id, _) = self.kind { id } else { nil } }

    /// An event as this stream sends it.
    func text(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 768, timeUnit: self.connection.timeUnit)
        switch self.kind {
        case .api(let id, _):
            writer.beginObject()
            writer.field("subscriptionId", id)
            writer.key("event")
            write(&writer)
            writer.endObject()
        case .listenKey(let text) where self.connection.isCombined:
            StreamHub.wrap(text, write, to: &writer)
        case .listenKey:
            write(&writer)
        }
        return writer.bytes
    }
}

/// The venue's count of unfilled orders, in windows aligned to the clock.
struct OrderCount {
    static let tenSecondsMax: Int64 = 50
    static let dayMax: Int64 = 160_000

    private(set) var tenSeconds: Int64 = 0
    private(set) var day: Int64 = 0
    private var tenSecondsWindow: Int64 = 0
    private var dayWindow: Int64 = 0

    mutating func roll(to time: WallTime) {
        let seconds = time.milliseconds / 1000
        if seconds / 10 != self.tenSecondsWindow {
            self.tenSecondsWindow = seconds / 10
            self.tenSeconds = 0
        }
        if seconds / 86_400 != self.dayWindow {
            self.dayWindow = seconds / 86_400
            self.day = 0
        }
    }

    mutating func add(_ orders: Int64) {
        self.tenSeconds = max(0, self.tenSeconds + orders)
        self.day = max(0, self.day + orders)
    }

    /// The refusal that one order more would meet.
    func refusal(at time: WallTime) -> APIError? {
        let seconds = time.milliseconds / 1000
        if self.tenSeconds >= Self.tenSecondsMax {
            return Self.error("50 orders per 10 SECOND", retryAfter: 10 - seconds % 10)
        }
        if self.day >= Self.dayMax {
            return Self.error("160000 orders per 1 DAY", retryAfter: 86_400 - seconds % 86_400)
        }
        return nil
    }

    private static func error(_ limit: String, retryAfter: Int64) -> APIError {
        var error = APIError(-1015, "Too many new orders; current limit is \(limit).", status: 429)
        error.retryAfterSeconds = retryAfter
        return error
    }
}
