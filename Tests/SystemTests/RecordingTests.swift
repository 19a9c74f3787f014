import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

@Suite(.serialized, .timeLimit(.minutes(8))) struct RecordingTests {
    /// Lies beside the project where it is developed, and is not part of it.
    static let recording = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("shared/data/binance-spot-btcusdt-20240808.gz").path

    @Test func `orders against a real recording fill at prices that were really there`()
        async throws
    {
        guard FileManager.default.fileExists(atPath: Self.recording) else {
            print("SKIPPED: the recording \(Self.recording) is not here")
            return
        }
        var setup = Desk.Setup()
        setup.exchangeArguments = [
            "--symbol", "BTCUSDT", "--replay", Self.recording, "--replay-speed", "step",
        ]
        setup.symbols = "[BTCUSDT]"
        let desk = try Desk(setup)
        var market = try RecordedMarket(path: Self.recording)
        try await self.advance(desk, &market, lines: 200)
        let client = try await desk.readyClient()
        var fills: [RemoteFill] = []
        for number in 0..<20 {
            market.forgetTrades()
            try await self.advance(desk, &market, lines: 400)
            let order = try await client.place(
                self.wish(number, try #require(market.quote))
            ).order
            #expect(!["REFUSED", "REJECTED", "UNKNOWN"].contains(order.status), "\(order)")
            let side: Side = order.side == "BUY" ? .buy : .sell
            for fill in order.fills {
                let price = try Price(fill.price)
                let isOffered = market.offers(price, to: side)
                let place = market.surroundings(of: price)
                #expect(
                    isOffered,
                    "order \(order.orderID) filled at \(price); \(place)"
                )
            }
        }
        try await self.advance(desk, &market, lines: 6_000)
        try await self.checkRestingFills(desk, client, market)
        _ = try await client.cancelAll(symbol: nil)
        let comparison = Comparison(desk: desk, client: client)
        try await comparison.expectAgreement(["BTCUSDT"])
        for order in try await comparison.allOrders() { fills += order.fills }
        print("\(fills.count) fills, \(fills.filter(\.isMaker).count) of them as maker")
        #expect(fills.count >= 10)
        try await self.expectPositionIsSum(client, try await comparison.allOrders())
        await client.close()
    }

    private func advance(_ desk: Desk, _ market: inout RecordedMarket, lines: Int) async throws {
        let answer = try await desk.account.send("POST", "/sim/replay/advance?lines=\(lines)")
        let line = try #require((answer as? [String: Any])?["line"] as? Int)
        try market.advance(toLine: line)
        // The gateway hears of prices by its stream; give it the same moment.
        try await Task.sleep(for: .milliseconds(100))
    }

    /// Ten market and ten limit orders of the sizes that people send; limits near the market.
    private func wish(_ number: Int, _ quote: (bid: Price, ask: Price)) -> OrderWish {
        let sizes = ["0.001", "0.0123", "0.25", "0.05", "1.5"]
        var wish = OrderWish(
            symbol: "BTCUSDT",
            side: number / 2 % 2 == 0 ? .buy : .sell,
            quantity: sizes[number % sizes.count]
        )
        if number % 2 == 1 {
            let steps = Int64(number % 5) * 100_000_000
            wish.limitPrice =
                wish.side == .buy
                ? Price(raw: quote.bid.raw - steps).description
                : Price(raw: quote.ask.raw + steps).description
        }
        return wish
    }

    /// A resting order trades at its own price, and only when the market traded there or through.
    private func checkRestingFills(
        _ desk: Desk,
        _ client: TradingClient,
        _ market: RecordedMarket
    ) async throws {
        for order in try await client.orders(includesClosed: true, countMax: 100)
        where order.type == "LIMIT" {
            let limit = try Price(order.price)
            for fill in order.fills where fill.isMaker {
                #expect(try Price(fill.price) == limit, "\(order)")
            }
        }
    }

    private func expectPositionIsSum(
        _ client: TradingClient,
        _ orders: [RemoteOrder]
    ) async throws {
        var held = Amount.zero
        for order in orders {
            for fill in order.fills {
                let quantity = try Quantity(fill.quantity).amount
                held += order.side == "BUY" ? quantity : -quantity
                if fill.feeAsset == "BTC" { held -= try Amount(fill.fee) }
            }
        }
        let position = try await client.positions().positions.first { $0.symbol == "BTCUSDT" }
        #expect(position?.quantity == held.description)
    }
}
