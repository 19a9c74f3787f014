/// When the orders of one name passed the gate, as far as the longest rate looks back.
///
/// What a new process needs to hold the name to its rates as the ended one did. It knows no rate:
/// the journal must fold to the same state whatever is configured.
package struct OrderLog: Hashable, Sendable {
    /// Those that count begin at `first`; the ones before are dropped in one go, so that a new
    /// time costs the same however many there are.
    private var stored: [WallTime]
    private var first = 0

    /// - Parameter times: In the order in which they were noted.
    package init(_ times: [WallTime] = []) { self.stored = times }

    /// In the order in which they were noted.
    package var times: ArraySlice<WallTime> { self.stored[self.first...] }

    /// Whether no rate looks back on any of it.
    func isOver(at time: WallTime) -> Bool {
        self.stored.last.map { Self.isOver($0, at: time) } ?? true
    }

    private static func isOver(_ earlier: WallTime, at time: WallTime) -> Bool {
        earlier.adding(milliseconds: OrderRate.intervalMillisecondsRange.upperBound) <= time
    }

    mutating func note(_ time: WallTime) {
        self.stored.append(time)
        while self.times.count > OrderRate.countRange.upperBound
            || Self.isOver(self.stored[self.first], at: time)
        {
            self.first += 1
        }
        if self.first > 64, self.first * 2 > self.stored.count {
            self.stored.removeFirst(self.first)
            self.first = 0
        }
    }

    package static func == (left: OrderLog, right: OrderLog) -> Bool { left.times == right.times }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.times) }
}

/// The logs of all principals, and those of all strategies.
package struct OrderLogs: Hashable, Sendable {
    package private(set) var principals: NamedOrderLogs
    package private(set) var strategies: NamedOrderLogs

    package init(
        principals: NamedOrderLogs = NamedOrderLogs(),
        strategies: NamedOrderLogs = NamedOrderLogs()
    ) {
        self.principals = principals
        self.strategies = strategies
    }

    /// Counts an order that passed the gate; the gateway's own are bound by no rate.
    mutating func note(_ intent: OrderIntent, at time: WallTime) {
        guard intent.purpose == .client else { return }
        self.principals.note(intent.principal.name, at: time)
        if !intent.strategy.isEmpty { self.strategies.note(intent.strategy, at: time) }
    }
}

/// Logs by name.
package struct NamedOrderLogs: Hashable, Sendable {
    /// Callers choose the names of strategies: of more the one that was silent for the longest
    /// is forgotten.
    package static let namesMax = 1_000

    package private(set) var byName: [String: OrderLog]

    package init(_ byName: [String: OrderLog] = [:]) { self.byName = byName }

    mutating func note(_ name: String, at time: WallTime) {
        guard let place = self.byName.index(forKey: name) else {
            if self.byName.count >= Self.namesMax { self.makeRoom(at: time) }
            self.byName[name] = OrderLog([time])
            return
        }
        self.byName.values[place].note(time)
    }

    private mutating func makeRoom(at time: WallTime) {
        self.byName = self.byName.filter { !$0.value.isOver(at: time) }
        guard self.byName.count >= Self.namesMax else { return }
        let silent = self.byName.min { one, other in
            let (left, right) = (one.value.times.last, other.value.times.last)
            guard let left, let right, left != right else { return one.key < other.key }
            return left < right
        }
        if let silent { self.byName[silent.key] = nil }
    }
}

extension Gateway {
    /// Holds every name to its rate as the ended process did: what was placed before counts on.
    ///
    /// How long ago that was is the wall clock's word; what it says of the future counts as now.
    mutating func resumeRates(at now: Instant) {
        let logs = self.state.orderLogs
        if let rate = self.settings.limits.orderRate {
            for (name, log) in logs.principals.byName {
                self.orderTimes.recall(log, of: Principal(name), rate, at: now)
            }
        }
        for (name, log) in logs.principals.byName {
            guard let rate = self.tokenRate(of: Principal(name)) else { continue }
            self.tokenTimes.recall(log, of: Principal(name), rate, at: now)
        }
        for (name, log) in logs.strategies.byName {
            guard let rate = self.settings.limits.orderRate(of: name) else { continue }
            self.strategyTimes.recall(log, of: Principal(name), rate, at: now)
        }
    }
}
