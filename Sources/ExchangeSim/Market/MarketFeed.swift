import MatchingEngine
import TradingCore

/// The state of one symbol's market streams: what was told last, what is yet to be told.
///
/// REST depth, the diff streams and bookTicker share one counter, the book's update id.
struct MarketFeed {
    private let lowercased: String
    private var lastTicker: BookTop?
    private var fast = DiffWindow()
    private var slow = DiffWindow()
    private var lastAggregateID: Int64 = 0
    private var lastMiniCount: Int64 = -1
    /// Where the candle begins that each kline stream told of last.
    private var runningCandles: [String: Int64] = [:]

    init(symbol: String) { self.lowercased = symbol.lowercased() }

    /// The best level of each side.
    struct BookTop: Equatable {
        var bid: Price = .zero
        var bidQuantity: Quantity = .zero
        var ask: Price = .zero
        var askQuantity: Quantity = .zero

        init(_ book: OrderBook) { self.init(bid: book.best(.buy), ask: book.best(.sell)) }

        init(bid: Level?, ask: Level?) {
            if let bid { (self.bid, self.bidQuantity) = (bid.price, bid.visible) }
            if let ask { (self.ask, self.askQuantity) = (ask.price, ask.visible) }
        }

        func writeTicker(_ symbol: String, to writer: inout JSONWriter) {
            writer.beginObject()
            writer.field("symbol", symbol)
            writer.field("bidPrice", self.bid)
            writer.field("bidQty", self.bidQuantity)
            writer.field("askPrice", self.ask)
            writer.field("askQty", self.askQuantity)
            writer.endObject()
        }
    }

    /// The levels changed since a diff stream last spoke.
    struct DiffWindow {
        var lastUpdateID: Int64 = 0
        private(set) var keys: [LevelKey] = []
        private var known: Set<LevelKey> = []

        mutating func note(_ key: LevelKey) {
            if self.known.insert(key).inserted { self.keys.append(key) }
        }

        mutating func clear(at updateID: Int64) {
            self.lastUpdateID = updateID
            self.keys.removeAll(keepingCapacity: true)
            self.known.removeAll(keepingCapacity: true)
        }
    }

    /// Tells of the book's new top, and keeps the changed levels for the diff streams.
    mutating func publish(_ exchange: Exchange, _ listing: Listing, at time: WallTime) {
        exchange.engine.takeTouchedLevels(on: listing.market) { key in
            self.fast.note(key)
            self.slow.note(key)
        }
        self.publishAggregates(exchange, listing, at: time)
        let name = self.lowercased + "@bookTicker"
        // Read in place: a copy of the market would count references of all its arrays.
        let top = BookTop(
            bid: exchange.engine.markets[listing.market].book.best(.buy),
            ask: exchange.engine.markets[listing.market].book.best(.sell)
        )
        guard top != self.lastTicker else { return }
        self.lastTicker = top
        exchange.streams.send(name) { writer in
            writer.beginObject()
            writer.field("u", exchange.engine.markets[listing.market].book.updateID)
            writer.field("s", listing.name)
            writer.field("b", top.bid)
            writer.field("B", top.bidQuantity)
            writer.field("a", top.ask)
            writer.field("A", top.askQuantity)
            writer.endObject()
        }
    }

    /// Tells of a trade.
    func publish(_ trade: PublicTrade, _ exchange: Exchange, _ listing: Listing) {
        exchange.streams.send(self.lowercased + "@trade") { writer in
            writer.beginObject()
            writer.field("e", "trade")
            writer.field("E", trade.time)
            writer.field("s", listing.name)
            writer.field("t", trade.id.raw)
            writer.field("p", trade.price)
            writer.field("q", trade.quantity)
            writer.field("T", trade.time)
            writer.field("m", trade.isBuyerMaker)
            writer.field("M", true)
            writer.endObject()
        }
    }

