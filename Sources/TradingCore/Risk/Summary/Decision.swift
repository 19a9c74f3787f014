/// What the gate said of one order, as the journal holds it (C5).
package struct Decision: Hashable, Sendable {
    /// What became of the order at its decision.
    package enum Verdict: UInt8, Hashable, Sendable, CaseIterable {
        /// Every rule let it pass, and it was sent.
        case accepted = 1
        case refused = 2
        /// Every rule let it pass, in a mode that sends nothing.
        case simulated = 3

        package var name: String {
            switch self {
            case .accepted: "accepted"
            case .refused: "refused"
            case .simulated: "simulated"
            }
        }
    }

    /// Of the event.
    package var sequence: UInt64
    package var time: WallTime
    package var intent: OrderIntent
    package var verdict: Verdict
    /// Where it was refused: the rule, the limit and the value that decided it.
    package var refusal: Refusal?

    /// Nil where the event is no decision on an order.
    package init?(_ event: Event, at sequence: UInt64, _ time: WallTime) {
        self.sequence = sequence
        self.time = time
        switch event {
        case .orderSubmitted(let intent):
            self.intent = intent
            self.verdict = .accepted
        case .orderSimulated(let intent):
            self.intent = intent
            self.verdict = .simulated
        case .orderRefused(let intent, let refusal):
            self.intent = intent
            self.verdict = .refused
            self.refusal = refusal
        default: return nil
        }
    }
}

/// Which decisions are looked for, newest first.
public struct DecisionFilter: Hashable, Sendable {
    /// From then on; nil for however old.
    public var since: WallTime?
    /// On orders of this symbol only; nil for all.
    public var symbol: Symbol?
    /// The name of the rule that refused, such as `order_notional`; nil for all.
    public var rule: String?
    /// Whether orders that passed are left out.
    public var isRefusedOnly: Bool
    /// How many at most, 1 to 1,000.
    public var countMax: Int
    /// Decisions of events below this one only, to page towards older ones.
    public var before: UInt64?

    /// Makes a filter; without arguments for the newest hundred of all.
    ///
    /// - Parameters:
    ///   - since: From then on.
    ///   - symbol: On orders of this symbol only.
    ///   - rule: The name of the rule that refused.
    ///   - isRefusedOnly: Whether orders that passed are left out.
    ///   - countMax: How many at most, 1 to 1,000.
    ///   - before: Where the page before says that the next one begins; nil for the newest.
    public init(
        since: WallTime? = nil,
        symbol: Symbol? = nil,
        rule: String? = nil,
        isRefusedOnly: Bool = false,
        countMax: Int = 100,
        before: UInt64? = nil
    ) {
        self.since = since
        self.symbol = symbol
        self.rule = rule
        self.isRefusedOnly = isRefusedOnly
        self.countMax = countMax
        self.before = before
    }

    package func takes(_ decision: Decision) -> Bool {
        (self.since.map { $0 <= decision.time } ?? true)
            && (self.before.map { decision.sequence < $0 } ?? true)
            && (self.symbol.map { $0 == decision.intent.terms.symbol } ?? true)
            && (!self.isRefusedOnly || decision.verdict == .refused)
            && (self.rule.map { $0 == decision.refusal?.rule.name } ?? true)
    }
}

/// A part of the decisions that were looked for.
package struct DecisionPage: Hashable, Sendable {
    /// Newest first.
    package var decisions: [Decision]
    /// Where the next page begins; nil where there is nothing older.
    package var next: UInt64?

    package init(decisions: [Decision], next: UInt64?) {
        self.decisions = decisions
        self.next = next
    }
}
