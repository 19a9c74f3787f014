package import TradingCore

/// Counts the calls whose caller could not be told, so that people learn of it.
package struct AuthenticationWatch: Sendable {
    /// Since the process began.
    package private(set) var failureCount: UInt64 = 0
    private var last: (peer: String, at: WallTime)?
    private var alertedAt: WallTime?

    /// How long a failure is shown among the alerts.
    package static let shownMilliseconds: Int64 = 600_000
    /// How often people are told, however many failures there are.
    package static let alertIntervalMilliseconds: Int64 = 60_000

    package init() {}

    /// Counts a failure.
    ///
    /// - Parameters:
    ///   - peer: Where it came from, without what was presented.
    ///   - now: When.
    /// - Returns: What to tell people now; nil where they were told lately.
    package mutating func failed(from peer: String, at now: WallTime) -> Alert? {
        self.failureCount += 1
        self.last = (peer, now)
        let isLate = self.alertedAt.map { told in
            told.adding(milliseconds: Self.alertIntervalMilliseconds) <= now
        }
        guard isLate ?? true else { return nil }
        self.alertedAt = now
        return self.standingAlert(at: now)
    }

    /// What a person should look at now; nil where nothing failed lately.
    package func standingAlert(at now: WallTime) -> Alert? {
        guard let last = self.last,
            now < last.at.adding(milliseconds: Self.shownMilliseconds)
        else { return nil }
        return Alert(
            .authenticationFailed,
            "\(self.failureCount) callers since the start did not show who they are, the last was "
                + last.peer
        )
    }
}
