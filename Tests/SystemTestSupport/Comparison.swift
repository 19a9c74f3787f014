import Foundation
package import TradingAPI
import TradingCore

/// What the gateway says against what the exchange says, read independently of each other.
package struct Comparison: Sendable {
    private let desk: Desk
    private let client: TradingClient
    /// Orders at the exchange that are not the gateway's.
    private let foreignOrders: Set<Int64>

    package init(desk: Desk, client: TradingClient, foreignOrders: Set<Int64> = []) {
        self.desk = desk
        self.client = client
        self.foreignOrders = foreignOrders
    }

    /// Waits until nothing is on its way, then tells all that differs; empty is agreement.
    package func settledDifferences(_ symbols: [String]) async throws -> [String] {
        for _ in 0..<400 {
            let health = try await self.client.health()
            if health.unknownOrderCount == 0, try await self.isBalanced() { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        return try await self.differences(symbols)
    }

    /// All that differs now, a sentence each.
    package func differences(_ symbols: [String]) async throws -> [String] {
        let orders = try await self.allOrders()
        var differences: [String] = []
        for symbol in symbols {
            differences += try await self.differences(
                orders.filter { $0.symbol == symbol },
                symbol
            )
        }
        if try await !self.isBalanced() {
            let account = try await self.desk.account.totals().filter { !$0.value.isZero }
            let ledger = try await self.ledger()
            differences.append("the ledger says \(ledger), the exchange \(account)")
        }
        if self.desk.serverOutput.contains("moved by others") {
            differences.append("a difference was adopted as foreign")
        }
        return differences
    }

    private func isBalanced() async throws -> Bool {
        try await self.ledger() == self.desk.account.totals().filter { !$0.value.isZero }
    }

    private func ledger() async throws -> [String: Amount] {
        var totals: [String: Amount] = [:]
        for balance in try await self.client.positions().balances {
            let total = try Amount(balance.total)
            if !total.isZero { totals[balance.asset] = total }
        }
        return totals
    }

    /// Every order of the gateway, page by page.
    package func allOrders() async throws -> [RemoteOrder] {
        var orders: [RemoteOrder] = []
        var before: UInt64 = 0
        while true {
            let page = try await self.client.orders(
                includesClosed: true,
                countMax: 1_000,
                before: before
            )
            orders += page
            guard page.count == 1_000, let last = page.last else { return orders }
            before = last.orderID
        }
    }

    private func differences(_ orders: [RemoteOrder], _ symbol: String) async throws -> [String] {
        var differences: [String] = []
        var ours: [Int64: RemoteOrder] = [:]
        for order in orders where order.venueOrderID != 0 {
            if ours.updateValue(order, forKey: order.venueOrderID) != nil {
                differences.append("two orders claim \(order.venueOrderID)")
            }
        }
        var trades: [Int64: [Int64: Trade]] = [:]
        for row in try await self.desk.account.trades(symbol) {
            let trade = try Trade(row)
            trades[trade.orderID, default: [:]][trade.tradeID] = trade
        }
        var seen: Set<Int64> = []
        for row in try await self.desk.account.orders(symbol) {
            guard let id = row["orderId"] as? Int64 else {
                throw ExchangeAccount.Problem(description: "an odd order: \(row)")
            }
            if self.foreignOrders.contains(id) { continue }
            seen.insert(id)
            guard let order = ours[id] else {
                differences.append(
                    "the exchange has an order that the gateway does not know: \(row)"
                )
                continue
            }
            differences += try self.differences(order, row, trades[id] ?? [:])
        }
        for order in ours.values where !seen.contains(order.venueOrderID) {
            differences.append("the exchange does not have \(order)")
        }
        return differences
    }

    private static let statuses = [
        "NEW": "OPEN", "PARTIALLY_FILLED": "PARTIALLY_FILLED", "FILLED": "FILLED",
        "CANCELED": "CANCELED", "EXPIRED": "EXPIRED", "EXPIRED_IN_MATCH": "EXPIRED",
    ]

    private func differences(
        _ order: RemoteOrder,
        _ row: [String: Any],
        _ trades: [Int64: Trade]
    ) throws -> [String] {
        var differences: [String] = []
        let status = (row["status"] as? String).flatMap { Self.statuses[$0] }
        let executed = (row["executedQty"] as? String).flatMap { try? Quantity($0) }
        let filled = try? Quantity(order.filledQuantity)
        let quantity = (row["origQty"] as? String).flatMap { try? Quantity($0) }
        let isWhole = try quantity == Quantity(order.quantity)
        if status != order.status || executed != filled || !isWhole {
            differences.append("\(order) is \(row) at the exchange")
        }
        if Set(order.fills.map(\.tradeID)).count != order.fills.count {
            differences.append("a trade is counted twice: \(order)")
        }
        let fills = try order.fills.map { fill in
            (fill.tradeID, try Trade(fill, of: order.venueOrderID))
        }
        if Dictionary(fills, uniquingKeysWith: { $1 }) != trades {
            differences.append("the fills of \(order) are \(trades.values) at the exchange")
        }
        return differences
    }
}

/// What both sides say of one trade.
private struct Trade: Hashable {
    var tradeID: Int64
    var orderID: Int64
    var price: Price
    var quantity: Quantity
    var fee: Amount
    var feeAsset: String

    /// A row of the exchange.
    init(_ row: [String: Any]) throws {
        guard let tradeID = row["id"] as? Int64, let orderID = row["orderId"] as? Int64,
            let price = row["price"] as? String, let quantity = row["qty"] as? String,
            let fee = row["commission"] as? String, let asset = row["commissionAsset"] as? String
        else { throw ExchangeAccount.Problem(description: "an odd trade: \(row)") }
        self.tradeID = tradeID
        self.orderID = orderID
        self.price = try Price(price)
        self.quantity = try Quantity(quantity)
        self.fee = try Amount(fee)
        self.feeAsset = asset
    }

    /// A fill of the gateway.
    init(_ fill: RemoteFill, of venueOrderID: Int64) throws {
        self.tradeID = fill.tradeID
        self.orderID = venueOrderID
        self.price = try Price(fill.price)
        self.quantity = try Quantity(fill.quantity)
        self.fee = try Amount(fill.fee)
        self.feeAsset = fill.feeAsset
    }
}
