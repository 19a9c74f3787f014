extension Gateway {
    /// Why a placement is refused as a call because it comes too early; nil where it is decided.
    ///
    /// It is after a restart that callers send a key again, and then the gateway is not ready yet:
    /// an order that was refused for that would keep the key from naming the one that is wanted
    /// (M2). So nothing is recorded, and the key stays free. Without a key there is nothing to
    /// keep free, and what was asked for stays in the records.
    mutating func refusalUntilReady(of wish: OrderRequest, at now: Instant) -> Refusal? {
        let venue = self.riskVenue(of: wish.strategy)
        guard wish.key != nil, self.sessions[venue]?.isReady != true,
            let refusal = self.refusal(of: wish, at: now), refusal.rule == .notReady
        else { return nil }
        return refusal
    }
}
