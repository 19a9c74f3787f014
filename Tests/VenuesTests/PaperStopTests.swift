import Testing
import TradingCore

@testable import Venues

/// Orders of the paper account that rest only or wait for a price.
@Suite struct PaperStopTests {
    static func trigger(_ aim: Trigger.Aim, _ price: String) throws -> Trigger {
        Trigger(aim, at: try Price(price))
    }

    @Test func `a stop waits for a trade at its price, and takes what is shown then`() throws {
        var bench = try PaperBench()
        try bench.snapshot()
        try bench.trade("101", "0.1", .buy)
        let stop = try bench.accepted(.sell, "2", .stop(try Self.trigger(.stopLoss, "100")))
        #expect(stop.status == .new && stop.type == .stopLoss)
        #expect(stop.stopPrice.description == "100")
        #expect(bench.balance("BTC")?.locked == Amount.of("2"))
        try bench.trade("100.01", "0.1", .sell)
        #expect(bench.fills().isEmpty)
        try bench.trade("100", "0.1", .sell)
        #expect(bench.fills() == ["2 at 100, taker"])
        #expect(bench.balance("BTC")?.locked == .zero)
    }

    @Test func `a stop limit that triggers rests at its limit`() throws {
        var bench = try PaperBench()
        try bench.snapshot()
        try bench.trade("101", "0.1", .buy)
        let type = OrderType.stopLimit(
            try Self.trigger(.takeProfit, "102"),
            try Price("104"),
            .goodTillCanceled
        )
        _ = try bench.accepted(.sell, "2", type)
        try bench.trade("102", "0.1", .buy)
        #expect(bench.fills().isEmpty)
        #expect(bench.exchange.quote(of: PaperBench.symbol)?.ask.description == "102")
        try bench.trade("105", "2", .buy)
        #expect(bench.fills().last == "2 at 104, maker")
    }

    @Test func `a post that would take and a stop that is passed are rejected`() throws {
        var bench = try PaperBench()
        try bench.snapshot()
        try bench.trade("101", "0.1", .buy)
        let rows: [(OrderType, String)] = [
            (.limitMaker(try Price("102")), "Order would immediately match and take."),
            (.stop(try Self.trigger(.stopLoss, "101")), "Order would trigger immediately."),
        ]
        for (type, text) in rows {
            guard case .rejected(let error) = try bench.place(.buy, "1", type) else {
                Issue.record("\(type) was not rejected")
                continue
            }
            #expect(error.code == -2010 && error.message == text && error.isLateness)
        }
        #expect(try bench.accepted(.buy, "1", .limitMaker(try Price("101.99"))).status == .new)
        #expect(
            try bench.accepted(.buy, "1", .stop(try Self.trigger(.stopLoss, "101.01"))).status
                == .new
        )
    }

    @Test func `a waiting order takes a smaller quantity, and is cancelled like any`() throws {
        var bench = try PaperBench()
        try bench.snapshot()
        let stop = try bench.accepted(.buy, "2", .stop(try Self.trigger(.stopLoss, "103")))
        #expect(bench.balance("USDT")?.locked == Amount.of("206"))
        let intent = OrderIntent.sample(1)
        let smaller = VenueRequest.amend(
            intent.orderID,
            symbol: PaperBench.symbol,
            client: intent.clientOrderID,
            to: try Quantity("0.5")
        )
        guard case .order(let amended) = bench.exchange.answer(smaller, at: bench.time) else {
            Issue.record("not amended")
            return
        }
        #expect(amended.quantity.description == "0.5")
        #expect(amended.venueOrderID == stop.venueOrderID)
        #expect(bench.balance("USDT")?.locked == Amount.of("51.5"))
        guard case .order(let canceled) = bench.exchange.answer(intent.cancel, at: bench.time)
        else {
            Issue.record("not cancelled")
            return
        }
        #expect(canceled.status == .canceled)
        try bench.trade("104", "1", .buy)
        #expect(bench.fills().isEmpty)
    }

    @Test(arguments: [
        (Side.buy, "510.3", ["4 at 102, taker", "0.9932 at 103, taker"]),
        (.sell, "599.1", ["5 at 100, taker", "1.00101 at 99, taker"]),
    ])
    func `an order by quote quantity trades what that comes to, and no more`(
        side: Side,
        quoteQuantity: String,
        fills: [String]
    ) throws {
        var bench = try PaperBench()
        try bench.snapshot()
        var intent = OrderIntent.sample(1, type: .market, timestamp: bench.time)
        intent.terms.side = side
        intent.terms.quantity = try Quantity("777")
        intent.terms.quoteQuantity = Amount.of(quoteQuantity)
        guard case .accepted(let report) = bench.exchange.place(intent, at: bench.time) else {
            Issue.record("not accepted")
            return
        }
        #expect(bench.fills() == fills)
        #expect(report.status == .filled && report.quantity == report.executedQuantity)
    }

    @Test func `what waits goes on waiting after a restart, what triggered does not again`()
        throws
    {
        var bench = try PaperBench()
        try bench.snapshot()
        let below = OrderType.stopLimit(
            try Self.trigger(.stopLoss, "99"),
            try Price("120"),
            .goodTillCanceled
        )
        let above = OrderType.stopLimit(
            try Self.trigger(.takeProfit, "103"),
            try Price("110"),
            .goodTillCanceled
        )
        let waiting = try bench.accepted(.sell, "1", .stop(try Self.trigger(.stopLoss, "98")))
        _ = try bench.accepted(.sell, "2", below)
        _ = try bench.accepted(.sell, "3", above)
        try bench.trade("99", "0.1", .sell)
        let text = PaperText.lines(of: bench.exchange.book.whole)
        let states = text.split(separator: "\n").compactMap { $0.split(separator: " ").last }
            .filter { ["armed", "triggered"].contains($0) }
        #expect(states == ["armed", "triggered", "armed"])
        var change = PaperChange()
        for line in text.split(separator: "\n") {
            #expect(PaperText.read(line, into: &change), "\(line)")
        }
        #expect(change.orders == bench.exchange.book.whole.orders)

        var again = try PaperBench(bench.exchange.book)
        try again.snapshot(bids: [("98", "5")])
        #expect(again.balance("BTC")?.locked == Amount.of("6"))
        // The one that triggered rests at its limit and waits for no price.
        try again.trade("121", "2", .buy)
        #expect(again.fills() == ["2 at 120, maker"])
        try again.trade("98", "0.1", .sell)
        #expect(again.fills() == ["1 at 98, taker"])
        #expect(
            again.exchange.book.pages[PaperBench.symbol]?.orders[waiting.venueOrderID]?.status
                == .filled
        )
    }
}
