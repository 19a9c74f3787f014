/// What is remembered of the codes that were shown; it survives restarts.
package struct SecondFactor: Hashable, Sendable {
    /// The newest step of 30 s whose code was taken: neither it nor an older one counts again.
    package private(set) var lastStep: Int64
    /// Codes that did not count since the last one that did, or since a lock ended.
    package private(set) var failureCount: Int
    /// When the last code did not count.
    package private(set) var failedAt: WallTime

    package init(lastStep: Int64, failureCount: Int, failedAt: WallTime) {
        self.lastStep = lastStep
        self.failureCount = failureCount
        self.failedAt = failedAt
    }

    mutating func note(_ outcome: CodeOutcome, at time: WallTime) {
        switch outcome {
        case .taken(let step):
            self.lastStep = step
            self.failureCount = 0
        case .refused(let failureCount):
            self.failureCount = failureCount
            self.failedAt = time
        }
    }
}

/// What became of a code that somebody showed.
package enum CodeOutcome: Hashable, Sendable {
    case taken(step: Int64)
    /// It is the code of no step, or of one that was used; the count goes up to the lock.
    case refused(failureCount: Int)
}

/// A code of the second factor as it comes along with a call.
package enum ShownCode: Hashable, Sendable {
    case none
    /// As it was typed. Who holds the secret turns it into one of the others; where nobody does,
    /// there is no second factor.
    case typed(String)
    /// The code of this step of 30 s, now or as far off as clocks may be.
    case matching(step: Int64)
    case wrong
}

/// How approvals are set up.
package struct ApprovalSettings: Hashable, Sendable {
    /// What also wants a code.
    package enum Purpose: String, Hashable, Sendable, CaseIterable {
        /// A change of the mode to live.
        case live
        /// The release of the kill switch.
        case release
    }

    package var requiring: Set<Purpose> = []
    /// How long an order is held.
    package var expiryMilliseconds: Int64 = 300_000
    /// How many codes may not count, one after the other, before none is looked at.
    package var failuresMax = 5
    /// For how long none is.
    package var lockMilliseconds: Int64 = 900_000

    package init() {}
}
