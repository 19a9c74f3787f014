import MatchingEngine
import TradingCore

/// What of the past a ticker covers.
enum TickerSpan {
    /// The last 24 hours.
    case day
    /// Since midnight in a time zone.
    case tradingDay
    /// A window of the caller's choice.
    case window
}

extension Exchange {
    /// `GET /api/v3/ticker/24hr`, `/ticker/tradingDay` and `/ticker`.
    func ticker(
        _ span: TickerSpan,
        _ call: inout APICall,
        _ writer: inout JSONWriter
    ) throws(APIError) {
        let now = call.time.milliseconds
        if span != .day, !call.parameters.has("symbol"), !call.parameters.has("symbols") {
            throw .bothMissing("symbol", "symbols")
        }
        let start: Int64
        switch span {
        case .day: start = now - Self.dayMilliseconds
        case .tradingDay:
            let zone = try Self.zone(call.parameters.text("timeZone"))
            start = CandleInterval.day.start(of: now, zone: zone)
        case .window:
            let length = try Self.windowLength(call.parameters.text("windowSize") ?? "1d")
            start = CandleInterval.minute.start(of: now - length, zone: 0)
        }
        let isMini: Bool
        switch call.parameters.text("type") {
        case nil, "FULL": isMini = false
        case "MINI": isMini = true
        default: throw APIError(-1139, "Invalid ticker type.")
        }
        let end = span == .tradingDay ? start + Self.dayMilliseconds - 1 : now
        try self.forEachListing(&call, &writer) { listing, writer in
            let statistics = Statistics(self.market(listing), listing, since: start, to: end)
            statistics.write(listing.name, isMini: isMini, isDay: span == .day, to: &writer)
        }
    }

    /// A window such as `90m` within the bounds: 1m–59m, 1h–23h, 1d–7d.
    private static func windowLength(_ text: String) throws(APIError) -> Int64 {
        let units: [Character: (range: ClosedRange<Int64>, milliseconds: Int64)] = [
            "m": (1...59, 60_000), "h": (1...23, 3_600_000), "d": (1...7, 86_400_000),
        ]
        guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()),
            unit.range.contains(count)
        else { throw .invalidData("windowSize") }
        return count * unit.milliseconds
    }
}

/// The windows of the `ticker_…` streams.
enum TickerWindow: String, CaseIterable {
    case hour = "1h"
    case fourHours = "4h"
    case day = "1d"

    var milliseconds: Int64 {
        switch self {
        case .hour: 3_600_000
        case .fourHours: 14_400_000
        case .day: 86_400_000
        }
    }

    /// The `e` of the stream's events.
    var event: String { self.rawValue + "Ticker" }
}

/// The statistics of a symbol over some time.
struct Statistics {
    let total: Candle
    let previousClose: Price
    let top: MarketFeed.BookTop
    let openTime: Int64
    let closeTime: Int64

    init(_ market: Market, _ listing: Listing, since start: Int64, to end: Int64) {
        let price = market.lastPrice
        self.total =
            listing.candles.total(since: start, before: price)
            ?? Candle(flatAt: price, openTime: start)
        self.previousClose = self.total.open
        self.top = MarketFeed.BookTop(market.book)
        self.openTime = start
        self.closeTime = end
    }

    /// The statistics of a rolling window, whose beginning is aligned to a minute.
    init(_ market: Market, _ listing: Listing, _ window: TickerWindow, to end: Int64) {
        let start = CandleInterval.minute.start(of: end - window.milliseconds, zone: 0)
        self.init(market, listing, since: start, to: end)
    }

    var change: Price { Price(raw: self.total.close.raw - self.total.open.raw) }

    /// The change in percent, to three digits.
    var changePercent: String {
        guard self.total.open.isPositive else { return "0.000" }
        let thousandths = Int128(self.change.raw) * 100_000 / Int128(self.total.open.raw)
        let text = Price(raw: Int64(clamping: thousandths * 100_000)).paddedText
        return String(text.dropLast(5))
    }

    var weightedAverage: Price {
        guard self.total.volume.isPositive else { return .zero }
        return Price(
            raw: Int64(clamping: self.total.value.raw * 100_000_000 / self.total.volume.raw)
        )
    }

    func write(_ symbol: String, isMini: Bool, isDay: Bool, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("symbol", symbol)
        if !isMini {
            writer.field("priceChange", self.change)
            writer.field("priceChangePercent", self.changePercent)
            writer.field("weightedAvgPrice", self.weightedAverage)
        }
        if isDay, !isMini {
            writer.field("prevClosePrice", self.previousClose)
            writer.field("lastPrice", self.total.close)
            writer.field("lastQty", self.total.lastQuantity)
            writer.field("bidPrice", self.top.bid)
            writer.field("bidQty", self.top.bidQuantity)
            writer.field("askPrice", self.top.ask)
            writer.field("askQty", self.top.askQuantity)
        }
        writer.field("openPrice", self.total.open)
        writer.field("highPrice", self.total.high)
        writer.field("lowPrice", self.total.low)
        if !isDay || isMini { writer.field("lastPrice", self.total.close) }
        writer.field("volume", self.total.volume)
        writer.field("quoteVolume", self.total.value)
        writer.key("openTime")
        writer.start(ofMillisecond: self.openTime)
        writer.key("closeTime")
        writer.end(ofMillisecond: self.closeTime)
        writer.field("firstId", self.total.firstID)
        writer.field("lastId", self.total.lastID)
        writer.field("count", self.total.count)
        writer.endObject()
    }

    /// The `24hrTicker` and `1hTicker` events; the mini ones carry less.
    func write(
        event name: String,
        _ symbol: String,
        isMini: Bool,
        at time: WallTime,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("e", name)
        writer.field("E", time)
        writer.field("s", symbol)
        if isMini {
            writer.field("c", self.total.close)
            writer.field("o", self.total.open)
            writer.field("h", self.total.high)
            writer.field("l", self.total.low)
            writer.field("v", self.total.volume)
            writer.field("q", self.total.value)
            return writer.endObject()
        }
        let isDay = name == "24hrTicker"
        writer.field("p", self.change)
        writer.field("P", self.changePercent)
        if isDay {
            writer.field("w", self.weightedAverage)
            writer.field("x", self.previousClose)
            writer.field("c", self.total.close)
            writer.field("Q", self.total.lastQuantity)
            writer.field("b", self.top.bid)
            writer.field("B", self.top.bidQuantity)
            writer.field("a", self.top.ask)
            writer.field("A", self.top.askQuantity)
        }
        writer.field("o", self.total.open)
        writer.field("h", self.total.high)
        writer.field("l", self.total.low)
        if !isDay {
            writer.field("c", self.total.close)
            writer.field("w", self.weightedAverage)
        }
        writer.field("v", self.total.volume)
        writer.field("q", self.total.value)
        writer.key("O")
        writer.start(ofMillisecond: self.openTime)
        writer.key("C")
        writer.end(ofMillisecond: self.closeTime)
        writer.field("F", self.total.firstID)
        writer.field("L", self.total.lastID)
        writer.field("n", self.total.count)
        writer.endObject()
    }
}
