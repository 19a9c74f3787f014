// What losses and failures of the past say about new orders. Orders that only reduce pass.

extension Checks {
    /// After a limit on losses or failures was broken, nothing grows until a person has seen it.
    static func tradingDisabled(_ context: RiskContext) -> Refusal? {
        guard let breach = context.breach, !context.isReducing else { return nil }
        return Refusal(
            .tradingDisabled,
            limit: "no breach that nobody has acknowledged",
            actual: "breach \(breach.number): \(breach.rule.name)",
            message: "Trading is disabled: \(breach.message) An operator must acknowledge breach "
                + "\(breach.number)."
        )
    }
}
