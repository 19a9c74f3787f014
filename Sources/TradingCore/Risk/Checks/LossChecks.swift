// What losses and failures of the past say about new orders. Orders that only reduce pass.

extension Checks {
    /// After a limit on losses or failures was broken, nothing grows until a person has seen it.
    static func tradingDisabled(_ context: RiskContext) -> Refusal? {
        guard let breach = context.breach?.value, !context.isReducing else { return nil }
        return Refusal(
            .tradingDisabled,
            limit: "no breach that nobody has acknowledged",
            actual: "breach \(breach.number): \(breach.rule.name)",
            message: "Trading is disabled: \(breach.message) An operator must acknowledge breach "
                + "\(breach.number)."
        )
    }

    /// Where losses are limited, nothing grows before they are known.
    static func dailyLoss(_ context: RiskContext) -> Refusal? {
        let isUnknown = context.limits.loss.needsEquity && !context.isLossKnown
        guard isUnknown || !context.isStrategyLossKnown, !context.isReducing else { return nil }
        let subject = isUnknown ? "the account" : "strategy \(context.strategy)"
        return Refusal(
            .dailyLoss,
            limit: "a known loss",
            actual: "unknown",
            message: "What \(subject) lost today is not known: a price, or the venue's time, is "
                + "missing; try again."
        )
    }
}
