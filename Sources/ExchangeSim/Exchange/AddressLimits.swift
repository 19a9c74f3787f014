import TradingCore

/// A count in windows that are aligned to the clock.
struct WindowCount {
    let minutes: Int64
    let max: Int
    private(set) var used = 0
    private var window: Int64 = 0

    init(minutes: Int64, max: Int) {
        self.minutes = minutes
        self.max = max
    }

    private var milliseconds: Int64 { self.minutes * 60_000 }

    mutating func roll(to time: WallTime) {
        let window = time.milliseconds / self.milliseconds
        guard window != self.window else { return }
        self.window = window
        self.used = 0
    }

    mutating func add(_ amount: Int) { self.used += amount }

    /// Seconds until the count begins anew, rounded up.
    func seconds(untilNextAfter time: WallTime) -> Int64 {
        (self.milliseconds - time.milliseconds % self.milliseconds + 999) / 1000
    }
}

/// What the venue allows one address, which all callers here share: they come by loopback.
///
/// Refused requests count as well; twice a limit within its window is a ban, and each ban lasts
/// twice as long as the one before it, from two minutes to three days.
struct AddressLimits {
    /// REQUEST_WEIGHT.
    private(set) var weight = WindowCount(minutes: 1, max: 6000)
    /// RAW_REQUESTS.
    private(set) var requests = WindowCount(minutes: 5, max: 300_000)
    private var streamConnections = WindowCount(minutes: 5, max: 300)
    private var apiConnections = WindowCount(minutes: 5, max: 300)
    /// Connections that were closed because they sent too much.
    private var floods = WindowCount(minutes: 5, max: 10)
    private var bannedUntil: WallTime?
    private var banMilliseconds: Int64 = 0
    /// Whether the limits refuse, or only count.
    let isEnforced: Bool
    /// Requests that were refused for a limit, those for an account's orders included.
    private(set) var refusedCount: Int64 = 0

    /// What a connection to the WebSocket API weighs.
    static let connectionWeight = 2
    static let banMillisecondsMin: Int64 = 120_000
    static let banMillisecondsMax: Int64 = 3 * 86_400_000

    init(isEnforced: Bool) { self.isEnforced = isEnforced }

    mutating func roll(to time: WallTime) {
        self.weight.roll(to: time)
        self.requests.roll(to: time)
        self.streamConnections.roll(to: time)
        self.apiConnections.roll(to: time)
        self.floods.roll(to: time)
    }

    /// Counts a weight; where nothing is enforced nothing is told as used either, for a client
    /// that keeps to the limits would wait for the next minute.
    mutating func add(weight: Int) {
        if self.isEnforced { self.weight.add(weight) }
    }

    /// Counts a request, and tells the refusal that one of its weight meets.
    mutating func admit(weight: Int, at time: WallTime) -> APIError? {
        self.requests.add(1)
        guard self.isEnforced else { return nil }
        if let ban = self.ban(at: time) {
            self.noteRefusal()
            return ban
        }
        if self.requests.used > self.requests.max {
            return self.refuse(self.requests, at: time)
        }
        guard self.weight.used + weight > self.weight.max else { return nil }
        self.weight.add(weight)
        return self.refuse(self.weight, at: time)
    }

    /// Counts an attempt to open a WebSocket; ``connectionRefusal(isAPI:at:)`` then tells of it.
    mutating func countConnection(isAPI: Bool, at time: WallTime) {
        self.roll(to: time)
        if isAPI {
            self.apiConnections.add(1)
            self.add(weight: Self.connectionWeight)
        } else {
            self.streamConnections.add(1)
        }
    }

    /// The refusal that the last attempt to open a WebSocket met.
    func connectionRefusal(isAPI: Bool, at time: WallTime) -> APIError? {
        guard self.isEnforced else { return nil }
        if let ban = self.ban(at: time) { return ban }
        let count = isAPI ? self.apiConnections : self.streamConnections
        guard count.used > count.max else { return nil }
        var error = APIError(
            -1034,
            "Too many connection attempts from IP; current limit is 300 per '5 MINUTE'.",
            status: 429
        )
        error.retryAfterSeconds = count.seconds(untilNextAfter: time)
        return error
    }

    /// Notes that a connection was closed because it sent too much; many of these are a ban.
    mutating func noteFlood(at time: WallTime) {
        self.roll(to: time)
        self.floods.add(1)
        if self.floods.used > self.floods.max { self.startBan(at: time) }
    }

    mutating func noteRefusal() { self.refusedCount += 1 }

    private mutating func refuse(_ count: WindowCount, at time: WallTime) -> APIError {
        self.noteRefusal()
        if count.used > 2 * count.max {
            self.startBan(at: time)
            if let ban = self.ban(at: time) { return ban }
        }
        var error: APIError =
            count.max == self.weight.max ? .tooMuchWeight : .tooManyRequests
        error.retryAfterSeconds = count.seconds(untilNextAfter: time)
        return error
    }

    private mutating func startBan(at time: WallTime) {
        // A long time without a ban is forgiven.
        if let last = self.bannedUntil,
            time.milliseconds - last.milliseconds > Self.banMillisecondsMax
        {
            self.banMilliseconds = 0
        }
        self.banMilliseconds = min(
            Self.banMillisecondsMax,
            max(Self.banMillisecondsMin, 2 * self.banMilliseconds)
        )
        self.bannedUntil = time.adding(milliseconds: self.banMilliseconds)
    }

    private func ban(at time: WallTime) -> APIError? {
        guard let until = self.bannedUntil, time < until else { return nil }
        return .banned(until: until, at: time)
    }
}

extension APIError {
    /// The answer to an address that is banned.
    static func banned(until: WallTime, at time: WallTime) -> APIError {
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
