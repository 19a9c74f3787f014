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
    /// Counts from zero on each connection.
    let id: Int64
    let connection: WebSocketHandler
    let customer: Customer
    /// Whether it belongs to the session's logon rather than to a signed request.
    let isOfSession: Bool
    /// Whether events are swallowed, for tests of clients.
    var isSilenced = false

    init(id: Int64, connection: WebSocketHandler, customer: Customer, isOfSession: Bool) {
        self.id = id
        self.connection = connection
        self.customer = customer
        self.isOfSession = isOfSession
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

/// The venue's count of request weight, in minutes aligned to the clock.
///
/// All callers share it: they all come from the loopback address.
struct WeightCount {
    static let minuteMax = 6000

    private(set) var used = 0
    private var window: Int64 = 0
    private var bannedUntil: WallTime?
    /// Whether the limits refuse, or only count.
    let isEnforced: Bool

    init(isEnforced: Bool) { self.isEnforced = isEnforced }

    mutating func roll(to time: WallTime) {
        let minute = time.milliseconds / 60_000
        guard minute != self.window else { return }
        self.window = minute
        self.used = 0
    }

    /// Counts a weight; where nothing is enforced nothing is told as used either, for a client
    /// that keeps to the limits would wait for the next minute.
    mutating func add(_ weight: Int) {
        if self.isEnforced { self.used += weight }
    }

    /// The refusal that a request of some weight meets; twice the limit is a ban (418).
    mutating func refusal(of weight: Int, at time: WallTime) -> APIError? {
        guard self.isEnforced else { return nil }
        if let until = self.bannedUntil {
            if time < until { return Self.ban(until, at: time) }
            self.bannedUntil = nil
        }
        guard self.used + weight > Self.minuteMax else { return nil }
        self.used += weight
        if self.used > 2 * Self.minuteMax {
            let until = time.adding(milliseconds: 120_000)
            self.bannedUntil = until
            return Self.ban(until, at: time)
        }
        var error = APIError(
            -1003,
            "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
                + "Please use WebSocket Streams for live updates to avoid polling the API.",
            status: 429
        )
        error.retryAfterSeconds = 60 - time.milliseconds / 1000 % 60
        return error
    }

    private static func ban(_ until: WallTime, at time: WallTime) -> APIError {
        var error = APIError(
            -1003,
            "Way too much request weight used; IP banned until \(until.milliseconds). "
                + "Please use WebSocket Streams for live updates to avoid bans.",
            status: 418
        )
        error.retryAfterSeconds = (until.milliseconds - time.milliseconds + 999) / 1000
        return error
    }
}
