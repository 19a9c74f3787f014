// What is demanded of the exits that an order brings along: that they can be placed, and that the
// market has not reached them before the order is filled.

extension Checks {
    /// The exits of an entry: each must be an order that the venue would take later.
    static func attachedExits(_ context: RiskContext) -> Refusal? {
        guard let exits = context.exits, let rules = context.rules else { return nil }
        guard context.terms.side == .buy else {
            return Self.exitRefusal(
                limit: "BUY",
                actual: context.terms.side.name,
                "Exits are attached to what buys; this sells."
            )
        }
        for (name, price) in exits.prices {
            if let refusal = Self.refusal(of: price, named: name, rules) { return refusal }
        }
        return Self.refusal(ofStopIn: exits, context, rules)
            ?? Self.refusal(ofTakeProfitIn: exits, context, rules)
    }

    private static func exitRefusal(
        limit: String,
        actual: String,
        _ message: String,
        permitted: String = ""
    ) -> Refusal {
        Refusal(
            .attachedExits,
            limit: limit,
            actual: actual,
            message: message,
            permitted: permitted
        )
    }

    /// PRICE_FILTER, which the venue would apply once it is too late.
    private static func refusal(
        of price: Price,
        named name: String,
        _ rules: SymbolRules
    ) -> Refusal? {
        if !rules.hasInRange(price) {
            return Self.exitRefusal(
                limit: "\(rules.priceMin)..\(rules.priceMax)",
                actual: "\(price)",
                "The \(name) \(price) is outside of \(rules.priceMin) to \(rules.priceMax)."
            )
        }
        guard !price.isMultiple(of: rules.tickSize) else { return nil }
        let below = price.rounded(.down, to: rules.tickSize)
        return Self.exitRefusal(
            limit: "\(rules.tickSize)",
            actual: "\(price)",
            "The \(name) \(price) is not a whole number of ticks of \(rules.tickSize).",
            permitted: below.isPositive ? "a \(name) of \(below)" : ""
        )
    }

    private static func refusal(
        ofStopIn exits: ExitTerms,
        _ context: RiskContext,
        _ rules: SymbolRules
    ) -> Refusal? {
        guard let stop = exits.stopLoss else { return nil }
        if let bound = context.exitStopBound, stop.stopPrice >= bound {
            return Self.exitRefusal(
                limit: "below \(bound)",
                actual: "\(stop.stopPrice)",
                "The stop price \(stop.stopPrice) would be reached at once: it must be below "
                    + "\(bound).",
                permitted: "a stop price below \(bound)"
            )
        }
        if let limit = stop.limitPrice, limit > stop.stopPrice {
            return Self.exitRefusal(
                limit: "\(stop.stopPrice)",
                actual: "\(limit)",
                "The limit \(limit) of the stop is above its stop price \(stop.stopPrice): the "
                    + "market would have passed it.",
                permitted: "a limit of at most \(stop.stopPrice)"
            )
        }
        guard stop.limitPrice != nil || rules.isNotionalMinForMarket, context.isSized else {
            return nil
        }
        let price = stop.limitPrice ?? stop.stopPrice
        let notional = price * context.terms.quantity
        guard notional < Notional(rules.notionalMin) else { return nil }
        return Self.exitRefusal(
            limit: "\(rules.notionalMin)",
            actual: "\(notional)",
            "At its stop price the order is worth \(notional) \(rules.quoteAsset), and the venue "
                + "takes no less than \(rules.notionalMin): nothing could be sold there."
        )
    }

    private static func refusal(
        ofTakeProfitIn exits: ExitTerms,
        _ context: RiskContext,
        _ rules: SymbolRules
    ) -> Refusal? {
        guard let price = exits.takeProfit, let bound = context.entryPrice, price <= bound else {
            return nil
        }
        return Self.exitRefusal(
            limit: "above \(bound)",
            actual: "\(price)",
            "The take-profit \(price) is no profit: it must be above \(bound).",
            permitted: "a take-profit above \(bound)"
        )
    }
}

extension ExitTerms {
    /// The prices in it, and what they are called.
    fileprivate var prices: [(name: String, price: Price)] {
        [
            ("stop price", self.stopLoss?.stopPrice), ("stop limit", self.stopLoss?.limitPrice),
            ("take-profit", self.takeProfit),
        ].compactMap { (name, price) in price.map { (name, $0) } }
    }
}

extension RiskContext {
    /// What an order that buys is expected to pay: its limit, the price that it waits for, or the
    /// market's where that is better; nil while it cannot be told.
    var entryPrice: Price? {
        let limit = self.terms.type.limitPrice
        if let trigger = self.terms.type.trigger { return limit ?? trigger.stopPrice }
        guard let ask = self.quote?.ask else { return limit }
        return min(limit ?? ask, ask)
    }

    /// What the stop of an order that buys must be below, so that the market is not there already
    /// when the order is filled.
    fileprivate var exitStopBound: Price? {
        guard let price = self.entryPrice else { return nil }
        guard self.terms.type.trigger == nil, let quote = self.quote, price >= quote.ask else {
            return price
        }
        return quote.bid
    }
}
