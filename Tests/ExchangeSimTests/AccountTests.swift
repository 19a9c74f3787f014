import Foundation
import MarketReplay
import MatchingEngine
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Accounts and their keys")
struct AccountTests {
    /// The second test vector of RFC 8032: the message is the letter r.
    static let pem =
        "-----BEGIN PUBLIC KEY-----\n"
        + "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
        + "-----END PUBLIC KEY-----\n"
    static let signature =
        "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoI"
        + "WsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA=="

    @Test func `a public key verifies what its owner signed, and nothing else`() throws {
        let key = try #require(PublicKey(pem: Self.pem))
        #expect(key.isValid(Self.signature, for: Array("r".utf8)))
        #expect(!key.isValid(Self.signature, for: Array("s".utf8)))
        #expect(!key.isValid("not base64", for: Array("r".utf8)))
        #expect(!key.isValid("AAAA", for: Array("r".utf8)))
        #expect(PublicKey(pem: "-----BEGIN PUBLIC KEY-----") == nil)
    }

    static let otherKey = String(repeating: "k", count: 64)

    private static func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("accounts-\(UUID().uuidString).json")
        try Data(text.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url.path)
    }

    @Test func `a file opens accounts with balances, fees and keys of both kinds`() throws {
        let escaped = Self.pem.replacingOccurrences(of: "\n", with: "\\n")
        try Self.withFile(
            """
            {"accounts":[{"balances":{"BTC":"1.5","XRP":"7"},"makerFee":"0","keys":[\
            {"key":"\(Self.otherKey)","secret":"s"},\
            {"key":"\(String(repeating: "e", count: 64))","publicKey":"\(escaped)"}]}]}
            """
        ) { path in
            let accounts = try AccountsFile.read(path, usual: SimConfiguration.defaultRates)
            #expect(accounts.count == 1)
            #expect(
                accounts[0].balances.map(\.amount) == [
                    Amount(raw: 150_000_000), Amount(raw: 700_000_000),
                ]
            )
            #expect(accounts[0].rates.maker == 0)
            #expect(accounts[0].rates.taker == 100_000)
            #expect(accounts[0].keys.count == 2)
        }
    }

    @Test(arguments: [
        "[]", "{", #"{"accounts":[{}]}"#,
        #"{"accounts":[{"keys":[{"key":"short","secret":"s"}]}]}"#,
        #"{"accounts":[{"balances":{"BTC":"-1"},"keys":[]}]}"#,
    ])
    func `a file that is not right is refused`(_ text: String) throws {
        try Self.withFile(text) { path in
            #expect(throws: FileError.self) {
                try AccountsFile.read(path, usual: SimConfiguration.defaultRates)
            }
        }
    }

    @Test func `accounts trade with each other, and see only what is theirs`() async throws {
        try await SimClient.withExchange { configuration in
            configuration.accounts.append(
                AccountConfiguration(
                    balances: ["USDT=100000"].compactMap(SimConfiguration.balance),
                    rates: SimConfiguration.defaultRates,
                    keys: [KeyConfiguration(key: Self.otherKey, secret: .hmac("s"))]
                )
            )
        } _: { client in
            let other = SimClient(server: client.server, key: Self.otherKey, secret: "s")
            let socket = try await client.userStream()
            _ = try await client.order(
                "symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=0.5&price=60000.5"
            )
            #expect(await socket.next()?["event"]?["x"]?.text == "NEW")
            _ = await socket.next()
            let taken = try await other.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5")
            #expect(taken.json["fills"]?.elements?.first?["price"]?.text == "60000.50000000")
            let fill = await socket.next()?["event"]
            #expect(fill?["X"]?.text == "FILLED")
            #expect(fill?["m"] == .bool(true))
            #expect(fill?["N"]?.text == "USDT")
            let mine = try await other.signed(.GET, "/api/v3/order", "symbol=BTCUSDT&orderId=1")
            #expect(mine.code == -2013)
            let account = try await other.signed(.GET, "/api/v3/account", "omitZeroBalances=true")
            #expect(account.text.contains(#""asset":"BTC","free":"0.49950000""#))
        }
    }
}
