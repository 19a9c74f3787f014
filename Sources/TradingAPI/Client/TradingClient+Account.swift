/// What `trading.v1.TradingService` tells of the account, and does with its positions.
extension TradingClient {
    package func balances() async throws(TradingClientError) -> RemoteBalances {
        try await self.call(.balances, []) { try $0.accountBalances($1) }
    }

    /// A page of our trades, newest first.
    package func fills(_ filter: FillFilter) async throws(TradingClientError) -> RemoteFills {
        try await self.call(.listFills, RequestEncoder().fills(filter)) { try $0.fills($1) }
    }

    /// Closes a position, or takes it to a quantity.
    package func change(
        _ wish: PositionWish
    ) async throws(TradingClientError) -> RemotePositionChange {
        let request = RequestEncoder().position(wish)
        guard case .adjust = wish.goal else {
            return try await self.call(.closePosition, request) { try $0.closedPosition($1) }
        }
        return try await self.call(.adjustPosition, request) { try $0.adjustedPosition($1) }
    }

    /// Has the gateway cancel the orders placed over this connection when it is lost.
    ///
    /// - Parameters:
    ///   - session: The caller's own name for it; a later connection takes it over by that.
    ///   - graceMilliseconds: How long that may take, at most 600,000; nil to end the session.
    /// - Returns: Whether it was there before, and its open orders.
    /// - Throws: Why there is no such session, or that nobody knows.
    package func cancelOnDisconnect(
        _ session: String,
        graceMilliseconds: UInt32?
    ) async throws(TradingClientError) -> RemoteSession {
        let request = RequestEncoder()
            .cancelOnDisconnect(session, graceMilliseconds: graceMilliseconds)
        return try await self.call(.cancelOnDisconnect, request) { try $0.session($1) }
    }
}
