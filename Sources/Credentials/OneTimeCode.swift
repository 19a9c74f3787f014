import COpenSSL

/// How a one-time code is made (RFC 6238); authenticator apps know the first, few the others.
package enum OneTimeCodeAlgorithm: String, Hashable, Sendable, CaseIterable {
    case sha1 = "SHA1"
    case sha256 = "SHA256"
    case sha512 = "SHA512"
}

/// Why a text cannot be the secret of one-time codes; it says nothing of the text itself.
package enum OneTimeCodeError: Error, Hashable, Sendable, CustomStringConvertible {
    case notBase32
    /// RFC 4226 wants 128 bits at least.
    case tooShort(byteCount: Int)

    package var description: String {
        switch self {
        case .notBase32: "it is not base32 (A to Z, 2 to 7)"
        case .tooShort(let count):
            "it has \(count) bytes, at least \(OneTimeCodeKey.secretBytesMin) are needed"
        }
    }
}

/// The secret that a gateway shares with an authenticator app: time-based codes of RFC 6238.
package struct OneTimeCodeKey: Sendable {
    private let secret: Secret
    private let algorithm: OneTimeCodeAlgorithm
    private let digitCount: Int

    /// How long a code is shown.
    package static let stepSeconds: Int64 = 30
    /// How many steps a clock may be off, on either side.
    package static let stepsOff: Int64 = 1
    /// What RFC 4226 asks for at least.
    package static let secretBytesMin = 16

    /// - Parameters:
    ///   - base32: The secret as apps take it.
    ///   - algorithm: Of the HMAC.
    ///   - digitCount: 6 as apps show them, at most 9.
    /// - Throws: Where the text is no secret, or too short a one.
    package init(
        base32: Secret,
        algorithm: OneTimeCodeAlgorithm = .sha1,
        digitCount: Int = 6
    ) throws(OneTimeCodeError) {
        let bytes = unsafe base32.withBytes { unsafe Base32.bytes(of: $0) }
        guard let bytes else { throw .notBase32 }
        guard bytes.count >= Self.secretBytesMin else { throw .tooShort(byteCount: bytes.count) }
        precondition((1...9).contains(digitCount), "a code has 1 to 9 digits")
        self.secret = Secret(bytes)
        self.algorithm = algorithm
        self.digitCount = digitCount
    }

    /// The number of the step that a time lies in.
    package static func step(atSeconds seconds: Int64) -> Int64 {
        let step = seconds / Self.stepSeconds
        return seconds % Self.stepSeconds < 0 ? step - 1 : step
    }

    /// The code of a step.
    package func code(ofStep step: Int64) -> String {
        let counter = UInt64(bitPattern: step)
        let message = (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }
        let hash = self.hash(of: message)
        let offset = Int(hash[hash.count - 1] & 15)
        var number: UInt32 = 0
        for byte in hash[offset..<offset + 4] { number = number << 8 | UInt32(byte) }
        number &= 0x7fff_ffff
        var modulus: UInt32 = 1
        for _ in 0..<self.digitCount { modulus *= 10 }
        let digits = String(number % modulus)
        return String(repeating: "0", count: self.digitCount - digits.count) + digits
    }

    /// Which step a code belongs to, among those that a clock may show now.
    ///
    /// - Parameters:
    ///   - code: As it was typed; spaces are left out.
    ///   - seconds: Now, since 1970.
    /// - Returns: The newest such step; nil where it is the code of none.
    package func step(matching code: String, atSeconds seconds: Int64) -> Int64? {
        let typed = Array(code.utf8.filter { $0 != UInt8(ascii: " ") })
        guard typed.count == self.digitCount else { return nil }
        let now = Self.step(atSeconds: seconds)
        var found: Int64?
        // All of them are looked at, each in the same time, whatever was typed.
        for step in now - Self.stepsOff...now + Self.stepsOff {
            let expected = Array(self.code(ofStep: step).utf8)
            if unsafe CRYPTO_memcmp(typed, expected, expected.count) == 0 { found = step }
        }
        return found
    }

    private func hash(of message: [UInt8]) -> [UInt8] {
        let function =
            switch self.algorithm {
            case .sha1: unsafe EVP_sha1()
            case .sha256: unsafe EVP_sha256()
            case .sha512: unsafe EVP_sha512()
            }
        var hash = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let isDone = unsafe self.secret.withBytes { key in
            unsafe HMAC(
                function,
                key.baseAddress,
                CInt(key.count),
                message,
                message.count,
                &hash,
                &length
            ) != nil
        }
        guard isDone, length >= 20 else { fatalError("OpenSSL failed at an HMAC") }
        return Array(hash[..<Int(length)])
    }
}
