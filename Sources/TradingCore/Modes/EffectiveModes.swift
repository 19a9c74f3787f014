/// The modes that were set, and the last changes.
package struct ModeBook: Hashable, Sendable {
    /// Nil until the installation's was set the first time.
    package private(set) var installation: ModeRecord?
    /// How far strategies may go, by name, those for which it was ever set (B6).
    package private(set) var ofStrategies: [String: ModeRecord]
    /// The last changes of both, oldest first.
    package private(set) var history: [ModeRecord]

    /// Older changes are in the journal alone.
    package static let historyMax = 100

    /// What a snapshot holds, or nothing.
    package init(
        installation: ModeRecord? = nil,
        ofStrategies: [ModeRecord] = [],
        history: [ModeRecord] = []
    ) {
        self.installation = installation
        self.ofStrategies = [:]
        self.history = history
        for record in ofStrategies { self.ofStrategies[record.strategy] = record }
    }

    mutating func take(_ record: ModeRecord) {
        if record.strategy.isEmpty {
            self.installation = record
        } else {
            self.ofStrategies[record.strategy] = record
        }
        self.history.append(record)
        if self.history.count > Self.historyMax { self.history.removeFirst() }
    }
}

/// The installation's mode and those of strategies: an order's is the lower of the two (M1, B6).
package struct EffectiveModes: Hashable, Sendable {
    package var installation: TradingMode
    /// What was set for a strategy, by name; one without an entry goes as far as the installation.
    package var ofStrategies: [String: ModeRecord]

    package init(installation: TradingMode, ofStrategies: [String: ModeRecord]) {
        self.installation = installation
        self.ofStrategies = ofStrategies
    }

    /// The mode of orders that name a strategy, or none.
    package func mode(of strategy: String) -> TradingMode {
        guard let own = self.ofStrategies[strategy] else { return self.installation }
        return min(self.installation, own.mode)
    }
}

/// A change of a mode, which may be one of several strategies at once.
struct ModeShift: Hashable, Sendable {
    var before: EffectiveModes
    var after: EffectiveModes

    /// What a record makes of the modes: of one strategy, or of the installation.
    init(_ before: EffectiveModes, _ record: ModeRecord) {
        self.before = before
        self.after = before
        if record.strategy.isEmpty {
            self.after.installation = record.mode
        } else {
            self.after.ofStrategies[record.strategy] = record
        }
    }

    /// Whether it leaves an order behind: the order is where its strategy is, and will not be.
    func leaves(_ intent: OrderIntent) -> Bool {
        self.leaves(intent.strategy, on: intent.venue)
    }

    /// Whether a strategy was on a venue and will not be.
    private func leaves(_ strategy: String, on venue: VenueID) -> Bool {
        let mode = self.before.mode(of: strategy)
        return mode.venue == venue && self.after.mode(of: strategy) != mode
    }

    /// The strategies whose orders go to a venue before and after.
    func staying(on venue: VenueID) -> [String] {
        self.before.ofStrategies.keys.filter { strategy in
            self.before.mode(of: strategy).venue == venue
                && self.after.mode(of: strategy).venue == venue
        }
    }

    /// Whether orders of a strategy, or of none, become real by it.
    func entersLive(_ strategy: String) -> Bool {
        self.after.mode(of: strategy) == .live && self.before.mode(of: strategy) != .live
    }
}
