import MatchingEngine
import TradingCore

extension Exchange {
    /// `GET /api/v3/klines` and `/uiKlines`.
    func klines(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let name = try call.parameters.mandatory("interval")
        guard let interval = CandleInterval(rawValue: name) else { throw .invalidInterval }
        let start = try call.parameters.integer("startTime").map(TimeWindow.milliseconds)
        let end = try call.parameters.integer("endTime").map(TimeWindow.milliseconds)
        let zone = try Self.zone(call.parameters.text("timeZone"))
        let limit = try Self.limit(&call.parameters, default: 500, max: 1000)
        try call.parameters.requireAllRead()
        let candles = listing.candles.candles(
            interval,
            from: start,
            to: min(end ?? .max, call.time.milliseconds),
            zone: zone,
            limit: limit
        )
        writer.beginArray()
        for candle in candles {
            let end = interval.end(ofCandleAt: candle.openTime, zone: zone)
            writer.beginArray()
            writer.start(ofMillisecond: candle.openTime)
            for price in [candle.open, candle.high, candle.low, candle.close] {
                writer.decimal(price.raw)
            }
            writer.amount(candle.volume)
            writer.end(ofMillisecond: end - 1)
            writer.amount(candle.value)
            writer.integer(candle.count)
            writer.amount(candle.takerBuyVolume)
            writer.amount(candle.takerBuyValue)
            writer.string("0")
            writer.endArray()
        }
        writer.endArray()
    }

    /// Milliseconds east of UTC, from `8`, `-1:00` or `+05:45`; between −12:00 and +14:00.
    static func zone(_ text: String?) throws(APIError) -> Int64 {
        guard let text else { return 0 }
        let isWest = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" || $0 == "+" }
            .split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let hours = Int64(parts[0]),
            let minutes = parts.count == 2 ? Int64(parts[1]) : 0, (0..<60).contains(minutes)
        else { throw .invalidData("timeZone") }
        let offset = (hours * 60 + minutes) * (isWest ? -1 : 1)
        guard (-720...840).contains(offset) else { throw .invalidData("timeZone") }
        return offset * 60_000
    }

    /// `GET /api/v3/aggTrades`.
    func aggTrades(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let fromID = try call.parameters.integer("fromId")
        let start = try call.parameters.integer("startTime").map(TimeWindow.milliseconds)
        let end = try call.parameters.integer("endTime").map(TimeWindow.milliseconds)
        let limit = try Self.limit(&call.parameters, default: 500, max: 1000)
        try call.parameters.requireAllRead()
        if fromID != nil, start != nil || end != nil { throw .badCombination }
        let trades = listing.aggregates.filter { trade in
            trade.id >= fromID ?? .min && trade.time.milliseconds >= start ?? .min
                && trade.time.milliseconds <= end ?? .max
        }
        let hasBeginning = fromID != nil || start != nil
        writer.beginArray()
        for trade in hasBeginning ? trades.prefix(limit) : trades.suffix(limit) {
            writer.beginObject()
            trade.writeFields(to: &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    /// `GET /api/v3/avgPrice`.
    func averagePrice(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        try call.parameters.requireAllRead()
        let market = self.market(listing)
        writer.beginObject()
        writer.field("mins", Int64(market.average.minutes))
        writer.field("price", market.referencePrice(at: call.time) ?? .zero)
        writer.field("closeTime", listing.trades.last?.time ?? call.time)
        writer.endObject()
    }

    /// `GET /api/v3/executionRules`; no symbol has one here.
    func executionRules(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let (named, isSingle) = try self.listings(&call.parameters)
        let listings = try self.matching(named, isSingle: isSingle, &call.parameters)
        try call.parameters.requireAllRead()
        writer.beginObject()
        writer.key("symbolRules")
        writer.beginArray()
        for listing in listings {
            writer.beginObject()
            writer.field("symbol", listing.name)
            writer.raw(#""rules":[]"#)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// `GET /api/v3/referencePrice/calculation`; no symbol has one here.
    func referenceCalculation(
        _ call: inout APICall,
        _ writer: inout JSONWriter
    ) throws(APIError) {
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        _ = try self.matching([listing], isSingle: true, &call.parameters)
        try call.parameters.requireAllRead()
        throw APIError(-2043, "This symbol doesn't have a reference price.")
    }

    /// `GET /api/v3/referencePrice`; no symbol has one here.
    func referencePrice(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        _ = try self.listing(call.parameters.mandatory("symbol"))
        try call.parameters.requireAllRead()
        throw APIError(-2043, "This symbol doesn't have a reference price.")
    }
}
