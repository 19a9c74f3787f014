import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// Orders that rest only or wait for a price, on real processes.
///
/// The market stands at 60,000.
@Suite(.serialized, .timeLimit(.minutes(5))) struct StopOrderTests {
    static func wish(
        _ type: VenueOrderType,
        _ side: Side,
        stop: String? = nil,
        limit: String? = nil,
        quantity: String = "0.01"
    ) -> OrderWish {
        var wish = OrderWish(symbol: "BTCUSDT", side: side, quantity: quantity)
        wish.type = type
        wish.stopPrice = stop
        wish.limitPrice = limit
        return wish
    }

    static func desk() throws -> Desk {
        var setup = Desk.Setup()
        setup.hasNeighbour = true
        return try Desk(setup)
    }

    /// Lets another customer trade up or down to a price.
    static func trade(_ desk: Desk, _ side: Side, to price: String) async throws {
        _ = try await desk.neighbour.signed(
            "POST",
            "/api/v3/order",
            "symbol=BTCUSDT&side=\(side.name)&type=LIMIT&timeInForce=IOC&quantity=10&price=\(price)"
        )
    }

    static func filled(_ client: TradingClient, _ orders: [UInt64]) async throws -> [RemoteOrder] {
        var all: [RemoteOrder] = []
        for orderID in orders {
            var order = try await client.order(orderID)
            for _ in 0..<200 where order.status != "FILLED" {
                try await Task.sleep(for: .milliseconds(25))
                order = try await client.order(orderID)
            }
            all.append(order)
        }
        return all
    }

    @Test(arguments: [
        (
            Side.buy, "60024",
            [
                wish(.stopLoss, .buy, stop: "60012"),
                wish(.stopLossLimit, .buy, stop: "60012", limit: "60100"),
                wish(.takeProfit, .sell, stop: "60012"),
                wish(.takeProfitLimit, .sell, stop: "60012", limit: "59900"),
            ]
        ),
        (
            .sell, "59976",
            [
                wish(.stopLoss, .sell, stop: "59988"),
                wish(.stopLossLimit, .sell, stop: "59988", limit: "59900"),
                wish(.takeProfit, .buy, stop: "59988"),
                wish(.takeProfitLimit, .buy, stop: "59988", limit: "60100"),
            ]
        ),
    ])
    func `each stop is open until its price comes, and then it fills`(
        side: Side,
        price: String,
        wishes: [OrderWish]
    ) async throws {
        let desk = try Self.desk()
        let client = try await desk.readyClient()
        // The venue triggers by trades, of which there must be one.
        try await Self.trade(desk, side, to: side == .buy ? "60002" : "59998")
        var ids: [UInt64] = []
        for wish in wishes {
            let order = try await client.place(wish).order
            #expect(order.status == "OPEN" && order.type == wish.type?.name, "\(order)")
            #expect(order.stopPrice == wish.stopPrice && order.price == wish.limitPrice ?? "")
            #expect(order.fills.isEmpty)
            ids.append(order.orderID)
        }
        #expect(try await client.positions().positions.isEmpty)
        try await Self.trade(desk, side, to: price)
        for order in try await Self.filled(client, ids) {
            #expect(order.status == "FILLED" && order.filledQuantity == "0.01", "\(order)")
        }
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        await client.close()
    }

    @Test func `a post-only order rests, or is rejected in the venue's words`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let resting = try await client.place(Self.wish(.limitMaker, .buy, limit: "50000")).order
        #expect(resting.status == "OPEN" && resting.type == "LIMIT_MAKER")
        for _ in 0..<4 {
            let late = try await client.place(Self.wish(.limitMaker, .buy, limit: "60100")).order
            #expect(late.status == "REJECTED", "\(late)")
            #expect(late.reason == "Order would immediately match and take. (-2010)")
        }
        // The market was there first: that is no failure of the venue's or of ours.
        let next = try await client.place(Self.wish(.limitMaker, .sell, limit: "70000")).order
        #expect(next.status == "OPEN")
        let moved = try await client.amend(next.orderID, price: "71000")
        #expect(moved.type == "LIMIT_MAKER" && moved.price == "71000" && moved.status == "OPEN")
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        await client.close()
    }

    @Test func `a stop on the wrong side is refused, one the last trade has passed is rejected`()
        async throws
    {
        let desk = try Self.desk()
        let client = try await desk.readyClient()
        try await Self.trade(desk, .buy, to: "60024")
        let wrong = try await client.place(Self.wish(.stopLoss, .sell, stop: "61000")).order
        #expect(wrong.status == "REFUSED" && wrong.refusal?.rule == "stop_price", "\(wrong)")
        // The best ask is back at 60,001 and below, the last trade was above.
        let passed = try await client.place(Self.wish(.stopLoss, .buy, stop: "60006")).order
        #expect(passed.status == "REJECTED", "\(passed)")
        #expect(passed.reason == "Order would trigger immediately. (-2010)")
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        await client.close()
    }

    @Test func `a stop that fills while the gateway is dead is found out (F2)`() async throws {
        let desk = try Self.desk()
        let client = try await desk.readyClient()
        try await Self.trade(desk, .sell, to: "59998")
        let wish = Self.wish(.stopLoss, .sell, stop: "59988", quantity: "0.02")
        let placed = try await client.place(wish).order
        let smaller = try desk.tradectl(["amend", "\(placed.orderID)", "--quantity", "0.01"])
        #expect(smaller.code == 0, "\(smaller.output)")
        await client.close()
        desk.killServer()
        try await Self.trade(desk, .sell, to: "59976")
        try desk.restartServer()
        let again = try await desk.readyClient()
        let order = try #require(try await Self.filled(again, [placed.orderID]).first)
        #expect(order.status == "FILLED" && order.type == "STOP_LOSS" && order.quantity == "0.01")
        try await Comparison(desk: desk, client: again).expectAgreement(["BTCUSDT"])
        await again.close()
    }

    @Test func `a market order for an amount spends no more, and is what the venue says`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "")
        wish.quoteQuantity = "50000"
        wish.idempotencyKey = "one"
        let bought = try await client.place(wish).order
        #expect(bought.status == "FILLED" && bought.quoteQuantity == "50000", "\(bought)")
        #expect(bought.quantity == bought.filledQuantity && bought.fills.count > 1)
        let spent = try Amount(bought.filledNotional)
        #expect(try spent <= Amount("50000") && spent > Amount("49999"))
        #expect(try await client.place(wish).isRepeat)
        let sold = try desk.tradectl(["place", "BTCUSDT", "sell", "--quote-quantity", "1000"])
        #expect(sold.code == 0 && sold.output.contains("for 1000 of the quote asset"))
        wish.idempotencyKey = nil
        wish.quoteQuantity = "1000000.00000001"
        let refused = try await client.place(wish).order
        #expect(refused.refusal?.rule == "order_notional", "\(refused)")
        for options in [
            ["1", "--quote-quantity", "1000"], [], ["--quote-quantity", "10", "--limit", "9"],
        ] {
            #expect(try desk.tradectl(["place", "BTCUSDT", "sell"] + options).code == 2)
        }
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        await client.close()
    }

    @Test func `the shell names the type by its prices, and says what does not go together`()
        async throws
    {
        let desk = try Desk()
        await (try desk.readyClient()).close()
        let rows: [([String], String)] = [
            (["--stop-price", "59000"], "STOP_LOSS "),
            (["--stop-price", "59000", "--limit", "58900"], "STOP_LOSS_LIMIT GTC"),
            (["--type", "take-profit", "--stop-price", "61000"], "TAKE_PROFIT "),
            (
                ["--type", "take_profit", "--stop-price", "61000", "--limit", "60900"],
                "TAKE_PROFIT_LIMIT GTC"
            ),
            (["--type", "limit_maker", "--limit", "70000"], "LIMIT_MAKER "),
        ]
        for (options, type) in rows {
            let placed = try desk.tradectl(["place", "BTCUSDT", "sell", "0.01"] + options)
            #expect(placed.code == 0 && placed.output.contains(type), "\(placed.output)")
        }
        let list = try desk.tradectl(["orders"])
        #expect(list.output.contains("58900 @ 59000"), "\(list.output)")
        for options in [
            ["--type", "limit_maker"], ["--type", "stop_loss"], ["--tif", "GTC"],
            ["--type", "market", "--stop-price", "59000"],
            ["--stop-price", "59000", "--tif", "IOC"],
            ["--type", "limit", "--limit", "70000", "--stop-price", "59000"],
        ] {
            let refused = try desk.tradectl(["place", "BTCUSDT", "sell", "0.01"] + options)
            #expect(refused.code == 2, "\(options): \(refused.output)")
        }
    }
}
