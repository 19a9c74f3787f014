import Foundation
import FoundationNetworking
import TradingCore

@testable import Venues

/// The account as the exchange itself tells it, read past the gateway.
struct ExchangeAccount: Sendable {
    let url: String
    let key: String
    let secret: String

    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// Everything that the exchange holds of an asset, free and locked.
    func totals() async throws -> [String: Amount] {
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
    func orders(_ symbol: String) async throws -> [[String: Any]] {
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
    func trades(_ symbol: String) async throws -> [[String: Any]] {
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
    func signed(_ method: String, _ path: String, _ parameters: String) async throws -> Any {
        let milliseconds = Int64(Date().timeIntervalSince1970 * 1_000)
        let query =
            (parameters.isEmpty ? "" : parameters + "&")
            + "recvWindow=60000&timestamp=\(milliseconds)"
        let signer = try RequestSigner(secret: Secret(text: self.secret))
        return try await self.send(
            method,
            "\(path)?\(query)&signature=\(signer.signature(of: Array(query.utf8)))"
        )
    }

    /// An unsigned request, for the control API and market data.
    @discardableResult
    func send(_ method: String, _ target: String) async throws -> Any {
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
