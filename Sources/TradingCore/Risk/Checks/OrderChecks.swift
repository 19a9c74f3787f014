// Our own bounds on a single order: its size, its price, how often one comes.

extension Checks {
    /// Our own bound on the quantity of one order.
    static func orderQuantity(_ context: RiskContext) -> Refusal? {
        guard let limit = context.bound.orderQuantityMax,
            context.terms.quantity > limit, let rules = context.rules
        else { return nil }
        return Refusal(
            .orderQuantity,
            limit: "\(limit)",
            actual: "\(context.terms.quantity)",
            message: "The quantity \(context.terms.quantity) is above the limit for one order of "
                + "\(context.terms.symbol), \(limit).",
            permitted: Self.permitted(limit.roundedDown(to: rules.stepSize), rules)
        )
    }

    /// A limit price that is far beyond the best price of the other side, or beyond the price that
    /// the order waits for, is a mistake.
    ///
    /// A price on the other, harmless side only waits. A market order is judged by the book.
    static func priceCollar(_ context: RiskContext) -> Refusal? {
        guard let collar = context.bound.priceCollarMillionths, let rules = context.rules else {
            return nil
        }
        guard let price = context.terms.type.limitPrice else {
            return Self.bookWithinCollar(context, collar)
        }
        let isBuy = context.terms.side == .buy
        let stopPrice = context.terms.type.trigger?.stopPrice
        guard let best = stopPrice ?? context.quote?.best(for: context.terms.side) else {
            return Refusal(
                .priceCollar,
                limit: "a quote",
                actual: "none",
                message: "No price of \(context.terms.symbol) is known yet, so the limit price "
                    + "cannot be judged; try again."
            )
        }
        guard let edge = best.edge(of: collar, for: context.terms.side),
            isBuy ? price > edge : price < edge
        else { return nil }
        let bound =
            rules.tickSize.isPositive
            ? edge.rounded(isBuy ? .down : .up, to: rules.tickSize) : edge
        return Refusal(
            .priceCollar,
            limit: "\(edge)",
            actual: "\(price)",
            message: "The price \(price) is beyond the collar around the "
                + "\(stopPrice == nil ? "best" : "stop") price \(best), which ends at \(edge).",
            permitted: bound.isPositive
                ? "a price of at \(isBuy ? "most" : "least") \(bound)" : ""
        )
    }

    /// A price that is waited for and is reached already: the venue would not take the order.
    ///
    /// It looks at the last trade, which is between the best prices: what lies there is for it to
    /// say. Nor is a protection kept back for a price that may be old.
    static func stopPrice(_ context: RiskContext) -> Refusal? {
        guard let trigger = context.terms.type.trigger, let quote = context.quote,
            context.condition.quoteAgeMilliseconds ?? 0 <= context.limits.quoteAgeMaxMilliseconds
        else { return nil }
        let isRising = trigger.isRising(for: context.terms.side)
        let best = isRising ? quote.bid : quote.ask
        guard isRising ? trigger.stopPrice <= best : trigger.stopPrice >= best else { return nil }
        let bound = "\(isRising ? "above" : "below") \(best)"
        return Refusal(
            .stopPrice,
            limit: bound,
            actual: "\(trigger.stopPrice)",
            message: "The market has reached the stop price \(trigger.stopPrice) already: a "
                + "\(context.terms.side.name) of type \(context.terms.type.venueType.name) waits "
                + "for a price \(bound).",
            permitted: "a stop price \(bound)"
        )
    }

    /// One principal, one token's name and one strategy place so many orders in a while, no more.
    static func orderRate(_ context: RiskContext) -> Refusal? {
        if let rate = context.bound.orderRate, let wait = context.rateWaitMilliseconds {
            return Self.refusal(of: rate, "", wait)
        }
        if let countMax = context.tokenLimits.orderRateMax,
            let wait = context.tokenWaitMilliseconds
        {
            let rate = OrderRate(
                countMax: countMax,
                intervalMilliseconds: context.limits.orderRateIntervalMilliseconds
            )
            return Self.refusal(of: rate, " with this token", wait)
        }
        guard let rate = context.bound.strategyRate,
            let wait = context.strategyWaitMilliseconds
        else { return nil }
        return Self.refusal(of: rate, " of strategy \(context.strategy)", wait)
    }

    private static func refusal(of rate: OrderRate, _ whose: String, _ wait: Int64) -> Refusal {
        Refusal(
            .orderRate,
            limit: "\(rate.countMax) orders per \(rate.intervalMilliseconds) ms",
            actual: "\(rate.countMax)",
            message: "\(rate.countMax) orders\(whose) were placed in the last "
                + "\(rate.intervalMilliseconds) ms; try again in \(wait) ms.",
            permitted: "the same order in \(wait) ms"
        )
    }

    /// What to say of the largest quantity that would have passed; nothing where the venue takes
    /// none so small.
    static func permitted(_ largest: Quantity?, _ rules: SymbolRules) -> String {
        guard let largest, largest.isPositive, largest >= rules.quantityMin else { return "" }
        return "a quantity of at most \(largest)"
    }
}

extension RiskContext {
    /// Whether a check compares the order with the best price.
    var isJudgedByQuote: Bool {
        let isBounded =
            self.bound.isPositionLimited || self.bound.isExposureLimited
            || (self.limits.cashShareMillionths != nil && self.terms.side == .buy)
        // What waits for a price is judged by that price.
        let isOwnByQuote =
            self.terms.type.trigger == nil
            && (self.terms.type == .market
                || self.bound.priceCollarMillionths != nil)
        return isOwnByQuote || (isBounded && !self.isReducing)
    }
}
