/// What is measured, in the order of the table.
enum Row: Int, CaseIterable {
    case tcpRoundTrip, syncedWrite, httpRoundTrip
    case exchangePing, exchangeLimit, exchangeLimitParallel, exchangeMarket, exchangeMarketParallel
    case health, healthPipelined
    case limit, limitPipelined, market, marketPipelined

    var title: String {
        switch self {
        case .tcpRoundTrip: "floor: TCP round trip, 64 bytes, blocking"
        case .syncedWrite: "floor: synced write, 256 bytes, preallocated"
        case .httpRoundTrip: "floor: HTTP POST, keep-alive, stub"
        case .exchangePing: "exchange alone: GET /api/v3/ping"
        case .exchangeLimit: "exchange alone: limit IOC, 1 in flight"
        case .exchangeLimitParallel: "exchange alone: limit IOC, 7 connections"
        case .exchangeMarket: "exchange alone: market, 1 in flight"
        case .exchangeMarketParallel: "exchange alone: market, 7 connections"
        case .health: "gateway: Health, 1 in flight"
        case .healthPipelined: "gateway: Health, 64 in flight"
        case .limit: "gateway: PlaceOrder limit IOC, 1 in flight"
        case .limitPipelined: "gateway: PlaceOrder limit IOC, 64 in flight"
        case .market: "gateway: PlaceOrder market, 1 in flight"
        case .marketPipelined: "gateway: PlaceOrder market, 64 in flight"
        }
    }
}

/// An order as it is placed in all rows of its kind.
enum BenchmarkOrder {
    /// A limit order that is far from the market and may not rest: it ends without a trade.
    case limit
    /// A market order, bought and sold in turn: it ends with a trade.
    case market

    /// The status that `trading.v1.Order` must have in the end.
    var finalStatus: UInt64 { self == .limit ? 7 : 5 }

    /// The gateway's requests, to be sent in turn.
    var frames: [[UInt8]] {
        switch self {
        case .limit: [Wire.request("PlaceOrder", Self.limitPayload)]
        case .market: [1, 2].map { Wire.request("PlaceOrder", Self.marketPayload(side: $0)) }
        }
    }

    /// The exchange's parameters, the same order as the gateway writes it.
    func parameters(index: Int, clientOrderID: String) -> String {
        let side = self == .limit || index % 2 == 0 ? "BUY" : "SELL"
        let terms =
            self == .limit ? "type=LIMIT&timeInForce=IOC&price=50000" : "type=MARKET"
        return "symbol=BTCUSDT&side=\(side)&\(terms)&quantity=0.001"
            + "&newClientOrderId=\(clientOrderID)&newOrderRespType=FULL"
    }

    private static let limitPayload =
        Wire.text(1, "BTCUSDT") + Wire.number(2, 1) + Wire.number(3, 2) + Wire.text(4, "0.001")
        + Wire.text(5, "50000") + Wire.number(6, 2)

    private static func marketPayload(side: UInt64) -> [UInt8] {
        Wire.text(1, "BTCUSDT") + Wire.number(2, side) + Wire.number(3, 1) + Wire.text(4, "0.001")
    }
}
