/// Where an order is in its life.
///
///     RECEIVED → REFUSED
///              → SIMULATED (the mode sends nothing)
///              → HELD (a person must approve it) → SUBMITTING | SIMULATED on approval, else
///                REFUSED (denied, or refused when it was approved) | EXPIRED | CANCELED
///              → SUBMITTING → OPEN → PARTIALLY_FILLED → FILLED | CANCELED | EXPIRED
///                           → REJECTED (the venue said no)
///                           → NOT_PLACED (dropped before a byte was written, or proven absent)
///                           → UNKNOWN → any of the above on evidence, or NEEDS_OPERATOR
package enum OrderStatus: UInt8, Hashable, Sendable, CaseIterable {
    /// Refused by a rule of ours; never sent.
    case refused = 1
    /// Checked in a mode that sends nothing.
    case simulated = 2
    /// On disk and on its way; the venue has not answered.
    case submitting = 3
    case open = 4
    case partiallyFilled = 5
    case filled = 6
    case canceled = 7
    case expired = 8
    case rejected = 9
    case notPlaced = 10
    /// Sent, no answer: the fate is being found out, the risk stays reserved (E3).
    case unknown = 11
    /// The fate could not be found out; still reserving, until a person decides (E6).
    case needsOperator = 12
    /// Waits for a person's approval; nothing was sent, nothing is reserved.
    case held = 13

    /// Whether nothing of the order is at the venue any more, late fills excepted.
    package var isTerminal: Bool {
        switch self {
        case .refused, .simulated, .filled, .canceled, .expired, .rejected, .notPlaced: true
        case .submitting, .open, .partiallyFilled, .unknown, .needsOperator, .held: false
        }
    }

    /// Whether it is not known if the venue has the order.
    package var isInDoubt: Bool { self == .unknown || self == .needsOperator }

    /// The name in answers and listings.
    package var name: String {
        switch self {
        case .refused: "REFUSED"
        case .simulated: "SIMULATED"
        case .submitting: "SUBMITTING"
        case .open: "OPEN"
        case .partiallyFilled: "PARTIALLY_FILLED"
        case .filled: "FILLED"
        case .canceled: "CANCELED"
        case .expired: "EXPIRED"
        case .rejected: "REJECTED"
        case .notPlaced: "NOT_PLACED"
        case .unknown: "UNKNOWN"
        case .needsOperator: "NEEDS_OPERATOR"
        case .held: "HELD"
        }
    }
}

/// A piece of evidence about a sent order, or the finding that there is none.
package enum OrderChange: Hashable, Sendable {
    /// The venue described the order (REST or stream); executed is cumulative.
    case reported(VenueOrderStatus, VenueOrderID, executed: Quantity, reason: String)
    /// One trade of the order, counted once (E4).
    case filled(Fill)
    /// The mode builds requests without sending them; the text is the request unsigned.
    case simulated(request: String)
    /// The venue said no: the order does not exist.
    case rejected(code: Int, reason: String)
    /// Not a byte was written, or absence was proven (E2).
    case notPlaced(reason: String)
    /// Bytes were written and no evidence came back.
    case outcomeUnknown(reason: String)
    /// The gateway gives up finding out (E6).
    case needsOperator(reason: String)
    /// A person says what became of it, where the gateway could not find out (E6).
    case resolved(Resolution, by: Principal, reason: String)
    /// Another order is placed instead of it.
    case succeeded(by: OrderID)
    /// The venue has it with a smaller quantity, or says what its quote quantity comes to.
    case amended(to: Quantity)
    /// An amendment came to nothing.
    case amendFailed(reason: String)
    /// It was held and ends unsent.
    case dismissed(Dismissal)
}

