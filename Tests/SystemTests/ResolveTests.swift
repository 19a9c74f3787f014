import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// E6 on real processes: a person ends the doubt, and the journal tells who and why.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ResolveTests {
    @Test func `an order that the exchange says nothing about is resolved, and the story tells it`()
        async throws
    {
        var setup = Desk.Setup()
        setup.timing = "receive_window_ms: 500, absence_margin_ms: 200, unknown_alert_ms: 1000"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        try await desk.account.send("POST", "/sim/faults?action=drop&count=0")
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        wish.limitPrice = "30000"
        // Its answer comes when the caller's time is over.
        let hasty = try await desk.client(timeoutMilliseconds: 700)
        #expect(try await hasty.place(wish).order.status == "UNKNOWN")
        await hasty.close()
        let resolve = ["order", "resolve", "1", "--reason", "the support says so"]
        #expect(try desk.tradectl(resolve + ["--as", "absent"]).code == 3)
        for _ in 0..<200 where try await client.health().alerts.isEmpty { usleep(20_000) }
        #expect(try await client.health().alerts.map(\.kind) == ["unknown_for_long"])
        #expect(desk.server.output.contains("alert=unknown_for_long"))

        #expect(try desk.tradectl(resolve).code == 2)
        #expect(try desk.tradectl(resolve + ["--as", "filled"]).code == 2)
        #expect(try desk.tradectl(["order", "1"]).output.contains("UNKNOWN"))
        let (code, output) = try desk.tradectl(resolve + ["--as", "absent"])
        #expect(code == 0, "\(output)")
        #expect(output.contains("NOT_PLACED"), "\(output)")
        #expect(try await client.health().alerts.isEmpty)

        try await desk.account.send("DELETE", "/sim/faults")
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT", "ETHUSDT"])
        await client.close()
        #expect(desk.server.end(with: SIGTERM) == 0)
        let story = try desk.tradectl(
            ["audit", "show", "1", "--store", desk.storePath],
            isOffline: true
        )
        #expect(story.output.contains("order_resolved"), "\(story.output)")
        #expect(story.output.contains("the support says so"), "\(story.output)")
    }
}
