import TradingCore

/// A request to Binance's REST interface, without its signature.
struct BinanceRequest: Hashable, Sendable {
    enum Method: String, Hashable, Sendable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    enum Security: Hashable, Sendable {
        /// Public.
        case none
        /// Gets its timestamp and signature when it leaves.
        case signedWhenSent
        /// Carries its timestamp already: only the signature is missing (S1).
        case timestamped
    }

    var method: Method
    var path: String
    /// `name=value` pairs, percent-encoded, in the order in which they are signed and sent.
    var query: QueryText
    var security: Security

    /// The request without key and signature, for people and for the store.
    var text: String { "\(self.method.rawValue) \(self.path)\n\(self.query.text)" }

    /// What is sent as query or body.
    ///
    /// - Parameters:
    ///   - signer: Signs what needs a signature.
    ///   - now: The venue's time.
    /// - Returns: The parameters with their signature.
    func payload(signedBy signer: RequestSigner, at now: WallTime) -> QueryText {
        var query = self.query
        switch self.security {
        case .none:
            return query
        case .signedWhenSent:
            query.append("recvWindow", String(BinanceRequest.readWindowMilliseconds))
            query.append("timestamp", String(now.milliseconds))
        case .timestamped:
            break
        }
        query.append("signature", signer.signature(of: query.bytes))
        return query
    }

    /// How late a read or a cancel may arrive; these do no harm when they do.
    private static let readWindowMilliseconds = 5_000
}

/// A query string under construction: names as they are, values percent-encoded.
struct QueryText: Hashable, Sendable {
    private(set) var bytes: [UInt8] = []

    init() { self.bytes.reserveCapacity(384) }

    init(_ pairs: [(String, String)]) {
        self.init()
        for (name, value) in pairs { self.append(name, value) }
    }

    mutating func append(_ name: String, _ value: String) {
        if !self.bytes.isEmpty { self.bytes.append(UInt8(ascii: "&")) }
        self.bytes.append(contentsOf: name.utf8)
        self.bytes.append(UInt8(ascii: "="))
        for byte in value.utf8 { self.appendEncoded(byte) }
    }

    var text: String { String(decoding: self.bytes, as: UTF8.self) }

    /// A value as it stands in a query or a path.
    static func encoded(_ value: String) -> String {
        var query = QueryText()
        for byte in value.utf8 { query.appendEncoded(byte) }
        return query.text
    }

    private mutating func appendEncoded(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."), UInt8(ascii: "~"):
            self.bytes.append(byte)
        default:
            self.bytes.append(UInt8(ascii: "%"))
            for digit in [byte >> 4, byte & 15] {
                self.bytes.append(
                    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "7") + digit
                )
            }
        }
    }
}

/// Spells what the gateway wants in Binance's REST dialect.
enum BinanceRequests {
    /// The one request that can make an order; every value is the intent's own (S1).
    static func placement(_ intent: OrderIntent) -> BinanceRequest {
        let terms = intent.terms
        var query = QueryText()
        query.append("symbol", terms.symbol.name)
        query.append("side", terms.side.name)
        // Each type has its own parameters, and no others may be sent (section 3.4).
        query.append("type", terms.type.venueType.name)
        if let force = terms.type.timeInForce { query.append("timeInForce", force.name) }
        if let quoteQuantity = terms.quoteQuantity {
            query.append("quoteOrderQty", quoteQuantity.description)
        } else {
            query.append("quantity", terms.quantity.description)
        }
        if let price = terms.type.limitPrice { query.append("price", price.description) }
        if let trigger = terms.type.trigger {
            query.append("stopPrice", trigger.stopPrice.description)
        }
        query.append("newClientOrderId", intent.clientOrderID.text)
        query.append("newOrderRespType", "FULL")
        query.append("recvWindow", String(intent.receiveWindowMilliseconds))
        query.append("timestamp", String(intent.timestamp.milliseconds))
        return BinanceRequest(
            method: .post,
            path: "/api/v3/order",
            query: query,
            security: .timestamped
        )
    }

