// What keeps new orders from a venue that is not fit for them now. Each refusal says when to try
// again, where that is known.

extension Checks {
    /// A venue that does not answer gets no new orders.
    static func circuitBreaker(_ context: RiskContext) -> Refusal? {
        context.condition.circuitRefusal(context.limits.circuit.failuresMax)
    }

    /// A venue that rejects one order after the other gets no new ones.
    static func rejectBreaker(_ context: RiskContext) -> Refusal? {
        context.condition.rejectRefusal(context.limits.rejects.rejectsMax)
    }

    /// Orders are timed by the venue's clock: it must be near ours, or one of them is wrong.
    static func clockSkew(_ context: RiskContext) -> Refusal? {
        context.condition.skewRefusal(context.limits.clockSkewMaxMilliseconds)
    }

    /// What an order is worth, or whether its price is harmful, is told by the last known price,
    /// so that must be of now.
    static func staleQuote(_ context: RiskContext) -> Refusal? {
        let limit = context.limits.quoteAgeMaxMilliseconds
        guard context.isJudgedByQuote, context.quote != nil,
            let age = context.condition.quoteAgeMilliseconds, age > limit
        else { return nil }
        return Refusal(
            .staleQuote,
            limit: "\(limit) ms",
            actual: "\(age) ms",
            message: "The last price of \(context.terms.symbol) is \(age) ms old and no stream "
                + "keeps it current, so the order cannot be judged; try again."
        )
    }

    /// What the venue asked not to be sent is not sent.
    static func venueRestraint(_ context: RiskContext) -> Refusal? {
        context.condition.restraintRefusal
    }

    /// The venue would refuse the order for their number: it is not sent.
    static func orderBudget(_ context: RiskContext) -> Refusal? {
        context.condition.shortageRefusal
    }
}

extension VenueCondition {
    /// Everything that keeps new orders back, in words, for health.
    func reasons(_ limits: Shared<RiskLimits>) -> [String] {
        var reasons: [String] = []
        func add(_ refusal: Refusal?) { if let refusal { reasons.append(refusal.message) } }
        add(self.circuitRefusal(limits.value.circuit.failuresMax))
        add(self.rejectRefusal(limits.value.rejects.rejectsMax))
        add(self.skewRefusal(limits.value.clockSkewMaxMilliseconds))
        add(self.restraintRefusal)
        add(self.shortageRefusal)
        return reasons
    }

    fileprivate func circuitRefusal(_ failuresMax: Int) -> Refusal? {
        guard let circuit = self.circuit else { return nil }
        return Refusal(
            .circuitBreaker,
            limit: "\(failuresMax) failures in a row",
            actual: circuit.reason,
            message: "The venue does not answer (\(circuit.reason)); it is tried again in "
                + "\(circuit.waitMilliseconds) ms."
        )
    }

    fileprivate func rejectRefusal(_ most: Int) -> Refusal? {
        guard let rejects = self.rejects else { return nil }
        return Refusal(
            .rejectBreaker,
            limit: "\(most) rejections in a row",
            actual: rejects.reason,
            message: "The venue rejected \(most) orders in a row, the last with: "
                + "\(rejects.reason); new orders are taken again in "
                + "\(rejects.waitMilliseconds) ms."
        )
    }

    fileprivate func skewRefusal(_ limit: Int64) -> Refusal? {
        guard let skew = self.skew else { return nil }
        let worst = skew.milliseconds.magnitude + skew.uncertaintyMilliseconds.magnitude
        guard worst > UInt64(max(0, limit)) else { return nil }
        let actual = "\(skew.milliseconds) ms ± \(skew.uncertaintyMilliseconds) ms"
        return Refusal(
            .clockSkew,
            limit: "\(limit) ms",
            actual: actual,
            message: "The venue's clock less ours is \(actual); set the clock of this machine."
        )
    }

    fileprivate var restraintRefusal: Refusal? {
        guard let restraint = self.restraint else { return nil }
        return Refusal(
            .venueRestraint,
            limit: "what the venue asked for",
            actual: restraint.reason,
            message: "The venue asked for patience (\(restraint.reason)); try again in "
                + "\(restraint.waitMilliseconds) ms."
        )
    }

    fileprivate var shortageRefusal: Refusal? {
        guard let shortage = self.shortage else { return nil }
        let reserve =
            shortage.reserve > 0 ? ", \(shortage.reserve) of them for the kill switch" : ""
        return Refusal(
            .orderBudget,
            limit: shortage.limit.text + reserve,
            actual: "\(shortage.used)",
            message: "The venue takes \(shortage.limit.text)\(reserve), and \(shortage.used) are "
                + "used; try again in \(shortage.waitMilliseconds) ms."
        )
    }
}
