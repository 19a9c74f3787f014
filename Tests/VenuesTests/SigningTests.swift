import Credentials
import Testing
import TradingCore

@testable import Venues

@Suite
struct SigningTests {
    private static let documented =
        "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"

    @Test(arguments: [
        (
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
                + "&recvWindow=5000&timestamp=1499827319559",
            "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
        ),
        (
            "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT"
                + "&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
            "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"
        ),
        (
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=0.1"
                + "&recvWindow=5000&timestamp=1499827319559",
            "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"
        ),
        (
            "apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
                + "&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT"
                + "&timeInForce=GTC&timestamp=1645423376532&type=LIMIT",
            "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"
        ),
    ])
    func `HMAC signatures are Binance's own examples`(
        payload: String,
        signature: String
    ) throws {
        let signer = try RequestSigner(secret: Secret(text: Self.documented))
        #expect(signer.signature(of: Array(payload.utf8)) == signature)
        // The context is used again: the second signature must not depend on the first.
        #expect(signer.signature(of: Array("x".utf8)) != signature)
        #expect(signer.signature(of: Array(payload.utf8)) == signature)
    }

    @Test func `a PEM key signs by Ed25519, as in RFC 8032's first test`() throws {
        let signer = try RequestSigner(secret: Secret(text: Self.ed25519))
        let expected =
            "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18Flb"
            + "viRlUUFDjnoQCw=="
        #expect(signer.signature(of: []) == expected)
        #expect(signer.signature(of: []) == expected)
    }

    @Test func `a base64 signature is percent-encoded where it is sent in a query`() throws {
        let signer = try RequestSigner(secret: Secret(text: Self.ed25519))
        let request = BinanceRequests.request(.account(ReadID(raw: 1)), from: nil)
        for milliseconds in 0..<32 {
            let payload = request.payload(
                signedBy: signer,
                at: .init(milliseconds: Int64(milliseconds))
            )
            let signature = try #require(payload.text.split(separator: "&signature=").last)
            #expect(!signature.contains { "+/=".contains($0) })
            #expect(signature.contains("%3D"))
        }
    }

    @Test(arguments: [
        "", "-----BEGIN PRIVATE KEY-----\nnot a key\n-----END PRIVATE KEY-----\n",
        """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """,
    ])
    func `a key that cannot sign is refused without showing it`(text: String) throws {
        do {
            _ = try RequestSigner(secret: Secret(text: text))
            Issue.record("the key was taken")
        } catch .unusableKey(let reason) {
            #expect(!reason.isEmpty)
            #expect(!reason.contains("MC4CAQ"))
            #expect(!reason.contains("not a key"))
        }
    }

    private static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """
}
