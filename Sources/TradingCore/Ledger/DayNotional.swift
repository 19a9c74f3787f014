/// A day in UTC, counted from 1970-01-01.
package struct UTCDay: Hashable, Sendable, Comparable {
    package let number: Int64

    package init(number: Int64) { self.number = number }

    package init(of time: WallTime) {
        self.number = time.nanoseconds.divided(by: 86_400_000_000_000, rounding: .down)
    }

    package static func < (left: UTCDay, right: UTCDay) -> Bool { left.number < right.number }
}

/// What was placed on a venue on its present day, by quote asset: in all, and by each strategy.
///
/// The day is that of the placements' own timestamps, which are in the venue's clock, and it only
/// rolls forward: a clock that is set cannot begin a day anew (M3).
package struct DayNotional: Hashable, Sendable {
    /// Callers choose the names of strategies: of more the one that placed nothing for the longest
    /// is forgotten.
    package static let strategiesMax = 1_000

    package private(set) var day: UTCDay
    package private(set) var placed: [Asset: Notional]
    package private(set) var strategies: [String: StrategyNotional]

    package init(
        day: UTCDay,
        placed: [Asset: Notional] = [:],
        strategies: [String: StrategyNotional] = [:]
    ) {
        self.day = day
        self.placed = placed
        self.strategies = strategies
    }

    /// What counts on a day; nothing was placed yet on one that has not begun.
    package func placed(in asset: Asset, on day: UTCDay) -> Notional {
        day > self.day ? .zero : self.placed[asset] ?? .zero
    }

    /// What counts of it on a day of the orders that name a strategy.
    package func placed(in asset: Asset, by strategy: String, on day: UTCDay) -> Notional {
        day > self.day ? .zero : self.strategies[strategy]?.placed[asset] ?? .zero
    }

    /// Counts an order that is placed; the first one of a day after this one begins that.
    mutating func add(_ notional: Notional, of intent: OrderIntent) {
        let day = UTCDay(of: intent.timestamp)
        if day > self.day { self = DayNotional(day: day) }
        self.placed[intent.quoteAsset, default: .zero].add(notional)
        guard !intent.strategy.isEmpty else { return }
        guard let place = self.strategies.index(forKey: intent.strategy) else {
            if self.strategies.count >= Self.strategiesMax { self.makeRoom() }
            self.strategies[intent.strategy] = StrategyNotional(notional, of: intent)
            return
        }
        self.strategies.values[place].add(notional, of: intent)
    }

    /// Counts an order of the day anew: it ended, or turned out to be alive.
    mutating func replace(_ earlier: Notional, with later: Notional, of intent: OrderIntent) {
        guard earlier != later, UTCDay(of: intent.timestamp) == self.day else { return }
        self.placed.replace(earlier, with: later, in: intent.quoteAsset)
        guard !intent.strategy.isEmpty,
            let place = self.strategies.index(forKey: intent.strategy)
        else { return }
        self.strategies.values[place].replace(earlier, with: later, of: intent)
    }

    private mutating func makeRoom() {
        let silent = self.strategies.min { one, other in
            let (left, right) = (one.value.lastAt, other.value.lastAt)
            return left == right ? one.key < other.key : left < right
        }
        if let silent { self.strategies[silent.key] = nil }
    }
}

/// What one strategy placed on a venue's present day, by quote asset.
package struct StrategyNotional: Hashable, Sendable {
    package private(set) var placed: [Asset: Notional]
    /// The earliest timestamp of what counts: an order before it was placed while the strategy was
    /// forgotten, or by a version that did not count it, and has nothing to give back.
    package private(set) var firstAt: WallTime
    /// The latest one.
    package private(set) var lastAt: WallTime

    package init(placed: [Asset: Notional], firstAt: WallTime, lastAt: WallTime) {
        self.placed = placed
        self.firstAt = firstAt
        self.lastAt = lastAt
    }

    fileprivate init(_ notional: Notional, of intent: OrderIntent) {
        self.placed = [intent.quoteAsset: notional]
        (self.firstAt, self.lastAt) = (intent.timestamp, intent.timestamp)
    }

    fileprivate mutating func add(_ notional: Notional, of intent: OrderIntent) {
        self.placed[intent.quoteAsset, default: .zero].add(notional)
        self.firstAt = min(self.firstAt, intent.timestamp)
        self.lastAt = max(self.lastAt, intent.timestamp)
    }

    fileprivate mutating func replace(
        _ earlier: Notional,
        with later: Notional,
        of intent: OrderIntent
    ) {
        guard intent.timestamp >= self.firstAt else { return }
        self.placed.replace(earlier, with: later, in: intent.quoteAsset)
    }
}

extension [Asset: Notional] {
    fileprivate mutating func replace(
        _ earlier: Notional,
        with later: Notional,
        in asset: Asset
    ) {
        let rest = (self[asset] ?? .zero) - earlier
        // A snapshot of an older version knows the orders and not what they count for.
        let placed = (rest < .zero ? .zero : rest).adding(later)
        self[asset] = placed == .zero ? nil : placed
    }
}

extension Notional {
    fileprivate mutating func add(_ other: Notional) { self = self.adding(other) }
}

extension Order {
    /// What counts of the order on the day of its placement, in its quote asset: all of it while
    /// it can still trade, what it traded once it cannot, at the price that it was judged by.
    package var dayNotional: Notional {
        guard self.wasSent else { return .zero }
        let quantity =
            self.status.isTerminal
            ? max(self.executedQuantity, self.filledQuantity) : self.quantity
        return self.intent.reservePrice * quantity
    }
}
