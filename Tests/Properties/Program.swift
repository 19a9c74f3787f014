import TradingCore

/// `properties [orders] [first seed] [seeds]`: compares the books; `make test-properties` runs it.
@main
enum Program {
    static func main() {
        let numbers = CommandLine.arguments.dropFirst().map { UInt64($0) ?? 0 }
        let orders = Int(numbers.first ?? 1_000_000)
        let first = numbers.dropFirst().first ?? 1
        let seeds = numbers.dropFirst(2).first ?? 1
        guard orders > 0, first > 0, seeds > 0, numbers.count <= 3 else {
            fatalError("usage: properties [orders] [first seed] [seeds]")
        }
        for seed in first..<(first + seeds) {
            var comparison = BookComparison(seed: seed)
            let clock = ContinuousClock()
            let start = clock.now
            do throws(BookComparison.Difference) {
                try comparison.run(orders: orders)
            } catch {
                fatalError("\(error)")
            }
            let seconds = (clock.now - start).components.seconds
            let summary = comparison.summary
            print(
                "seed \(seed): \(orders) orders and cancels alike in \(seconds) s; "
                    + "\(summary.trades) trades, \(summary.cancels) cancels, "
                    + "\(summary.refusals) refusals, \(summary.triggered) triggered, "
                    + "\(summary.prevented) self-trades prevented, "
                    + "\(summary.feesInThirdAsset) commissions in a third asset, "
                    + "\(summary.checks) comparisons of books and balances"
            )
        }
    }
}
