/// How an order ends that was held and never sent.
package enum Dismissal: Hashable, Sendable {
    /// A person denied it, or the gate refused it when a person approved it.
    case refused(Refusal, by: Principal)
    /// Nobody approved it in time.
    case expired(reason: String)
    /// Its client took it back, its mode was left, or the kill switch was engaged.
    case canceled(reason: String)

    /// What the order is from then on.
    package var status: OrderStatus {
        switch self {
        case .refused: .refused
        case .expired: .expired
        case .canceled: .canceled
        }
    }

    /// Why, in words; a refusal says it itself.
    package var reason: String {
        switch self {
        case .refused: ""
        case .expired(let reason), .canceled(let reason): reason
        }
    }
}

extension Order {
    /// Whether the order was ever handed to a venue: until it is approved, a held one is not.
    package var wasSent: Bool {
        switch self.status {
        case .refused, .simulated, .held: false
        case .submitting, .open, .partiallyFilled, .filled, .canceled, .expired, .rejected,
            .notPlaced, .unknown, .needsOperator:
            self.refusal == nil
        }
    }

    /// Whether the order is, or may be, at its venue and not finished there.
    package var isAtVenue: Bool { !self.status.isTerminal && self.status != .held }

    /// Lets a held order go, as the intent of the moment of its approval.
    mutating func approve(_ intent: OrderIntent, at time: WallTime) {
        invariant(self.status == .held, "only a held order is approved")
        self.intent = intent
        self.refusal = nil
        self.status = intent.venue == .monitor ? .simulated : .submitting
        self.updatedAt = max(self.updatedAt, time)
    }
}
