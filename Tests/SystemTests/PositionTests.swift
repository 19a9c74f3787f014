import Foundation
import SystemTestSupport
import TTRPC
import Testing
import TradingAPI
import TradingCore

/// ClosePosition and AdjustPosition, on real processes.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PositionTests {
    private static func held(_ client: TradingClient) async throws -> String {
        let positions = try await client.positions().positions
        return positions.first { $0.symbol == "BTCUSDT" }?.quantity ?? "0"
    }

    @Test func `a target is reached once, a close leaves nothing that could be sold`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        var wish = PositionWish(symbol: "BTCUSDT", goal: .adjust(to: "0.5"))
        wish.idempotencyKey = "adjust"
        wish.tag = "t"
        wish.strategy = "s"
        let first = try await client.change(wish)
        let order = try #require(first.order)
        #expect(order.status == "FILLED" && order.side == "BUY" && order.quantity == "0.5")
        #expect(order.tag == "t" && order.strategy == "s" && !first.isRepeat)
        let again = try await client.change(wish)
        #expect(again.isRepeat && again.order?.orderID == order.orderID)
        var other = wish
        other.goal = .adjust(to: "0.6")
        await #expect(throws: TradingClientError.self) { _ = try await client.change(other) }
        let half = PositionWish(symbol: "BTCUSDT", goal: .closeShare("0.5"))
        #expect(try await client.change(half).order?.status == "FILLED")
        let close = PositionWish(symbol: "BTCUSDT", goal: .close)
        #expect(try await client.change(close).order?.status == "FILLED")
        // Dust of the fee, or nothing.
        let rest = try await client.positions().positions.first { $0.symbol == "BTCUSDT" }
        #expect(rest.map { $0.isDust || $0.quantity == "0" } ?? true, "\(rest as Any)")
        await client.close()
        desk.killServer()
        try desk.restartServer()
        let later = try await desk.readyClient()
        let repeated = try await later.change(wish)
        #expect(repeated.isRepeat && repeated.order?.orderID == order.orderID)
        #expect(try await Self.held(later) == rest?.quantity ?? "0")
        await later.close()
    }

    @Test func `calls that race close a position once`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let reach = PositionWish(symbol: "BTCUSDT", goal: .adjust(to: "0.5"))
        #expect(try await client.change(reach).order?.status == "FILLED")
        let before = try await client.balances().balances.first { $0.asset == "BTC" }
        let orders = await withTaskGroup(of: RemoteOrder?.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try? await client.change(PositionWish(symbol: "BTCUSDT", goal: .close)).order
                }
            }
            var orders: [RemoteOrder] = []
            for await order in group {
                if let order { orders.append(order) }
            }
            return orders
        }
        let filled = orders.filter { $0.status == "FILLED" }
        #expect(filled.count == 1, "\(orders.map(\.status))")
        // What was there before the position is there still.
        let after = try await client.balances().balances.first { $0.asset == "BTC" }
        let sold = try Amount(before?.total ?? "0") - (try Amount(after?.total ?? "0"))
        #expect(sold <= (try Amount("0.5")) && sold > .zero)
        await client.close()
    }

    @Test func `what cannot be meant is refused`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let goals: [PositionWish.Goal] = [
            .closeShare("0"), .closeShare("1.00000001"), .closeShare("-0.5"), .closeShare("half"),
            .closeQuantity("0"), .closeQuantity("-1"), .adjust(to: "-0.1"), .adjust(to: ""),
        ]
        for goal in goals {
            do {
                let change = try await client.change(PositionWish(symbol: "BTCUSDT", goal: goal))
                Issue.record("\(goal) was answered with \(change)")
            } catch {
                guard case .status(let status) = error, status.code == .invalidArgument else {
                    Issue.record("\(goal): \(error)")
                    continue
                }
            }
        }
        await client.close()
    }
}
