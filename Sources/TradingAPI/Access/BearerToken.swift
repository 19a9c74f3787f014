package import TTRPC

/// A token as its bearer has it: a public number, and a secret that is never shown.
public struct BearerToken: Hashable, Sendable, CustomStringConvertible {
    package let tokenID: String
    package let secret: String

    private static let mark = "tgt"
    private static let idDigits = 16
    private static let secretDigits = 64

    /// A new token.
    ///
    /// - Parameter random: Where its bits come from; the system's generator outside of tests.
    package init(using random: inout some RandomNumberGenerator) {
        self.tokenID = Self.digits(Self.idDigits, using: &random)
        self.secret = Self.digits(Self.secretDigits, using: &random)
    }

    /// Reads a token's text, such as `tgt_` + 16 digits + `_` + 64 digits; nil where it is none.
    ///
    /// - Parameter text: As `tradectl token create` showed it, without spaces or line ends.
    public init?(text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.mark, parts[1].utf8.count == Self.idDigits,
            parts[2].utf8.count == Self.secretDigits
        else { return nil }
        self.tokenID = String(parts[1])
        self.secret = String(parts[2])
    }

    /// What its bearer keeps; the only way to the secret as text.
    package var bearerText: String { "\(Self.mark)_\(self.tokenID)_\(self.secret)" }

    /// Without the secret, for logs.
    public var description: String { "token \(self.tokenID)" }

    /// As a call carries it.
    package var metadata: Metadata { Metadata(Self.key, "Bearer \(self.bearerText)") }

    private static let key = "authorization"

    /// What a call carries: nil where there is no token, `.some(nil)` where it is not one.
    package static func presented(by call: Call) -> BearerToken?? {
        guard let value = call.metadataValue(self.key) else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return .some(nil) }
        return BearerToken(text: String(parts[1]))
    }

    private static func digits(
        _ count: Int,
        using random: inout some RandomNumberGenerator
    ) -> String {
        let digits = Array("0123456789abcdef")
        return String((0..<count).map { _ in digits[Int(random.next() & 15)] })
    }
}
