import COpenSSL

/// A new secret of one-time codes, as it goes into an authenticator app and a file.
package struct Enrollment: Hashable, Sendable {
    /// In base32, for those who type it.
    package let secret: String
    /// `otpauth://totp/…`, for those who scan it.
    package let uri: String

    /// As many as the HMAC's hash has, which RFC 4226 recommends.
    private static let secretBytes = 20

    /// Nil where OpenSSL has no random numbers to give.
    ///
    /// - Parameters:
    ///   - issuer: Which gateway it is for, as the app shows it.
    ///   - account: Whose it is, as the app shows it.
    ///   - algorithm: Few apps know another than SHA1.
    package init?(
        issuer: String,
        account: String,
        algorithm: OneTimeCodeAlgorithm = .sha1
    ) {
        var bytes = [UInt8](repeating: 0, count: Self.secretBytes)
        defer { unsafe OPENSSL_cleanse(&bytes, bytes.count) }
        guard unsafe RAND_bytes(&bytes, CInt(bytes.count)) == 1 else { return nil }
        let secret = Base32.text(of: bytes)
        let label = "\(Self.escaped(issuer)):\(Self.escaped(account))"
        self.secret = secret
        self.uri =
            "otpauth://totp/\(label)?secret=\(secret)&issuer=\(Self.escaped(issuer))"
            + "&algorithm=\(algorithm.rawValue)&digits=6&period=\(OneTimeCodeKey.stepSeconds)"
    }

    /// The text as it may stand in any part of a URI (RFC 3986).
    private static func escaped(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if plain.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
