import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// A strategy's own mode on real processes (B6).
@Suite(.serialized, .timeLimit(.minutes(4))) struct StrategyModeTests {
    private static func wish(_ strategy: String, at price: String) -> OrderWish {
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        wish.limitPrice = price
        wish.strategy = strategy
        return wish
    }

    static func desk(_ strategies: String = "") throws -> Desk {
        var setup = Desk.Setup()
        setup.allowsLiveTrading = true
        setup.paper = "balances: [USDT=1000000, BTC=10]"
        setup.strategies = strategies
        return try Desk(setup)
    }

    @Test func `a strategy trades on paper beside others on the exchange, over a kill -9`()
        async throws
    {
        let desk = try Self.desk()
        var client = try await desk.readyClient()
        let set = try desk.tradectl([
            "mode", "set", "paper", "--strategy", "grid", "--reason", "its first week",
        ])
        #expect(set.code == 0, "\(set.output)")
        #expect(set.output.contains("strategy grid: paper, was -; its orders go to paper"))
        for round in 0..<2 {
            let paper = try await PaperTests.placeWhenReady(client, Self.wish("grid", at: "41000"))
            #expect(paper.mode == "paper" && paper.status == "OPEN", "\(paper)")
            let real = try await client.place(Self.wish("trend", at: "41000")).order
            #expect(real.mode == "testnet" && real.status == "OPEN", "\(real)")
            #expect(try await desk.account.orders("BTCUSDT").count == round + 1)
            guard round == 0 else { break }
            await client.close()
            desk.killServer()
            try desk.restartServer()
            client = try await desk.readyClient()
        }
        let mode = try await client.mode()
        #expect(mode.mode == "testnet" && mode.effective(of: "grid") == "paper")
        #expect(mode.strategies.map(\.reason) == ["its first week"])
        let shown = try desk.tradectl(["mode"])
        #expect(shown.output.contains("grid"), "\(shown.output)")
        let history = try desk.tradectl(["mode", "history"])
        #expect(history.output.contains("grid: none to paper"), "\(history.output)")
        let reserved = try await client.balances(of: .paper).balances
            .first { $0.asset == "USDT" }?.reserved
        #expect(try Amount(try #require(reserved)) > Amount("800"))
        await client.close()
    }

    @Test func `live is entered past a strategy that stays, which needs the words to follow (B4)`()
        async throws
    {
        let desk = try Self.desk("grid: {mode: testnet}")
        let client = try await desk.readyClient()
        let resting = try await client.place(Self.wish("grid", at: "41000")).order
        #expect(resting.mode == "testnet")
        let live = try desk.tradectl([
            "mode", "set", "live", "--reason", "the drill", "--confirm", ModeWish.liveConfirmation,
        ])
        #expect(live.code == 0, "\(live.output)")
        var toLive = ["mode", "set", "live", "--strategy", "grid", "--reason", "it did well"]
        let refused = try desk.tradectl(toLive)
        #expect(refused.code != 0)
        for word in ["type \"trade live\"", "Strategy grid in mode testnet has 1 open orders"] {
            #expect(refused.output.contains(word), "\(refused.output)")
        }
        #expect(try await client.mode().effective(of: "grid") == "testnet")
        #expect(try await client.cancel(resting.orderID).status == "CANCELED")
        toLive += ["--confirm", ModeWish.liveConfirmation]
        let followed = try desk.tradectl(toLive)
        #expect(followed.code == 0, "\(followed.output)")
        let order = try await PaperTests.placeWhenReady(client, Self.wish("grid", at: "41000"))
        #expect(order.mode == "live", "\(order)")
        #expect(try await desk.neighbour.orders("BTCUSDT").count == 1)
        await client.close()
    }
}