    /// Tells of the aggregate trades that a transaction has made.
    private mutating func publishAggregates(
        _ exchange: Exchange,
        _ listing: Listing,
        at time: WallTime
    ) {
        guard let last = listing.aggregates.last?.id, last > self.lastAggregateID else { return }
        let first = self.lastAggregateID
        self.lastAggregateID = last
        let name = self.lowercased + "@aggTrade"
        guard exchange.streams.hasListeners(name) else { return }
        for trade in listing.aggregates.suffix(Int(last - first)) {
            exchange.streams.send(name) { writer in
                writer.beginObject()
                writer.field("e", "aggTrade")
                writer.field("E", time)
                writer.field("s", listing.name)
                trade.writeFields(to: &writer)
                writer.endObject()
            }
        }
    }

    /// Speaks on the streams that tell of statistics once a second.
    ///
    /// - Returns: The day's statistics where they changed, for the streams of all symbols.
    mutating func publishStatistics(
        _ exchange: Exchange,
        _ listing: Listing,
        at time: WallTime
    ) -> Statistics? {
        let now = time.milliseconds
        let market = exchange.market(listing)
        let day = Statistics(market, listing, since: now - Exchange.dayMilliseconds, to: now)
        for (suffix, event, isMini) in [
            ("@ticker", "24hrTicker", false), ("@miniTicker", "24hrMiniTicker", true),
        ] {
            exchange.streams.send(self.lowercased + suffix) {
                day.write(event: event, listing.name, isMini: isMini, at: time, to: &$0)
            }
        }
        for window in TickerWindow.allCases {
            let name = "\(self.lowercased)@ticker_\(window.rawValue)"
            guard exchange.streams.hasListeners(name) else { continue }
            let statistics = Statistics(market, listing, window, to: now)
            exchange.streams.send(name) {
                statistics.write(
                    event: window.event,
                    listing.name,
                    isMini: false,
                    at: time,
                    to: &$0
                )
            }
        }
        self.publishAverage(market, exchange, listing, at: time)
        for interval in CandleInterval.allCases {
            self.publishCandle(interval, exchange, listing, at: time)
        }
        guard day.total.count != self.lastMiniCount else { return nil }
        self.lastMiniCount = day.total.count
        return day
    }

    private func publishAverage(
        _ market: Market,
        _ exchange: Exchange,
        _ listing: Listing,
        at time: WallTime
    ) {
        exchange.streams.send(self.lowercased + "@avgPrice") { writer in
            writer.beginObject()
            writer.field("e", "avgPrice")
            writer.field("E", time)
            writer.field("s", listing.name)
            writer.field("i", "\(market.average.minutes)m")
            writer.field("w", market.referencePrice(at: time) ?? .zero)
            writer.field("T", listing.trades.last?.time ?? time)
            writer.endObject()
        }
    }

    private mutating func publishCandle(
        _ interval: CandleInterval,
        _ exchange: Exchange,
        _ listing: Listing,
        at time: WallTime
    ) {
        for (suffix, zone) in [("", Int64(0)), ("@+08:00", 28_800_000)] {
            let name = "\(self.lowercased)@kline_\(interval.rawValue)\(suffix)"
            guard exchange.streams.hasListeners(name) else { continue }
            let start = interval.start(of: time.milliseconds, zone: zone)
            if let running = self.runningCandles[name], running < start {
                self.sendCandle(name, interval, running, zone, true, exchange, listing, time)
            }
            self.runningCandles[name] = start
            self.sendCandle(name, interval, start, zone, false, exchange, listing, time)
        }
    }

