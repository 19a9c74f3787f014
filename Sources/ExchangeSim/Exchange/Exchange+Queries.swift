import MatchingEngine
import TradingCore

extension Exchange {
    static let dayMilliseconds: Int64 = 86_400_000

    /// `GET /api/v3/order`.
    func queryOrder(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let orderID = try call.parameters.integer("orderId")
        let original = call.parameters.text("origClientOrderId")
        try call.parameters.requireAllRead()
        guard orderID != nil || original != nil else {
            throw .bothMissing("origClientOrderId", "orderId")
        }
        guard let record = self.find(orderID, original, customer, listing) else {
            throw .noSuchOrder
        }
        if let original, record.clientOrderID != original { throw .wrongClientOrderID }
        record.writeQuery(listing, to: &writer)
    }

    /// `GET /api/v3/openOrders`.
    func openOrders(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        var listings = self.listings
        if let symbol = call.parameters.text("symbol") { listings = [try self.listing(symbol)] }
        try call.parameters.requireAllRead()
        writer.beginArray()
        for listing in listings {
            for id in customer.books[listing.market].open {
                listing.record(id)?.writeQuery(listing, to: &writer)
            }
        }
        writer.endArray()
    }

    /// `GET /api/v3/allOrders`.
    func allOrders(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let from = try call.parameters.integer("orderId")
        let window = try TimeWindow(&call.parameters)
        let limit = try Self.limit(&call.parameters, default: 500, max: 1000)
        try call.parameters.requireAllRead()
        var records = customer.books[listing.market].orders.compactMap { listing.record($0) }
        if let from {
            records = records.filter { $0.id.raw >= from }
        } else {
            records = records.filter { window.contains($0.time) }
        }
        // With a beginning the oldest from there; without one the newest.
        let hasBeginning = from != nil || window.start != nil
        writer.beginArray()
        for record in hasBeginning ? records.prefix(limit) : records.suffix(limit) {
            record.writeQuery(listing, to: &writer)
        }
        writer.endArray()
    }

    /// `GET /api/v3/myTrades`, with the combinations that the venue documents.
    func myTrades(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let orderID = try call.parameters.integer("orderId")
        let fromID = try call.parameters.integer("fromId")
        let window = try TimeWindow(&call.parameters)
        let limit = try Self.limit(&call.parameters, default: 500, max: 1000)
        try call.parameters.requireAllRead()
        let hasTimes = window.start != nil || window.end != nil
        if hasTimes, orderID != nil || fromID != nil { throw .badCombination }
        let trades = customer.books[listing.market].trades.filter { trade in
            (orderID == nil || trade.order.raw == orderID)
                && (fromID == nil || trade.id.raw >= fromID ?? 0) && window.contains(trade.time)
        }
        let hasBeginning = fromID != nil || window.start != nil
        writer.beginArray()
        for trade in hasBeginning ? trades.prefix(limit) : trades.suffix(limit) {
            trade.write(listing, to: &writer)
        }
        writer.endArray()
    }

    /// `GET /api/v3/account`.
    func account(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let omitsZero = try call.parameters.flag("omitZeroBalances") ?? false
        try call.parameters.requireAllRead()
        let rates = self.engine.ledger.rates[Int(customer.account.raw)]
        writer.beginObject()
        writer.field("makerCommission", rates.maker / 10_000)
        writer.field("takerCommission", rates.taker / 10_000)
        writer.field("buyerCommission", Int64(0))
        writer.field("sellerCommission", Int64(0))
        writer.key("commissionRates")
        Self.writeRates(rates, to: &writer)
        writer.field("canTrade", true)
        writer.field("canWithdraw", true)
        writer.field("canDeposit", true)
        writer.field("brokered", false)
        writer.field("requireSelfTradePrevention", false)
        writer.field("preventSor", false)
        writer.field("updateTime", customer.updateTime)
        writer.field("accountType", "SPOT")
        writer.key("balances")
        self.writeBalances(customer, omitsZero: omitsZero, to: &writer)
        writer.key("permissions")
        writer.beginArray()
        writer.string("SPOT")
        writer.endArray()
        writer.field("uid", customer.uid)
        writer.endObject()
    }

    static func writeRates(_ rates: CommissionRates, to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, rate) in [
            ("maker", rates.maker), ("taker", rates.taker), ("buyer", 0), ("seller", 0),
        ] {
            writer.key(name)
            writer.decimal(rate)
        }
        writer.endObject()
    }

    private func writeBalances(
        _ customer: Customer,
        omitsZero: Bool,
        to writer: inout JSONWriter
    ) {
        writer.beginArray()
        for (index, asset) in self.engine.ledger.assets.enumerated() {
            let balance = self.engine.ledger[customer.account, AssetIndex(raw: index)]
            if omitsZero, balance == .zero { continue }
            writer.beginObject()
            writer.field("asset", asset.name)
            writer.field("free", balance.free)
            writer.field("locked", balance.locked)
            writer.endObject()
        }
        writer.endArray()
    }

    /// `GET /api/v3/rateLimit/order`.
    func orderRateLimits(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        try call.parameters.requireAllRead()
        customer.orderCount.roll(to: call.time)
        writer.beginArray()
        RateLimits(areEnforced: self.limits.isEnforced)
            .writeOrders(customer.orderCount, to: &writer)
        writer.endArray()
    }

    /// A `limit` parameter: its default, and its cap, which larger values are cut to.
    static func limit(
        _ parameters: inout Parameters,
        default usual: Int,
        max: Int
    ) throws(APIError) -> Int {
        guard let limit = try parameters.integer("limit") else { return usual }
        guard limit > 0 else { throw .malformed("limit") }
        return Int(min(limit, Int64(max)))
    }
}

extension AccountTrade {
    func write(_ listing: Listing, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("symbol", listing.name)
        writer.field("id", self.id.raw)
        writer.field("orderId", self.order.raw)
        writer.field("orderListId", self.list)
        writer.field("price", self.price)
        writer.field("qty", self.quantity)
        writer.field("quoteQty", self.value)
        writer.field("commission", self.commission)
        writer.field("commissionAsset", self.commissionAsset)
        writer.field("time", self.time)
        writer.field("isBuyer", self.isBuyer)
        writer.field("isMaker", self.isMaker)
        writer.field("isBestMatch", true)
        writer.endObject()
    }
}

/// The `startTime` and `endTime` of a query, inclusive, at most a day apart.
struct TimeWindow {
    let start: Int64?
    let end: Int64?

    init(_ parameters: inout Parameters) throws(APIError) {
        self.start = try parameters.integer("startTime").map(Self.milliseconds)
        self.end = try parameters.integer("endTime").map(Self.milliseconds)
        if let start = self.start, let end = self.end, end - start > Exchange.dayMilliseconds {
            throw .lookupTooBig
        }
    }

    func contains(_ time: WallTime) -> Bool {
        time.milliseconds >= self.start ?? .min && time.milliseconds <= self.end ?? .max
    }

    static func milliseconds(_ time: Int64) -> Int64 {
        time >= 100_000_000_000_000 ? time / 1000 : time
    }
}
