/// A limit of the venue on what it takes in a window of time that is aligned to its clock.
package struct RateLimit: Hashable, Sendable {
    /// What is counted.
    package enum Kind: Hashable, Sendable {
        /// The weights of requests, by address.
        case weight
        /// Requests whatever their weight, by address.
        case requests
        /// New orders, by account.
        case orders
    }

    package var kind: Kind
    package var intervalMilliseconds: Int64
    /// The most that the venue takes in one window.
    package var countMax: Int

    package init(_ kind: Kind, intervalMilliseconds: Int64, countMax: Int) {
        self.kind = kind
        self.intervalMilliseconds = intervalMilliseconds
        self.countMax = countMax
    }

    /// For people, such as `50 orders per 10 s`.
    package var text: String {
        let unit =
            switch self.kind {
            case .weight: "request weight"
            case .requests: "requests"
            case .orders: "orders"
            }
        let seconds = self.intervalMilliseconds / 1_000
        let interval =
            switch seconds {
            case 86_400: "day"
            case 60: "minute"
            default: "\(seconds) s"
            }
        return "\(self.countMax) \(unit) per \(interval)"
    }
}

/// What the venue says that it has counted in one of its windows.
package struct RateCount: Hashable, Sendable {
    package var kind: RateLimit.Kind
    package var intervalMilliseconds: Int64
    package var count: Int

    package init(_ kind: RateLimit.Kind, intervalMilliseconds: Int64, count: Int) {
        self.kind = kind
        self.intervalMilliseconds = intervalMilliseconds
        self.count = count
    }
}

/// Counts what was sent against one limit, so that never more arrives in a window than it allows.
///
/// What is on its way arrives at an unknown moment, and the venue's clock is known to within an
/// uncertainty only. So whatever may have arrived in a window counts in it: a charge counts from
/// when it is sent, once more in the next window if its answer came when that may have begun, and
/// a window ends here when it has ended there for certain. The venue's own counts correct both
/// ways: others may use the account or the address, and some of what was sent counts nothing.
package struct RateWindow: Hashable, Sendable {
    /// One thing that was sent and is not answered yet.
    package struct Charge: Hashable, Sendable {
        fileprivate var amount: Int
        fileprivate var index: Int64
        fileprivate var completedBefore: UInt64
    }

    package private(set) var limit: RateLimit
    private var index: Int64?
    /// The most that the venue may have counted in the window, what is on its way included.
    package private(set) var used = 0
    /// What was answered in this window and may have arrived in the next.
    private var spilled = 0
    private var inFlight = 0
    /// Everything that was ever answered.
    private var completed: UInt64 = 0

    package init(_ limit: RateLimit) {
        invariant(limit.intervalMilliseconds > 0, "a window has a length")
        self.limit = limit
    }

    /// The venue changed what it allows in a window of this length.
    package mutating func setCountMax(_ countMax: Int) { self.limit.countMax = countMax }

    /// Whether times lie in the present window, all of them: it goes on as it is.
    package func holds(_ times: ClosedRange<WallTime>) -> Bool {
        guard let index = self.index else { return false }
        let begin = index * self.limit.intervalMilliseconds
        return begin <= times.lowerBound.milliseconds
            && times.upperBound.milliseconds < begin + self.limit.intervalMilliseconds
    }

    /// Begins the window that has begun at the venue for certain.
    package mutating func roll(to times: ClosedRange<WallTime>) {
        let earliest = self.windowIndex(of: times.lowerBound)
        guard let index = self.index else {
            self.index = earliest
            return
        }
        if earliest > index {
            // What was answered before a window that was skipped cannot have arrived in this one.
            self.used = (earliest == index + 1 ? self.spilled : 0) + self.inFlight
            self.spilled = 0
            self.index = earliest
        } else if self.windowIndex(of: times.upperBound) < index {
            // The venue's clock turned out to be behind: what was counted stays counted.
            self.index = earliest
        }
    }

    /// Whether an amount may be sent now and leave a reserve untouched.
    package func hasRoom(for amount: Int, reserve: Int) -> Bool {
        self.used + amount <= self.limit.countMax - reserve
    }

    /// When the present window has ended for certain, in the venue's time.
    package var end: WallTime {
        WallTime(milliseconds: ((self.index ?? 0) + 1) * self.limit.intervalMilliseconds)
    }

    /// Counts what is being sent; the window must have been rolled to now.
    package mutating func charge(_ amount: Int) -> Charge {
        self.used += amount
        self.inFlight += amount
        return Charge(amount: amount, index: self.index ?? 0, completedBefore: self.completed)
    }

    /// What was sent has been answered, or will never be.
    ///
    /// - Parameters:
    ///   - charge: What was sent.
    ///   - times: Between which times it is at the venue.
    ///   - count: What the venue counted when it answered, where it said so.
    package mutating func complete(
        _ charge: Charge,
        at times: ClosedRange<WallTime>,
        count: Int?
    ) {
        self.roll(to: times)
        self.inFlight -= charge.amount
        self.completed += UInt64(charge.amount)
        let latest = self.windowIndex(of: times.upperBound)
        if latest != self.index { self.spilled += charge.amount }
        // A count is of this window for certain only where sending and answering both are.
        guard let count, charge.index == latest, latest == self.index else { return }
        let meanwhile = self.completed - charge.completedBefore - UInt64(charge.amount)
        self.used = max(count, min(self.used, count + self.inFlight + Int(meanwhile)))
    }

    /// Takes in a count that the venue told by itself.
    package mutating func note(_ count: Int) { self.used = max(self.used, count) }

    private func windowIndex(of time: WallTime) -> Int64 {
        time.milliseconds.divided(by: self.limit.intervalMilliseconds, rounding: .down)
    }
}
