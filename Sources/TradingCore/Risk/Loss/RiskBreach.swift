/// What breaking a limit on losses or failures does.
package enum BreachAction: UInt8, Hashable, Sendable, CaseIterable {
    /// New orders that do not only reduce are refused until a person acknowledges the breach.
    case disable = 1
    /// And the kill switch is engaged at one of its levels.
    case killBlock = 2
    case killCancel = 3
    case killFlatten = 4

    /// The name in configuration, command line and answers.
    package var name: String {
        switch self {
        case .disable: "disable"
        case .killBlock: "kill_block"
        case .killCancel: "kill_cancel"
        case .killFlatten: "kill_flatten"
        }
    }

    package init?(name: String) {
        guard let action = BreachAction.allCases.first(where: { $0.name == name }) else {
            return nil
        }
        self = action
    }

    /// The level of the kill switch that the breach engages; nil where it does not.
    package var killLevel: KillLevel? {
        switch self {
        case .disable: nil
        case .killBlock: .block
        case .killCancel: .cancel
        case .killFlatten: .flatten
        }
    }
}

/// A limit on losses or failures that was broken, or a person's word to stop trading; it survives
/// restarts, and holds trading until a person has acknowledged it.
package struct RiskBreach: Hashable, Sendable {
    /// A person has seen it and lets trading go on.
    package struct Acknowledgement: Hashable, Sendable {
        package var principal: Principal
        package var reason: String
        package var at: WallTime

        package init(principal: Principal, reason: String, at: WallTime) {
            self.principal = principal
            self.reason = reason
            self.at = at
        }
    }

    /// Counted from 1 over the life of a store.
    package var number: UInt64
    package var rule: Rule
    /// Whose account it is about.
    package var venue: VenueID
    /// The quote asset in which it lost; nil where the limit is not about money.
    package var asset: Asset?
    /// The strategy that it stops; empty where it stops all of them.
    package var strategy: String
    /// What the rule allows, in the rule's unit.
    package var limit: String
    /// What was found.
    package var actual: String
    /// One sentence for people.
    package var message: String
    package var action: BreachAction
    package var at: WallTime
    /// Nil until a person has acknowledged it.
    package var acknowledgement: Acknowledgement?

    package init(
        number: UInt64,
        rule: Rule,
        venue: VenueID,
        asset: Asset? = nil,
        strategy: String = "",
        limit: String,
        actual: String,
        message: String,
        action: BreachAction,
        at: WallTime,
        acknowledgement: Acknowledgement? = nil
    ) {
        self.number = number
        self.rule = rule
        self.venue = venue
        self.asset = asset
        self.strategy = strategy
        self.limit = limit
        self.actual = actual
        self.message = message
        self.action = action
        self.at = at
        self.acknowledgement = acknowledgement
    }

    package var isOpen: Bool { self.acknowledgement == nil }
}

/// The breaches of a store, oldest first; those that nobody has acknowledged are all here.
package struct BreachList: Hashable, Sendable {
    package private(set) var breaches: [RiskBreach]
    /// The number of the last one, whether or not it is still in the list.
    package private(set) var lastNumber: UInt64
    /// How many nobody has acknowledged.
    private var openCount: Int

    /// Older ones that were acknowledged are in the journal alone.
    package static let acknowledgedMax = 100

    package init(breaches: [RiskBreach] = [], lastNumber: UInt64 = 0) {
        self.breaches = breaches
        self.lastNumber = lastNumber
        self.openCount = breaches.count(where: \.isOpen)
    }

    /// Those that nobody has acknowledged, oldest first.
    package var open: [RiskBreach] { self.breaches.filter(\.isOpen) }

    /// The oldest breach that holds the orders of a strategy back.
    ///
    /// A person's word holds on every account, a loss or a failure on its own. One whose answer is
    /// the kill switch holds them back too: a switch that is released by force
    /// does not make a loss undone.
    @inline(__always)
    package func holding(strategy: String, on venue: VenueID) -> Shared<RiskBreach>? {
        self.openCount == 0 ? nil : self.oldestOpen(strategy, on: venue).map(Shared.init)
    }

    private func oldestOpen(_ strategy: String, on venue: VenueID) -> RiskBreach? {
        self.breaches.first { breach in
            breach.isOpen && (breach.venue == venue || breach.rule == .tradingDisabled)
                && (breach.strategy.isEmpty || breach.strategy == strategy)
        }
    }

    /// Whether the same limit is broken already, and nobody has acknowledged it.
    package func holds(
        _ rule: Rule,
        on venue: VenueID,
        asset: Asset?,
        strategy: String = ""
    ) -> Bool {
        self.breaches.contains { breach in
            breach.isOpen && breach.rule == rule && breach.venue == venue
                && breach.asset == asset && breach.strategy == strategy
        }
    }

    mutating func append(_ breach: RiskBreach) {
        invariant(breach.number == self.lastNumber + 1, "breaches are counted one by one")
        self.lastNumber = breach.number
        self.breaches.append(breach)
        if breach.isOpen { self.openCount += 1 }
    }

    mutating func acknowledge(
        _ number: UInt64,
        _ acknowledgement: RiskBreach.Acknowledgement
    ) -> RiskBreach? {
        guard let index = self.breaches.firstIndex(where: { $0.number == number && $0.isOpen })
        else { return nil }
        self.breaches[index].acknowledgement = acknowledgement
        self.openCount -= 1
        let breach = self.breaches[index]
        let acknowledged = self.breaches.count { !$0.isOpen }
        if acknowledged > Self.acknowledgedMax,
            let oldest = self.breaches.firstIndex(where: { !$0.isOpen })
        {
            self.breaches.remove(at: oldest)
        }
        return breach
    }
}
