import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

@Suite(.serialized, .timeLimit(.minutes(8))) struct LoadTests {
    /// Orders through the whole stack, from eight callers at once.
    static let orderCount = 10_000

    @Test func `ten thousand orders, no fill lost or doubled, memory as after two thousand`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        try await self.trade(client, 0..<2_000)
        let early = try await self.residentKiB(client, desk, 2_000..<4_000)
        try await self.trade(client, 4_000..<8_000)
        let late = try await self.residentKiB(client, desk, 8_000..<Self.orderCount)
        print("resident behind 2000 orders \(early) KiB, behind 8000 \(late) KiB")
        // The store's buffers fill up behind some 10,000 orders; behind 44,000 the server held what
        // it held behind 14,000. What an order left for good would be more than 700 bytes.
        #expect(late <= early + 4 * 1_024)
        let comparison = Comparison(desk: desk, client: client)
        try await comparison.expectAgreement(["BTCUSDT", "ETHUSDT"])
        #expect(try await comparison.allOrders().count == Self.orderCount)
        await client.close()
    }

    /// The least that the server holds while it trades: the store's buffers fill and are emptied,
    /// what stays is what would grow.
    private func residentKiB(
        _ client: TradingClient,
        _ desk: Desk,
        _ numbers: Range<Int>
    ) async throws -> Int {
        var least = Int.max
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 100) {
            try await self.trade(client, first..<min(first + 100, numbers.upperBound))
            least = min(least, desk.server.residentKiB)
        }
        return least
    }

    private func trade(_ client: TradingClient, _ numbers: Range<Int>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for number in numbers where number % 8 == worker {
                        let order = try await client.place(Self.wish(number)).order
                        if order.status == "OPEN" || order.status == "PARTIALLY_FILLED" {
                            _ = try await client.cancel(order.orderID)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// A mix of market orders, crossing and resting limits on both sides and symbols.
    private static func wish(_ number: Int) -> OrderWish {
        let isBitcoin = number % 3 != 0
        var wish = OrderWish(
            symbol: isBitcoin ? "BTCUSDT" : "ETHUSDT",
            side: number / 8 % 2 == 0 ? .buy : .sell,
            quantity: isBitcoin ? "0.002" : "0.02"
        )
        switch number % 5 {
        case 0:
            wish.limitPrice = isBitcoin ? "50000" : "2000"
            if wish.side == .sell { wish.limitPrice = isBitcoin ? "70000" : "3200" }
        case 1:
            wish.limitPrice =
                wish.side == .buy
                ? (isBitcoin ? "61000" : "2700") : (isBitcoin ? "59000" : "2500")
            wish.timeInForce = .immediateOrCancel
        default:
            break
        }
        return wish
    }
}
