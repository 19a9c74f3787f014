import MatchingEngine
import TradingCore

/// How much a placement answers.
enum ResponseType: String {
    case ack = "ACK"
    case result = "RESULT"
    case full = "FULL"
}

/// How the parameters of one order are called: as they are, or with the prefix of a list's leg.
struct OrderNames {
    /// Stands before the names, whose first letter it turns upper case.
    var prefix = ""
    /// Whether the quantity is what another order buys, so that none may be sent.
    var lacksQuantity = false
    /// Stands before `side` and `quantity` instead, where all legs share them.
    var sharedPrefix: String?

    func callAsFunction(_ name: String) -> String {
        let isShared = name == "side" || name == "quantity"
        let prefix = isShared ? self.sharedPrefix ?? self.prefix : self.prefix
        if prefix.isEmpty { return name == "clientOrderId" ? "newClientOrderId" : name }
        return prefix + name.prefix(1).uppercased() + name.dropFirst()
    }
}

/// What one order says of itself, checked as the venue's front end checks it.
struct OrderFields {
    var terms: NewOrder
    let clientOrderID: String?
    let strategyID: Int64?
    let strategyType: Int64?

    static let clientOrderIDPattern = "^[a-zA-Z0-9-_]{1,36}$"

    init(
        _ parameters: inout Parameters,
        _ names: OrderNames,
        account: AccountNumber,
        prevention: SelfTradePrevention
    ) throws(APIError) {
        guard let side = Side(name: try parameters.mandatory(names("side"))) else {
            throw .invalidSide
        }
        guard let type = VenueOrderType(name: try parameters.mandatory(names("type"))) else {
            throw .invalidOrderType
        }
        var terms = NewOrder(account: account, side: side, type: type)
        terms.selfTradePrevention = prevention
        try Self.readTimeInForce(&parameters, names, &terms)
        terms.peg = try Self.peg(&parameters, names)
        try Self.readNumbers(&parameters, names, &terms)
        self.terms = terms
        self.clientOrderID = try Self.clientOrderID(&parameters, names("clientOrderId"))
        self.strategyID = try parameters.integer(names("strategyId"))
        self.strategyType = try parameters.integer(names("strategyType"))
        if let strategyType = self.strategyType, strategyType < 1_000_000 {
            throw .invalidStrategyType
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
        _ parameters: inout Parameters,
        default usual: SelfTradePrevention
    ) throws(APIError) -> SelfTradePrevention {
        guard let name = parameters.text("selfTradePreventionMode") else { return usual }
        guard let mode = SelfTradePrevention(rawValue: name) else {
            throw .malformed("selfTradePreventionMode")
        }
        return mode
    }

    static func response(
        _ parameters: inout Parameters,
        default usual: ResponseType
    ) throws(APIError) -> ResponseType {
        guard let name = parameters.text("newOrderRespType") else { return usual }
        guard let response = ResponseType(rawValue: name) else {
            throw .malformed("newOrderRespType")
        }
        return response
    }

    private static func readTimeInForce(
        _ parameters: inout Parameters,
        _ names: OrderNames,
        _ terms: inout NewOrder
    ) throws(APIError) {
        let name = parameters.text(names("timeInForce"))
        switch terms.type {
        case .limit, .stopLossLimit, .takeProfitLimit:
            guard let name else { throw .missing(names("timeInForce")) }
            guard let timeInForce = TimeInForce(name: name) else { throw .invalidTimeInForce }
            terms.timeInForce = timeInForce
        case .market, .stopLoss, .takeProfit:
            if name != nil { throw .timeInForceNotRequired }
        case .limitMaker:
            if name != nil { throw .notRequired(names("timeInForce")) }
        }
    }

    /// How the order is pegged to the book; nil where it is not.
    private static func peg(
        _ parameters: inout Parameters,
        _ names: OrderNames
    ) throws(APIError) -> Peg? {
        let reference = parameters.text(names("pegPriceType"))
        let offsetType = parameters.text(names("pegOffsetType"))
        let offset = try parameters.integer(names("pegOffsetValue"))
        if let offsetType, offsetType != "PRICE_LEVEL" { throw .invalidPegOffsetType }
        guard (offsetType == nil) == (offset == nil) else {
            throw .mustBeTogether(names("pegOffsetType"), names("pegOffsetValue"))
        }
        guard let reference else {
            if offsetType != nil { throw .notRequired(names("pegOffsetType")) }
            return nil
        }
        guard let reference = Peg.Reference(rawValue: reference) else {
            throw .invalidPegPriceType
        }
        guard offset ?? 0 <= Int64(Peg.offsetMax) else {
            throw .tooGreat(names("pegOffsetValue"), max: Int64(Peg.offsetMax))
        }
        return Peg(reference: reference, offset: offset.map { Int($0) })
    }

    /// Reads the numbers that the type has, and refuses those that it has not (section 3.4).
    private static func readNumbers(
        _ parameters: inout Parameters,
        _ names: OrderNames,
        _ terms: inout NewOrder
    ) throws(APIError) {
        let quantity =
            names.lacksQuantity
            ? nil : try parameters.decimal(names("quantity"), as: Quantity.self)
        let quoteQuantity = try parameters.decimal(names("quoteOrderQty"), as: Quantity.self)
        let price = try parameters.decimal(names("price"), as: Price.self)
        let stopPrice = try parameters.decimal(names("stopPrice"), as: Price.self)
        let iceberg = try parameters.decimal(names("icebergQty"), as: Quantity.self)
        let trailingDelta = try parameters.integer(names("trailingDelta"))
        if names.lacksQuantity {
            if quoteQuantity != nil { throw .notRequired(names("quoteOrderQty")) }
        } else if terms.type == .market {
            guard quantity != nil || quoteQuantity != nil else {
                throw .bothMissing(names("quantity"), names("quoteOrderQty"))
            }
            if quantity != nil, quoteQuantity != nil { throw .notRequired(names("quoteOrderQty")) }
            if quantity == nil, quoteQuantity == .zero { throw .malformed(names("quoteOrderQty")) }
        } else {
            guard quantity != nil else { throw .missing(names("quantity")) }
            if quoteQuantity != nil { throw .notRequired(names("quoteOrderQty")) }
        }
        if terms.type.isMarket {
            if price != nil { throw .notRequired(names("price")) }
            if iceberg != nil { throw .notRequired(names("icebergQty")) }
        } else if price == nil, terms.peg == nil {
            throw .missing(names("price"))
        }
        if terms.type.isAlgorithmic {
            guard stopPrice != nil || trailingDelta != nil else {
                throw .bothMissing(names("stopPrice"), names("trailingDelta"))
            }
        } else {
            if stopPrice != nil { throw .notRequired(names("stopPrice")) }
            if trailingDelta != nil { throw .notRequired(names("trailingDelta")) }
        }
        terms.quantity = quantity ?? .zero
        terms.quoteQuantity = quoteQuantity ?? .zero
        terms.price = price ?? .zero
        terms.stopPrice = stopPrice ?? .zero
        terms.icebergQuantity = iceberg ?? .zero
        terms.trailingDelta = trailingDelta ?? 0
    }
}

/// The parameters of one new order.
struct OrderRequest {
    let listing: Listing
    let fields: OrderFields
    let response: ResponseType

    init(
        _ parameters: inout Parameters,
        _ exchange: Exchange,
        _ customer: Customer
    ) throws(APIError) {
        self.listing = try exchange.listing(parameters.mandatory("symbol"))
        let prevention = try OrderFields.preventionMode(
            &parameters,
            default: exchange.configuration.selfTradePrevention
        )
        self.fields = try OrderFields(
            &parameters,
            OrderNames(),
            account: customer.account,
            prevention: prevention
        )
        let type = self.fields.terms.type
        self.response = try OrderFields.response(
            &parameters,
            default: type == .limit || type == .market ? .full : .ack
        )
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
