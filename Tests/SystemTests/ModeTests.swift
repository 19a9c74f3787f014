import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// The way to live and back, on real processes.
@Suite(.serialized, .timeLimit(.minutes(4))) struct ModeTests {
    static func desk(permissions: String) throws -> Desk {
        var setup = Desk.Setup()
        setup.allowsLiveTrading = true
        setup.neighbourPermissions = permissions
        return try Desk(setup)
    }

    @Test func `a live key that may withdraw is refused, with all else that is missing (B4)`()
        async throws
    {
        let desk = try Self.desk(permissions: #"["READ","TRADE","WITHDRAW"]"#)
        let client = try await desk.readyClient()
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        wish.limitPrice = "50000"
        #expect(try await client.place(wish).order.status == "OPEN")
        let (code, output) = try desk.tradectl([
            "mode", "set", "live", "--reason", "test", "--confirm", "yes",
        ])
        #expect(code != 0)
        for word in ["may withdraw", "type \"trade live\"", "1 open orders"] {
            #expect(output.contains(word), "\(output)")
        }
        #expect(try await client.mode().mode == "testnet")
        await client.close()
    }

    @Test func `live trades on its own account, and the history tells the way (B2, B3)`()
        async throws
    {
        let desk = try Self.desk(permissions: #"["READ","TRADE"]"#)
        let client = try await desk.readyClient()
        let there = try desk.tradectl([
            "mode", "set", "live", "--reason", "the drill", "--confirm", ModeWish.liveConfirmation,
        ])
        #expect(there.code == 0, "\(there.output)")
        var order: RemoteOrder?
        for _ in 0..<200 where order?.status != "FILLED" {
            let wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
            order = try await client.place(wish).order
            if order?.status != "FILLED" { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(order?.status == "FILLED", "\(String(describing: order))")
        #expect(order?.mode == "live")
        #expect(try await desk.account.orders("BTCUSDT").isEmpty)
        #expect(try await desk.neighbour.orders("BTCUSDT").count == 1)

        let asked = try desk.tradectl(["mode", "set", "monitor", "--reason", "home"])
        #expect(asked.code != 0)
        #expect(asked.output.contains("positions in BTCUSDT"), "\(asked.output)")
        let back = try desk.tradectl([
            "mode", "set", "monitor", "--reason", "home", "--open-orders", "keep",
        ])
        #expect(back.code == 0, "\(back.output)")
        let history = try desk.tradectl(["mode", "history"])
        let lines = history.output.split(separator: "\n")
        try #require(lines.count == 3, "\(history.output)")
        #expect(lines[0].contains("live to monitor") && lines[0].contains("home"))
        #expect(lines[1].contains("testnet to live") && lines[1].contains("the drill"))
        #expect(lines[2].contains("none to testnet"))
        await client.close()
    }
}
