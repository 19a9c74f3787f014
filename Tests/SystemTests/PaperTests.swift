import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// Paper mode on real processes: the exchange is asked for its market and for nothing else.
@Suite(.serialized, .timeLimit(.minutes(4))) struct PaperTests {
    static func desk(
        mode: String = "paper",
        _ settings: String = "latency_ms: 0, latency_jitter_ms: 0, slippage_ticks: 0"
    ) throws -> Desk {
        var setup = Desk.Setup()
        setup.mode = mode
        setup.paper = "balances: [USDT=1000000, BTC=10], \(settings)"
        return try Desk(setup)
    }

    private static func buy(_ quantity: String, at price: String? = nil) -> OrderWish {
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: quantity)
        wish.limitPrice = price
        return wish
    }

    private static func sell(_ quantity: String, at price: String? = nil) -> OrderWish {
        var wish = OrderWish(symbol: "BTCUSDT", side: .sell, quantity: quantity)
        wish.limitPrice = price
        return wish
    }

    @Test func `paper fills at the live market's prices and tells the exchange nothing (B1)`()
        async throws
    {
        let desk = try Self.desk()
        let client = try await desk.readyClient()
        let bought = try await client.place(Self.buy("0.5")).order
        #expect(bought.status == "FILLED", "\(bought)")
        #expect(bought.mode == "paper")
        #expect(bought.fills.allSatisfy { !$0.isMaker && $0.feeAsset == "BTC" })
        let price = try Price(try #require(bought.fills.first).price)
        #expect(try (Price("50000")...Price("70000")).contains(price))
        let resting = try await client.place(Self.buy("0.1", at: "40000")).order
        #expect(resting.status == "OPEN")
        #expect(try await client.cancel(resting.orderID).status == "CANCELED")
        let position = try await client.positions()
        #expect(position.mode == "paper")
        #expect(position.positions.first?.quantity == "0.4995", "the fee came off it")
        #expect(try await desk.account.orders("BTCUSDT").isEmpty)
        await client.close()
    }

    @Test func `paper is entered and left at once, and each mode keeps its own orders (M1)`()
        async throws
    {
        let desk = try Self.desk(mode: "testnet")
        let client = try await desk.readyClient()
        let there = try desk.tradectl(["mode", "set", "paper", "--reason", "the drill"])
        #expect(there.code == 0, "\(there.output)")
        #expect(try await client.health().mode == "paper")
        let paper = try await Self.placeWhenReady(client, Self.buy("0.2", at: "41000"))
        #expect(paper.status == "OPEN" && paper.mode == "paper", "\(paper)")
        let asked = try desk.tradectl(["mode", "set", "testnet", "--reason", "home"])
        #expect(asked.code != 0 && asked.output.contains("1 open orders"), "\(asked.output)")
        let back = try desk.tradectl([
            "mode", "set", "testnet", "--reason", "home", "--open-orders", "keep",
        ])
        #expect(back.code == 0, "\(back.output)")
        let real = try await client.place(Self.buy("0.3", at: "42000")).order
        #expect(real.status == "OPEN" && real.mode == "testnet", "\(real)")
        #expect(try await desk.account.orders("BTCUSDT").count == 1)
        // It still belongs to paper, whatever the mode is now.
        #expect(try await client.cancel(paper.orderID).status == "CANCELED")
        #expect(try await client.order(real.orderID).status == "OPEN")
        await client.close()
    }

    @Test func `after kill -9 the paper account is what it was, and was reconciled with`()
        async throws
    {
        let desk = try Self.desk()
        var client = try await desk.readyClient()
        _ = try await client.place(Self.buy("1")).order
        _ = try await client.place(Self.sell("0.25")).order
        let low = try await client.place(Self.buy("0.5", at: "40000")).order
        let high = try await client.place(Self.sell("0.3", at: "90000")).order
        let before = try await client.positions()
        await client.close()
        desk.killServer()
        try desk.restartServer()
        client = try await desk.readyClient()
        #expect(try await client.mode().mode == "paper")
        let after = try await client.positions()
        #expect(after.balances == before.balances)
        #expect(after.positions.map(\.quantity) == before.positions.map(\.quantity))
        #expect(after.positions.map(\.fees) == before.positions.map(\.fees))
        for order in [low, high] {
            let now = try await client.order(order.orderID)
            #expect(now.status == "OPEN" && now.venueOrderID == order.venueOrderID, "\(now)")
        }
        // They are really there: the venue cancels them, and gives back what they held.
        #expect(try await client.cancel(low.orderID).status == "CANCELED")
        #expect(try await client.cancel(high.orderID).status == "CANCELED")
        #expect(try await client.place(Self.sell("10")).order.status == "FILLED")
        #expect(try await client.health().alerts.isEmpty)
        await client.close()
    }

    @Test func `without its market paper takes no orders, and cancels pass (K3)`() async throws {
        let desk = try Self.desk()
        let client = try await desk.readyClient()
        let resting = try await client.place(Self.buy("0.5", at: "40000")).order
        #expect(resting.status == "OPEN")
        desk.exchange.end(with: SIGKILL)
        var reasons: [String] = []
        for _ in 0..<400 where reasons.isEmpty {
            try await Task.sleep(for: .milliseconds(25))
            reasons = try await client.health().notReadyReasons
        }
        #expect(reasons.contains { $0.contains("the market stream is lost") }, "\(reasons)")
        // The client gave it a key, which is still good for the same order later.
        do throws(TradingClientError) {
            let order = try await client.place(Self.buy("0.1", at: "40000")).order
            Issue.record("nothing could have been placed: \(order)")
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            #expect(refusal.rule == "not_ready", "\(refusal)")
        }
        #expect(try await client.cancel(resting.orderID).status == "CANCELED")
        await client.close()
    }

    @Test func `a damaged paper account closes paper alone (E6)`() async throws {
        let desk = try Self.desk()
        var client = try await desk.readyClient()
        _ = try await client.place(Self.buy("0.5")).order
        await client.close()
        desk.killServer()
        let url = URL(fileURLWithPath: desk.storePath + "/paper.log")
        var bytes = try Data(contentsOf: url)
        bytes[20] ^= 1
        try bytes.write(to: url)
        try desk.restartServer()
        client = try await desk.client()
        var reasons: [String] = []
        for _ in 0..<200 where !reasons.contains(where: { $0.contains("damaged at line") }) {
            try await Task.sleep(for: .milliseconds(25))
            reasons = try await client.health().notReadyReasons
        }
        #expect(reasons.contains { $0.contains("damaged at line") }, "\(reasons)")
        let back = try desk.tradectl([
            "mode", "set", "testnet", "--reason", "paper is damaged", "--open-orders", "keep",
        ])
        #expect(back.code == 0, "\(back.output)")
        let order = try await Self.placeWhenReady(client, Self.buy("0.1", at: "40000"))
        #expect(order.status == "OPEN" && order.mode == "testnet", "\(order)")
        await client.close()
    }

    @Test func `an order on its way when the process dies is proven absent (E2)`() async throws {
        let desk = try Self.desk("latency_ms: 1000, latency_jitter_ms: 0, slippage_ticks: 0")
        let early = try await desk.readyClient()
        let place = Task { try? await early.place(Self.buy("0.1", at: "40000")).order.status }
        try await Task.sleep(for: .milliseconds(300))
        desk.killServer()
        #expect(await place.value == nil)
        await early.close()
        try desk.restartServer()
        let client = try await desk.readyClient()
        var order = try await client.orders(includesClosed: true, countMax: 10).first
        for _ in 0..<1_200 where order?.status != "NOT_PLACED" {
            try await Task.sleep(for: .milliseconds(50))
            order = try await client.orders(includesClosed: true, countMax: 10).first
        }
        #expect(order?.status == "NOT_PLACED", "\(String(describing: order))")
        await client.close()
    }

    @Test func `the kill switch cancels and closes what paper holds, across a restart (K3, K4)`()
        async throws
    {
        let desk = try Self.desk()
        var client = try await desk.readyClient()
        _ = try await client.place(Self.buy("0.7")).order
        let resting = try await client.place(Self.buy("0.5", at: "40000")).order
        let kill = try await client.killSwitch(.engage(.cancel, reason: "drill"))
        #expect(kill.isEngaged)
        var state = try await Self.settled(client)
        #expect(state.isDone, "\(state)")
        #expect(try await client.order(resting.orderID).status == "CANCELED")
        #expect(try await client.positions().positions.first?.quantity == "0.6993")
        await client.close()
        desk.killServer()
        try desk.restartServer()
        client = try await desk.readyClient()
        state = try await client.killSwitch(.status)
        #expect(state.isEngaged && state.level == "cancel", "\(state)")
        #expect(try await client.place(Self.buy("0.1", at: "40000")).order.status == "REFUSED")
        _ = try await client.killSwitch(.engage(.flatten, reason: "drill"))
        state = try await Self.settled(client)
        #expect(state.isDone, "\(state)")
        let left = try await client.positions().positions.first?.quantity ?? "0"
        #expect(try Amount(left) < Amount("0.00001"), "\(left) is left")
        await client.close()
    }

    /// Waits until the switch has nothing left to do.
    private static func settled(_ client: TradingClient) async throws -> RemoteKillSwitch {
        var state = try await client.killSwitch(.status)
        for _ in 0..<400 where !state.isDone {
            try await Task.sleep(for: .milliseconds(25))
            state = try await client.killSwitch(.status)
        }
        return state
    }

    /// Places once the mode that was just entered takes orders.
    static func placeWhenReady(
        _ client: TradingClient,
        _ wish: OrderWish
    ) async throws -> RemoteOrder {
        for _ in 0..<200 {
            do {
                let order = try await client.place(wish).order
                if order.status != "REFUSED" { return order }
            } catch {
                guard case .refused(let refusal) = error, refusal.rule == "not_ready" else {
                    throw error
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return try await client.place(wish).order
    }
}
