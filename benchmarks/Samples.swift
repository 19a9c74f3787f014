/// Durations of one measurement, in nanoseconds, and how long the whole took.
struct Samples {
    private let sorted: [UInt64]
    private let seconds: Double

    init(_ durations: [UInt64], seconds: Double) {
        self.sorted = durations.sorted()
        self.seconds = seconds
    }

    /// A quantile in microseconds, by rank: exact, nothing is put into classes.
    func quantile(_ share: Double) -> Double {
        let rank = Int((share * Double(self.sorted.count)).rounded(.up))
        return Double(self.sorted[min(max(rank, 1), self.sorted.count) - 1]) / 1_000
    }

    var perSecond: Double { Double(self.sorted.count) / self.seconds }
}

extension Array where Element == Double {
    var median: Double {
        let sorted = self.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
