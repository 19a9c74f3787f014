/// Stops new orders to a venue that rejects one after the other: something is wrong with what we
/// send, and more of it does not make it right.
package struct RejectBreaker: Hashable, Sendable {
    /// When it stops new orders and for how long.
    package struct Settings: Hashable, Sendable {
        /// This many rejections in a row, none further back than the period, stop new orders.
        package var rejectsMax = 3
        package var periodMilliseconds: Int64 = 60_000
        /// How long new orders are stopped, unless somebody acknowledges before.
        package var coolDownMilliseconds: Int64 = 60_000

        package init() {}
    }

    private var settings: Settings
    private var rejects: [Reject] = []
    /// Whether a wrong clock explains all rejections that stopped new orders.
    private var isStoppedByClock = false
    /// Until when new orders are stopped; nil where they never were.
    package private(set) var stoppedUntil: MonotonicTime?
    /// The venue's words on the last rejection.
    package private(set) var reason = ""

    private struct Reject: Hashable, Sendable {
        var at: MonotonicTime
        var isUntimely: Bool
    }

    package init(_ settings: Settings = Settings()) {
        invariant(settings.rejectsMax > 0, "a breaker that needs no rejection stops everything")
        self.settings = settings
    }

    /// Goes on with other settings; what is stopped stays so for as long as it was to be.
    package mutating func adopt(_ settings: Settings) { self.settings = settings }

    package func isStopped(at now: MonotonicTime) -> Bool {
        self.stoppedUntil.map { now < $0 } ?? false
    }

    /// How many rejections in a row count now.
    package var rejectCount: Int { self.rejects.count }

    /// The venue took an order.
    package mutating func accepted() { self.rejects = [] }

    /// The venue rejected an order.
    ///
    /// - Parameters:
    ///   - reason: The venue's words.
    ///   - isUntimely: Whether it found the time wrong by which the order was signed.
    ///   - now: When.
    package mutating func rejected(
        _ reason: String,
        isUntimely: Bool = false,
        at now: MonotonicTime
    ) {
        self.reason = reason
        self.rejects.append(Reject(at: now, isUntimely: isUntimely))
        self.rejects.removeAll { reject in
            reject.at.adding(milliseconds: self.settings.periodMilliseconds) <= now
        }
        guard self.rejects.count >= self.settings.rejectsMax else { return }
        self.stoppedUntil = now.adding(milliseconds: self.settings.coolDownMilliseconds)
        self.isStoppedByClock = self.rejects.allSatisfy(\.isUntimely)
        self.rejects = []
    }

    /// The venue's clock turned out to be another than was believed: what was rejected for its
    /// time is explained, and its cause is gone.
    package mutating func clockCorrected() {
        self.rejects.removeAll(where: \.isUntimely)
        if self.isStoppedByClock { self.stoppedUntil = nil }
    }

    /// A person has seen it.
    package mutating func acknowledge() {
        self.rejects = []
        self.stoppedUntil = nil
    }
}
