import MatchingEngine
import TradingCore

extension Exchange {
    /// `GET /api/v3/depth`.
    func depth(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let limit = try Self.limit(&call.parameters, default: 100, max: 5000)
        _ = try self.matching([listing], isSingle: true, &call.parameters)
        try call.parameters.requireAllRead()
        self.market(listing).book.writeDepth(limit: limit, to: &writer)
    }

    /// `GET /api/v3/trades` and `/historicalTrades`.
    func recentTrades(
        _ call: inout APICall,
        _ writer: inout JSONWriter,
        hasFromID: Bool
    ) throws(APIError) {
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let limit = try Self.limit(&call.parameters, default: 500, max: 1000)
        let fromID = hasFromID ? try call.parameters.integer("fromId") : nil
        try call.parameters.requireAllRead()
        var trades = listing.trades.suffix(limit)
        if let fromID {
            let first = listing.trades.firstIndex { $0.id.raw >= fromID } ?? listing.trades.count
            trades = listing.trades[first...].prefix(limit)
        }
        writer.beginArray()
        for trade in trades {
            writer.beginObject()
            writer.field("id", trade.id.raw)
            writer.field("price", trade.price)
            writer.field("qty", trade.quantity)
            writer.field("quoteQty", trade.value)
            writer.field("time", trade.time)
            writer.field("isBuyerMaker", trade.isBuyerMaker)
            writer.field("isBestMatch", true)
            writer.endObject()
        }
        writer.endArray()
    }

    /// `GET /api/v3/historicalBlockTrades`; there are none here.
    func blockTrades(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        _ = try self.listing(call.parameters.mandatory("symbol"))
        guard try call.parameters.integer("fromId") != nil else { throw .missing("fromId") }
        _ = try Self.limit(&call.parameters, default: 500, max: 1000)
        try call.parameters.requireAllRead()
        writer.raw("[]")
    }

    /// `GET /api/v3/ticker/bookTicker`.
    func bookTicker(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        try self.forEachListing(&call, &writer) { listing, writer in
            MarketFeed.BookTop(self.market(listing).book).writeTicker(listing.name, to: &writer)
        }
    }

    /// `GET /api/v3/ticker/price`.
    func tickerPrice(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let time = call.time
        try self.forEachListing(&call, &writer) { listing, writer in
            let market = self.market(listing)
            let price =
                market.lastPrice.isPositive
                ? market.lastPrice : market.referencePrice(at: time) ?? .zero
            writer.beginObject()
            writer.field("symbol", listing.name)
            writer.field("price", price)
            writer.endObject()
        }
    }

    /// Answers one object for `symbol`, and an array for `symbols` or neither.
    func forEachListing(
        _ call: inout APICall,
        _ writer: inout JSONWriter,
        _ body: (Listing, inout JSONWriter) -> Void
    ) throws(APIError) {
        let (named, isSingle) = try self.listings(&call.parameters)
        let listings = try self.matching(named, isSingle: isSingle, &call.parameters)
        try call.parameters.requireAllRead()
        if !isSingle { writer.beginArray() }
        for listing in listings { body(listing, &writer) }
        if !isSingle { writer.endArray() }
    }

    /// The listings in the state of the `symbolStatus` parameter; a single one must be in it.
    func matching(
        _ listings: [Listing],
        isSingle: Bool,
        _ parameters: inout Parameters
    ) throws(APIError) -> [Listing] {
        guard let status = parameters.text("symbolStatus") else { return listings }
        guard ["TRADING", "HALT", "BREAK"].contains(status) else {
            throw APIError(-1122, "Invalid symbolStatus.")
        }
        let matching = listings.filter { self.status(of: $0) == status }
        if isSingle, matching.isEmpty {
            throw APIError(
                -1220,
                "The symbol's status does not match the requested symbolStatus."
            )
        }
        return matching
    }

    /// Speaks on the depth streams of all symbols; called on a timer, or when a request moves time.
    func flushDepth(isFast: Bool) {
        let time = self.now
        for listing in self.listings {
            listing.feed.flushDepth(isFast: isFast, self, listing, at: time)
        }
        self.flushes.schedule()
    }

    /// Speaks on the streams that tell of statistics, once a second.
    func publishStatistics() {
        guard !self.streams.isEmpty else { return }
        let time = self.now
        var changed: [(Listing, Statistics)] = []
        for listing in self.listings {
            if let day = listing.feed.publishStatistics(self, listing, at: time) {
                changed.append((listing, day))
            }
        }
        guard !changed.isEmpty else { return }
        self.streams.send("!miniTicker@arr") { writer in
            writer.beginArray()
            for (listing, day) in changed {
                day.write(
                    event: "24hrMiniTicker",
                    listing.name,
                    isMini: true,
                    at: time,
                    to: &writer
                )
            }
            writer.endArray()
        }
        for window in TickerWindow.allCases {
            self.streams.send("!ticker_\(window.rawValue)@arr") { writer in
                writer.beginArray()
                for (listing, _) in changed {
                    Statistics(self.market(listing), listing, window, to: time.milliseconds)
                        .write(
                            event: window.event,
                            listing.name,
                            isMini: false,
                            at: time,
                            to: &writer
                        )
                }
                writer.endArray()
            }
        }
    }
}
