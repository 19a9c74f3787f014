public import TradingCore

/// What takes the role admin: tokens, and a person's word about an order.
extension TradingClient {
    // MARK: Orders in doubt

    /// Ends the doubt about an order that the gateway could not end itself.
    ///
    /// - Parameters:
    ///   - orderID: The gateway's number of it; its status is `NEEDS_OPERATOR` or `UNKNOWN`.
    ///   - resolution: What a person found out at the venue.
    ///   - reason: Why it is so; recorded.
    /// - Returns: The order as it is then.
    /// - Throws: ``TradingClientError/refused(_:)`` where there is no doubt about it; look at the
    ///   order after an error that ``TradingClientError/mayHaveTakenEffect``.
    public func resolve(
        _ orderID: UInt64,
        as resolution: Resolution,
        reason: String
    ) async throws(TradingClientError) -> RemoteOrder {
        let request = RequestEncoder().resolve(orderID, as: resolution, reason: reason)
        return try await self.call(.resolveOrder, request) { try $0.resolvedOrder($1) }
    }

    // MARK: Tokens

    /// Makes a token that stands for a name.
    ///
    /// - Parameters:
    ///   - name: Whom it stands for: 1 to 32 lower-case letters, digits, `.`, `_` or `-`. Tokens
    ///     of one name have the same role.
    ///   - role: What its bearer may do.
    ///   - reason: Why; recorded.
    ///   - limits: What the orders of the name are held to, beside the limits that bind all.
    /// - Returns: The token with its secret, which nobody can look up again.
    /// - Throws: ``TradingClientError/refused(_:)`` by `token`. After an error that
    ///   ``TradingClientError/mayHaveTakenEffect`` look at ``tokens()``, revoke what was made, and
    ///   make another: its secret is lost.
    public func createToken(
        _ name: String,
        _ role: Role,
        reason: String,
        limits: TokenLimits = TokenLimits()
    ) async throws(TradingClientError) -> RemoteNewToken {
        let request = RequestEncoder().createToken(name, role, reason: reason, limits: limits)
        return try await self.call(.createToken, request) { try $0.createdToken($1) }
    }

    /// The tokens, without their secrets.
    ///
    /// - Returns: They, oldest first; of those that were revoked, the last 100.
    /// - Throws: ``TradingClientError``.
    public func tokens() async throws(TradingClientError) -> [RemoteToken] {
        try await self.call(.listTokens, []) { try $0.tokens($1) }
    }

    /// Revokes a token by its number, or all of a name.
    ///
    /// - Parameters:
    ///   - token: A ``RemoteToken/tokenID`` or a ``RemoteToken/name``.
    ///   - reason: Why; recorded.
    /// - Returns: The tokens that were good until now.
    /// - Throws: ``TradingClientError/refused(_:)`` by `token_not_found` where none is good, also
    ///   because an earlier call revoked it.
    public func revokeToken(
        _ token: String,
        reason: String
    ) async throws(TradingClientError) -> [RemoteToken] {
        let request = RequestEncoder().revokeToken(token, reason: reason)
        return try await self.call(.revokeToken, request) { try $0.revokedTokens($1) }
    }
}