    /// A read or a cancel.
    ///
    /// - Parameters:
    ///   - request: What is wanted.
    ///   - cursor: Where the next page of a long list begins; nil for the first.
    /// - Returns: The request, unsigned.
    static func request(_ request: VenueRequest, from cursor: Int64?) -> BinanceRequest {
        switch request {
        case .cancel(_, let symbol, let target, let cancelID):
            return self.signed(
                .delete,
                "order",
                [
                    ("symbol", symbol.name), ("origClientOrderId", target.text),
                    ("newClientOrderId", cancelID.text),
                ]
            )
        case .amend(_, let symbol, let client, let quantity):
            return self.reduction(symbol, client, to: quantity)
        case .order(_, let symbol, let client, let venue):
            let id = venue.map { ("orderId", $0.description) }
            return self.signed(
                .get,
                "order",
                [("symbol", symbol.name), id ?? ("origClientOrderId", client.text)]
            )
        case .openOrders:
            return self.signed(.get, "openOrders", [])
        case .trades(let symbol, let from):
            return self.signed(
                .get,
                "myTrades",
                [
                    ("symbol", symbol.name), ("fromId", String(cursor ?? from?.raw ?? 0)),
                    self.pageLimit,
                ]
            )
        case .tradesSince(let symbol, let since):
            let start = cursor.map { ("fromId", String($0)) }
            return self.signed(
                .get,
                "myTrades",
                [
                    ("symbol", symbol.name),
                    start ?? ("startTime", String(since.milliseconds)), self.pageLimit,
                ]
            )
        case .orderTrades(_, let symbol, let venue):
            var pairs = [("symbol", symbol.name), ("orderId", venue.description)]
            if let cursor { pairs.append(("fromId", String(cursor))) }
            return self.signed(.get, "myTrades", pairs + [self.pageLimit])
        case .allOrders(let symbol, let since):
            let start = cursor.map { ("orderId", String($0)) }
            return self.signed(
                .get,
                "allOrders",
                [
                    ("symbol", symbol.name),
                    start ?? ("startTime", String(since.milliseconds)), self.pageLimit,
                ]
            )
        case .account:
            return self.signed(.get, "account", [("omitZeroBalances", "true")])
        case .rules(let symbols):
            return self.open("exchangeInfo", [("symbols", self.list(symbols))])
        case .quotes(let symbols):
            return self.open("ticker/bookTicker", [("symbols", self.list(symbols))])
        case .depth(let symbol):
            return self.open("depth", [("symbol", symbol.name), self.pageLimit])
        case .time: return self.open("time", [])
        case .orderCounts:
            return self.signed(.get, "rateLimit/order", [])
        case .keyRights:
            return self.keyRights
        }
    }

    /// Symbols as a JSON list of texts.
    private static func list(_ symbols: [Symbol]) -> String {
        "[" + symbols.map { "\"\($0.name)\"" }.joined(separator: ",") + "]"
    }

    /// Without a new id Binance draws one at random, and ours vanishes (S4).
    private static func reduction(
        _ symbol: Symbol,
        _ client: ClientOrderID,
        to quantity: Quantity
    ) -> BinanceRequest {
        self.signed(
            .put,
            "order/amend/keepPriority",
            [
                ("symbol", symbol.name), ("origClientOrderId", client.text),
                ("newClientOrderId", client.text), ("newQty", quantity.description),
            ]
        )
    }

    private static var keyRights: BinanceRequest {
        BinanceRequest(
            method: .get,
            path: "/sapi/v1/account/apiRestrictions",
            query: QueryText([]),
            security: .signedWhenSent
        )
    }

    /// Does nothing but make, or keep, a connection.
    static var ping: BinanceRequest { self.open("ping", []) }

    /// The most rows that Binance puts on one page.
    static let pageRowsMax = 1_000

    private static var pageLimit: (String, String) { ("limit", String(self.pageRowsMax)) }

    private static func signed(
        _ method: BinanceRequest.Method,
        _ name: String,
        _ pairs: [(String, String)]
    ) -> BinanceRequest {
        BinanceRequest(
            method: method,
            path: "/api/v3/" + name,
            query: QueryText(pairs),
            security: .signedWhenSent
        )
    }

    private static func open(_ name: String, _ pairs: [(String, String)]) -> BinanceRequest {
        BinanceRequest(
            method: .get,
            path: "/api/v3/" + name,
            query: QueryText(pairs),
            security: .none
        )
    }
}
