import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// Exits that are attached to an entry, on real processes: ExchangeSim as the testnet, and paper.
///
/// The market stands at 60,000.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ExitTests {
    static func wish(stop: String?, profit: String?, quantity: String = "0.01") -> OrderWish {
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: quantity)
        wish.stopLossPrice = stop
        wish.takeProfitPrice = profit
        return wish
    }

    /// The exits of an order, oldest first, once they are as they should be.
    static func exits(
        _ client: TradingClient,
        of entry: UInt64,
        until isDone: ([RemoteOrder]) -> Bool
    ) async throws -> [RemoteOrder] {
        var exits: [RemoteOrder] = []
        for _ in 0..<400 {
            exits = try await client.orders(
                includesClosed: true,
                symbol: nil,
                countMax: 50,
                before: 0
            )
            .filter { $0.entryOrderID == entry }.reversed()
            if isDone(exits) { break }
            try await Task.sleep(for: .milliseconds(25))
        }
        return exits
    }

    static func expectFlat(_ client: TradingClient) async throws {
        let positions = try await client.positions().positions
        #expect(positions.allSatisfy { $0.quantity == "0" || $0.isDust }, "\(positions)")
    }

    @Test func `a stop rests at the venue, survives a kill -9, and sells once`() async throws {
        let desk = try StopOrderTests.desk()
        let client = try await desk.readyClient()
        try await StopOrderTests.trade(desk, .sell, to: "59998")
        let wish = Self.wish(stop: "59988", profit: "65000")
        let entry = try await client.place(wish).order
        #expect(entry.status == "FILLED" && entry.stopLossPrice == "59988", "\(entry)")
        #expect(entry.takeProfitPrice == "65000" && entry.entryOrderID == 0)
        let resting = try await Self.exits(client, of: entry.orderID) {
            $0.map(\.status) == ["OPEN"]
        }
        #expect(resting.map(\.type) == ["STOP_LOSS"] && resting.map(\.stopPrice) == ["59988"])
        await client.close()
        desk.killServer()
        try await StopOrderTests.trade(desk, .sell, to: "59976")
        try desk.restartServer()
        let again = try await desk.readyClient()
        let sold = try await Self.exits(again, of: entry.orderID) {
            $0.map(\.status) == ["FILLED"]
        }
        #expect(sold.map(\.status) == ["FILLED"], "\(sold)")
        try await Self.expectFlat(again)
        try await Comparison(desk: desk, client: again).expectAgreement(["BTCUSDT"])
        await again.close()
    }

    @Test(arguments: ["testnet", "paper"])
    func `a profit is taken in the place of the stop`(mode: String) async throws {
        var setup = Desk.Setup()
        setup.hasNeighbour = true
        setup.mode = mode
        if mode == "paper" {
            setup.paper =
                "balances: [USDT=1000000, BTC=10], latency_ms: 0, latency_jitter_ms: 0, "
                + "slippage_ticks: 0"
        }
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        try await StopOrderTests.trade(desk, .buy, to: "60002")
        let placed = try desk.tradectl([
            "place", "BTCUSDT", "buy", "0.01", "--stop-loss", "59000", "--take-profit", "60010",
        ])
        #expect(placed.code == 0 && placed.output.contains("take profit at 60010"), "\(placed)")
        let entry = try #require(
            try await client.orders(includesClosed: true, symbol: nil, countMax: 10, before: 0)
                .first { $0.takeProfitPrice == "60010" }
        )
        _ = try await Self.exits(client, of: entry.orderID) { $0.map(\.status) == ["OPEN"] }
        // Somebody pays more than that.
        _ = try await desk.neighbour.signed(
            "POST",
            "/api/v3/order",
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=100&price=60020"
        )
        let exits = try await Self.exits(client, of: entry.orderID) {
            $0.contains { $0.status == "FILLED" }
        }
        #expect(exits.first?.status == "CANCELED" && exits.first?.type == "STOP_LOSS", "\(exits)")
        #expect(exits.last?.status == "FILLED" && exits.last?.price == "60010", "\(exits)")
        #expect(exits.filter { $0.filledQuantity != "0" }.count == 1)
        try await Self.expectFlat(client)
        if mode == "testnet" {
            try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        }
        await client.close()
    }

    @Test func `one call closes what a stop holds, once, and is told again after a kill -9`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let entry = try await client.place(Self.wish(stop: "50000", profit: nil)).order
        _ = try await Self.exits(client, of: entry.orderID) { $0.map(\.status) == ["OPEN"] }
        let protected = try await client.order(entry.orderID)
        #expect(protected.exitsStatus == "RESTING", "\(protected)")
        #expect(protected.exitsCoveredQuantity == protected.exitsQuantity)
        var wish = PositionWish(symbol: "BTCUSDT", goal: .close)
        wish.idempotencyKey = "close"
        let closed = try await client.change(wish)
        #expect(closed.order?.status == "FILLED" && closed.order?.type == "MARKET", "\(closed)")
        #expect(closed.order?.entryOrderID == entry.orderID && !closed.isRepeat)
        try await Self.expectFlat(client)
        #expect(try await client.order(entry.orderID).exitsStatus == "DONE")
        await client.close()
        desk.killServer()
        try desk.restartServer()
        let again = try await desk.readyClient()
        let repeated = try await again.change(wish)
        #expect(repeated.isRepeat && repeated.order?.orderID == closed.order?.orderID)
        let shown = try desk.tradectl(["order", "\(entry.orderID)"])
        #expect(shown.output.contains("exits DONE"), "\(shown)")
        try await Comparison(desk: desk, client: again).expectAgreement(["BTCUSDT"])
        await again.close()
    }

    @Test func `what cannot be an exit is refused, and asked for in vain`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let high = try await client.place(Self.wish(stop: "61000", profit: nil)).order
        #expect(high.refusal?.rule == "attached_exits", "\(high)")
        let usage = try desk.tradectl([
            "place", "BTCUSDT", "buy", "0.01", "--stop-loss-limit", "59000",
        ])
        #expect(usage.code == 2, "\(usage)")
        let entry = try await client.place(Self.wish(stop: "50000", profit: nil)).order
        let stop = try #require(
            try await Self.exits(client, of: entry.orderID) { $0.map(\.status) == ["OPEN"] }.first
        )
        await #expect(throws: (any Error).self) {
            try await client.amend(stop.orderID, quantity: "0.005")
        }
        let canceled = try await client.cancel(entry.orderID)
        #expect(canceled.orderID == entry.orderID)
        let ended = try await Self.exits(client, of: entry.orderID) {
            $0.map(\.status) == ["CANCELED"]
        }
        #expect(ended.map(\.status) == ["CANCELED"], "\(ended)")
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        await client.close()
    }
}
