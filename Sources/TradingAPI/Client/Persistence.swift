import TTRPC

/// Decides whether a call that failed is made once more; a pure value.
///
/// What was certainly not done is asked again by every call, until its deadline. What may have
/// been done is asked again only where doing it twice is doing it once: reads, and placements,
/// which have an idempotency key.
struct Persistence: Sendable {
    enum Verdict: Hashable, Sendable {
        /// Over a new connection, after a wait.
        case again
        case giveUp(TradingClientError)
    }

    /// Whether doing it twice is doing it once.
    private let isRepeatable: Bool
    /// Whether an attempt before may have been done.
    private var isInDoubt = false
    private var wasClosing = false
    /// Connections that were made and lost, one after the other.
    private var lossesInARow = 0

    /// A server that takes connections and ends them without a word speaks another protocol, or
    /// TLS: asking on only makes it count more failures.
    private static let lossesMax = 3

    init(isRepeatable: Bool) { self.isRepeatable = isRepeatable }

    /// What to do after a call failed, or nothing could be connected to.
    mutating func verdict(after error: TradingClientError, of cause: CallError?) -> Verdict {
        switch cause {
        case nil, .notSent(.closed), .notSent(.streamIDsExhausted):
            // Nothing was asked, this time.
            self.lossesInARow = 0
            return .again
        case .connectionLost:
            self.isInDoubt = true
            self.lossesInARow += 1
            guard self.isRepeatable, self.lossesInARow < Self.lossesMax else {
                return .giveUp(error)
            }
            return .again
        case .status where self.isInDoubt && self.isRepeatable && error.isNotReady:
            // The server has begun anew and cannot say yet what it would make of it; whether the
            // first attempt came to something it says once it is ready.
            self.lossesInARow = 0
            return .again
        case .status(let status) where status.code == .unavailable && !error.isRefusal:
            // It is closing and has not looked at the call; one that says so again after a new
            // connection means something else.
            defer { self.wasClosing = true }
            return self.wasClosing ? .giveUp(self.final(error)) : .again
        case .status, .notSent, .timedOut, .cancelled, .protocolViolation, .streamOverflow:
            return .giveUp(self.final(error))
        }
    }

    /// The error of the call as a whole, when there is no time for another attempt.
    func final(_ error: TradingClientError) -> TradingClientError {
        guard self.isInDoubt, !error.mayHaveTakenEffect else { return error }
        return .connectionLost("an attempt lost its connection, the last one got: \(error)")
    }
}

extension TradingClientError {
    fileprivate var isRefusal: Bool {
        if case .refused = self { true } else { false }
    }

    /// Whether the gateway does not take orders yet; a key in the call names nothing then.
    fileprivate var isNotReady: Bool {
        if case .refused(let refusal) = self { refusal.rule == "not_ready" } else { false }
    }
}
