/// How many orders one principal may place in a while.
package struct OrderRate: Hashable, Sendable {
    package var countMax: Int
    package var intervalMilliseconds: Int64

    package static let countRange = 1...10_000
    /// At most a day.
    package static let intervalMillisecondsRange: ClosedRange<Int64> = 10...86_400_000

    package init(countMax: Int, intervalMilliseconds: Int64) {
        invariant(countMax > 0 && intervalMilliseconds > 0, "a rate lets something pass")
        self.countMax = countMax
        self.intervalMilliseconds = intervalMilliseconds
    }
}

/// When each principal placed its last orders, as many as the rate looks back on.
///
/// Any interval of the rate's length, wherever it begins, holds at most the rate's count. A new
/// process takes the times over from the ``OrderLogs`` of the state.
package struct OrderTimes: Hashable, Sendable {
    /// The last times, the oldest at `oldest` once there are as many as the rate allows.
    private struct Ring: Hashable, Sendable {
        /// In nanoseconds of the monotonic clock; below zero where that began later.
        var times: [Int64] = []
        var oldest = 0

        @inline(__always)
        func waitMilliseconds(_ rate: OrderRate, at now: MonotonicTime) -> Int64? {
            guard self.times.count == rate.countMax else { return nil }
            let free = self.times[self.oldest] + rate.intervalMilliseconds * 1_000_000
            let wait = free - Int64(now.nanoseconds)
            return wait > 0 ? wait.divided(by: 1_000_000, rounding: .up) : nil
        }

        mutating func note(_ now: MonotonicTime, _ rate: OrderRate) {
            guard self.times.count >= rate.countMax else {
                self.times.append(Int64(now.nanoseconds))
                return
            }
            self.times[self.oldest] = Int64(now.nanoseconds)
            self.oldest = (self.oldest + 1) % rate.countMax
        }

        /// Keeps as many of the last times as a rate looks back on.
        mutating func shrink(to rate: OrderRate) {
            let byAge = self.times[self.oldest...] + self.times[..<self.oldest]
            self = Ring(times: Array(byAge.suffix(rate.countMax)))
        }
    }

    /// Who placed the last order; its ring is not among the others, since the next order is mostly
    /// of the same, who is then found without a hash.
    private var latest = Principal("")
    private var latestRing = Ring()
    private var others: [Principal: Ring] = [:]

    package init() {}

    private subscript(principal: Principal) -> Ring? {
        get { self.latest == principal ? self.latestRing : self.others[principal] }
        set {
            if self.latest == principal {
                self.latestRing = newValue ?? Ring()
            } else {
                self.others[principal] = newValue
            }
        }
    }

    /// How long a principal must wait until it may place; nil where it may now.
    package func waitMilliseconds(
        _ principal: Principal,
        _ rate: OrderRate,
        at now: MonotonicTime
    ) -> Int64? {
        self.latest == principal
            ? self.latestRing.waitMilliseconds(rate, at: now)
            : self.others[principal]?.waitMilliseconds(rate, at: now)
    }

    /// Goes on with another rate, by the last times that are known.
    ///
    /// A larger rate than before begins with what the smaller one looked back on.
    package mutating func adopt(_ rate: OrderRate) {
        self.latestRing.shrink(to: rate)
        for principal in self.others.keys { self.others[principal]?.shrink(to: rate) }
    }

    /// Goes on with another rate for one principal; nil forgets it.
    mutating func adopt(_ rate: OrderRate?, of principal: Principal) {
        guard let rate else {
            self[principal] = nil
            return
        }
        self[principal]?.shrink(to: rate)
    }

    /// How many orders a principal placed in the interval that ends now, as far as is known.
    package func count(_ principal: Principal, _ rate: OrderRate, at now: MonotonicTime) -> Int {
        let begin = Int64(now.nanoseconds) - rate.intervalMilliseconds * 1_000_000
        return (self[principal]?.times ?? []).count { time in begin < time }
    }

    /// Goes on from what an ended process left of a principal's times.
    mutating func recall(
        _ log: OrderLog,
        of principal: Principal,
        _ rate: OrderRate,
        at now: Instant
    ) {
        // None is later than the one after it, whatever the wall clock was set to meanwhile.
        var times: [Int64] = []
        var youngest = Int64(0)
        for time in log.times.suffix(rate.countMax).reversed() {
            youngest = max(youngest, now.wall.nanoseconds - time.nanoseconds)
            times.append(Int64(now.monotonic.nanoseconds) - youngest)
        }
        self[principal] = Ring(times: times.reversed())
    }

    /// Counts an order that passed the gate.
    package mutating func note(_ principal: Principal, _ rate: OrderRate, at now: MonotonicTime) {
        if self.latest != principal {
            let ring = self.others.removeValue(forKey: principal) ?? Ring()
            if !self.latestRing.times.isEmpty { self.others[self.latest] = self.latestRing }
            (self.latest, self.latestRing) = (principal, ring)
        }
        self.latestRing.note(now, rate)
    }
}
