import Credentials
import Testing

@Suite struct SecretTests {
    /// Not inside of the test: a local type's name holds an address, which may hold any digits.
    struct Holder { var secret: Secret }

    @Test func `a secret shows itself in no text`() {
        let secret = Secret(text: " abc123\n")
        var dumped = ""
        dump(Holder(secret: secret), to: &dumped)
        let texts = [
            "\(secret)", String(reflecting: secret), String(describing: Holder(secret: secret)),
            String(reflecting: Holder(secret: secret)), dumped,
        ]
        for text in texts {
            #expect(!text.contains("abc123"))
            #expect(!text.contains("97"), "nor its bytes")
        }
        let length = unsafe secret.withBytes { $0.count }
        #expect(length == 6)
    }
}
