/// A limit of the risk gate, and where its value comes from.
public struct RemoteLimit: Hashable, Sendable, Encodable {
    /// Such as `order_notional_max`; stable.
    public var name: String
    /// Empty where it binds all symbols.
    public var symbol: String
    /// Empty where it binds all strategies.
    public var strategy: String
    /// In force, as exact text; empty while it is switched off.
    public var value: String
    /// What the configuration says; empty for off.
    public var configuredValue: String
    /// Whether something else than the configuration counts.
    public var isChanged: Bool
    /// Who changed it; empty where nobody did.
    public var changedBy: String
    /// Why it was changed.
    public var reason: String
    /// In nanoseconds since 1970-01-01 UTC; 0 where nobody changed it.
    public var changedAt: Int64
    /// What a value looks like, for people.
    public var expected: String
}

/// What a call changed of one limit.
public struct RemoteLimitStep: Hashable, Sendable, Encodable {
    /// Such as `order_notional_max`; stable.
    public var name: String
    /// Empty where it binds all symbols.
    public var symbol: String
    /// Empty where it binds all strategies.
    public var strategy: String
    /// Empty for off, as is ``newValue``.
    public var oldValue: String
    /// As the gateway writes it: `1.0` and `1` are the same.
    public var newValue: String
    /// `unchanged`, `tightens` or `loosens`.
    public var direction: String
}
