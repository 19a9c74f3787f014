/// A limit of the risk gate, and where its value comes from.
package struct RemoteLimit: Hashable, Sendable, Encodable {
    package var name: String
    /// Empty where it binds all symbols.
    package var symbol: String
    /// Empty while it is switched off.
    package var value: String
    package var configuredValue: String
    package var isChanged: Bool
    package var changedBy: String
    package var reason: String
    /// In nanoseconds since 1970 UTC; 0 where nobody changed it.
    package var changedAt: Int64
    /// What a value looks like, for people.
    package var expected: String
}

/// What a call changed of one limit.
package struct RemoteLimitStep: Hashable, Sendable, Encodable {
    package var name: String
    package var symbol: String
    /// Empty for off, as is `newValue`.
    package var oldValue: String
    package var newValue: String
    /// `unchanged`, `tightens` or `loosens`.
    package var direction: String
}
