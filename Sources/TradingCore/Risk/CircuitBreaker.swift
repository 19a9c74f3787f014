/// Stops new orders to a venue that does not answer any more, and finds out when it does again.
///
///     closed → open → half-open → closed
///                ↑________|
///
/// Closed, it counts failures in a row: no connection, a timeout, an answer of the 5xx kind. Open,
/// new orders are refused for a while. Half-open, one read tries the venue; its outcome closes the
/// breaker, or opens it for twice as long. Cancels and reads go out in every state.
package struct CircuitBreaker: Hashable, Sendable {
    /// When it opens and for how long.
    package struct Settings: Hashable, Sendable {
        /// This many failures in a row open it.
        package var failuresMax = 5
        /// How long it is open the first time; doubles up to the maximum while the venue fails.
        package var openMilliseconds: Int64 = 2_000
        package var openMillisecondsMax: Int64 = 60_000
        /// A probe without an answer for this long has failed; above every request's own timeout.
        package var probeMillisecondsMax: Int64 = 15_000

        package init() {}
    }

    /// Where the breaker stands.
    package enum State: Hashable, Sendable {
        case closed(failures: Int)
        case open(until: MonotonicTime)
        /// A probe is on its way.
        case halfOpen(deadline: MonotonicTime)
    }

    private var settings: Settings
    package private(set) var state = State.closed(failures: 0)
    /// What went wrong last.
    package private(set) var reason = ""
    private var openMilliseconds: Int64

    package init(_ settings: Settings = Settings()) {
        invariant(settings.failuresMax > 0, "a breaker that is never closed stops everything")
        self.settings = settings
        self.openMilliseconds = settings.openMilliseconds
    }

    /// Goes on with other settings; one that is open stays so for as long as it was to be.
    package mutating func adopt(_ settings: Settings) {
        self.settings = settings
        if self.isClosed { self.openMilliseconds = settings.openMilliseconds }
    }

    package var isClosed: Bool { if case .closed = self.state { true } else { false } }

    /// The venue answered something.
    package mutating func succeeded() {
        switch self.state {
        case .closed, .halfOpen:
            self.state = .closed(failures: 0)
            self.openMilliseconds = self.settings.openMilliseconds
        // One answer among many failures ends nothing: a probe does, when its time has come.
        case .open: break
        }
    }

    /// A request had no answer, or one that says that the venue is out of order.
    package mutating func failed(_ reason: String, at now: MonotonicTime) {
        switch self.state {
        case .closed(let failures):
            self.reason = reason
            if failures + 1 < self.settings.failuresMax {
                self.state = .closed(failures: failures + 1)
            } else {
                self.open(at: now)
            }
        case .halfOpen:
            self.reason = reason
            self.open(at: now)
        case .open: break
        }
    }

    /// Whether a probe must be sent now; asked whenever ``wakeAt`` has come.
    package mutating func wantsProbe(at now: MonotonicTime) -> Bool {
        switch self.state {
        case .closed: return false
        case .open(let until):
            guard until <= now else { return false }
            self.state = .halfOpen(
                deadline: now.adding(milliseconds: self.settings.probeMillisecondsMax)
            )
            return true
        case .halfOpen(let deadline):
            if deadline <= now { self.failed("the probe was not answered", at: now) }
            return false
        }
    }

    /// When ``wantsProbe(at:)`` has something to decide; nil while closed.
    package var wakeAt: MonotonicTime? {
        switch self.state {
        case .closed: nil
        case .open(let until): until
        case .halfOpen(let deadline): deadline
        }
    }

    private mutating func open(at now: MonotonicTime) {
        self.state = .open(until: now.adding(milliseconds: self.openMilliseconds))
        self.openMilliseconds = min(
            self.openMilliseconds * 2,
            self.settings.openMillisecondsMax
        )
    }
}
