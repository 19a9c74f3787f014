// Our own bounds on what may come to be held. An order that can only shrink a position passes.

extension Checks {
    /// The value of the position after the order and every other one on its side were filled.
    static func positionNotional(_ context: RiskContext) -> Refusal? {
        guard context.bound.isPositionLimited, !context.isReducing else { return nil }
        guard let limit = context.positionLimit else { return Self.unvalued(.positionNotional) }
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
        guard context.bound.isExposureLimited, !context.isReducing else { return nil }
        let exposure = context.exposure
        if let unpriced = exposure.unpriced { return Self.unpriced(.exposureNotional, unpriced) }
        guard let limit = context.exposureLimit else { return Self.unvalued(.exposureNotional) }
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

    /// The largest quantity that the limit on the position lets pass; nil where it cannot be told.
    static func positionRoom(_ context: RiskContext) -> Quantity? {
        guard let limit = context.positionLimit, let price = context.exposurePrice else {
            return nil
        }
        return Self.largest(Notional(limit), at: price, context)
    }

    /// The largest quantity whose position is worth no more than a notional.
    private static func largest(
        _ room: Notional,
        at price: Price,
        _ context: RiskContext
    ) -> Quantity? {
        guard let rules = context.rules, let held = room.amount(at: price) else { return nil }
        return (held + context.reducibleQuantity).quantity?.roundedDown(to: rules.stepSize)
    }

    private static func permitted(
        _ room: Notional,
        at price: Price,
        _ context: RiskContext
    ) -> String {
        guard let rules = context.rules else { return "" }
        return Self.permitted(Self.largest(room, at: price, context), rules)
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

extension RiskContext {
    /// The strictest bound on the position's value; nil where none binds, or equity is not known.
    var positionLimit: Amount? {
        self.stricter(
            self.bound.positionNotionalMax,
            share: self.limits.positionShareMillionths
        )
    }

    /// The strictest bound on the value of all positions; nil like ``positionLimit``.
    var exposureLimit: Amount? {
        self.stricter(self.bound.exposureNotionalMax, share: self.limits.exposureShareMillionths)
    }

    private func stricter(_ amount: Amount?, share: Int64?) -> Amount? {
        guard let share else { return amount }
        return self.account.equity.flatMap { equity in
            RiskLimits.stricter(amount, share: share, of: equity)
        }
    }
}
