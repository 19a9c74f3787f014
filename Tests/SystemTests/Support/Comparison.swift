import Foundation
import Testing
import TradingAPI
import TradingCore

/// What the gateway says against what the exchange says, read independently of each other.
struct Comparison {
    let desk: Desk
    let client: TradingClient

    /// Waits until nothing is on its way, then expects both sides to agree on everything.
    func expectAgreement(
        _ symbols: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await self.waitUntilSettled()
        let orders = try await self.allOrders()
        for symbol in symbols {
            try await self.compareOrders(
                orders.filter { $0.symbol == symbol },
                symbol,
                sourceLocation
            )
        }
        try await self.compareBalances(sourceLocation)
    }

    private func waitUntilSettled() async throws {
        for _ in 0..<400 {
            let health = try await self.client.health()
            if health.unknownOrderCount == 0, try await self.isBalanced() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
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

    private func compareBalances(_ sourceLocation: SourceLocation) async throws {
        let ledger = try await self.ledger()
        let account = try await self.desk.account.totals().filter { !$0.value.isZero }
        #expect(ledger == account, sourceLocation: sourceLocation)
        let moved = self.desk.server.output.components(separatedBy: "moved by others").count - 1
        #expect(moved == 0, "a difference was adopted as foreign", sourceLocation: sourceLocation)
    }

    /// Every order of the gateway, page by page.
    func allOrders() async throws -> [RemoteOrder] {
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

    private func compareOrders(
        _ orders: [RemoteOrder],
        _ symbol: String,
        _ sourceLocation: SourceLocation
    ) async throws {
        let theirs = try await self.desk.account.orders(symbol)
        let trades = try await self.desk.account.trades(symbol)
        var ours: [Int64: RemoteOrder] = [:]
        for order in orders where order.venueOrderID != 0 {
            #expect(
                ours.updateValue(order, forKey: order.venueOrderID) == nil,
                "two orders claim \(order.venueOrderID)",
                sourceLocation: sourceLocation
            )
        }
        var tradesByOrder: [Int64: Set<Int64>] = [:]
        for trade in trades {
            guard let id = trade["id"] as? Int64, let orderID = trade["orderId"] as? Int64 else {
                Issue.record("an odd trade: \(trade)")
                continue
            }
            tradesByOrder[orderID, default: []].insert(id)
        }
        #expect(theirs.count == ours.count, sourceLocation: sourceLocation)
        for row in theirs {
            guard let id = row["orderId"] as? Int64, let order = ours[id] else {
                Issue.record(
                    "the exchange has an order that the gateway does not know: \(row)",
                    sourceLocation: sourceLocation
                )
                continue
            }
            self.compare(order, row, trades: tradesByOrder[id] ?? [], sourceLocation)
        }
    }

    private func compare(
        _ order: RemoteOrder,
        _ row: [String: Any],
        trades: Set<Int64>,
        _ sourceLocation: SourceLocation
    ) {
        let statuses = [
            "NEW": "OPEN", "PARTIALLY_FILLED": "PARTIALLY_FILLED", "FILLED": "FILLED",
            "CANCELED": "CANCELED", "EXPIRED": "EXPIRED",
        ]
        let status = (row["status"] as? String).flatMap { statuses[$0] }
        let executed = (row["executedQty"] as? String).flatMap { try? Quantity($0) }
        let filled = try? Quantity(order.filledQuantity)
        let isSame = status == order.status && executed == filled
        #expect(isSame, "\(order) is \(row) at the exchange", sourceLocation: sourceLocation)
        let fills = order.fills.map(\.tradeID)
        #expect(Set(fills).count == fills.count, "a trade is counted twice: \(order)")
        #expect(Set(fills) == trades, "fills of \(order)", sourceLocation: sourceLocation)
    }
}
