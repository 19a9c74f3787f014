public import TradingCore

/// What bounds trading: limits, breaches, the mode, and the orders that wait for a person.
///
/// Reading takes the role viewer, ``disableTrading(strategy:reason:)`` that of a trader, everything
/// else the role risk, or admin where it lets more pass than before; see `docs/rpc.md`.
extension TradingClient {
    // MARK: Limits

    /// The limits in force, and where each comes from.
    ///
    /// - Returns: Every limit, also those that are switched off.
    /// - Throws: ``TradingClientError``.
    public func limits() async throws(TradingClientError) -> [RemoteLimit] {
        try await self.call(.getLimits, []) { try $0.limits($1) }
    }

    /// Changes limits, all that are named or none.
    ///
    /// - Parameters:
    ///   - assignments: What is to be set, switched off or reset; each limit at most once.
    ///   - resetsAll: Whether all others are reset to the configuration.
    ///   - reason: Why; recorded.
    /// - Returns: What was changed; setting a limit to what it is counts as unchanged.
    /// - Throws: ``TradingClientError/refused(_:)`` by `limit_value` where one cannot be set so, by
    ///   `role` where the caller may not loosen one; then nothing was changed.
    public func setLimits(
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

    /// What is held and done now, each value beside the limit on it.
    ///
    /// - Returns: The values of one moment, the kill switch, breaches and alerts.
    /// - Throws: ``TradingClientError``.
    public func riskSummary() async throws(TradingClientError) -> RemoteRiskSummary {
        try await self.call(.riskSummary, []) { try $0.riskSummary($1) }
    }

    /// A page of what the gate decided on orders, accepted or not, newest first.
    ///
    /// - Parameter filter: Which decisions, and where the page begins.
    /// - Returns: The decisions. Ask again with ``DecisionFilter/before`` set to
    ///   ``RemoteDecisions/nextBeforeSequence`` while that is not 0, also after an empty page: one
    ///   call reads a bounded part of the journal.
    /// - Throws: ``TradingClientError``.
    public func decisions(
        _ filter: DecisionFilter
    ) async throws(TradingClientError) -> RemoteDecisions {
        try await self.call(.riskDecisions, RequestEncoder().decisions(filter)) {
            try $0.decisions($1)
        }
    }

    /// The limits on losses and failures that were broken.
    ///
    /// - Returns: The breaches, oldest first; those whose ``RemoteBreach/acknowledgedAt`` is 0 hold
    ///   orders back. Of those that were acknowledged, the last 100.
    /// - Throws: ``TradingClientError``.
    public func breaches() async throws(TradingClientError) -> [RemoteBreach] {
        try await self.call(.riskBreaches, []) { try $0.breaches($1) }
    }

    /// Lets trading go on after a breach.
    ///
    /// - Parameters:
    ///   - number: The breach's; nil for all.
    ///   - reason: Why; recorded.
    /// - Returns: The breaches that still hold orders back.
    /// - Throws: ``TradingClientError/refused(_:)`` by `breach_not_found`; look at ``breaches()``
    ///   before asking again.
    public func acknowledgeBreach(
        _ number: UInt64?,
        reason: String
    ) async throws(TradingClientError) -> [RemoteBreach] {
        let request = RequestEncoder().acknowledgeBreach(number, reason: reason)
        return try await self.call(.acknowledgeBreach, request) { try $0.breachesLeft($1) }
    }

    /// Refuses new orders that do not only reduce, until somebody acknowledges it as a breach.
    ///
    /// - Parameters:
    ///   - strategy: Of which strategy; empty for all.
    ///   - reason: Why; recorded.
    /// - Returns: The breaches that hold orders back.
    /// - Throws: ``TradingClientError``; repeating it does no harm.
    public func disableTrading(
        strategy: String = "",
        reason: String
    ) async throws(TradingClientError) -> [RemoteBreach] {
        let request = RequestEncoder().disableTrading(strategy: strategy, reason: reason)
        return try await self.call(.disableTrading, request) { try $0.breachesHolding($1) }
    }

    // MARK: Mode

    /// Changes how far orders go: all of them, or those of one strategy.
    ///
    /// - Parameters:
    ///   - mode: The new one; live takes a strategy as far as the installation goes.
    ///   - policy: What becomes of orders that are open in the mode that is left.
    ///   - strategy: Whose; empty for the installation's.
    ///   - reason: Why; recorded.
    ///   - confirmation: For live: the words `trade live`; else empty.
    ///   - code: Of the second factor, where the server wants one; empty for none.
    /// - Returns: The mode, the one before it, and where orders are placed now.
    /// - Throws: ``TradingClientError/refused(_:)`` by `mode_gate`, with all that is missing; look
    ///   at ``mode()`` after an error that ``TradingClientError/mayHaveTakenEffect``.
    public func setMode(
        _ mode: TradingMode,
        _ policy: OpenOrdersPolicy,
        strategy: String = "",
        reason: String,
        confirmation: String = "",
        code: String = ""
    ) async throws(TradingClientError) -> ChangedMode {
        let request = RequestEncoder().setMode(
            mode,
            policy,
            strategy: strategy,
            reason: reason,
            confirmation: confirmation,
            code: code
        )
        return try await self.call(.setMode, request) { try $0.changedMode($1) }
    }

    // MARK: Approvals

    /// The orders that wait for a person.
    ///
    /// - Returns: They, and until when no code is looked at.
    /// - Throws: ``TradingClientError``.
    public func approvals() async throws(TradingClientError) -> RemoteApprovals {
        try await self.call(.listApprovals, []) { try $0.approvals($1) }
    }

    /// Lets a held order go.
    ///
    /// - Parameters:
    ///   - orderID: The gateway's number of it.
    ///   - code: Of the second factor; each counts once.
    /// - Returns: The order as far as it has come, as ``place(_:)`` answers: the risk gate looks at
    ///   it once more and may refuse it.
    /// - Throws: ``TradingClientError/refused(_:)`` by `second_factor` where the code does not
    ///   count, by `order_not_held` where it waits no more; look at the order after an error that
    ///   ``TradingClientError/mayHaveTakenEffect``.
    public func approve(
        _ orderID: UInt64,
        code: String
    ) async throws(TradingClientError) -> RemoteOrder {
        let request = RequestEncoder().approve(orderID, code: code)
        return try await self.call(.approve, request) { try $0.approvedOrder($1) }
    }

    /// Ends a held order unsent.
    ///
    /// - Parameters:
    ///   - orderID: The gateway's number of it.
    ///   - reason: Why; recorded.
    /// - Returns: The order, refused.
    /// - Throws: ``TradingClientError/refused(_:)`` by `order_not_held` where it waits no more.
    public func deny(
        _ orderID: UInt64,
        reason: String
    ) async throws(TradingClientError) -> RemoteOrder {
        let request = RequestEncoder().deny(orderID, reason: reason)
        return try await self.call(.deny, request) { try $0.deniedOrder($1) }
    }
}
