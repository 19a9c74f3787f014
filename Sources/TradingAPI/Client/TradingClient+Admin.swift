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

    // MARK: Risk

    /// What is held and done now, against the limits.
    package func riskSummary() async throws(TradingClientError) -> RemoteRiskSummary {
        try await self.call(.riskSummary, []) { try $0.riskSummary($1) }
    }

    /// A page of what the gate decided, newest first.
    package func decisions(
        _ filter: DecisionFilter
    ) async throws(TradingClientError) -> RemoteDecisions {
        try await self.call(.riskDecisions, RequestEncoder().decisions(filter)) {
            try $0.decisions($1)
        }
    }

    package func breaches() async throws(TradingClientError) -> [RemoteBreach] {
        try await self.call(.riskBreaches, []) { try $0.breaches($1) }
    }

    /// Lets trading go on after a breach, or all where the number is nil.
    ///
    /// - Returns: The breaches that still hold orders back.
    package func acknowledgeBreach(
        _ number: UInt64?,
        reason: String
    ) async throws(TradingClientError) -> [RemoteBreach] {
        let request = RequestEncoder().acknowledgeBreach(number, reason: reason)
        return try await self.call(.acknowledgeBreach, request) { try $0.breachesLeft($1) }
    }

    /// Refuses new orders that do not only reduce, of a strategy or, where it is empty, all.
    ///
    /// - Returns: The breaches that hold orders back.
    package func disableTrading(
        strategy: String = "",
        reason: String
    ) async throws(TradingClientError) -> [RemoteBreach] {
        let request = RequestEncoder().disableTrading(strategy: strategy, reason: reason)
        return try await self.call(.disableTrading, request) { try $0.breachesHolding($1) }
    }

    // MARK: Tokens

    /// Makes a token that stands for a name.
    package func createToken(
        _ name: String,
        _ role: Role,
        reason: String,
        limits: TokenLimits = TokenLimits()
    ) async throws(TradingClientError) -> RemoteNewToken {
        let request = RequestEncoder().createToken(name, role, reason: reason, limits: limits)
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
