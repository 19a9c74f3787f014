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
        let early = desk.server.residentKiB
        try await self.trade(client, 2_000..<Self.orderCount)
        let late = desk.server.residentKiB
        print("resident after 2000 orders \(early) KiB, after \(Self.orderCount) \(late) KiB")
        #expect(late <= early + 2 * 1_024)
        let comparison = Comparison(desk: desk, client: client)
        try await comparison.expectAgreement(["BTCUSDT", "ETHUSDT"])
        #expect(try await comparison.allOrders().count == Self.orderCount)
        await client.close()
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
