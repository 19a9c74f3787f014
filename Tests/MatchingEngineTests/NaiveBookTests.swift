import Testing

@testable import properties

/// The comparison in small; `make test-properties` runs a million orders of it.
@Suite("Book against a naive one")
struct NaiveBookTests {
    @Test(arguments: [UInt64(1), 2, 3])
    func `random orders trade alike, and no asset is made or lost`(seed: UInt64) throws {
        var comparison = BookComparison(seed: seed)
        try comparison.run(orders: 20_000)
        let summary = comparison.summary
        let tried = [
            summary.trades, summary.cancels, summary.refusals, summary.triggered,
            summary.prevented, summary.feesInThirdAsset,
        ]
        #expect(tried.allSatisfy { $0 > 20 }, "everything happens: \(tried)")
    }
}
