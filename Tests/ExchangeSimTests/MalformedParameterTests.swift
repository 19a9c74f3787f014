import NIOHTTP1
import Testing

@testable import ExchangeSim

@Suite("Malformed parameters")
struct MalformedParameterTests {
    struct Malformed: Sendable {
        let query: String
        let code: Int64
        let message: String
    }

    @Test(arguments: [
        Malformed(query: "symbol=btcusdt", code: -1121, message: "Invalid symbol."),
        Malformed(
            query: "symbol=BTCUSDT&limit=a",
            code: -1100,
            message:
                "Illegal characters found in parameter 'limit'; legal range is '^[0-9]{1,20}$'."
        ),
        Malformed(
            query: "symbol=BTCUSDT&symbolStatus=HALT",
            code: -1220,
            message: "The symbol's status does not match the requested symbolStatus."
        ),
        Malformed(
            query: "symbol=BTCUSDT&symbolStatus=nope",
            code: -1122,
            message: "Invalid symbolStatus."
        ),
    ])
    func `a malformed parameter of a query is named`(_ row: Malformed) async throws {
        try await EndpointTests.withExchange { client in
            let answer = try await client.send(.GET, "/api/v3/depth", row.query)
            #expect(answer.status == 400)
            #expect(answer.code == row.code)
            #expect(answer.message == row.message)
        }
    }

    @Test(arguments: [
        Malformed(query: "side=buy", code: -1117, message: "Invalid side."),
        Malformed(query: "type=LIMITED", code: -1116, message: "Invalid orderType."),
        Malformed(query: "timeInForce=GTX", code: -1115, message: "Invalid timeInForce."),
        Malformed(
            query: "quantity=1e-5",
            code: -1100,
            message: "Illegal characters found in parameter 'quantity'; legal range is "
                + #"'^([0-9]{1,20})(\.[0-9]{1,20})?$'."#
        ),
        Malformed(
            query: "quantity=0.000000001",
            code: -1111,
            message: "Parameter 'quantity' has too much precision."
        ),
        Malformed(
            query: "newClientOrderId=a%20b",
            code: -1100,
            message: "Illegal characters found in parameter 'newClientOrderId'; legal range is "
                + "'^[a-zA-Z0-9-_]{1,36}$'."
        ),
        Malformed(
            query: "strategyType=999999",
            code: -1134,
            message: "strategyType was less than 1000000."
        ),
        Malformed(
            query: "quoteOrderQty=10",
            code: -1106,
            message: "Parameter 'quoteOrderQty' sent when not required."
        ),
        Malformed(
            query: "stopPrice=10",
            code: -1106,
            message: "Parameter 'stopPrice' sent when not required."
        ),
        Malformed(
            query: "recvWindow=60001",
            code: -1131,
            message: "recvWindow must be less than 60000"
        ),
        Malformed(
            query: "recvWindow=6000.3466",
            code: -1111,
            message: "Parameter 'recvWindow' has too much precision."
        ),
        Malformed(
            query: "newClientOrderId=",
            code: -1105,
            message: "Parameter 'newClientOrderId' was empty."
        ),
        Malformed(query: "pegPriceType=BEST", code: -1210, message: "Invalid pegPriceType."),
        Malformed(
            query: "pegPriceType=PRIMARY_PEG&pegOffsetType=TICK&pegOffsetValue=1",
            code: -1211,
            message: "Invalid pegOffsetType."
        ),
        Malformed(
            query: "pegPriceType=PRIMARY_PEG&pegOffsetValue=1",
            code: -1128,
            message: "Combination of optional fields invalid. Recommendation: 'pegOffsetType' and "
                + "'pegOffsetValue' must both be sent."
        ),
        Malformed(
            query: "pegPriceType=PRIMARY_PEG&pegOffsetType=PRICE_LEVEL&pegOffsetValue=101",
            code: -1102,
            message: "'pegOffsetValue' contains unexpected value. Cannot be greater than 100."
        ),
    ])
    func `a malformed parameter of an order is named`(_ row: Malformed) async throws {
        try await EndpointTests.withExchange { client in
            let changed = row.query.split(separator: "&").map { $0.prefix { $0 != "=" } }
            let rest = EndpointTests.order.split(separator: "&")
                .filter { field in !changed.contains(field.prefix { $0 != "=" }) }
                .joined(separator: "&")
            let query = "\(rest)&\(row.query)&timestamp=1763000000000"
            let answer = try await client.send(
                .POST,
                "/api/v3/order",
                "\(query)&signature=\(client.signature(of: query))",
                headers: [("X-MBX-APIKEY", client.key)]
            )
            #expect(answer.status == 400)
            #expect(answer.code == row.code)
            #expect(answer.message == row.message)
        }
    }
}
