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

    // MARK: Tokens

    /// Makes a token that stands for a name.
    package func createToken(
        _ name: String,
        _ role: Role,
        reason: String
    ) async throws(TradingClientError) -> RemoteNewToken {
        let request = RequestEncoder().createToken(name, role, reason: reason)
        return try await self.call(.createToken, request) { try $0.createdToken($1) }
    }

    package func tokens() async throws(TradingClientError) -> [RemoteToken] {
        try await self.call(.listTokens, []) { try $0.tokens($1) }
    }

    /// Revokes a token by its number, or all of a name.
    package func revokeToken(
        _ token: String,
        reason: String
    ) async throws(TradingClientError) -> [RemoteToken] {
        let request = RequestEncoder().revokeToken(token, reason: reason)
        return try await self.call(.revokeToken, request) { try $0.revokedTokens($1) }
    }
}
