package import TradingCore

/// Which fills are looked for, newest first.
package struct FillFilter: Hashable, Sendable {
    package var symbol: Symbol?
    package var orderID: OrderID?
    package var strategy: String?
    /// By the venue's time of the trade: from the first on, and before the second.
    package var since: WallTime?
    package var until: WallTime?
    package var countMax: Int
    /// Fills of events below this one only, to page towards older ones.
    package var before: UInt64?

    package init(
        symbol: Symbol? = nil,
        orderID: OrderID? = nil,
        strategy: String? = nil,
        since: WallTime? = nil,
        until: WallTime? = nil,
        countMax: Int,
        before: UInt64? = nil
    ) {
        self.symbol = symbol
        self.orderID = orderID
        self.strategy = strategy
        self.since = since
        self.until = until
        self.countMax = countMax
        self.before = before
    }

    package func takes(_ fill: Fill, _ subject: EventSubject) -> Bool {
        (self.symbol.map { $0 == subject.symbol } ?? true)
            && (self.orderID.map { $0 == subject.orderID } ?? true)
            && (self.strategy.map { $0 == subject.strategy } ?? true)
            && (self.since.map { $0 <= fill.time } ?? true)
            && (self.until.map { fill.time < $0 } ?? true)
    }
}

/// A part of the fills that were looked for.
package struct FillPage: Sendable {
    package struct Entry: Sendable {
        /// Of the event.
        package var sequence: UInt64
        package var subject: EventSubject
        package var fill: Fill

        package init(sequence: UInt64, subject: EventSubject, fill: Fill) {
            self.sequence = sequence
            self.subject = subject
            self.fill = fill
        }
    }

    /// Newest first.
    package var fills: [Entry]
    /// Where the next page begins; nil where there is nothing older.
    package var next: UInt64?

    package init(fills: [Entry] = [], next: UInt64? = nil) {
        self.fills = fills
        self.next = next
    }
}
