// Our own bounds on what may come to be held. An order that can only shrink a position passes.

extension Checks {
    /// The value of the position after the order and every other one on its side were filled.
    static func positionNotional(_ context: RiskContext) -> Refusal? {
        guard let limit = context.limits.positionNotionalMax(of: context.terms.symbol),
            !context.isReducing
        else { return nil }
        guard let price = context.exposurePrice else {
            return Self.unpriced(.positionNotional, context.terms.symbol)
        }
        let notional = Notional(worth: context.grownQuantity, at: price)
        guard notional > Notional(limit) else { return nil }
        return Refusal(
            .positionNotional,
            limit: "\(limit)",
            actual: "\(notional)",
            message: "With all open orders on its side filled, the position in "
                + "\(context.terms.symbol) would be worth \(notional); the limit is \(limit).",
            permitted: Self.permitted(Notional(limit), at: price, context)
        )
    }

    /// The value of all positions of the account, each at its worst.
    static func exposureNotional(_ context: RiskContext) -> Refusal? {
        guard let limit = context.limits.exposureNotionalMax, !context.isReducing else {
            return nil
        }
        let exposure = context.exposure
        if let unpriced = exposure.unpriced { return Self.unpriced(.exposureNotional, unpriced) }
        guard let price = context.exposurePrice else {
            return Self.unpriced(.exposureNotional, context.terms.symbol)
        }
        let own = Notional(worth: max(context.grownQuantity, exposure.opposite), at: price)
        let notional = exposure.others.adding(own)
        guard notional > Notional(limit) else { return nil }
        let room = Notional(raw: max(0, Notional(limit).raw - exposure.others.raw))
        let isOppositeWorse =
            exposure.opposite.isPositive && Notional(worth: exposure.opposite, at: price) > room
        return Refusal(
            .exposureNotional,
            limit: "\(limit)",
            actual: "\(notional)",
            message: "With all open orders filled, the account's positions would be worth "
                + "\(notional); the limit is \(limit).",
            permitted: isOppositeWorse ? "" : Self.permitted(room, at: price, context)
        )
    }

    /// The largest quantity whose position is worth no more than a notional.
    private static func permitted(
        _ room: Notional,
        at price: Price,
        _ context: RiskContext
    ) -> String {
        guard let rules = context.rules, let held = room.amount(at: price) else { return "" }
        let largest = (held + context.reducibleQuantity).quantity?.roundedDown(to: rules.stepSize)
        return Self.permitted(largest, rules)
    }

    private static func unpriced(_ rule: Rule, _ symbol: Symbol) -> Refusal {
        Refusal(
            rule,
            limit: "a quote",
            actual: "none",
            message: "No price of \(symbol) is known yet, so what is held cannot be valued; try "
                + "again."
        )
    }
}
