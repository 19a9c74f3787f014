import TradingCore

/// A finished HTTP exchange, as far as a decision needs it.
struct HTTPAnswer: Hashable, Sendable {
    var status: Int
    var body: [UInt8]
    /// From `Retry-After`; 0 where the venue set none.
    var retryAfterSeconds: Int64 = 0
    /// What the venue says that it has counted, from the headers.
    var counts: [RateCount] = []

    /// The venue's error, where the body holds one.
    var error: VenueError? {
        guard let json = try? JSONText(self.body).root else { return nil }
        return try? BinanceBody.error(json, status: self.status)
    }

    /// Whether the venue says that it did not look at the request at all (429, 418, 403).
    var isBackoff: Bool { [429, 418, 403].contains(self.status) }
}

/// Reads Binance's REST answers.
enum BinanceAnswers {
    /// What the answer to a placement proves (E1, and section 7.1 of the reference).
    static func placementOutcome(_ answer: HTTPAnswer) -> PlacementOutcome {
        let status = answer.status
        if (200..<300).contains(status) {
            do throws(BodyError) {
                return .accepted(try BinanceBody.order(JSONText(answer.body).root))
            } catch {
                return .unknown("HTTP \(status), \(error.text)")
            }
        }
        guard let error = answer.error else {
            return answer.isBackoff
                ? .notSent(.venueBackoff) : .unknown("HTTP \(status) without the venue's error")
        }
        let text = "HTTP \(status): \(error.message) (\(error.code))"
        if self.leavesDoubt(error) { return .unknown(text) }
        if answer.isBackoff { return .notSent(.venueBackoff) }
        guard (400..<500).contains(status) else { return .unknown(text) }
        // Proof that an order with this id exists: the core asks for it (E1).
        let isDuplicate = error.code == -2010 && error.message.hasPrefix("Duplicate order")
        return isDuplicate ? .unknown(text) : .rejected(error)
    }

    /// Codes that say nothing certain about the order, whatever the HTTP status.
    private static func leavesDoubt(_ error: VenueError) -> Bool {
        switch error.code {
        case -1000, -1001, -1006, -1007, -1008: true
        // A partly done cancel-replace; nothing that a plain placement can be answered with.
        case -2021, -2022: true
        default: error.httpStatus == 408 || error.httpStatus == 409
        }
    }

    /// The answer of a read or a cancel that did not succeed.
    static func failure(_ answer: HTTPAnswer) -> VenueAnswer {
        guard let error = answer.error else {
            return .failed("HTTP \(answer.status) without the venue's error")
        }
        let isAboutTheRequest =
            (400..<500).contains(answer.status) && !answer.isBackoff
            && !self.leavesDoubt(error)
        return isAboutTheRequest
            ? .refused(error) : .failed("HTTP \(answer.status): \(error.message) (\(error.code))")
    }
}

/// A read or a cancel on its way, page after page.
struct ReadProgress: Hashable, Sendable {
    let request: VenueRequest
    private var cursor: Int64?
    private var orders: [OrderReport] = []
    private var trades: [TradeReport] = []
    private var pageCount = 0
    /// What `exchangeInfo` says besides: how much may be sent.
    private(set) var limits: [RateLimit] = []

    init(_ request: VenueRequest) { self.request = request }

    /// The HTTP request of the next page.
    var next: BinanceRequest { BinanceRequests.request(self.request, from: self.cursor) }

    /// Takes in the answer to ``next``.
    ///
    /// - Returns: The whole answer; nil where another page follows.
    mutating func take(_ answer: HTTPAnswer) -> VenueAnswer? {
        guard (200..<300).contains(answer.status) else { return BinanceAnswers.failure(answer) }
        do throws(BodyError) {
            return try self.takeBody(answer.body)
        } catch {
            return .failed(error.text)
        }
    }

    private mutating func takeBody(_ body: [UInt8]) throws(BodyError) -> VenueAnswer? {
        let json = try JSONText(body).root
        switch self.request {
        case .cancel, .order:
            return .order(try BinanceBody.order(json))
        case .amend:
            return .order(try BinanceBody.amended(json))
        case .openOrders:
            return .orders(try Self.orders(json))
        case .allOrders:
            let page = try Self.orders(json)
            self.orders.append(contentsOf: page)
            return self.turn(rows: page.count, last: page.last?.venueOrderID.raw)
                ?? (self.cursor == nil ? .orders(self.orders) : nil)
        case .trades, .tradesSince, .orderTrades:
            let earlier = self.trades.count
            for row in try json.elements(as: "the list") {
                self.trades.append(try BinanceBody.trade(row))
            }
            return self.turn(
                rows: self.trades.count - earlier,
                last: self.trades.last?.tradeID.raw
            )
                ?? (self.cursor == nil ? .trades(self.trades) : nil)
        case .account:
            return .account(try BinanceBody.account(json))
        case .rules:
            if let rows = json.field("rateLimits") {
                let rows = try rows.elements(as: "rateLimits")
                self.limits = try BinanceBody.rateLimits(rows).map(\.limit)
            }
            return .rules(try BinanceBody.rules(json))
        case .orderCounts:
            let rows = try BinanceBody.rateLimits(json.elements(as: "the list"))
            return .orderCounts(rows.compactMap(\.count))
        case .quotes:
            var quotes: [SymbolQuote] = []
            for row in try json.elements(as: "the list") {
                guard let quote = try BinanceBody.quote(row, bid: "bidPrice", ask: "askPrice")
                else { continue }
                quotes.append(SymbolQuote(symbol: Symbol(try row.string("symbol")), quote: quote))
            }
            return .quotes(quotes)
        case .depth(let symbol):
            return .depth(try BinanceBody.depth(json, of: symbol))
        case .keyRights:
            return .keyRights(
                KeyRights(
                    canTrade: try json.bool("enableSpotAndMarginTrading"),
                    canWithdraw: try json.bool("enableWithdrawals")
                )
            )
        case .time:
            return .time(WallTime(milliseconds: try json.integer("serverTime")))
        }
    }

    /// Moves the cursor behind a full page, or clears it behind the last one.
    private mutating func turn(rows: Int, last: Int64?) -> VenueAnswer? {
        let earlier = self.cursor
        self.cursor = nil
        guard rows >= BinanceRequests.pageRowsMax, let last else { return nil }
        self.pageCount += 1
        if let earlier, last < earlier { return .failed("the pages do not ascend") }
        guard self.pageCount < ReadProgress.pagesMax else {
            return .failed("more than \(ReadProgress.pagesMax) pages")
        }
        self.cursor = last + 1
        return nil
    }

    private static func orders(_ json: JSONValue) throws(BodyError) -> [OrderReport] {
        var reports: [OrderReport] = []
        for row in try json.elements(as: "the list") { reports.append(try BinanceBody.order(row)) }
        return reports
    }

    /// Bounds one read: a hundred thousand rows.
    private static let pagesMax = 100
}
