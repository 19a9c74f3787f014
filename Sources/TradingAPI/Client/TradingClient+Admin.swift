package import TradingCore

/// What `trading.v1.AdminService` answers.
extension TradingClient {
    /// The limits in force.
    package func limits() async throws(TradingClientError) -> [RemoteLimit] {
        try await self.call(.getLimits, []) { try $0.limits($1) }
    }

    /// Changes limits, all that are named or none.
    ///
    /// - Parameters:
    ///   - assignments: What is to be set, switched off or reset.
    ///   - resetsAll: Whether all others are reset.
    ///   - reason: Why; recorded.
    /// - Returns: What was changed.
    /// - Throws: Why nothing was changed, or that nobody knows.
    package func setLimits(
        _ assignments: [LimitsWish.Assignment],
        resetsAll: Bool = false,
        reason: String
    ) async throws(TradingClientError) -> [RemoteLimitStep] {
        let request = RequestEncoder().setLimits(
            assignments,
            resetsAll: resetsAll,
            reason: reason
        )
        return try await self.call(.setLimits, request) { try $0.limitSteps($1) }
    }
}
