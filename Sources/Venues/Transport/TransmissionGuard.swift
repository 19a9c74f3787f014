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
    private let clockOffsetMilliseconds: Int64
    private(set) var state = State.waiting

    /// - Parameters:
    ///   - intent: Whose window counts.
    ///   - gate: Entered by the transmission that passes.
    ///   - clockOffsetMilliseconds: The venue's clock less ours.
    init(_ intent: OrderIntent, gate: Gate, clockOffsetMilliseconds: Int64) {
        self.intent = intent
        self.gate = gate
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
    }

    /// Whether the transmission that is about to begin may do so.
    mutating func mayTransmit(at wall: WallTime) -> Bool {
        switch self.state {
        case .waiting:
            if let reason = self.refusal(at: wall) {
                self.state = .refused(reason)
                return false
            }
            // Counting in and looking at the gate are one operation, and the last before writing.
            let isOpen = self.gate.enter(for: self.intent.purpose)
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
    func refusal(at wall: WallTime) -> NotSentReason? {
        let venueTime = wall.adding(milliseconds: self.clockOffsetMilliseconds)
        if self.intent.isWindowOver(at: venueTime) { return .windowOver }
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
            self.gate.leave()
            return answer.map(BinanceAnswers.placementOutcome) ?? .unknown(failure)
        case .stoppedSecond:
            self.gate.leave()
            return .unknown(
                "the connection died before the answer; a second transmission was stopped"
            )
        }
    }
}
