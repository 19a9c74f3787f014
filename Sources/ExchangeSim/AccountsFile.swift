import Foundation
import MarketReplay
import MatchingEngine
import TradingCore

/// An account to open, and its keys.
struct AccountConfiguration: Sendable {
    var balances: [OpeningBalance]
    var rates: CommissionRates
    var keys: [KeyConfiguration]
}

/// A key, and what it signs with.
struct KeyConfiguration: Sendable {
    enum Secret: Sendable {
        /// A shared secret.
        case hmac(String)
        /// An Ed25519 or RSA public key in PEM.
        case publicKey(String)
    }

    /// What a key may do; raw values are the names in an accounts file.
    enum Permission: String, CaseIterable {
        /// Ask for orders, trades and balances.
        case read = "READ"
        /// Place and cancel orders.
        case trade = "TRADE"
        /// Withdraw, which nobody can here; `apiRestrictions` tells of it.
        case withdraw = "WITHDRAW"
    }

    let key: String
    let secret: Secret
    var permissions: Set<Permission> = [.read, .trade]

    /// Whether a text is long enough and of the right characters for an API key.
    static func isKey(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: false
                }
            }
    }
}

/// Why a file with accounts or faults cannot be used.
struct FileError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(self.path): \(self.reason)" }
}

/// Further accounts, from a JSON file:
/// `{"accounts":[{"balances":{"BTC":"1"},"makerFee":"0.001","takerFee":"0.001","keys":[..]}]}`
/// where a key is `{"key":..,"secret":..}` or has a `publicKey` in PEM in place of the secret, and
/// may list its `permissions`; `"commissionAsset":"BNB"` lets the account pay commission in it.
enum AccountsFile {
    /// Reads the accounts; fees are those of the first account where none are given.
    static func read(
        _ path: String,
        usual rates: CommissionRates
    ) throws(FileError) -> [AccountConfiguration] {
        try Self.accounts(in: try Self.json(path), path, usual: rates)
    }

    static func accounts(
        in json: JSONValue,
        _ path: String,
        usual rates: CommissionRates
    ) throws(FileError) -> [AccountConfiguration] {
        guard let accounts = json["accounts"]?.elements else {
            throw FileError(path: path, reason: "it has no list named accounts")
        }
        var result: [AccountConfiguration] = []
        for (index, account) in accounts.enumerated() {
            guard let parsed = Self.account(account, rates) else {
                throw FileError(path: path, reason: "account \(index + 1) is malformed")
            }
            result.append(parsed)
        }
        return result
    }

    static func json(_ path: String) throws(FileError) -> JSONValue {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FileError(path: path, reason: "it cannot be read")
        }
        guard let json = JSONValue(parsing: [UInt8](data)) else {
            throw FileError(path: path, reason: "it is not JSON")
        }
        return json
    }

    private static func account(
        _ json: JSONValue,
        _ usual: CommissionRates
    ) -> AccountConfiguration? {
        var account = AccountConfiguration(balances: [], rates: usual, keys: [])
        if case .object(let balances)? = json["balances"] {
            for member in balances {
                guard let amount = member.value.text.flatMap({ try? Amount($0) }), amount >= .zero
                else { return nil }
                account.balances.append(
                    OpeningBalance(asset: Asset(member.name), amount: amount)
                )
            }
        }
        for (name, path) in [("makerFee", \CommissionRates.maker), ("takerFee", \.taker)] {
            guard let text = json[name]?.text else { continue }
            guard let rate = try? Quantity(text), (0..<CommissionRates.scale).contains(rate.raw)
            else { return nil }
            account.rates[keyPath: path] = rate.raw
        }
        if let asset = json["commissionAsset"]?.text {
            guard asset == "BNB" else { return nil }
            account.rates.paysInFeeAsset = true
        }
        for key in json["keys"]?.elements ?? [] {
            guard let name = key["key"]?.text, KeyConfiguration.isKey(name) else { return nil }
            let secret: KeyConfiguration.Secret
            if let text = key["secret"]?.text {
                secret = .hmac(text)
            } else if let pem = key["publicKey"]?.text, PublicKey(pem: pem) != nil {
                secret = .publicKey(pem)
            } else {
                return nil
            }
            var entry = KeyConfiguration(key: name, secret: secret)
            if let names = key["permissions"]?.elements {
                let known = names.compactMap {
                    $0.text.flatMap(KeyConfiguration.Permission.init(rawValue:))
                }
                guard known.count == names.count else { return nil }
                entry.permissions = Set(known)
            }
            account.keys.append(entry)
        }
        return account.keys.isEmpty ? nil : account
    }
}
