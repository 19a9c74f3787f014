/// How far the account may be from the ledger before trading pauses (E5).
package struct BalanceTolerance: Hashable, Sendable {
    /// By asset; in units of it.
    package var byAsset: [Asset: Amount]
    /// For assets that are not listed; nil pauses never.
    package var others: Amount?

    package init(byAsset: [Asset: Amount] = [:], others: Amount? = nil) {
        self.byAsset = byAsset
        self.others = others
    }

    /// The tolerance that a difference exceeds, or nil where it is within bounds.
    package func exceeded(by delta: Amount, of asset: Asset) -> Amount? {
        guard let limit = self.byAsset[asset] ?? self.others else { return nil }
        let size = max(delta, .zero - delta)
        return size > limit ? limit : nil
    }
}