extension OrderStatus {
    /// The status after a change: the one table of an order's life.
    ///
    /// Evidence may arrive twice, late and in any order, so an older report never undoes a newer
    /// one: nothing leaves a terminal status but a proof that the order exists after all.
    ///
    /// - Parameters:
    ///   - change: What was learned.
    ///   - isFilled: Whether the fills counted so far, with the change's own, make the quantity.
    ///   - hasFills: Whether there is any fill, with the change's own.
    /// - Returns: The new status; the old one where the change is no news.
    func after(_ change: OrderChange, isFilled: Bool, hasFills: Bool) -> OrderStatus {
        switch (self, change) {
        case (.held, .dismissed(let dismissal)): dismissal.status
        case (.refused, _), (.simulated, _), (.held, _), (_, .dismissed):
            fatalError("invariant broken: \(change) came to an order that is \(self.name)")

        case (.submitting, .reported(let status, _, _, _)),
            (.open, .reported(let status, _, _, _)),
            (.partiallyFilled, .reported(let status, _, _, _)),
            (.unknown, .reported(let status, _, _, _)),
            (.needsOperator, .reported(let status, _, _, _)):
            OrderStatus.reported(status, isFilled: isFilled, hasFills: hasFills)

        // The venue knows an order that we had proven absent: it exists, so it is back (S5).
        case (.notPlaced, .reported(let status, _, _, _)),
            (.rejected, .reported(let status, _, _, _)):
            OrderStatus.reported(status, isFilled: isFilled, hasFills: hasFills)

        // A late or repeated report of a finished order changes nothing but its numbers.
        case (.filled, .reported), (.canceled, .reported), (.expired, .reported): self
        case (.submitting, .filled), (.open, .filled), (.partiallyFilled, .filled),
            (.unknown, .filled), (.needsOperator, .filled), (.notPlaced, .filled),
            (.rejected, .filled):
            isFilled ? .filled : .partiallyFilled
        // A late fill belongs to the order and leaves it finished.
        case (.canceled, .filled), (.expired, .filled): isFilled ? .filled : self
        case (.filled, .filled): .filled

        case (.submitting, .simulated), (.unknown, .simulated): .simulated
        case (.open, .simulated), (.partiallyFilled, .simulated), (.filled, .simulated),
            (.canceled, .simulated), (.expired, .simulated), (.rejected, .simulated),
            (.notPlaced, .simulated), (.needsOperator, .simulated):
            fatalError("invariant broken: \(self.name) is at a venue, yet it was only simulated")

        case (.submitting, .rejected), (.unknown, .rejected), (.needsOperator, .rejected):
            .rejected
        // It was seen at the venue before the rejection: the rejection is not about it.
        case (.open, .rejected), (.partiallyFilled, .rejected), (.filled, .rejected),
            (.canceled, .rejected), (.expired, .rejected), (.rejected, .rejected),
            (.notPlaced, .rejected):
            self

        case (.submitting, .notPlaced), (.unknown, .notPlaced), (.needsOperator, .notPlaced):
            .notPlaced
        case (.open, .notPlaced), (.partiallyFilled, .notPlaced), (.filled, .notPlaced),
            (.canceled, .notPlaced), (.expired, .notPlaced), (.rejected, .notPlaced),
            (.notPlaced, .notPlaced):
            self

        case (.submitting, .outcomeUnknown), (.unknown, .outcomeUnknown): .unknown
        // The stream told its fate before the request timed out.
        case (.open, .outcomeUnknown), (.partiallyFilled, .outcomeUnknown),
            (.filled, .outcomeUnknown), (.canceled, .outcomeUnknown),
            (.expired, .outcomeUnknown), (.rejected, .outcomeUnknown),
            (.notPlaced, .outcomeUnknown), (.needsOperator, .outcomeUnknown):
            self

        case (.submitting, .needsOperator), (.unknown, .needsOperator), (.open, .needsOperator),
            (.partiallyFilled, .needsOperator), (.needsOperator, .needsOperator):
            .needsOperator
        case (.filled, .needsOperator), (.canceled, .needsOperator), (.expired, .needsOperator),
            (.rejected, .needsOperator), (.notPlaced, .needsOperator):
            self

        // Evidence is better than anybody's word.
        case (_, .resolved(let resolution, _, _)):
            self.isInDoubt ? self.resolved(resolution) : self
        case (_, .succeeded), (_, .amended), (_, .amendFailed): self
        }
    }

    private func resolved(_ resolution: Resolution) -> OrderStatus {
        switch resolution {
        case .absent: .notPlaced
        case .canceled: .canceled
        // The fill that a person enters follows, and fills it.
        case .filled: self
        case .identified: .unknown
        }
    }

    private static func reported(
        _ status: VenueOrderStatus,
        isFilled: Bool,
        hasFills: Bool
    ) -> OrderStatus {
        switch status {
        case .new, .partiallyFilled: isFilled ? .filled : hasFills ? .partiallyFilled : .open
        // Filled is what the fills say: until they are all here, the order is on its way there.
        case .filled: isFilled ? .filled : .partiallyFilled
        case .canceled: .canceled
        case .expired: .expired
        case .rejected: .rejected
        }
    }
}
