import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// S3 on real processes: placed once more after a proof of absence, and only if asked.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ResubmitTests {
    static let order = ["place", "BTCUSDT", "buy", "0.01", "--limit", "30000", "--key", "once"]

    @Test(arguments: [true, false])
    func `an order that never reached the exchange is placed again where its caller asked`(
        asks: Bool
    ) async throws {
        var setup = Desk.Setup()
        setup.timing = "receive_window_ms: 500, absence_margin_ms: 200"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        try await desk.account.send("POST", "/sim/faults?action=drop&count=1&method=POST")
        let call = Self.order + (asks ? ["--resubmit-if-absent"] : [])
        _ = try desk.tradectl(call)
        for _ in 0..<500 {
            if try await client.order(1).status == "NOT_PLACED" { break }
            usleep(20_000)
        }
        let first = try await client.order(1)
        #expect(first.status == "NOT_PLACED", "\(first)")
        #expect(first.successorOrderID == (asks ? 2 : 0))
        // The same command again is the same order, whichever stands for it now (M2).
        let (_, output) = try desk.tradectl(call)
        #expect(output.contains("the key was used before"), "\(output)")
        #expect(output.contains("in the place of order 1") == asks, "\(output)")
        let open = try await client.orders(
            includesClosed: false,
            symbol: nil,
            countMax: 10,
            before: 0
        )
        #expect(open.map(\.orderID) == (asks ? [2] : []))
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT", "ETHUSDT"])
        await client.close()
    }
}
