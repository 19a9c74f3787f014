// What a person decides, and what only the configuration does.

/// How much may be placed on a venue in one day, and how much was: of all orders there, or of those
/// of one strategy.
package struct DailyCap: Hashable, Sendable {
    /// In the order's quote asset; zero where the configuration names none for it.
    package var cap: Amount
    package var placed: Notional
    /// Whether it binds the orders of one strategy, and counts those alone.
    package var isOfStrategy = false

    package init(cap: Amount, placed: Notional) {
        self.cap = cap
        self.placed = placed
    }

    /// What may still be placed; below zero where more was than the cap is now.
    var room: Notional { Notional(self.cap) - self.placed }
}

extension Checks {
    /// An order of a large value waits for a person; not a reason against it, but to hold it.
    static func sensitiveNotional(_ context: RiskContext) -> Refusal? {
        guard !context.isApproved, let rules = context.rules, let notional = context.notional,
            let limit = context.bound.sensitiveNotional,
            notional > Notional(limit), let price = context.worstPrice
        else { return nil }
        let largest = Notional(limit).amount(at: price)?.quantity?.roundedDown(to: rules.stepSize)
        return Refusal(
            .sensitiveNotional,
            limit: "\(limit)",
            actual: "\(notional)",
            message: "The order is worth \(notional) \(rules.quoteAsset); above \(limit) a person "
                + "must approve it.",
            permitted: Self.permitted(largest, rules)
        )
    }

    /// The value of all that was placed on the venue's day (B5), or of what the order's strategy
    /// placed on it (B6).
    static func dailyNotional(_ context: RiskContext) -> Refusal? {
        guard let daily = context.dailyCap, !context.isReducing, let rules = context.rules,
            let notional = context.notional, let price = context.worstPrice
        else { return nil }
        let total = daily.placed.adding(notional)
        guard total > Notional(daily.cap) else { return nil }
        let placed =
            daily.isOfStrategy
            ? "strategy \(context.strategy) placed \(total) \(rules.quoteAsset) today; its cap"
            : "\(total) \(rules.quoteAsset) were placed today; the cap"
        return Refusal(
            .dailyNotional,
            limit: "\(daily.cap)",
            actual: "\(total)",
            message: "With this order, \(placed) of \(daily.cap) grows by configuration only, the "
                + "day ends at 00:00 UTC.",
            permitted: Self.permitted(
                max(.zero, daily.room).amount(at: price)?.quantity?.roundedDown(
                    to: rules.stepSize
                ),
                rules
            )
        )
    }
}
