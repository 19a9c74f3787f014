extension Checks {
    /// Our own bound on the value of one order.
    static func orderNotional(_ context: RiskContext) -> Refusal? {
        let ofAll = context.bound.orderNotionalMax
        let limit = RiskLimits.stricter(ofAll, context.tokenLimits.orderNotionalMax) ?? ofAll
        guard let notional = context.notional, notional > Notional(limit),
            let rules = context.rules, let price = context.worstPrice
        else { return nil }
        let largest = Int64(exactly: Notional(limit).raw / Int128(max(price.raw, 1)))
            .map { Quantity(raw: $0).roundedDown(to: rules.stepSize) }
        let permitted = Checks.permitted(largest, rules)
        return Refusal(
            .orderNotional,
            limit: "\(limit)",
            actual: "\(notional)",
            message: "The order is worth \(notional) \(rules.quoteAsset), the limit for one order "
                + "is \(limit).",
            permitted: permitted
        )
    }

    /// Open orders: our own bound, then the venue's (MAX_NUM_ORDERS, MAX_NUM_ALGO_ORDERS).
    static func openOrders(_ context: RiskContext) -> Refusal? {
        let own = context.limits.openOrdersMax
        if context.openOrderCount >= own {
            return Refusal(
                .openOrders,
                limit: "\(own)",
                actual: "\(context.openOrderCount)",
                message: "There are \(context.openOrderCount) open orders already; cancel one."
            )
        }
        guard let rules = context.rules else { return nil }
        let isStop = context.terms.type.trigger != nil
        return Self.openOrders(
            context.openOrderCountOnSymbol,
            rules.openOrdersMax,
            "open orders",
            context
        )
            ?? Self.openOrders(
                context.stopOrderCountOnSymbol,
                isStop ? rules.stopOrdersMax : 0,
                "stop orders",
                context
            )
    }

    /// A bound of zero is switched off.
    private static func openOrders(
        _ count: Int,
        _ venue: Int,
        _ what: String,
        _ context: RiskContext
    ) -> Refusal? {
        guard venue > 0, count >= venue else { return nil }
        return Refusal(
            .openOrders,
            limit: "\(venue)",
            actual: "\(count)",
            message: "The venue takes \(venue) \(what) on \(context.terms.symbol); cancel one."
        )
    }

    /// What the order and its fee take must be there and not reserved.
    static func availableBalance(_ context: RiskContext) -> Refusal? {
        guard let price = context.worstPrice else { return nil }
        let isBuy = context.terms.side == .buy
        let quantity = context.terms.quantity
        let needed = isBuy ? context.cost(of: quantity, at: price) : quantity.amount
        guard needed > context.available, let rules = context.rules else { return nil }
        let asset = isBuy ? rules.quoteAsset : rules.baseAsset
        return Refusal(
            .availableBalance,
            limit: "\(context.available)",
            actual: "\(needed)",
            message: "The order needs \(needed) \(asset), fees included; "
                + "\(context.available) is available."
        )
    }
}
