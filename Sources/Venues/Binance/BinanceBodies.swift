import TradingCore

/// Words that Binance writes in upper case, as the core's values; an unknown word is an error.
enum BinanceWord {
    static func side(_ text: String) throws(BodyError) -> Side {
        switch text {
        case "BUY": .buy
        case "SELL": .sell
        default: throw .unknownWord(field: "side", text)
        }
    }

    static func status(_ text: String, executed: Quantity) throws(BodyError) -> VenueOrderStatus {
        switch text {
        case "NEW", "PENDING_NEW": .new
        case "PARTIALLY_FILLED": .partiallyFilled
        // Still on the book until it is CANCELED.
        case "PENDING_CANCEL": executed.isZero ? .new : .partiallyFilled
        case "FILLED": .filled
        case "CANCELED": .canceled
        case "EXPIRED", "EXPIRED_IN_MATCH": .expired
        case "REJECTED": .rejected
        default: throw .unknownWord(field: "status", text)
        }
    }
}

/// Why a message of the venue cannot be used.
enum BodyError: Error, Hashable, Sendable {
    /// Not JSON, or a field is missing or of another type; the text names it, not its value.
    case unreadable(String)
    case unknownWord(field: String, String)

    var text: String {
        switch self {
        case .unreadable(let place): "unreadable: \(place)"
        case .unknownWord(let field, let word): "unknown \(field) \(word.prefix(40))"
        }
    }
}

/// Reads the objects of Binance's answers.
enum BinanceBody {
    /// An error body.
    static func error(_ json: JSONValue, status: Int) throws(BodyError) -> VenueError {
        VenueError(
            httpStatus: status,
            code: Int(try json.integer("code")),
            message: try json.string("msg")
        )
    }

    /// An order, as the answer to a placement, a cancel or a query describes it.
    static func order(_ json: JSONValue) throws(BodyError) -> OrderReport {
        let placed = try json.optionalInteger("transactTime")
        let updated = try json.optionalInteger("updateTime")
        let created = try json.optionalInteger("time")
        guard let milliseconds = placed ?? updated ?? created else {
            throw .unreadable("the order has no time")
        }
        // In the answer to a cancel, `clientOrderId` is the cancel's (S4).
        let given = try json.string("clientOrderId")
        let owner = try json.optionalString("origClientOrderId") ?? given
        let executed: Quantity = try json.decimal("executedQty")
        var report = OrderReport(
            symbol: Symbol(try json.string("symbol")),
            venueOrderID: VenueOrderID(raw: try json.integer("orderId")),
            ownerID: owner,
            side: try BinanceWord.side(try json.string("side")),
            quantity: try json.decimal("origQty"),
            price: try json.decimal("price"),
            status: try BinanceWord.status(try json.string("status"), executed: executed),
            executedQuantity: executed,
            trades: [],
            time: WallTime(milliseconds: milliseconds),
            reason: try json.optionalString("expiryReason") ?? ""
        )
        report.type = try json.optionalString("type").flatMap(VenueOrderType.init(name:))
        report.quoteQuantity = try json.optionalDecimal("origQuoteOrderQty") ?? .zero
        report.stopPrice = try json.optionalDecimal("stopPrice") ?? .zero
        guard let fills = json.field("fills") else { return report }
        for fill in try fills.elements(as: "fills") {
            if let trade = try self.fill(fill, of: report) { report.trades.append(trade) }
        }
        return report
    }

    /// The answer to an amendment, whose order has names of its own (section 3.9).
    static func amended(_ json: JSONValue) throws(BodyError) -> OrderReport {
        guard let order = json.field("amendedOrder") else {
            throw .unreadable("amendedOrder is missing")
        }
        let executed: Quantity = try order.decimal("executedQty")
        return OrderReport(
            symbol: Symbol(try order.string("symbol")),
            venueOrderID: VenueOrderID(raw: try order.integer("orderId")),
            ownerID: try order.string("origClientOrderId"),
            side: try BinanceWord.side(try order.string("side")),
            quantity: try order.decimal("qty"),
            price: try order.decimal("price"),
            status: try BinanceWord.status(try order.string("status"), executed: executed),
            executedQuantity: executed,
            trades: [],
            time: WallTime(milliseconds: try json.integer("transactTime")),
            reason: ""
        )
    }

