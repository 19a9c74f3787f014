import Credentials
import Testing

/// RFC 6238 and the secrets of RFC 4648 in which it is spelled.
@Suite struct OneTimeCodeTests {
    /// A row of the table in appendix B of RFC 6238.
    struct Vector: Sendable, CustomTestStringConvertible {
        var seconds: Int64
        var algorithm: OneTimeCodeAlgorithm
        var code: String

        var testDescription: String { "\(self.algorithm.rawValue) at \(self.seconds)" }
    }

    static let vectors: [Vector] = [
        (59, "94287082", "46119246", "90693936"),
        (1_111_111_109, "07081804", "68084774", "25091201"),
        (1_111_111_111, "14050471", "67062674", "99943326"),
        (1_234_567_890, "89005924", "91819424", "93441116"),
        (2_000_000_000, "69279037", "90698825", "38618901"),
        (20_000_000_000, "65353130", "77737706", "47863826"),
    ].flatMap { seconds, sha1, sha256, sha512 in
        [
            Vector(seconds: seconds, algorithm: .sha1, code: sha1),
            Vector(seconds: seconds, algorithm: .sha256, code: sha256),
            Vector(seconds: seconds, algorithm: .sha512, code: sha512),
        ]
    }

    /// The appendix's secret: ten digits, repeated to the length of the hash.
    static func key(
        _ algorithm: OneTimeCodeAlgorithm = .sha1,
        digitCount: Int = 8
    ) throws -> OneTimeCodeKey {
        let count = [OneTimeCodeAlgorithm.sha1: 20, .sha256: 32, .sha512: 64][algorithm] ?? 0
        let bytes = (0..<count).map { UInt8(ascii: "0") + UInt8(($0 + 1) % 10) }
        return try OneTimeCodeKey(
            base32: Secret(text: Base32.text(of: bytes)),
            algorithm: algorithm,
            digitCount: digitCount
        )
    }

    @Test(arguments: vectors)
    func `the codes are those of the RFC's appendix B`(vector: Vector) throws {
        let key = try Self.key(vector.algorithm)
        let step = OneTimeCodeKey.step(atSeconds: vector.seconds)
        #expect(key.code(ofStep: step) == vector.code)
        #expect(key.step(matching: vector.code, atSeconds: vector.seconds) == step)
        // What an app shows are the last six of them.
        let six = try Self.key(vector.algorithm, digitCount: 6)
        #expect(six.code(ofStep: step) == String(vector.code.suffix(6)))
    }

    @Test(arguments: [(-31, false), (-30, true), (0, true), (59, true), (60, false)])
    func `a code counts one step early and one step late, and no further`(
        offset: Int64,
        isTaken: Bool
    ) throws {
        let key = try Self.key(digitCount: 6)
        let begin: Int64 = 1_111_111_110
        let step = OneTimeCodeKey.step(atSeconds: begin)
        #expect(step * OneTimeCodeKey.stepSeconds == begin)
        let found = key.step(matching: key.code(ofStep: step), atSeconds: begin + offset)
        #expect((found == step) == isTaken)
    }

    @Test(arguments: ["", "1", "94287O82", "942870820", "94287083", "ninety"])
    func `anything else is the code of no step`(code: String) throws {
        #expect(try Self.key().step(matching: code, atSeconds: 59) == nil)
    }

    @Test func `a code may be typed in groups, as apps show it`() throws {
        #expect(try Self.key().step(matching: "9428 7082", atSeconds: 59) == 1)
    }

    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"),
        ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
    ])
    func `secrets are spelled as in RFC 4648`(text: String, spelled: String) {
        #expect(Base32.text(of: Array(text.utf8)) == spelled)
        #expect(Base32.bytes(of: spelled.utf8) == Array(text.utf8))
        let grouped = spelled.lowercased().map { "\($0) " }.joined() + "=="
        #expect(Base32.bytes(of: grouped.utf8) == Array(text.utf8))
    }

    @Test(arguments: ["not base 32!", "MZXW6YT1", "MZXW6YTB", ""])
    func `a secret that is none, or too short, is refused without being shown`(text: String) {
        do {
            _ = try OneTimeCodeKey(base32: Secret(text: text))
            Issue.record("it was taken")
        } catch {
            #expect(text.isEmpty || !"\(error)".contains(text))
        }
    }

    @Test func `an enrolled secret is new each time, and both sides make the same codes of it`()
        throws
    {
        let one = try #require(Enrollment(issuer: "Desk & Co", account: "a:b"))
        let other = try #require(Enrollment(issuer: "Desk & Co", account: "a:b"))
        #expect(one.secret != other.secret)
        #expect(one.secret.count == 32)
        #expect(
            one.uri == "otpauth://totp/Desk%20%26%20Co:a%3Ab?secret=\(one.secret)"
                + "&issuer=Desk%20%26%20Co&algorithm=SHA1&digits=6&period=30"
        )
        let key = try OneTimeCodeKey(base32: Secret(text: one.secret + "\n"))
        #expect(key.step(matching: key.code(ofStep: 50), atSeconds: 1_500) == 50)
    }

    @Test func `a key shows its secret in no text`() throws {
        let key = try OneTimeCodeKey(base32: Secret(text: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains("GEZDG") && !text.contains("12345") && !text.contains("49, 50"))
        }
    }
}
