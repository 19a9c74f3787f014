extension Checks {
    /// Nothing new passes while the kill switch is engaged, but what it closes positions with.
    static func killSwitch(_ context: RiskContext) -> Refusal? {
        let engaged = context.killSwitch?.value
        if context.purpose == .flatten {
            invariant(
                engaged?.level == .flatten,
                "positions are closed by an engaged kill switch alone"
            )
            return nil
        }
        guard let engaged, let level = engaged.level else { return nil }
        return Refusal(
            .killSwitch,
            limit: "released",
            actual: level.name,
            message: "The kill switch is engaged (\(engaged.reason)); "
                + "an admin must release it."
        )
    }

    /// A caller may insist on the mode it believes the gateway to be in (M1).
    static func expectedMode(_ context: RiskContext) -> Refusal? {
        guard let expected = context.expectedMode, expected != context.mode else { return nil }
        return Refusal(
            .expectedMode,
            limit: expected.name,
            actual: context.mode.name,
            message: "The order expects mode \(expected.name), the gateway is in "
                + "\(context.mode.name)."
        )
    }

    /// Orders wait until recovery and reconciliation are done.
    static func ready(_ context: RiskContext) -> Refusal? {
        guard let first = context.notReadyReasons.first else { return nil }
        return Refusal(
            .notReady,
            limit: "ready",
            actual: first,
            message: "New orders are not taken now: "
                + context.notReadyReasons.joined(separator: "; ") + "."
        )
    }

    /// Only listed symbols are traded.
    static func symbolAllowed(_ context: RiskContext) -> Refusal? {
        guard !context.bound.isAllowed else { return nil }
        let allowed = context.limits.allowedSymbols
        return Refusal(
            .symbolAllowed,
            limit: allowed.map(\.name).joined(separator: ","),
            actual: context.terms.symbol.name,
            message: "The symbol \(context.terms.symbol) is not on the list of allowed symbols."
        )
    }

    /// The venue must list the symbol and trade it now.
    static func symbolTrading(_ context: RiskContext) -> Refusal? {
        guard let rules = context.rules else {
            return Refusal(
                .symbolTrading,
                limit: "listed",
                actual: "not listed",
                message: "The venue does not list \(context.terms.symbol)."
            )
        }
        guard !rules.isTrading else { return nil }
        return Refusal(
            .symbolTrading,
            limit: "trading",
            actual: "halted",
            message: "The venue does not trade \(context.terms.symbol) now."
        )
    }

    /// An order of unknown outcome blocks what would grow the same exposure, never exits (E3).
    static func unknownOrder(_ context: RiskContext) -> Refusal? {
        guard context.limits.unknownBlocks, let orderID = context.unknownOrder,
            !context.isReducing
        else { return nil }
        return Refusal(
            .unknownOrder,
            limit: "0",
            actual: "order \(orderID)",
            message: "The outcome of order \(orderID) on the same symbol and side is unknown; "
                + "wait until it is found out."
        )
    }

    /// What closes a position must not turn it around: Binance Spot has no such flag (K4).
    static func reduceOnly(_ context: RiskContext) -> Refusal? {
        guard context.purpose != .client || context.isReduceOnly, !context.isReducing else {
            return nil
        }
        return Refusal(
            .reduceOnly,
            limit: "\(context.reducibleQuantity)",
            actual: "\(context.terms.quantity)",
            message: "The order would do more than close the position: at most "
                + "\(context.reducibleQuantity) may be traded on this side."
        )
    }
}
