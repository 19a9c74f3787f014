import MarketReplay
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

/// The sample payloads of the documents, byte for byte but for the numbers of orders and
/// executions, and every field of an execution report with the condition under which it is there.
@Suite("Sample payloads")
struct SamplePayloadTests {
    private static func withVirtualTime(
        _ change: (inout SimConfiguration) -> Void = { _ in },
        _ body: (SimClient) async throws -> Void
    ) async throws {
        try await SimClient.withExchange {
            $0.virtualClockStart = WallTime(milliseconds: 1_763_000_000_005)
            $0.ignoresTimestamps = true
            change(&$0)
        } _: { client in
            try await body(client)
        }
    }

    static let order =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=59000"
        + "&newClientOrderId=gw-1"

    @Test func `an order is placed, cancelled and asked for in the words of the samples`()
        async throws
    {
        try await Self.withVirtualTime { client in
            let placed = try await client.order(Self.order)
            #expect(
                placed.text
                    == #"{"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"gw-1","#
                    + #""transactTime":1763000000005,"price":"59000.00000000","#
                    + #""origQty":"0.00100000","executedQty":"0.00000000","#
                    + #""origQuoteOrderQty":"0.00000000","cummulativeQuoteQty":"0.00000000","#
                    + #""status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY","#
                    + #""workingTime":1763000000005,"fills":[],"#
                    + #""selfTradePreventionMode":"EXPIRE_MAKER"}"#
            )
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=4995")
            let canceled = try await client.signed(
                .DELETE,
                "/api/v3/order",
                "symbol=BTCUSDT&orderId=1&newClientOrderId=gw-1-c"
            )
            #expect(
                canceled.text
                    == #"{"symbol":"BTCUSDT","origClientOrderId":"gw-1","orderId":1,"#
                    + #""orderListId":-1,"clientOrderId":"gw-1-c","transactTime":1763000005000,"#
                    + #""price":"59000.00000000","origQty":"0.00100000","#
                    + #""executedQty":"0.00000000","origQuoteOrderQty":"0.00000000","#
                    + #""cummulativeQuoteQty":"0.00000000","status":"CANCELED","#
                    + #""timeInForce":"GTC","type":"LIMIT","side":"BUY","#
                    + #""selfTradePreventionMode":"EXPIRE_MAKER"}"#
            )
            let asked = try await client.signed(
                .GET,
                "/api/v3/order",
                "symbol=BTCUSDT&origClientOrderId=gw-1-c"
            )
            #expect(
                asked.text
                    == #"{"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"#
                    + #""clientOrderId":"gw-1-c","price":"59000.00000000","#
                    + #""origQty":"0.00100000","executedQty":"0.00000000","#
                    + #""cummulativeQuoteQty":"0.00000000","status":"CANCELED","#
                    + #""timeInForce":"GTC","type":"LIMIT","side":"BUY","#
                    + #""stopPrice":"0.00000000","icebergQty":"0.00000000","#
                    + #""time":1763000000005,"updateTime":1763000005000,"isWorking":true,"#
                    + #""workingTime":1763000000005,"origQuoteOrderQty":"0.00000000","#
                    + #""selfTradePreventionMode":"EXPIRE_MAKER"}"#
            )
        }
    }

    @Test func `an order's life is told in the words of the samples`() async throws {
        try await Self.withVirtualTime { client in
            let socket = try await client.userStream()
            _ = try await client.order(Self.order)
            _ = try await client.signed(
                .DELETE,
                "/api/v3/order",
                "symbol=BTCUSDT&orderId=1&newClientOrderId=gw-1-c"
            )
            #expect(
                await socket.nextText()
                    == #"{"subscriptionId":0,"event":{"e":"executionReport","#
                    + #""E":1763000000005,"s":"BTCUSDT","c":"gw-1","S":"BUY","o":"LIMIT","#
                    + #""f":"GTC","q":"0.00100000","p":"59000.00000000","P":"0.00000000","#
                    + #""F":"0.00000000","g":-1,"C":"","x":"NEW","X":"NEW","r":"NONE","i":1,"#
                    + #""l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"#
                    + #""T":1763000000005,"t":-1,"I":1,"w":true,"m":false,"M":false,"#
                    + #""O":1763000000005,"Z":"0.00000000","Y":"0.00000000","#
                    + #""Q":"0.00000000","W":1763000000005,"V":"EXPIRE_MAKER"}}"#
            )
            #expect(
                await socket.nextText()
                    == #"{"subscriptionId":0,"event":{"e":"outboundAccountPosition","#
                    + #""E":1763000000005,"u":1763000000005,"B":[{"a":"BTC","#
                    + #""f":"10.00000000","l":"0.00000000"},{"a":"USDT","#
                    + #""f":"999941.00000000","l":"59.00000000"}]}}"#
            )
            let end = await socket.next()?["event"]
            #expect(end?["C"]?.text == "gw-1")
            #expect(end?["c"]?.text == "gw-1-c")
            #expect(end?["w"] == .bool(false))
        }
    }

    @Test func `a trade of a resting order is told in the words of the sample`() async throws {
        try await Self.withVirtualTime { client in
            let socket = try await client.userStream()
            _ = try await client.order(Self.order)
            _ = await socket.next()
            _ = await socket.next()
            try await client.server.fill(1, "0.0004")
            #expect(
                await socket.nextText()
                    == #"{"subscriptionId":0,"event":{"e":"executionReport","#
                    + #""E":1763000000005,"s":"BTCUSDT","c":"gw-1","S":"BUY","o":"LIMIT","#
                    + #""f":"GTC","q":"0.00100000","p":"59000.00000000","P":"0.00000000","#
                    + #""F":"0.00000000","g":-1,"C":"","x":"TRADE","X":"PARTIALLY_FILLED","#
                    + #""r":"NONE","i":1,"l":"0.00040000","z":"0.00040000","#
                    + #""L":"59000.00000000","n":"0.00000040","N":"BTC","T":1763000000005,"#
                    + #""t":1,"I":3,"w":true,"m":true,"M":true,"O":1763000000005,"#
                    + #""Z":"23.60000000","Y":"23.60000000","Q":"0.00000000","#
                    + #""W":1763000000005,"V":"EXPIRE_MAKER"}}"#
            )
        }
    }

    /// What a JSON value looks like, without its values.
    private static func shape(_ value: JSONValue) -> String {
        switch value {
        case .object(let members):
            "{" + members.map { "\($0.name):\(Self.shape($0.value))" }.joined(separator: ",") + "}"
        case .array(let elements): "[" + elements.map(Self.shape).joined(separator: ",") + "]"
        case .string: "S"
        case .number: "I"
        case .bool: "B"
        case .null: "null"
        }
    }

    @Test func `exchangeInfo has every field of the sample, with its type`() async throws {
        let filters =
            "[{filterType:S,minPrice:S,maxPrice:S,tickSize:S},"
            + "{filterType:S,minQty:S,maxQty:S,stepSize:S},{filterType:S,limit:I},"
            + "{filterType:S,minQty:S,maxQty:S,stepSize:S},"
            + "{filterType:S,minTrailingAboveDelta:I,maxTrailingAboveDelta:I,"
            + "minTrailingBelowDelta:I,maxTrailingBelowDelta:I},"
            + "{filterType:S,bidMultiplierUp:S,bidMultiplierDown:S,askMultiplierUp:S,"
            + "askMultiplierDown:S,avgPriceMins:I},"
            + "{filterType:S,minNotional:S,applyMinToMarket:B,maxNotional:S,applyMaxToMarket:B,"
            + "avgPriceMins:I},{filterType:S,maxNumOrders:I},{filterType:S,maxNumOrderLists:I},"
            + "{filterType:S,maxNumAlgoOrders:I},{filterType:S,maxNumOrderAmends:I}]"
        let limit = "{rateLimitType:S,interval:S,intervalNum:I,limit:I}"
        let symbol =
            "{symbol:S,status:S,baseAsset:S,baseAssetPrecision:I,quoteAsset:S,quotePrecision:I,"
            + "quoteAssetPrecision:I,baseCommissionPrecision:I,quoteCommissionPrecision:I,"
            + "orderTypes:[S,S,S,S,S,S,S],icebergAllowed:B,ocoAllowed:B,otoAllowed:B,opoAllowed:B,"
            + "quoteOrderQtyMarketAllowed:B,allowTrailingStop:B,cancelReplaceAllowed:B,"
            + "amendAllowed:B,pegInstructionsAllowed:B,isSpotTradingAllowed:B,"
            + "isMarginTradingAllowed:B,filters:\(filters),permissions:[],permissionSets:[[S]],"
            + "defaultSelfTradePreventionMode:S,allowedSelfTradePreventionModes:[S,S,S,S,S,S]}"
        try await Self.withVirtualTime { client in
            let info = try await client.send(.GET, "/api/v3/exchangeInfo", "symbol=BTCUSDT")
            #expect(
                Self.shape(info.json)
                    == "{timezone:S,serverTime:I,rateLimits:[\(limit),\(limit),\(limit),\(limit)],"
                    + "exchangeFilters:[],symbols:[\(symbol)]}"
            )
            let limits = info.json["rateLimits"]?.elements?.map { $0["limit"]?.integer }
            #expect(limits == [6000, 50, 160_000, 300_000])
        }
    }

    struct Report: Sendable {
        let what: String
        let query: String
        /// Which of the order's reports is meant, by its execution type.
        let kind: String
        /// The conditional fields that it must have, and no others, in order.
        let fields: [String]
    }

    static let always = [
        "e", "E", "s", "c", "S", "o", "f", "q", "p", "P", "F", "g", "C", "x", "X", "r", "i", "l",
        "z", "L", "n", "N", "T", "t", "I", "w", "m", "M", "O", "Z", "Y", "Q", "V",
    ]
    static let limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.1"
    static let stop = "symbol=BTCUSDT&side=SELL&quantity=0.1"

    @Test(arguments: [
        Report(
            what: "resting",
            query: limit + "&timeInForce=GTC&price=50000",
            kind: "NEW",
            fields: ["W"]
        ),
        Report(
            what: "traded",
            query: limit + "&timeInForce=GTC&price=70000",
            kind: "TRADE",
            fields: ["W"]
        ),
        Report(
            what: "IOC",
            query: limit + "&timeInForce=IOC&price=50000",
            kind: "EXPIRED",
            fields: ["W", "eR"]
        ),
        Report(
            what: "strategy",
            query: limit + "&timeInForce=GTC&price=50000&strategyId=7&strategyType=1000000",
            kind: "NEW",
            fields: ["W", "j", "J"]
        ),
        Report(
            what: "waiting stop",
            query: stop + "&type=STOP_LOSS&stopPrice=50000",
            kind: "NEW",
            fields: []
        ),
        Report(
            what: "trailing",
            query: stop + "&type=STOP_LOSS&trailingDelta=100",
            kind: "NEW",
            fields: ["d", "D"]
        ),
        Report(
            what: "pegged",
            query: limit + "&timeInForce=GTC&pegPriceType=PRIMARY_PEG&pegOffsetType=PRICE_LEVEL"
                + "&pegOffsetValue=2",
            kind: "NEW",
            fields: ["W", "gP", "gOT", "gOV", "gp"]
        ),
        Report(
            what: "self-trade",
            query: "symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=0.1&timeInForce=GTC&price=60000.5"
                + "&selfTradePreventionMode=EXPIRE_TAKER",
            kind: "TRADE_PREVENTION",
            fields: ["W", "v", "A", "B", "u", "U", "Cs", "pl", "pL", "pY"]
        ),
    ])
    func `a report has its conditional fields where their condition holds, and only there`(
        _ row: Report
    ) async throws {
        try await Self.withVirtualTime { client in
            _ = try await client.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001")
            if row.kind == "TRADE_PREVENTION" {
                _ = try await client.order(
                    Self.limit + "&timeInForce=GTC&price=60000.5"
                )
            }
            let socket = try await client.userStream()
            let answer = try await client.order(row.query)
            #expect(answer.status == 200, "\(answer.text)")
            let report = await socket.next { $0["event"]?["x"]?.text == row.kind }
            guard case .object(let members)? = report?["event"] else {
                Issue.record("no report")
                return
            }
            let names = members.map(\.name)
            let conditional = names.filter { !Self.always.contains($0) }
            #expect(conditional == row.fields)
            #expect(names.filter { Self.always.contains($0) } == Self.always)
        }
    }
}
