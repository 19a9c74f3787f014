import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// Amending on real processes: smaller in place, anything else by another order.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AmendTests {
    @Test func `a smaller order keeps its number, another price makes a new one`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.02")
        wish.limitPrice = "30000"
        let placed = try await client.place(wish).order
        let smaller = try desk.tradectl(["amend", "1", "--quantity", "0.01"])
        #expect(smaller.code == 0, "\(smaller.output)")
        let reduced = try await client.order(1)
        #expect(reduced.quantity == "0.01" && reduced.status == "OPEN")
        #expect(reduced.venueOrderID == placed.venueOrderID)

        let moved = try desk.tradectl(["amend", "1", "--limit", "31000"])
        #expect(moved.code == 0, "\(moved.output)")
        #expect(moved.output.contains("in the place of order 1"), "\(moved.output)")
        let next = try await client.order(2)
        #expect(next.price == "31000" && next.quantity == "0.01" && next.status == "OPEN")
        let old = try await client.order(1)
        #expect(old.status == "CANCELED" && old.successorOrderID == 2)

        // Nothing is cancelled for an order that the gate would refuse.
        let refused = try desk.tradectl(["amend", "2", "--quantity", "99"])
        #expect(refused.code == 3 && refused.output.contains("order_notional"), "\(refused)")
        #expect(try desk.tradectl(["amend", "1", "--limit", "1"]).code == 3)
        #expect(try desk.tradectl(["amend", "2"]).code == 2)
        #expect(try await client.order(2).status == "OPEN")
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT", "ETHUSDT"])
        await client.close()
    }

    @Test func `a reduction whose answer is lost is found out, and done once`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.02")
        wish.limitPrice = "30000"
        _ = try await client.place(wish)
        try await desk.account.send(
            "POST",
            "/sim/faults?action=execute-html&count=1&method=PUT"
        )
        _ = try await client.amend(1, quantity: "0.01")
        let order = try await client.order(1)
        #expect(order.quantity == "0.01" && order.status == "OPEN" && !order.isAmendPending)
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT", "ETHUSDT"])
        await client.close()
    }
}
