import MarketReplay
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

/// Ed25519 and RSA keys over REST and the WebSocket API.
///
/// The signatures were made with OpenSSL for a clock that stands, so that these are vectors too.
@Suite("Keys with a public half")
struct KeyTypeTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let key: String
        let publicKey: String
        /// Over ``KeyTypeTests/order``.
        let order: String
        /// Over `apiKey=<key>&timestamp=1763000000000`.
        let logon: String
    }

    static let order =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=50000"
        + "&timestamp=1763000000000"

    static let ed25519 = Vector(
        testDescription: "Ed25519",
        key: "ed25519000000000000000000000000000000000000000000000000000000001",
        publicKey: """
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VwAyEAqdpVHsErlfRCBi+rQ8eubCulIwhpXHa8RXXunQ30jEE=
            -----END PUBLIC KEY-----

            """,
        order: "SmJpnpPR97OlOTmjKQjcQIrfMqw7+cqFUkoGY8GjA0xbG+AoitgIxjhPjAa65hyJAZlezXNOKbB3NlYH"
            + "G2ScBw==",
        logon: "z/I9HEpX01MCMK54pMUSPaQjiftilFzrDlTiILCiD0Bvy8Hi17LL8LpkqKUL2xeGQgCOqZAENTN2qodQ"
            + "Me+aBg=="
    )

    static let rsa = Vector(
        testDescription: "RSA",
        key: "rsa0000000000000000000000000000000000000000000000000000000000001",
        publicKey: """
            -----BEGIN PUBLIC KEY-----
            MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAluMzI5GBuU02+X4ygb/9
            FXXd6IY6BWlGdqRGOH2IbMb9FzbhlH3j3b2UQf/G0HoIXcXhi+HbWlTyAQY8MY0l
            DuJtTMSIGvxQUUCP5Vm0YAwipdJ9+428q1EDXZ6zUO+naebnrJU9A1l2ks63+bxm
            ZvPmjPDFUBqT2DNtW4V4OD+roh6iPSV0ayO14AB0RY2KU6vZE76CJ17eIuqJPbaK
            Ety0y0SY5s2CXj522BuONFA77/SAPyrjef9UJiAcgVjSQxKxKI+U5/jP0QkUMRWm
            wN4YBNuhBBGKuPv4czRaxIop4HaH5pkvcLFlZ+PpmOy/nvlnpTq+ULNcwJdRTTqh
            UQIDAQAB
            -----END PUBLIC KEY-----

            """,
        order: "bGy9f1tk7wNYxVfaJE9y088Lw0Ntm+qJHlArP88cKuN+XX/7+pX1h2hx+hnT4fZ2n2vU0JhRPudOMSY0"
            + "FqjqcdogGfiIErYC+5fiDfgrdpbepzl+h1lUQxj9QO1JVxA0VGIGi9M6lfCnsximFwWSwyjDYRZNEBmi"
            + "hJjwYiNwRBffDXCLPjPMLpgi0qyGHCbPkGQV+zdAJehvZWxIrg/lGyn2uroh+npdWmzDUzYTNY2WiwP0"
            + "OM2bx2k7oscXu0sGUPv4BS87BDDYUb7DleGbft3F6t5eG9fZfINjRS4UQ0ET6Av2F0FgEBflFtFkpf7p"
            + "fE7tfrcp6/iQYFnfjpNcDA==",
        logon: "SaYVKWtxlLe7sFJlAeMt36bzk43QHY9llhJNdJ+w9OsUmdCyJgoAPFZj2+IZoWPNDTS29pkT/qEUGr5i"
            + "TotLAQFHiy/8AuMKUY3KHKhVjE0Fzx2UnKQCdREx/oEeELyYxDBBLCBSLlM3l0eheniMigu5wq1QiXFV"
            + "Jv04B7cBkaQ6sUI6i9LVH7J6iXSddftIFAqkyKd2G1HAaa5EffN76Sp4rOJSyprdmoXcsF+9vaYXb0AR"
            + "zS8YDqbwft+IikDXmEmPBXVSFYB4UNXARf8p/KHitEEqRJB9TcnUTB6ZfSNcBO06S9vboJODCA1A+Ap5"
            + "cP7zysAf44yiHr6laYcK/w=="
    )

    private static func withExchange(
        _ vector: Vector,
        logsOnWithAnyKey: Bool = false,
        _ body: (SimClient) async throws -> Void
    ) async throws {
        try await SimClient.withExchange {
            $0.logsOnWithAnyKey = logsOnWithAnyKey
            $0.virtualClockStart = WallTime(milliseconds: 1_763_000_000_000)
            $0.accounts.append(
                AccountConfiguration(
                    balances: SimConfiguration.defaultBalances.compactMap(SimConfiguration.balance),
                    rates: SimConfiguration.defaultRates,
                    keys: [
                        KeyConfiguration(key: vector.key, secret: .publicKey(vector.publicKey))
                    ]
                )
            )
        } _: { client in
            try await body(client)
        }
    }

    private static func encoded(_ signature: String) -> String {
        String(decoding: Form.encode(signature), as: UTF8.self)
    }

    private static func swapped(_ signature: String) -> String {
        String(signature.map { $0.isUppercase ? Character($0.lowercased()) : $0 })
    }

    @Test(arguments: [ed25519, rsa])
    func `an order over REST is verified in the query and in the body`(
        _ vector: Vector
    ) async throws {
        try await Self.withExchange(vector) { client in
            let headers = [("X-MBX-APIKEY", vector.key)]
            let signature = Self.encoded(vector.order)
            let inQuery = try await client.send(
                .POST,
                "/api/v3/order",
                "\(Self.order)&signature=\(signature)",
                headers: headers
            )
            #expect(inQuery.json["status"]?.text == "NEW")
            let inBody = try await client.send(
                .POST,
                "/api/v3/order",
                body: "signature=\(signature)&\(Self.order)",
                headers: headers
            )
            #expect(inBody.json["status"]?.text == "NEW")
            for wrong in [Self.swapped(vector.order), vector.logon, "AAAA", "%%%"] {
                let refused = try await client.send(
                    .POST,
                    "/api/v3/order",
                    "\(Self.order)&signature=\(Self.encoded(wrong))",
                    headers: headers
                )
                #expect(refused.code == -1022)
                #expect(refused.message == "Signature for this request is not valid.")
            }
        }
    }

    @Test func `only Ed25519 keys log on, unless others are let in`() async throws {
        try await Self.withExchange(Self.rsa) { client in
            let socket = try await SocketClient.connect(client.server, "/ws-api/v3")
            let payload = "apiKey=\(client.key)&timestamp=1763000000000"
            for (key, signature, kind) in [
                (client.key, client.signature(of: payload), "HMAC_SHA256"),
                (Self.rsa.key, Self.rsa.logon, "RSA"),
            ] {
                socket.send(Self.logOn(key, signature))
                let refused = await socket.next()
                #expect(refused?["status"]?.integer == 400)
                #expect(refused?["error"]?["code"]?.integer == -4056)
                #expect(refused?["error"]?["msg"]?.text == "\(kind) API key is not supported.")
            }
        }
    }

    private static func logOn(_ key: String, _ signature: String) -> String {
        """
        {"id":1,"method":"session.logon","params":{"apiKey":"\(key)",\
        "timestamp":1763000000000,"signature":"\(signature)"}}
        """
    }

    @Test(arguments: [ed25519, rsa])
    func `a session logs on, subscribes and trades without further signatures`(
        _ vector: Vector
    ) async throws {
        try await Self.withExchange(vector, logsOnWithAnyKey: true) { client in
            let socket = try await SocketClient.connect(client.server, "/ws-api/v3")
            socket.send(#"{"id":0,"method":"userDataStream.subscribe"}"#)
            #expect(await socket.next()?["status"]?.integer == 401)
            socket.send(Self.logOn(vector.key, vector.logon))
            let session = await socket.next()
            #expect(session?["result"]?["apiKey"]?.text == vector.key)
            #expect(session?["result"]?["authorizedSince"]?.integer == 1_763_000_000_000)
            socket.send(#"{"id":2,"method":"userDataStream.subscribe"}"#)
            #expect(await socket.next()?["result"]?["subscriptionId"]?.integer == 0)
            socket.send(
                """
                {"id":3,"method":"order.place","params":{"symbol":"BTCUSDT","side":"BUY",\
                "type":"MARKET","quantity":"0.01","timestamp":1763000000000}}
                """
            )
            let answer = await socket.next { $0["id"]?.integer == 3 }
            #expect(answer?["result"]?["status"]?.text == "FILLED")
            socket.send(#"{"id":4,"method":"session.logout"}"#)
            let end = await socket.next { $0["event"]?["e"]?.text == "eventStreamTerminated" }
            #expect(end?["subscriptionId"]?.integer == 0)
            #expect(await socket.next()?["result"]?["apiKey"] == .null)
            socket.send(
                #"{"id":5,"method":"account.status","params":{"timestamp":1763000000000}}"#
            )
            #expect(await socket.next()?["error"]?["code"]?.integer == -2014)
        }
    }

    @Test(arguments: [ed25519, rsa])
    func `a user stream opens with a signature of its own`(_ vector: Vector) async throws {
        try await Self.withExchange(vector) { client in
            let socket = try await SocketClient.connect(client.server, "/ws-api/v3")
            socket.send(
                """
                {"id":1,"method":"userDataStream.subscribe.signature","params":\
                {"apiKey":"\(vector.key)","timestamp":1763000000000,\
                "signature":"\(vector.logon)"}}
                """
            )
            #expect(await socket.next()?["result"]?["subscriptionId"]?.integer == 0)
            _ = try await client.send(.POST, "/sim/deposit", "asset=BTC&amount=1&key=\(vector.key)")
            #expect(await socket.next()?["event"]?["e"]?.text == "balanceUpdate")
        }
    }
}
