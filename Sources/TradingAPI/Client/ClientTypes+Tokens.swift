/// A token without its secret.
package struct RemoteToken: Hashable, Sendable, Encodable {
    package var tokenID: String
    /// Whom it stands for.
    package var name: String
    package var role: String
    package var createdBy: String
    package var reason: String
    package var createdAt: Int64
    /// 0 while it is good.
    package var revokedAt: Int64
    package var revokedBy: String
    package var revocationReason: String
    /// 0 for no limit of its own.
    package var orderRateMax: UInt32
    /// Empty for no limit of its own.
    package var orderNotionalMax: String
}

/// A token that was made just now, for its bearer.
package struct RemoteNewToken: Hashable, Sendable, Encodable, CustomStringConvertible {
    /// What the bearer sends; nobody can look it up again.
    package var bearerToken: String
    package var token: RemoteToken

    /// Without the secret, for logs.
    package var description: String { "token \(self.token.tokenID) of \(self.token.name)" }
}
