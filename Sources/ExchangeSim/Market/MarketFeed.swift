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

    init(symbol: String) { self.lowercased = symbol.lowercased() }

    /// The best level of each side.
    struct BookTop: Equatable {
        var bid: Price = .zero
        var bidQuantity: Quantity = .zero
        var ask: Price = .zero
        var askQuantity: Quantity = .zero

        init(_ book: OrderBook) {
            if let best = book.best(.buy) {
                (self.bid, self.bidQuantity) = (best.price, best.visible)
            }
            if let best = book.best(.sell) {
                (self.ask, self.askQuantity) = (best.price, best.visible)
            }
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
        let name = self.lowercased + "@bookTicker"
        let book = exchange.market(listing).book
        let top = BookTop(book)
        guard top != self.lastTicker else { return }
        self.lastTicker = top
        guard exchange.streams.hasListeners(name) else { return }
        var writer = JSONWriter(capacity: 192)
        writer.beginObject()
        writer.field("u", book.updateID)
        writer.field("s", listing.name)
        writer.field("b", top.bid)
        writer.field("B", top.bidQuantity)
        writer.field("a", top.ask)
        writer.field("A", top.askQuantity)
        writer.endObject()
        exchange.streams.send(name, writer.bytes)
    }

    /// Tells of a trade.
    func publish(_ trade: PublicTrade, _ exchange: Exchange, _ listing: Listing) {
        let name = self.lowercased + "@trade"
        guard exchange.streams.hasListeners(name) else { return }
        var writer = JSONWriter(capacity: 192)
        writer.beginObject()
        writer.field("e", "trade")
        writer.field("E", trade.time.milliseconds)
        writer.field("s", listing.name)
        writer.field("t", trade.id.raw)
        writer.field("p", trade.price)
        writer.field("q", trade.quantity)
        writer.field("T", trade.time.milliseconds)
        writer.field("m", trade.isBuyerMaker)
        writer.field("M", true)
        writer.endObject()
        exchange.streams.send(name, writer.bytes)
    }

    /// Speaks on the depth streams of one cadence.
    mutating func flushDepth(
        isFast: Bool,
        _ exchange: Exchange,
        _ listing: Listing,
        at time: WallTime
    ) {
        let book = exchange.market(listing).book
        let window = isFast ? self.fast : self.slow
        guard !window.keys.isEmpty else { return }
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
                let name = "\(self.lowercased)@depth\(depth)\(suffix)"
                guard exchange.streams.hasListeners(name) else { continue }
                var writer = JSONWriter(capacity: 64 * depth)
                book.writeDepth(limit: depth, to: &writer)
                exchange.streams.send(name, writer.bytes)
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
        guard exchange.streams.hasListeners(name) else { return }
        var writer = JSONWriter(capacity: 64 * window.keys.count + 128)
        writer.beginObject()
        writer.field("e", "depthUpdate")
        writer.field("E", time.milliseconds)
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
        exchange.streams.send(name, writer.bytes)
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
