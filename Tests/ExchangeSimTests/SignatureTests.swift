import MarketReplay
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Signatures")
struct SignatureTests {
    static let secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    static let wsKey = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"

    /// The vectors of the venue's documentation.
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
            "apiKey=\(wsKey)&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL"
                + "&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT",
            "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"
        ),
        (
            "apiKey=\(wsKey)&price=0.10000000&quantity=1.00000000&recvWindow=5000&side=BUY"
                + "&symbol=１２３４５６&timeInForce=GTC&timestamp=1645423376532&type=LIMIT",
            "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd"
        ),
    ])
    func `the documented vectors verify, in either case, again and again`(
        _ payload: String,
        _ signature: String
    ) {
        let key = HMACKey(secret: Self.secret)
        let bytes = Array(payload.utf8)
        #expect(key.isValid(signature, for: bytes))
        #expect(key.isValid(signature.uppercased(), for: bytes))
        #expect(!key.isValid(signature, for: bytes + [0x20]))
        #expect(!key.isValid(String(signature.dropLast()), for: bytes))
        #expect(key.isValid(signature, for: bytes))
    }

    @Test(arguments: [
        ("a=1&signature=ff", "a=1"), ("signature=ff&a=1", "a=1"),
        ("a=1&signature=ff&b=2", "a=1&b=2"),
        ("signature=ff", ""), ("a=1", "a=1"), ("xsignature=1", "xsignature=1"),
    ])
    func `what was signed is everything but the signature`(_ sent: String, _ signed: String) {
        let bytes = Array(sent.utf8)
        let unsigned = Exchange.withoutSignature(bytes, Form.fields(of: bytes))
        #expect(String(decoding: unsigned, as: UTF8.self) == signed)
    }

    @Test func `query and body are signed one after the other, and a body may come with DELETE`()
        async throws
    {
        try await SimClient.withExchange { client in
            let time = SimClock.real.now.milliseconds
            let query = "symbol=BTCUSDT&side=BUY&type=LIMIT"
            let body =
                "timeInForce=GTC&quantity=1&price=50000&newClientOrderId=m1&timestamp=\(time)"
            let signature = client.signature(of: query + body)
            let placed = try await client.send(
                .POST,
                "/api/v3/order",
                query,
                body: "\(body)&signature=\(signature)",
                headers: [("X-MBX-APIKEY", client.key)]
            )
            #expect(placed.status == 200)
            let cancel = "symbol=BTCUSDT&origClientOrderId=m1&timestamp=\(time)"
            let canceled = try await client.send(
                .DELETE,
                "/api/v3/order",
                body: "\(cancel)&signature=\(client.signature(of: cancel))",
                headers: [("X-MBX-APIKEY", client.key)]
            )
            #expect(canceled.json["status"]?.text == "CANCELED")
        }
    }

    struct Refused: Sendable {
        let code: Int64
        let status: Int
        var key: String? = SimConfiguration.defaultKey
        var offsetMilliseconds: Int64 = 0
        var extra = ""
        var isForged = false
    }

    @Test(arguments: [
        Refused(code: -2014, status: 401, key: nil),
        Refused(code: -2014, status: 401, key: "short"),
        Refused(code: -2015, status: 401, key: String(repeating: "x", count: 64)),
        Refused(code: -1022, status: 400, isForged: true),
        Refused(code: -1021, status: 400, offsetMilliseconds: -6_000),
        Refused(code: -1021, status: 400, offsetMilliseconds: 600_000),
        Refused(code: -1021, status: 400, offsetMilliseconds: -300, extra: "&recvWindow=100.5"),
        Refused(code: -1131, status: 400, extra: "&recvWindow=60001"),
    ])
    func `a request that is not properly signed is refused`(_ row: Refused) async throws {
        try await SimClient.withExchange { client in
            let time = SimClock.real.now.milliseconds + row.offsetMilliseconds
            let payload = "timestamp=\(time)\(row.extra)"
            let signature = client.signature(of: row.isForged ? payload + "0" : payload)
            let answer = try await client.send(
                .GET,
                "/api/v3/account",
                "\(payload)&signature=\(signature)",
                headers: row.key.map { [("X-MBX-APIKEY", $0)] } ?? []
            )
            #expect(answer.code == row.code)
            #expect(answer.status == row.status)
        }
    }

    @Test func `timestamps may be in microseconds`() async throws {
        try await SimClient.withExchange { client in
            let payload = "recvWindow=60000&timestamp=\(SimClock.real.now.nanoseconds / 1000)"
            let answer = try await client.send(
                .GET,
                "/api/v3/account",
                "\(payload)&signature=\(client.signature(of: payload))",
                headers: [("X-MBX-APIKEY", client.key)]
            )
            #expect(answer.status == 200)
        }
    }
}
