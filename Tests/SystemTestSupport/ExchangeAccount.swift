import COpenSSL
import Foundation
import FoundationNetworking
package import TradingCore

/// The account as the exchange itself tells it, read past the gateway.
package struct ExchangeAccount: Sendable {
    package let url: String
    package let key: String
    package let secret: String

    package struct Problem: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    package init(url: String, key: String, secret: String) {
        self.url = url
        self.key = key
        self.secret = secret
    }

    /// Everything that the exchange holds of an asset, free and locked.
    package func totals() async throws -> [String: Amount] {
        let body = try await self.signed("GET", "/api/v3/account", "omitZeroBalances=true")
        guard let account = body as? [String: Any],
            let balances = account["balances"] as? [[String: Any]]
        else { throw Problem(description: "no balances in \(body)") }
        var totals: [String: Amount] = [:]
        for balance in balances {
            guard let asset = balance["asset"] as? String,
                let free = balance["free"] as? String, let locked = balance["locked"] as? String
            else { throw Problem(description: "an odd balance: \(balance)") }
            totals[asset] = try Amount(free) + Amount(locked)
        }
        return totals
    }

    /// Every order of the account on a symbol, as the exchange's JSON tells them.
    package func orders(_ symbol: String) async throws -> [[String: Any]] {
        var orders: [[String: Any]] = []
        var next: Int64 = 0
        while true {
            let page = try await self.signed(
                "GET",
                "/api/v3/allOrders",
                "symbol=\(symbol)&orderId=\(next)&limit=1000"
            )
            guard let page = page as? [[String: Any]] else {
                throw Problem(description: "no orders in \(page)")
            }
            orders += page
            guard page.count == 1_000, let last = page.last?["orderId"] as? Int64 else {
                return orders
            }
            next = last + 1
        }
    }

    /// Every trade of the account on a symbol.
    package func trades(_ symbol: String) async throws -> [[String: Any]] {
        var trades: [[String: Any]] = []
        var next: Int64 = 0
        while true {
            let page = try await self.signed(
                "GET",
                "/api/v3/myTrades",
                "symbol=\(symbol)&fromId=\(next)&limit=1000"
            )
            guard let page = page as? [[String: Any]] else {
                throw Problem(description: "no trades in \(page)")
            }
            trades += page
            guard page.count == 1_000, let last = page.last?["id"] as? Int64 else { return trades }
            next = last + 1
        }
    }

    /// A signed request; the answer is parsed JSON.
    @discardableResult
    package func signed(_ method: String, _ path: String, _ parameters: String) async throws -> Any
    {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        do {
            return try await self.signed(method, path, parameters, at: now)
        } catch let problem as Problem where problem.description.contains("-1021") {
            // The exchange's clock was set; it says itself what it shows.
            let time = try await self.send("GET", "/api/v3/time")
            let milliseconds = (time as? [String: Any])?["serverTime"] as? Int64
            return try await self.signed(method, path, parameters, at: milliseconds ?? now)
        }
    }

    private func signed(
        _ method: String,
        _ path: String,
        _ parameters: String,
        at milliseconds: Int64
    ) async throws -> Any {
        let query =
            (parameters.isEmpty ? "" : parameters + "&")
            + "recvWindow=60000&timestamp=\(milliseconds)"
        return try await self.send(
            method,
            "\(path)?\(query)&signature=\(self.signature(of: query))"
        )
    }

    /// HMAC-SHA256 in hex, made here and not by the gateway's own signer.
    package func signature(of text: String) -> String {
        let key = Array(self.secret.utf8)
        let bytes = Array(text.utf8)
        var code = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        unsafe HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &code, &count)
        return code.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// An unsigned request, for the control API and market data.
    @discardableResult
    package func send(_ method: String, _ target: String) async throws -> Any {
        guard let url = URL(string: self.url + target) else {
            throw Problem(description: "not a URL: \(target)")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.setValue(self.key, forHTTPHeaderField: "X-MBX-APIKEY")
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse, response.statusCode == 200 else {
            throw Problem(
                description: "\(method) \(target): \(String(decoding: data, as: UTF8.self))"
            )
        }
        return try JSONSerialization.jsonObject(with: data)
    }
}
