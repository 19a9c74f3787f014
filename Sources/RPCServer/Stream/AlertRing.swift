import NIOCore
import TradingCore

/// The last alerts, numbered from 0 since the start; a pure value.
///
/// They are told as they happen and not kept: a subscriber that reads too slowly misses some.
struct AlertRing {
    struct Entry {
        var alert: Alert
        var time: WallTime
    }

    private static let countMax = 256
    private var entries = CircularBuffer<Entry>()
    /// The number of the next alert.
    private(set) var next = 0

    mutating func append(_ entry: Entry) {
        self.entries.append(entry)
        if self.entries.count > Self.countMax { self.entries.removeFirst() }
        self.next += 1
    }

    /// The first alert with this number or a later one, and the number behind it.
    func first(from number: Int) -> (entry: Entry, next: Int)? {
        let oldest = self.next - self.entries.count
        let found = max(number, oldest)
        guard found < self.next else { return nil }
        let index = self.entries.index(self.entries.startIndex, offsetBy: found - oldest)
        return (self.entries[index], found + 1)
    }
}
