package import TradingCore

/// A price and what was recorded there.
package struct RecordedLevel: Hashable, Sendable {
    /// The price.
    package let price: Price
    /// The whole quantity at the price; zero for a level that is gone.
    package let quantity: Quantity

    /// Pairs the two.
    package init(price: Price, quantity: Quantity) {
        self.price = price
        self.quantity = quantity
    }
}

/// One message of a recorded market.
package enum RecordedMessage: Hashable, Sendable {
    /// The whole book as of an update.
    case snapshot(updateID: Int64, bids: [RecordedLevel], asks: [RecordedLevel])
    /// The levels changed by some updates, both ends inclusive.
    case depth(first: Int64, last: Int64, bids: [RecordedLevel], asks: [RecordedLevel])
    /// The best level of each side as of an update.
    case ticker(updateID: Int64, bid: RecordedLevel, ask: RecordedLevel)
    /// A trade.
    case trade(price: Price, quantity: Quantity, takerSide: Side)
}

/// Plays the messages of a recorded market into a market of the engine, as anonymous liquidity.
///
/// Rule M6: what our takers took stays taken until the recording says that the level changed; our
/// resting orders queue behind the recorded quantity, and trade only where a recorded trade or a
/// crossing quote reaches them. Trades carry no update id, so a level that shrinks may announce a
/// trade that is yet to come: the shrinking is kept as a credit, and the trade moves the queue
/// only by what exceeds it, so that no queue moves twice for one trade.
package struct RecordedLiquidity: Sendable {
    private struct Entry {
        var quantity: Quantity = .zero
        var asOf: Int64 = 0
        var credit: Quantity = .zero
        var creditTime = WallTime(nanoseconds: 0)
    }

    private let market: Int
    private var bids: [Price: Entry] = [:]
    private var asks: [Price: Entry] = [:]
    private var waiting: [RecordedMessage] = []
    private var lastDepthID: Int64 = 0
    private var tickerID: Int64 = 0
    private var bestBid: Price = .zero
    private var bestAsk: Price = .zero
    /// Whether the snapshot has come; what comes before it waits for it.
    package private(set) var isSynchronized = false
    /// How often the depth messages lacked some updates.
    package private(set) var gaps = 0

    /// How long a trade may lag behind the quote that shows its effect.
    private static let creditMilliseconds: Int64 = 500

    /// Plays into a market of an engine.
    package init(market: Int) { self.market = market }

    /// Applies the next message.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - engine: The engine whose market follows the recording.
    ///   - recorded: When it was received.
    ///   - time: The venue's time, for trades that it causes.
    package mutating func apply(
        _ message: RecordedMessage,
        to engine: inout MatchingEngine,
        recorded: WallTime,
        at time: WallTime
    ) {
        switch message {
        case .snapshot(let updateID, let bids, let asks):
            self.start(updateID, bids, asks, &engine, recorded: recorded, at: time)
        case .depth(let first, let last, let bids, let asks):
            guard self.isSynchronized else { return self.waiting.append(message) }
            guard last > self.lastDepthID else { return }
            if first > self.lastDepthID + 1 { self.gaps += 1 }
            self.lastDepthID = last
            for (side, levels) in [(Side.buy, bids), (.sell, asks)] {
                for level in levels where !self.isOutdated(side, level.price, last) {
                    self.set(side, level, asOf: last, &engine, recorded: recorded, at: time)
                }
            }
        case .ticker(let updateID, let bid, let ask):
            guard self.isSynchronized, updateID > self.tickerID else { return }
            self.tickerID = updateID
            (self.bestBid, self.bestAsk) = (bid.price, ask.price)
            for (side, best) in [(Side.buy, bid.price), (.sell, ask.price)] {
                self.dropBetter(side, than: best, updateID, &engine, recorded: recorded, at: time)
            }
            self.set(.buy, bid, asOf: updateID, &engine, recorded: recorded, at: time)
            self.set(.sell, ask, asOf: updateID, &engine, recorded: recorded, at: time)
        case .trade(let price, let quantity, let takerSide):
            guard self.isSynchronized else { return }
            self.trade(price, quantity, takerSide, &engine, recorded: recorded, at: time)
        }
    }

    private mutating func start(
        _ updateID: Int64,
        _ bids: [RecordedLevel],
        _ asks: [RecordedLevel],
        _ engine: inout MatchingEngine,
        recorded: WallTime,
        at time: WallTime
    ) {
        self.isSynchronized = true
        self.lastDepthID = updateID
        self.dropMissing(.buy, bids, updateID, &engine, recorded: recorded, at: time)
        self.dropMissing(.sell, asks, updateID, &engine, recorded: recorded, at: time)
        for level in bids {
            self.set(.buy, level, asOf: updateID, &engine, recorded: recorded, at: time)
        }
        for level in asks {
            self.set(.sell, level, asOf: updateID, &engine, recorded: recorded, at: time)
        }
        let waiting = self.waiting
        self.waiting = []
        for message in waiting {
            self.apply(message, to: &engine, recorded: recorded, at: time)
        }
    }

    /// Whether a ticker newer than an update has shown that a level is not there.
    private func isOutdated(_ side: Side, _ price: Price, _ updateID: Int64) -> Bool {
        guard updateID < self.tickerID else { return false }
        return side == .buy ? price > self.bestBid : price < self.bestAsk
    }

    private mutating func set(
        _ side: Side,
        _ level: RecordedLevel,
        asOf updateID: Int64,
        _ engine: inout MatchingEngine,
        recorded: WallTime,
        at time: WallTime
    ) {
        var entry = (side == .buy ? self.bids[level.price] : self.asks[level.price]) ?? Entry()
        guard updateID >= entry.asOf else { return }
        entry.asOf = updateID
        let before = entry.quantity
        if level.quantity < before {
            if recorded > entry.creditTime.adding(milliseconds: Self.creditMilliseconds) {
                entry.credit = .zero
            }
            entry.credit += before - level.quantity
            entry.creditTime = recorded
        }
        entry.quantity = level.quantity
        self.store(side, level.price, entry)
        guard level.quantity != before else { return }
        engine.quote(
            LevelKey(side: side, price: level.price),
            level.quantity,
            on: self.market,
            at: time
        )
    }

    private mutating func store(_ side: Side, _ price: Price, _ entry: Entry) {
        switch side {
        case .buy: self.bids[price] = entry
        case .sell: self.asks[price] = entry
        }
    }

    /// Takes back levels of an earlier snapshot that a new one does not have.
    private mutating func dropMissing(
        _ side: Side,
        _ levels: [RecordedLevel],
        _ updateID: Int64,
        _ engine: inout MatchingEngine,
        recorded: WallTime,
        at time: WallTime
    ) {
        let prices = Set(levels.map(\.price))
        for level in engine.markets[self.market].book.levels(side)
        where level.anonymous.isPositive && !prices.contains(level.price) {
            let isKnown = (side == .buy ? self.bids : self.asks)[level.price] != nil
            guard isKnown else {
                // It is left of a stream that was lost.
                engine.quote(
                    LevelKey(side: side, price: level.price),
                    .zero,
                    on: self.market,
                    at: time
                )
                continue
            }
            let gone = RecordedLevel(price: level.price, quantity: .zero)
            self.set(side, gone, asOf: updateID, &engine, recorded: recorded, at: time)
        }
    }

    /// Takes back levels that a ticker shows to be gone.
    private mutating func dropBetter(
        _ side: Side,
        than best: Price,
        _ updateID: Int64,
        _ engine: inout MatchingEngine,
        recorded: WallTime,
        at time: WallTime
    ) {
        for level in engine.markets[self.market].book.levels(side).reversed() {
            let isBetter = side == .buy ? level.price > best : level.price < best
            guard isBetter else { return }
            guard level.anonymous.isPositive else { continue }
            self.set(
                side,
                RecordedLevel(price: level.price, quantity: .zero),
                asOf: updateID,
                &engine,
                recorded: recorded,
                at: time
            )
        }
    }

    private mutating func trade(
        _ price: Price,
        _ quantity: Quantity,
        _ takerSide: Side,
        _ engine: inout MatchingEngine,
        recorded: WallTime,
        at time: WallTime
    ) {
        let side = takerSide.opposite
        var entry = (side == .buy ? self.bids[price] : self.asks[price]) ?? Entry()
        if recorded > entry.creditTime.adding(milliseconds: Self.creditMilliseconds) {
            entry.credit = .zero
        }
        let explained = min(entry.credit, quantity)
        entry.credit -= explained
        // Quotes that come later and show the rest of this trade change nothing.
        entry.quantity -= min(entry.quantity, quantity - explained)
        self.store(side, price, entry)
        engine.repeatTrade(
            price,
            quantity,
            explained: explained,
            takerSide: takerSide,
            on: self.market,
            at: time
        )
    }
}
