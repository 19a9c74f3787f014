import NIOCore

/// Cancel-on-disconnect.
extension TradingClient {
    /// Has the gateway cancel the orders placed from now on when this client is gone.
    ///
    /// The client looks after it: where the connection is lost it makes a new one at once, though
    /// no call is made, and names the session again. No order is placed before that. Where it
    /// takes longer than the grace time, the orders are cancelled, and the session begins anew;
    /// the event `session_ended` tells of it. ``close()`` is a loss, too: end the session before,
    /// where orders are to stay. A client that does not reconnect does none of that.
    ///
    /// Exits that are attached to an entry are not the session's: they protect what was bought.
    ///
    /// - Parameters:
    ///   - session: The caller's own name for it, 1 to 64 bytes; whoever names it next with the
    ///     same token's name or user takes it over. Of several, orders belong to the one that was
    ///     named last.
    ///   - graceMilliseconds: How long nobody may be there, at most 600,000; nil to end the
    ///     session.
    /// - Returns: Whether it was there before, and its open orders.
    /// - Throws: ``TradingClientError``; naming or ending it again does no harm.
    public func cancelOnDisconnect(
        _ session: String,
        graceMilliseconds: UInt32?
    ) async throws(TradingClientError) -> RemoteSession {
        let request = RequestEncoder()
            .cancelOnDisconnect(session, graceMilliseconds: graceMilliseconds)
        let (payload, connection) = try await self.answer(
            .cancelOnDisconnect,
            ByteBuffer(bytes: request),
            isRepeatable: true
        )
        if self.reconnects {
            self.link.note(session, graceMilliseconds: graceMilliseconds, over: connection)
        }
        do {
            return try ResponseDecoder().session(Array(payload.readableBytesView))
        } catch {
            throw .malformedAnswer("CancelOnDisconnect: \(error)")
        }
    }

    /// All sessions of cancel-on-disconnect, of all callers.
    ///
    /// - Returns: Whose they are, whether anybody is there, and which orders they guard; by caller
    ///   and name.
    /// - Throws: ``TradingClientError``.
    public func sessions() async throws(TradingClientError) -> [RemoteCancelSession] {
        try await self.call(.listSessions, []) { try $0.sessions($1) }
    }
}
