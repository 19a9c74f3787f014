/// A token without its secret.
public struct RemoteToken: Hashable, Sendable, Encodable {
    /// The first part of the token's text, which is no secret.
    public var tokenID: String
    /// Whom it stands for.
    public var name: String
    /// What its bearer may do, such as `trader`.
    public var role: String
    /// Who made it.
    public var createdBy: String
    /// Why it was made.
    public var reason: String
    /// Nanoseconds since 1970-01-01 UTC.
    public var createdAt: Int64
    /// Nanoseconds since 1970-01-01 UTC; 0 while it is good.
    public var revokedAt: Int64
    /// Empty while it is good.
    public var revokedBy: String
    /// Empty while it is good.
    public var revocationReason: String
    /// Orders in an interval of the configuration's length; 0 for no limit of its own.
    public var orderRateMax: UInt32
    /// Largest value of one order, in its quote asset; empty for no limit of its own.
    public var orderNotionalMax: String
}

/// A token that was made just now, for its bearer.
///
/// Encoding it, unlike describing it, tells the secret.
public struct RemoteNewToken: Hashable, Sendable, Encodable, CustomStringConvertible {
    /// What the bearer sends; nobody can look it up again.
    public var bearerToken: String
    /// What everybody with the role admin may know of it.
    public var token: RemoteToken

    /// Without the secret, for logs.
    public var description: String { "token \(self.token.tokenID) of \(self.token.name)" }
}
