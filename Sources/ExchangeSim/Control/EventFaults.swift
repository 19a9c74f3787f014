import MarketReplay

/// How events reach their streams.
struct EventFaults {
    /// What becomes of one event.
    struct Fate {
        /// How often it is sent; 0 for lost.
        var copies = 1
        /// Whether it waits until the event after it was sent.
        var isHeld = false
        /// How late it is sent; 0 for at once.
        var delayMilliseconds: Int64 = 0
    }

    /// What may befall some events to come.
    enum Kind: String { case duplicate, lose, reorder }

    private struct Rule {
        /// How many events are still to be met; 0 for all.
        var count: Int64
        /// How likely each is met, in millionths.
        let millionths: Int64
    }

    /// How late each event is sent; 0 for at once.
    var delayMilliseconds: Int64 = 0
    private var rules: [Kind: Rule] = [:]
    private var random: SeededGenerator

    init(seed: UInt64) { self.random = SeededGenerator(seed: seed ^ 0xA5A5_A5A5) }

    /// Lets something befall the next events; a count of 0 means all, until told otherwise.
    mutating func arm(_ kind: Kind, count: Int64, millionths: Int64) {
        self.rules[kind] = Rule(count: count, millionths: millionths)
    }

    /// Lets every event pass again.
    mutating func clear() {
        self.delayMilliseconds = 0
        self.rules.removeAll()
    }

    /// Decides what becomes of the next event.
    mutating func next() -> Fate {
        var fate = Fate(delayMilliseconds: self.delayMilliseconds)
        guard !self.rules.isEmpty else { return fate }
        if self.strikes(.lose) {
            fate.copies = 0
        } else {
            if self.strikes(.duplicate) { fate.copies = 2 }
            fate.isHeld = self.strikes(.reorder)
        }
        return fate
    }

    private mutating func strikes(_ kind: Kind) -> Bool {
        guard var rule = self.rules[kind] else { return false }
        guard rule.millionths >= 1_000_000 || self.random.next(in: 0...999_999) < rule.millionths
        else { return false }
        if rule.count > 0 {
            rule.count -= 1
            self.rules[kind] = rule.count == 0 ? nil : rule
        }
        return true
    }
}