    private func sendCandle(
        _ name: String,
        _ interval: CandleInterval,
        _ start: Int64,
        _ zone: Int64,
        _ isClosed: Bool,
        _ exchange: Exchange,
        _ listing: Listing,
        _ time: WallTime
    ) {
        let candles = listing.candles.candles(
            interval,
            from: start,
            to: time.milliseconds,
            zone: zone,
            limit: 1
        )
        guard let candle = candles.first else { return }
        exchange.streams.send(name) { writer in
            writer.beginObject()
            writer.field("e", "kline")
            writer.field("E", time)
            writer.field("s", listing.name)
            writer.key("k")
            writer.beginObject()
            writer.key("t")
            writer.start(ofMillisecond: candle.openTime)
            writer.key("T")
            writer.end(ofMillisecond: interval.end(ofCandleAt: candle.openTime, zone: zone) - 1)
            writer.field("s", listing.name)
            writer.field("i", interval.rawValue)
            candle.writeFields(isClosed: isClosed, to: &writer)
            writer.endObject()
            writer.endObject()
        }
    }

    /// Speaks on the depth streams of one cadence.
    mutating func flushDepth(
        isFast: Bool,
        _ exchange: Exchange,
        _ listing: Listing,
        at time: WallTime
    ) {
        let window = isFast ? self.fast : self.slow
        guard !window.keys.isEmpty else { return }
        let book = exchange.market(listing).book
        if isFast { self.fast.clear(at: book.updateID) } else { self.slow.clear(at: book.updateID) }
        let suffixes = isFast ? ["@100ms"] : ["", "@1000ms"]
        for suffix in suffixes {
            self.sendDiff(
                self.lowercased + "@depth" + suffix,
                window,
                book,
                exchange,
                listing,
                at: time
            )
            for depth in [5, 10, 20] {
                exchange.streams.send("\(self.lowercased)@depth\(depth)\(suffix)") {
                    book.writeDepth(limit: depth, to: &$0)
                }
            }
        }
    }

    private func sendDiff(
        _ name: String,
        _ window: DiffWindow,
        _ book: OrderBook,
        _ exchange: Exchange,
        _ listing: Listing,
        at time: WallTime
    ) {
        exchange.streams.send(name) { writer in
            writer.beginObject()
            writer.field("e", "depthUpdate")
            writer.field("E", time)
            writer.field("s", listing.name)
            writer.field("U", window.lastUpdateID + 1)
            writer.field("u", book.updateID)
            for (field, side) in [("b", Side.buy), ("a", Side.sell)] {
                writer.key(field)
                writer.beginArray()
                let prices = window.keys.filter { $0.side == side }.map(\.price)
                for price in side == .buy ? prices.sorted(by: >) : prices.sorted() {
                    let level = book.level(LevelKey(side: side, price: price))
                    writer.beginArray()
                    writer.decimal(price.raw)
                    writer.decimal((level?.visible ?? .zero).raw)
                    writer.endArray()
                }
                writer.endArray()
            }
            writer.endObject()
        }
    }
}

extension OrderBook {
    /// The body of REST depth and of the partial depth streams: best levels first.
    func writeDepth(limit: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("lastUpdateId", self.updateID)
        for (name, side) in [("bids", Side.buy), ("asks", Side.sell)] {
            writer.key(name)
            writer.beginArray()
            for level in self.levels(side).suffix(limit).reversed() {
                writer.beginArray()
                writer.decimal(level.price.raw)
                writer.decimal(level.visible.raw)
                writer.endArray()
            }
            writer.endArray()
        }
        writer.endObject()
    }
}

extension Candle {
    /// The fields of a kline event from the trades' numbers on.
    func writeFields(isClosed: Bool, to writer: inout JSONWriter) {
        writer.field("f", self.firstID)
        writer.field("L", self.lastID)
        writer.field("o", self.open)
        writer.field("c", self.close)
        writer.field("h", self.high)
        writer.field("l", self.low)
        writer.field("v", self.volume)
        writer.field("n", self.count)
        writer.field("x", isClosed)
        writer.field("q", self.value)
        writer.field("V", self.takerBuyVolume)
        writer.field("Q", self.takerBuyValue)
        writer.field("B", "0")
    }
}
