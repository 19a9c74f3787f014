// Our own bounds on what an account does as a whole.

extension Checks {
    /// In how many symbols something may be held at once.
    static func openPositions(_ context: RiskContext) -> Refusal? {
        guard let limit = context.limits.openPositionsMax, !context.isReducing,
            !context.account.isPositionOpen, context.account.openPositionCount >= limit
        else { return nil }
        return Refusal(
            .openPositions,
            limit: "\(limit)",
            actual: "\(context.account.openPositionCount)",
            message: "Something is, or may come to be, held in "
                + "\(context.account.openPositionCount) symbols already; close one first."
        )
    }

    /// A share of equity stays in the quote asset, not held back for orders.
    static func cashShare(_ context: RiskContext) -> Refusal? {
        guard let share = context.limits.cashShareMillionths, context.terms.side == .buy,
            !context.isReducing
        else { return nil }
        guard let equity = context.account.equity, let price = context.worstPrice else {
            return Self.unvalued(.cashShare)
        }
        let kept = max(equity, .zero).scaled(by: share, over: 1_000_000, rounding: .up)
        let left = context.available - context.cost(of: context.terms.quantity, at: price)
        guard left < kept, let rules = context.rules else { return nil }
        return Refusal(
            .cashShare,
            limit: "\(kept)",
            actual: "\(left)",
            message: "The order would leave \(left) \(rules.quoteAsset) free, fees included; "
                + "\(kept) must stay.",
            permitted: Self.permitted(
                context.affordable(context.available - kept, at: price)?
                    .roundedDown(to: rules.stepSize),
                rules
            )
        )
    }

    /// The same order twice within a moment is a mistake.
    static func duplicateOrder(_ context: RiskContext) -> Refusal? {
        guard let interval = context.limits.duplicateMilliseconds,
            let wait = context.account.duplicateWaitMilliseconds
        else { return nil }
        return Refusal(
            .duplicateOrder,
            limit: "once in \(interval) ms",
            actual: "the same order",
            message: "The same order was placed less than \(interval) ms ago; if it is meant "
                + "twice, try again in \(wait) ms.",
            permitted: "the same order in \(wait) ms"
        )
    }

    /// How many orders an account places in a day.
    static func ordersPerDay(_ context: RiskContext) -> Refusal? {
        guard let limit = context.limits.ordersPerDayMax,
            context.account.orderCountOfDay >= limit
        else { return nil }
        return Refusal(
            .ordersPerDay,
            limit: "\(limit)",
            actual: "\(context.account.orderCountOfDay)",
            message: "\(context.account.orderCountOfDay) orders were placed today; the next day "
                + "begins at midnight UTC."
        )
    }

    /// What is a share of an unknown equity cannot be told.
    static func unvalued(_ rule: Rule) -> Refusal {
        Refusal(
            rule,
            limit: "a known equity",
            actual: "unknown",
            message: "The account's equity is not known: a price is missing; try again."
        )
    }
}

extension RiskContext {
    /// What a buy takes, its fee included.
    func cost(of quantity: Quantity, at price: Price) -> Amount {
        let value = self.terms.quoteQuantity ?? (price * quantity).amount(rounding: .up)
        return value.scaled(
            by: 1_000_000 + self.limits.feeReserveMillionths,
            over: 1_000_000,
            rounding: .up
        )
    }

    /// The largest quantity that an amount buys, its fee included; nil where it buys none.
    fileprivate func affordable(_ amount: Amount, at price: Price) -> Quantity? {
        guard amount.isPositive else { return nil }
        let net = amount.scaled(
            by: 1_000_000,
            over: 1_000_000 + self.limits.feeReserveMillionths,
            rounding: .down
        )
        return Notional(net).amount(at: price)?.quantity
    }
}
