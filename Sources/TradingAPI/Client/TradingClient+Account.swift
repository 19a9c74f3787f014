/// What `trading.v1.TradingService` tells of the account, and does with its positions.
extension TradingClient {
    /// What the account of a mode holds, of each asset.
    ///
    /// - Parameter mode: Which; nil for that of the installation.
    /// - Returns: Totals, what open orders hold of them, and the rest, of one moment.
    /// - Throws: ``TradingClientError``.
    public func balances(
        of mode: TradingMode? = nil
    ) async throws(TradingClientError) -> RemoteBalances {
        let request = RequestEncoder().balances(of: mode)
        return try await self.call(.balances, request) { try $0.accountBalances($1) }
    }

    /// A page of our trades, newest first, of all modes and however old.
    ///
    /// - Parameter filter: Which trades, and where the page begins.
    /// - Returns: The trades. Ask again with ``FillFilter/before`` set to
    ///   ``RemoteFills/nextBeforeSequence`` while that is not 0, also after an empty page: one call
    ///   reads a bounded part of the journal.
    /// - Throws: ``TradingClientError``.
    public func fills(_ filter: FillFilter) async throws(TradingClientError) -> RemoteFills {
        try await self.call(.listFills, RequestEncoder().fills(filter)) { try $0.fills($1) }
    }

    /// Closes a position, or takes it to a quantity, by one market order that the gateway sizes.
    ///
    /// Like ``place(_:)`` in all but that: the order passes the risk gate, and an idempotency key
    /// names it, one of the call's own where the wish has none. A call that found nothing to do
    /// leaves the key unused.
    ///
    /// - Parameter wish: Which position, and what is to become of it.
    /// - Returns: The order as far as it has come, or that there was nothing to do. Look at the
    ///   order's status: one that the risk gate refused is an answer, too.
    /// - Throws: ``TradingClientError``. After one that ``TradingClientError/mayHaveTakenEffect``
    ///   send the same wish with the same key again.
    public func change(
        _ wish: PositionWish
    ) async throws(TradingClientError) -> RemotePositionChange {
        var wish = wish
        let key = Self.complete(&wish.idempotencyKey)
        do throws(TradingClientError) {
            let request = RequestEncoder().position(wish)
            guard case .adjust = wish.goal else {
                return try await self.call(.closePosition, request, isRepeatable: true) {
                    try $0.closedPosition($1)
                }
            }
            return try await self.call(.adjustPosition, request, isRepeatable: true) {
                try $0.adjustedPosition($1)
            }
        } catch {
            throw key.map(error.naming) ?? error
        }
    }
}
