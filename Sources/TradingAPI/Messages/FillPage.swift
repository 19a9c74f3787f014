public import TradingCore

/// Which fills are looked for, newest first.
public struct FillFilter: Hashable, Sendable {
    /// Of this symbol only; nil for all.
    public var symbol: Symbol?
    /// Of this order only; nil for all.
    public var orderID: OrderID?
    /// Of orders with this strategy only; nil for all.
    public var strategy: String?
    /// From then on, by the venue's time of the trade; nil for however old.
    public var since: WallTime?
    /// Before then, by the venue's time of the trade; nil for up to now.
    public var until: WallTime?
    /// How many at most, 1 to 1,000.
    public var countMax: Int
    /// Fills of events below this one only, to page towards older ones.
    public var before: UInt64?

    /// Makes a filter; without arguments for the newest hundred of all.
    ///
    /// - Parameters:
    ///   - symbol: Of this symbol only.
    ///   - orderID: Of this order only.
    ///   - strategy: Of orders with this strategy only.
    ///   - since: From then on, by the venue's time of the trade.
    ///   - until: Before then, by the venue's time of the trade.
    ///   - countMax: How many at most, 1 to 1,000.
    ///   - before: The page before's ``RemoteFills/nextBeforeSequence``; nil for the newest.
    public init(
        symbol: Symbol? = nil,
        orderID: OrderID? = nil,
        strategy: String? = nil,
        since: WallTime? = nil,
        until: WallTime? = nil,
        countMax: Int = 100,
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
