import MatchingEngine
import TradingCore

/// How much a placement answers.
enum ResponseType: String {
    case ack = "ACK"
    case result = "RESULT"
    case full = "FULL"
}

/// The parameters of one new order, checked as the venue's front end checks them.
struct OrderRequest {
    let listing: Listing
    var terms: NewOrder
    let clientOrderID: String?
    let strategyID: Int64?
    let strategyType: Int64?
    let response: ResponseType

    static let clientOrderIDPattern = "^[a-zA-Z0-9-_]{1,36}$"

    init(
        _ parameters: inout Parameters,
        _ exchange: Exchange,
        _ customer: Customer,
        idName: String = "newClientOrderId"
    ) throws(APIError) {
        self.listing = try exchange.listing(parameters.mandatory("symbol"))
        guard let side = Side(name: try parameters.mandatory("side")) else { throw .invalidSide }
        guard let type = OrderType(rawValue: try parameters.mandatory("type")) else {
            throw .invalidOrderType
        }
        var terms = NewOrder(account: customer.account, side: side, type: type)
        try Self.readTimeInForce(&parameters, &terms)
        try Self.readNumbers(&parameters, &terms)
        terms.selfTradePrevention = try Self.preventionMode(&parameters)
        self.terms = terms
        self.clientOrderID = try Self.clientOrderID(&parameters, idName)
        self.strategyID = try parameters.integer("strategyId")
        self.strategyType = try parameters.integer("strategyType")
        if let strategyType = self.strategyType, strategyType < 1_000_000 {
            throw .invalidStrategyType
        }
        if let name = parameters.text("newOrderRespType") {
            guard let response = ResponseType(rawValue: name) else {
                throw .malformed("newOrderRespType")
            }
            self.response = response
        } else {
            self.response = type == .limit || type == .market ? .full : .ack
        }
    }

    /// A client order id, or nil where none was sent.
    static func clientOrderID(
        _ parameters: inout Parameters,
        _ name: String
    ) throws(APIError) -> String? {
        guard let text = parameters.text(name) else { return nil }
        guard ClientOrderID(text) != nil else {
            throw .illegalCharacters(name, legal: Self.clientOrderIDPattern)
        }
        return text
    }

    static func preventionMode(
        _ parameters: inout Parameters
    ) throws(APIError) -> SelfTradePrevention {
        guard let name = parameters.text("selfTradePreventionMode") else { return .expireMaker }
        guard let mode = SelfTradePrevention(rawValue: name) else {
            throw .malformed("selfTradePreventionMode")
        }
        return mode
    }

    private static func readTimeInForce(
        _ parameters: inout Parameters,
        _ terms: inout NewOrder
    ) throws(APIError) {
        let name = parameters.text("timeInForce")
        switch terms.type {
        case .limit, .stopLossLimit, .takeProfitLimit:
            guard let name else { throw .missing("timeInForce") }
            guard let timeInForce = TimeInForce(name: name) else { throw .invalidTimeInForce }
            terms.timeInForce = timeInForce
        case .market, .stopLoss, .takeProfit:
            if name != nil { throw .timeInForceNotRequired }
        case .limitMaker:
            if name != nil { throw .notRequired("timeInForce") }
        }
    }

    /// Reads the numbers that the type has, and refuses those that it has not (section 3.4).
    private static func readNumbers(
        _ parameters: inout Parameters,
        _ terms: inout NewOrder
    ) throws(APIError) {
        let quantity = try parameters.decimal("quantity", as: Quantity.self)
        let quoteQuantity = try parameters.decimal("quoteOrderQty", as: Quantity.self)
        let price = try parameters.decimal("price", as: Price.self)
        let stopPrice = try parameters.decimal("stopPrice", as: Price.self)
        let iceberg = try parameters.decimal("icebergQty", as: Quantity.self)
        let trailingDelta = try parameters.integer("trailingDelta")
        if terms.type == .market {
            guard quantity != nil || quoteQuantity != nil else {
                throw .bothMissing("quantity", "quoteOrderQty")
            }
            if quantity != nil, quoteQuantity != nil { throw .notRequired("quoteOrderQty") }
            if quantity == nil, quoteQuantity == .zero { throw .malformed("quoteOrderQty") }
        } else {
            guard quantity != nil else { throw .missing("quantity") }
            if quoteQuantity != nil { throw .notRequired("quoteOrderQty") }
        }
        if terms.type.isMarket {
            if price != nil { throw .notRequired("price") }
            if iceberg != nil { throw .notRequired("icebergQty") }
        } else if price == nil {
            throw .missing("price")
        }
        if terms.type.isAlgorithmic {
            guard stopPrice != nil || trailingDelta != nil else {
                throw .bothMissing("stopPrice", "trailingDelta")
            }
        } else {
            if stopPrice != nil { throw .notRequired("stopPrice") }
            if trailingDelta != nil { throw .notRequired("trailingDelta") }
        }
        terms.quantity = quantity ?? .zero
        terms.quoteQuantity = quoteQuantity ?? .zero
        terms.price = price ?? .zero
        terms.stopPrice = stopPrice ?? .zero
        terms.icebergQuantity = iceberg ?? .zero
        terms.trailingDelta = trailingDelta ?? 0
    }
}

extension Side {
    /// The side with the venue's name.
    init?(name: String) {
        switch name {
        case "BUY": self = .buy
        case "SELL": self = .sell
        default: return nil
        }
    }
}
