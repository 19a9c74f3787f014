import TradingCore

/// Decides, at the last instant before bytes are written, whether a placement may be (S2).
///
/// libcurl asks before each transmission of a request, and by itself transmits a request again
/// when a reused connection dies before the first byte of the answer. The first transmission
/// passes when the gate is open and the receive window is not over; no second one ever does.
struct TransmissionGuard {
    enum State: Hashable, Sendable {
        /// libcurl has not come to the point of writing.
        case waiting
        /// Not a byte was written, and none will be.
        case refused(NotSentReason)
        /// The request is on the wire, or in doubt.
        case passed
        /// On the wire once; libcurl wanted to write it again.
        case stoppedSecond
    }

    private let gate: Gate
    private let intent: OrderIntent
    private let clock: ClockEstimate
    private(set) var state = State.waiting

    /// - Parameters:
    ///   - intent: Whose window counts.
    ///   - gate: Entered by the transmission that passes.
    ///   - clock: What is known of the venue's.
    init(_ intent: OrderIntent, gate: Gate, clock: ClockEstimate) {
        self.intent = intent
        self.gate = gate
        self.clock = clock
    }

    /// Whether the transmission that is about to begin may do so.
    mutating func mayTransmit(at now: Instant) -> Bool {
        switch self.state {
        case .waiting:
            if let reason = self.refusal(at: now) {
                self.state = .refused(reason)
                return false
            }
            // Counting in and looking at the gate are one operation, and the last before writing.
            let isOpen = self.gate.enter(self.intent.orderID, for: self.intent.purpose)
            self.state = isOpen ? .passed : .refused(.gateClosed)
            return isOpen
        case .passed:
            self.state = .stoppedSecond
            return false
        case .refused, .stoppedSecond:
            return false
        }
    }

    /// Why the placement need not even be handed to libcurl; nil where it may.
    func refusal(at now: Instant) -> NotSentReason? {
        if self.intent.isWindowOver(at: self.clock.venueTime(at: now)) { return .windowOver }
        return self.gate.isOpen(for: self.intent.purpose) ? nil : .gateClosed
    }

    /// What became of the placement; called once, when libcurl is done with it.
    ///
    /// - Parameters:
    ///   - answer: The venue's, where a whole one came.
    ///   - failure: libcurl's words where none did.
    /// - Returns: What is proven, or the doubt.
    func finish(answer: HTTPAnswer?, failure: String) -> PlacementOutcome {
        switch self.state {
        case .waiting:
            return .notSent(.notConnected(failure))
        case .refused(let reason):
            return .notSent(reason)
        case .passed:
            self.gate.leave(self.intent.orderID)
            return answer.map(BinanceAnswers.placementOutcome) ?? .unknown(failure)
        case .stoppedSecond:
            self.gate.leave(self.intent.orderID)
            return .unknown(
                "the connection died before the answer; a second transmission was stopped"
            )
        }
    }
}
