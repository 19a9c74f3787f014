import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

@Suite(.serialized, .timeLimit(.minutes(8))) struct OrderTests {
    @Test func `a limit order rests, is listed, is cancelled, and leaves no trace in balances`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.5")
        wish.limitPrice = "50000"
        let placed = try await client.place(wish).order
        #expect(placed.status == "OPEN")
        #expect(try await client.orders().map(\.orderID) == [placed.orderID])
        let reserved = try await client.positions().balances.first { $0.asset == "USDT" }
        #expect(reserved?.reserved == "25000")

        let cancelled = try await client.cancel(placed.orderID)
        #expect(cancelled.status == "CANCELED")
        #expect(try await client.orders().isEmpty)
        let released = try await client.positions().balances.first { $0.asset == "USDT" }
        #expect(released?.reserved == "0")
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        await client.close()
    }

    @Test func `a market order fills over several levels, each trade counted once (E4)`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let order = try await client.place(
            OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "2")
        ).order
        #expect(order.status == "FILLED")
        #expect(order.fills.count > 1)
        let sold = try await client.place(
            OrderWish(symbol: "BTCUSDT", side: .sell, quantity: "0.7")
        ).order
        #expect(sold.status == "FILLED")
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])

        let position = try #require(try await client.positions().positions.first)
        var held = Amount.zero
        for fill in order.fills {
            held += try Quantity(fill.quantity).amount
            if fill.feeAsset == "BTC" { held -= try Amount(fill.fee) }
        }
        held -= try Amount("0.7")
        #expect(position.quantity == held.description)
        await client.close()
    }

    @Test func `the same key is one order, at once, later, and after kill -9 (M2)`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        wish.idempotencyKey = "one"
        let same = wish
        async let first = client.place(same)
        async let second = client.place(same)
        let both = try await [first, second]
        #expect(Set(both.map(\.order.orderID)).count == 1)
        #expect(both.filter(\.isRepeat).count == 1)
        await client.close()

        desk.server.end(with: SIGKILL)
        try desk.restartServer()
        let again = try await desk.readyClient()
        let repeated = try await again.place(wish)
        #expect(repeated.isRepeat)
        #expect(repeated.order.orderID == both[0].order.orderID)
        wish.quantity = "0.02"
        let different = wish
        let refusal = await #expect(throws: TradingClientError.self) {
            try await again.place(different)
        }
        guard case .refused(let reason) = refusal else {
            Issue.record("not refused: \(String(describing: refusal))")
            return
        }
        #expect(reason.rule == "idempotency_key")
        try await Comparison(desk: desk, client: again).expectAgreement(["BTCUSDT"])
        await again.close()
    }

    @Test func `dry_run builds and signs the request, shows it without secrets, sends nothing`()
        async throws
    {
        var setup = Desk.Setup()
        setup.mode = "dry_run"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        let order = try await client.place(
            OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        ).order
        #expect(order.status == "SIMULATED")
        #expect(order.reason.hasPrefix("[DRY-RUN]"))
        #expect(order.reason.contains("symbol=BTCUSDT"))
        #expect(!order.reason.contains("signature"))
        #expect(!order.reason.contains(Desk.key))
        #expect(try await desk.account.orders("BTCUSDT").isEmpty)
        await client.close()
    }

    @Test func `monitor checks and sends nothing, and live is refused without permission`()
        async throws
    {
        var setup = Desk.Setup()
        setup.mode = "monitor"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        let order = try await client.place(
            OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        ).order
        #expect(order.status == "SIMULATED")
        #expect(try await desk.account.orders("BTCUSDT").isEmpty)
        let error = await #expect(throws: TradingClientError.self) {
            try await client.setMode(.live, .refuse, reason: "greed")
        }
        guard case .refused(let refusal) = error else {
            Issue.record("not refused: \(String(describing: error))")
            return
        }
        #expect(refusal.rule == "mode_gate")
        let change = try await client.setMode(.testnet, .refuse, reason: "test")
        #expect(change.mode == "testnet")
        #expect(change.previousMode == "monitor")
        await client.close()
    }

    @Test func `SIGUSR1 and SIGTERM: the switch is engaged and kept, the end is clean`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.5")
        wish.limitPrice = "50000"
        let resting = try await client.place(wish).order
        desk.server.signal(SIGUSR1)
        var state = try await client.killSwitch(.status)
        for _ in 0..<200 where !state.isEngaged || !state.openOrderIDs.isEmpty {
            try await Task.sleep(for: .milliseconds(25))
            state = try await client.killSwitch(.status)
        }
        #expect(state.isEngaged)
        #expect(state.openOrderIDs.isEmpty)
        #expect(try await client.order(resting.orderID).status == "CANCELED")
        let refused = try await client.place(
            OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        ).order
        #expect(refused.refusal?.rule == "kill_switch")
        await client.close()
        #expect(desk.server.end(with: SIGTERM) == 0)
        try desk.restartServer()
        let again = try await desk.client()
        #expect(try await again.killSwitch(.status).isEngaged)
        await again.close()
    }
}
