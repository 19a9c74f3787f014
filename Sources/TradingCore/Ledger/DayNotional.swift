/// A day in UTC, counted from 1970-01-01.
package struct UTCDay: Hashable, Sendable, Comparable {
    package let number: Int64

    package init(number: Int64) { self.number = number }

    package init(of time: WallTime) {
        self.number = time.nanoseconds.divided(by: 86_400_000_000_000, rounding: .down)
    }

    package static func < (left: UTCDay, right: UTCDay) -> Bool { left.number < right.number }
}

/// What was placed on a venue on its present day, by quote asset.
///
/// The day is that of the placements' own timestamps, which are in the venue's clock, and it only
/// rolls forward: a clock that is set cannot begin a day anew (M3).
package struct DayNotional: Hashable, Sendable {
    package private(set) var day: UTCDay
    package private(set) var placed: [Asset: Notional]

    package init(day: UTCDay, placed: [Asset: Notional] = [:]) {
        self.day = day
        self.placed = placed
    }

    /// What counts on a day; nothing was placed yet on one that has not begun.
    package func placed(in asset: Asset, on day: UTCDay) -> Notional {
        day > self.day ? .zero : self.placed[asset] ?? .zero
    }

    /// Counts an order that is placed on a day; a day after this one begins with it.
    mutating func add(_ notional: Notional, in asset: Asset, on day: UTCDay) {
        if day > self.day {
            self.day = day
            self.placed = [:]
        }
        self.placed[asset, default: .zero] = self.placed[asset, default: .zero].adding(notional)
    }

    /// Counts an order of the day anew: it ended, or turned out to be alive.
    mutating func replace(_ earlier: Notional, with later: Notional, of intent: OrderIntent) {
        guard earlier != later, UTCDay(of: intent.timestamp) == self.day else { return }
        let rest = (self.placed[intent.quoteAsset] ?? .zero) - earlier
        // A snapshot of an older version knows the orders and not what they count for.
        let placed = (rest < .zero ? .zero : rest).adding(later)
        self.placed[intent.quoteAsset] = placed == .zero ? nil : placed
    }
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
