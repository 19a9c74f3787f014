/// A token by which a caller proves who it is; the token itself is known to its bearer alone.
package struct AccessToken: Hashable, Sendable {
    /// A person took it back.
    package struct Revocation: Hashable, Sendable {
        package var principal: Principal
        package var reason: String
        package var at: WallTime

        package init(principal: Principal, reason: String, at: WallTime) {
            self.principal = principal
            self.reason = reason
            self.at = at
        }
    }

    /// Public; the first part of the token's text.
    package var tokenID: String
    /// Whom it stands for; several tokens may stand for the same, so that one can replace another.
    package var name: String
    package var role: Role
    /// The SHA-256 of the token's secret part, which is 256 random bits.
    package var hash: [UInt8]
    package var createdBy: Principal
    package var reason: String
    package var createdAt: WallTime
    package var limits: TokenLimits
    /// Nil while it is good.
    package var revocation: Revocation?

    package init(
        tokenID: String,
        name: String,
        role: Role,
        hash: [UInt8],
        createdBy: Principal,
        reason: String,
        createdAt: WallTime,
        limits: TokenLimits = TokenLimits(),
        revocation: Revocation? = nil
    ) {
        self.tokenID = tokenID
        self.name = name
        self.role = role
        self.hash = hash
        self.createdBy = createdBy
        self.reason = reason
        self.createdAt = createdAt
        self.limits = limits
        self.revocation = revocation
    }

    package var isRevoked: Bool { self.revocation != nil }

    /// Who the bearer is, and what idempotency keys belong to, whichever of the name's tokens is
    /// used (M2).
    package var principal: Principal { Principal("token:\(self.name)") }
}

/// The tokens of a store, oldest first.
package struct TokenList: Hashable, Sendable {
    package private(set) var tokens: [AccessToken]
    /// Kept ready: every order asks.
    private(set) var limits: [Principal: TokenLimits]

    /// Tokens that are good at the same time.
    package static let goodMax = 256
    /// Older ones that were revoked are in the journal alone.
    package static let revokedMax = 100

    package init(_ tokens: [AccessToken] = []) {
        self.tokens = tokens
        self.limits = Self.limits(of: tokens)
    }

    package var good: [AccessToken] { self.tokens.filter { !$0.isRevoked } }

    /// The good token whose secret's hash is presented.
    ///
    /// As slow for a wrong hash as for a right one, and for a number that nobody has.
    package func token(_ tokenID: String, hash: [UInt8]) -> AccessToken? {
        let known = self.tokens.first { $0.tokenID == tokenID && !$0.isRevoked }
        let expected = known?.hash ?? [UInt8](repeating: 0, count: hash.count)
        return Self.isSame(expected, hash) ? known : nil
    }

    /// Compares without a hint, by the time that it takes, at where the difference is.
    private static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count, !one.isEmpty else { return false }
        var difference: UInt8 = 0
        for index in one.indices { difference |= one[index] ^ other[index] }
        return difference == 0
    }

    /// Takes in a token as it is now.
    mutating func note(_ token: AccessToken) {
        if let index = self.tokens.firstIndex(where: { $0.tokenID == token.tokenID }) {
            self.tokens[index] = token
        } else {
            self.tokens.append(token)
        }
        if self.tokens.count(where: \.isRevoked) > Self.revokedMax,
            let oldest = self.tokens.firstIndex(where: \.isRevoked)
        {
            self.tokens.remove(at: oldest)
        }
        self.limits = Self.limits(of: self.tokens)
    }
}

/// What becomes of tokens.
package enum TokenRequest: Hashable, Sendable {
    case list
    /// The token as it is to be, without the secret, which the caller's side keeps.
    case create(
        tokenID: String,
        name: String,
        Role,
        hash: [UInt8],
        Principal,
        reason: String,
        limits: TokenLimits = TokenLimits()
    )
    /// By its number, or by its name all that stand for the same.
    case revoke(String, Principal, reason: String)
}
