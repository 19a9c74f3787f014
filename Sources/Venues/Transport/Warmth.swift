import TradingCore

/// Decides when connections are made before anybody needs them: a cold one costs an order five to
/// eight times its own time.
///
/// A venue that closes every connection behind its answer must not be asked without end, so the
/// number of attempts in a period is bounded, and failures wait ever longer.
struct Warmth: Hashable, Sendable {
    private var running = 0
    private var notBefore = MonotonicTime(nanoseconds: 0)
    private var failures = 0
    private var periodEnd = MonotonicTime(nanoseconds: 0)
    private var attemptsLeft = 0

    private static let periodMilliseconds: Int64 = 10_000
    private static let delayMillisecondsMax: Int64 = 5_000

    /// How many connections to make now.
    ///
    /// - Parameters:
    ///   - missing: How many fewer there are than wanted.
    ///   - wanted: How many there should be.
    ///   - handles: How many can be made at a time.
    ///   - now: The time.
    /// - Returns: At most `handles`.
    mutating func start(
        missing: Int,
        of wanted: Int,
        handles: Int,
        at now: MonotonicTime
    ) -> Int {
        if self.periodEnd <= now {
            self.periodEnd = now.adding(milliseconds: Warmth.periodMilliseconds)
            self.attemptsLeft = 2 * wanted
        }
        // Sockets are counted when they open: a round must end before the next is planned.
        guard self.running == 0, self.notBefore <= now else { return 0 }
        let count = max(0, min(missing, handles, self.attemptsLeft))
        self.running = count
        self.attemptsLeft -= count
        return count
    }

    /// One attempt has ended.
    mutating func ended(isSuccess: Bool, at now: MonotonicTime) {
        invariant(self.running > 0, "a connection was warmed that nobody started")
        self.running -= 1
        self.failures = isSuccess ? 0 : min(self.failures + 1, 16)
        guard !isSuccess else { return }
        let delay = min(Int64(125) << Int64(self.failures), Warmth.delayMillisecondsMax)
        self.notBefore = now.adding(milliseconds: delay)
    }
}
