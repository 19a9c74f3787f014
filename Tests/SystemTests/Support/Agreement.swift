import SystemTestSupport
import Testing

extension Comparison {
    /// Waits until nothing is on its way, then expects both sides to agree on everything.
    func expectAgreement(
        _ symbols: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for difference in try await self.settledDifferences(symbols) {
            Issue.record("\(difference)", sourceLocation: sourceLocation)
        }
    }
}