    /// A fill in the answer to a placement; nil for an internal allocation, which has no trade
    /// id: what that moved is fetched by query.
    private static func fill(
        _ json: JSONValue,
        of order: OrderReport
    ) throws(BodyError) -> TradeReport? {
        let tradeID = try json.integer("tradeId")
        guard tradeID >= 0 else { return nil }
        let price: Price = try json.decimal("price")
        let quantity: Quantity = try json.decimal("qty")
        let fee: Amount = try json.decimal("commission")
        return TradeReport(
            symbol: order.symbol,
            tradeID: TradeID(raw: tradeID),
            venueOrderID: order.venueOrderID,
            side: order.side,
            price: price,
            quantity: quantity,
            quoteQuantity: (price * quantity).amount(rounding: .down),
            fee: fee,
            feeAsset: fee.isZero ? nil : Asset(try json.string("commissionAsset")),
            // What trades on arrival takes.
            isMaker: false,
            time: order.time
        )
    }

    /// A row of `myTrades`.
    static func trade(_ json: JSONValue) throws(BodyError) -> TradeReport {
        let fee: Amount = try json.decimal("commission")
        return TradeReport(
            symbol: Symbol(try json.string("symbol")),
            tradeID: TradeID(raw: try json.integer("id")),
            venueOrderID: VenueOrderID(raw: try json.integer("orderId")),
            side: try json.bool("isBuyer") ? .buy : .sell,
            price: try json.decimal("price"),
            quantity: try json.decimal("qty"),
            quoteQuantity: try json.decimal("quoteQty"),
            fee: fee,
            feeAsset: fee.isZero ? nil : Asset(try json.string("commissionAsset")),
            isMaker: try json.bool("isMaker"),
            time: WallTime(milliseconds: try json.integer("time"))
        )
    }

    static func account(_ json: JSONValue) throws(BodyError) -> AccountReport {
        var balances: [BalanceReport] = []
        for balance in try json.elements("balances") {
            balances.append(
                BalanceReport(
                    asset: Asset(try balance.string("asset")),
                    free: try balance.decimal("free"),
                    locked: try balance.decimal("locked")
                )
            )
        }
        return AccountReport(
            accountID: try json.integer("uid"),
            canTrade: try json.bool("canTrade"),
            balances: balances
        )
    }

    /// Best bid and ask; nil while a side of the book is empty, which Binance writes as a price
    /// of zero.
    static func quote(
        _ json: JSONValue,
        bid: String,
        ask: String
    ) throws(BodyError) -> Quote? {
        let quote = Quote(bid: try json.decimal(bid), ask: try json.decimal(ask))
        return quote.bid.isPositive && quote.ask.isPositive ? quote : nil
    }

    /// The book of a symbol.
    static func depth(_ json: JSONValue, of symbol: Symbol) throws(BodyError) -> DepthReport {
        DepthReport(
            symbol: symbol,
            updateID: try json.integer("lastUpdateId"),
            bids: try self.levels(json, "bids"),
            asks: try self.levels(json, "asks")
        )
    }

    private static func levels(
        _ json: JSONValue,
        _ name: String
    ) throws(BodyError) -> [DepthLevel] {
        var levels: [DepthLevel] = []
        for row in try json.elements(name) {
            let pair = try row.elements(as: name)
            guard pair.count >= 2 else { throw .unreadable("a level of \(name) is not a pair") }
            levels.append(
                DepthLevel(
                    price: try pair[0].decimal(as: name),
                    quantity: try pair[1].decimal(as: name)
                )
            )
        }
        return levels
    }
}
