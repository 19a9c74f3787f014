// The venue's filters, checked before the venue would: source Binance Spot API, "Filters".
// A bound of zero is switched off.

extension Checks {
    /// PRICE_FILTER: minPrice and maxPrice, of the limit and of the price that is waited for.
    static func priceRange(_ context: RiskContext) -> Refusal? {
        guard let rules = context.rules else { return nil }
        let wrong = context.terms.type.firstPrice { !rules.hasInRange($0) }
        guard let (name, price) = wrong else { return nil }
        let bound =
            rules.isAboveRange(price) ? "at most \(rules.priceMax)" : "at least \(rules.priceMin)"
        return Refusal(
            .priceRange,
            limit: "\(rules.priceMin)..\(rules.priceMax)",
            actual: "\(price)",
            message: "The \(name) \(price) is outside of \(rules.priceMin) to "
                + "\(rules.priceMax).",
            permitted: "a \(name) of \(bound)"
        )
    }

    /// PRICE_FILTER: tickSize, of the limit and of the price that is waited for.
    static func priceTick(_ context: RiskContext) -> Refusal? {
        guard let rules = context.rules,
            let (name, price) = context.terms.type.firstPrice(where: {
                !$0.isMultiple(of: rules.tickSize)
            })
        else { return nil }
        let below = price.rounded(.down, to: rules.tickSize)
        // At the end of the range there is no tick above.
        let (above, isOutOfRange) = below.raw.addingReportingOverflow(rules.tickSize.raw)
        let advice = isOutOfRange ? "\(below)" : "\(below) or \(Price(raw: above))"
        return Refusal(
            .priceTick,
            limit: "\(rules.tickSize)",
            actual: "\(price)",
            message: "The \(name) \(price) is not a whole number of ticks of \(rules.tickSize); "
                + "\(advice) would be.",
            permitted: "a \(name) of \(advice)"
        )
    }

    /// LOT_SIZE, and MARKET_LOT_SIZE for orders that end as market orders: minQty and maxQty.
    static func quantityRange(_ context: RiskContext) -> Refusal? {
        guard let rules = context.rules, context.isSized else { return nil }
        let quantity = context.terms.quantity
        let isMarket = context.terms.type.venueType.isMarket
        let largest = isMarket ? rules.largestMarketQuantity ?? .zero : rules.quantityMax
        let isLow = quantity < rules.quantityMin || !quantity.isPositive
        let isHigh = largest.isPositive && quantity > largest
        guard isLow || isHigh else { return nil }
        return Refusal(
            .quantityRange,
            limit: "\(rules.quantityMin)..\(largest)",
            actual: "\(quantity)",
            message: "The quantity \(quantity) is outside of \(rules.quantityMin) to \(largest).",
            permitted: isHigh
                ? "a quantity of at most \(largest)" : "a quantity of at least \(rules.quantityMin)"
        )
    }

    /// LOT_SIZE: stepSize.
    static func quantityStep(_ context: RiskContext) -> Refusal? {
        guard let rules = context.rules, !context.terms.quantity.isMultiple(of: rules.stepSize)
        else { return nil }
        let below = context.terms.quantity.roundedDown(to: rules.stepSize)
        return Refusal(
            .quantityStep,
            limit: "\(rules.stepSize)",
            actual: "\(context.terms.quantity)",
            message: "The quantity \(context.terms.quantity) is not a whole number of steps of "
                + "\(rules.stepSize); \(below) would be.",
            permitted: below.isPositive ? "a quantity of \(below)" : ""
        )
    }

    /// A market order needs a price to be judged by.
    static func marketPrice(_ context: RiskContext) -> Refusal? {
        guard context.worstPrice == nil else { return nil }
        return Refusal(
            .marketPrice,
            limit: "a quote",
            actual: "none",
            message: "No price of \(context.terms.symbol) is known yet, so a market order cannot "
                + "be judged; try again or send a limit order."
        )
    }

    /// NOTIONAL: minNotional and maxNotional.
    static func venueNotional(_ context: RiskContext) -> Refusal? {
        guard let rules = context.rules, let notional = context.notional else { return nil }
        let isMarket = context.terms.type.venueType.isMarket
        let isMinimumChecked = !isMarket || rules.isNotionalMinForMarket
        let isLow = isMinimumChecked && notional < Notional(rules.notionalMin)
        let isHigh =
            !isMarket && rules.notionalMax.isPositive
            && notional > Notional(rules.notionalMax)
        guard isLow || isHigh else { return nil }
        return Refusal(
            .venueNotional,
            limit: "\(rules.notionalMin)..\(rules.notionalMax)",
            actual: "\(notional)",
            message: "The order is worth \(notional) \(rules.quoteAsset); the venue takes "
                + "\(rules.notionalMin) to \(rules.notionalMax)."
        )
    }
}

extension SymbolRules {
    /// Whether PRICE_FILTER lets a price pass, whatever its ticks.
    func hasInRange(_ price: Price) -> Bool {
        price >= self.priceMin && price.isPositive && !self.isAboveRange(price)
    }

    fileprivate func isAboveRange(_ price: Price) -> Bool {
        self.priceMax.isPositive && price > self.priceMax
    }
}

extension OrderType {
    /// The first of the prices that it carries that is so, and what it is called.
    fileprivate func firstPrice(
        where isMeant: (Price) -> Bool
    ) -> (name: String, price: Price)? {
        if let price = self.limitPrice, isMeant(price) { return ("price", price) }
        if let price = self.trigger?.stopPrice, isMeant(price) { return ("stop price", price) }
        return nil
    }
}
