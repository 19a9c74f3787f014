package import TradingCore

/// The volume-weighted average price over the last minutes, kept in one bucket a minute.
package struct AveragePrice: Hashable, Sendable {
    private struct Bucket: Hashable, Sendable {
        var minute: Int64 = -1
        var value: Int128 = 0
        var quantity: Int128 = 0
    }

    private var buckets: [Bucket]

    /// An average over some minutes; at least one.
    package init(minutes: Int) {
        invariant(minutes >= 1, "an average needs a minute")
        self.buckets = Array(repeating: Bucket(), count: minutes)
    }

    /// Over how many minutes the average runs.
    package var minutes: Int { self.buckets.count }

    /// Counts a trade.
    mutating func record(_ price: Price, _ quantity: Quantity, at time: WallTime) {
        let minute = Self.minute(of: time)
        let index = Int(minute % Int64(self.buckets.count))
        if self.buckets[index].minute != minute { self.buckets[index] = Bucket(minute: minute) }
        self.buckets[index].value += (price * quantity).raw
        self.buckets[index].quantity += Int128(quantity.raw)
    }

    /// The average at a time, or nil where nothing was traded.
    package func price(at time: WallTime) -> Price? {
        let oldest = Self.minute(of: time) - Int64(self.buckets.count)
        var value: Int128 = 0
        var quantity: Int128 = 0
        for bucket in self.buckets where bucket.minute > oldest {
            value += bucket.value
            quantity += bucket.quantity
        }
        return quantity == 0 ? nil : Price(raw: Int64(value / quantity))
    }

    private static func minute(of time: WallTime) -> Int64 {
        max(0, time.nanoseconds / 60_000_000_000)
    }
}
