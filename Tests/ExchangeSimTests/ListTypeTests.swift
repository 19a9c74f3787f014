import NIOHTTP1
import Testing

@testable import ExchangeSim

@Suite("Types of an order list's legs")
struct ListTypeTests {
    struct Row: Sendable {
        let side: String
        let above: String
        let below: String
        let code: Int64
        let message: String
    }

    private static func leg(_ type: String, _ prefix: String) -> String {
        let price = prefix == "above" ? "70000" : "50000"
        var query = "&\(prefix)Type=\(type)"
        if type == "LIMIT_MAKER" || type.hasSuffix("_LIMIT") || type == "LIMIT" {
            query += "&\(prefix)Price=\(price)"
        }
        if type.hasSuffix("_LIMIT") || type == "LIMIT" { query += "&\(prefix)TimeInForce=GTC" }
        if type.hasPrefix("STOP") || type.hasPrefix("TAKE") {
            query += "&\(prefix)StopPrice=\(price)"
        }
        return query
    }

    @Test(arguments: [
        Row(
            side: "SELL",
            above: "STOP_LOSS",
            below: "LIMIT_MAKER",
            code: -1197,
            message: "A stop loss order in a sell OCO must be below."
        ),
        Row(
            side: "BUY",
            above: "LIMIT_MAKER",
            below: "STOP_LOSS_LIMIT",
            code: -1196,
            message: "A stop loss order in a buy OCO must be above."
        ),
        Row(
            side: "SELL",
            above: "LIMIT_MAKER",
            below: "TAKE_PROFIT",
            code: -1199,
            message: "A take profit order in a sell OCO must be above."
        ),
        Row(
            side: "BUY",
            above: "TAKE_PROFIT_LIMIT",
            below: "LIMIT_MAKER",
            code: -1198,
            message: "A take profit order in a buy OCO must be below."
        ),
        Row(
            side: "SELL",
            above: "TAKE_PROFIT",
            below: "LIMIT_MAKER",
            code: -1166,
            message: "A limit order in a sell OCO must be above."
        ),
        Row(
            side: "BUY",
            above: "LIMIT_MAKER",
            below: "TAKE_PROFIT",
            code: -1165,
            message: "A limit order in a buy OCO must be below."
        ),
        Row(
            side: "SELL",
            above: "LIMIT_MAKER",
            below: "LIMIT_MAKER",
            code: -1168,
            message: "At least one OCO order must be contingent."
        ),
        Row(
            side: "SELL",
            above: "LIMIT",
            below: "STOP_LOSS",
            code: -1158,
            message: "Order type not supported in OCO."
        ),
    ])
    func `a pair is refused with the reason that fits it best`(_ row: Row) async throws {
        try await SimClient.withExchange { client in
            let answer = try await client.signed(
                .POST,
                "/api/v3/orderList/oco",
                "symbol=BTCUSDT&quantity=0.01&side=\(row.side)"
                    + Self.leg(row.above, "above") + Self.leg(row.below, "below")
            )
            #expect(answer.status == 400)
            #expect(answer.code == row.code)
            #expect(answer.message == row.message)
        }
    }

    @Test func `an iceberg leg has to be good till cancelled`() async throws {
        try await SimClient.withExchange { client in
            let answer = try await client.signed(
                .POST,
                "/api/v3/orderList/oco",
                "symbol=BTCUSDT&quantity=1&side=SELL&aboveType=LIMIT_MAKER&abovePrice=70000"
                    + "&belowType=STOP_LOSS_LIMIT&belowStopPrice=50000&belowPrice=49000"
                    + "&belowTimeInForce=IOC&belowIcebergQty=0.1"
            )
            #expect(answer.code == -1160)
            #expect(
                answer.message
                    == "Parameter 'belowIcebergQty' is not supported if "
                    + "aboveTimeInForce/belowTimeInForce is not GTC."
            )
        }
    }
}
