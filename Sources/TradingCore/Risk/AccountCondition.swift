/// What an order's account does as a whole.
package struct AccountCondition: Hashable, Sendable {
    /// In the order's quote asset; nil while it is not known, or nothing asks for it.
    package var equity: Amount?
    /// In how many symbols something is, or may come to be, held.
    package var openPositionCount = 0
    /// Whether the order's symbol is one of them.
    package var isPositionOpen = false
    /// How long until the same order may be placed again; nil where it may now.
    package var duplicateWaitMilliseconds: Int64?
    /// Orders that passed the gate since midnight UTC, by the venue's clock.
    package var orderCountOfDay = 0

    package init() {}
}

/// How many orders an account placed in a day, from midnight UTC by the venue's clock.
package struct OrderDay: Hashable, Sendable {
    package var start: WallTime
    package var count: Int

    package init(start: WallTime, count: Int) {
        self.start = start
        self.count = count
    }

    /// The count as of a time.
    package func count(at time: WallTime) -> Int {
        EquityRecord.dayStart(of: time, minutes: 0) > self.start ? 0 : self.count
    }

    /// Counts one more; a day is never followed by an earlier one (M3).
    mutating func add(at time: WallTime) {
        let start = EquityRecord.dayStart(of: time, minutes: 0)
        if start > self.start {
            self.start = start
            self.count = 0
        }
        self.count += 1
    }
}

/// The last orders that passed the gate, so that the same one is noticed when it comes again.
///
/// Kept in memory only: a new process has seen none.
package struct RecentTerms: Hashable, Sendable {
    private struct Key: Hashable, Sendable {
        var principal: Principal
        var terms: OrderTerms

        func hash(into hasher: inout Hasher) { hasher.combine(self._rawHashValue(seed: 0)) }

        /// Two orders that differ in the rest only are rare.
        func _rawHashValue(seed: Int) -> Int {
            let quantity = UInt64(bitPattern: self.terms.quantity.raw)
            let symbol = UInt64(
                truncatingIfNeeded: self.terms.symbol._rawHashValue(seed: seed)
            )
            return Int(truncatingIfNeeded: QuickHash.mix(symbol, quantity))
        }
    }

    private var times: [Key: MonotonicTime] = [:]

    package init() {}

    /// How long until the interval since the same order is over; nil where it is.
    package func waitMilliseconds(
        _ terms: OrderTerms,
        of principal: Principal,
        within milliseconds: Int64,
        at now: MonotonicTime
    ) -> Int64? {
        guard let at = self.times[Key(principal: principal, terms: terms)] else { return nil }
        let free = at.adding(milliseconds: milliseconds)
        return now < free ? free.milliseconds(since: now) : nil
    }

    package mutating func note(
        _ terms: OrderTerms,
        of principal: Principal,
        within milliseconds: Int64,
        at now: MonotonicTime
    ) {
        // What is over is dropped before the table grows, so that a look at all of it is rare.
        if self.times.count == self.times.capacity {
            self.times = self.times.filter { now < $0.value.adding(milliseconds: milliseconds) }
        }
        self.times[Key(principal: principal, terms: terms)] = now
    }
}
