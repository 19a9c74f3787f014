package import TradingCore

/// Plays a tape of trades, of best quotes, or of both into a market of the engine.
///
/// Quotes go the way of ``RecordedLiquidity``, with nothing behind the best level. A tape that has
/// no quotes yet says nothing about the book, so that liquidity is derived from its last trade:
/// the trade's quantity stands at its price on the maker's side and one tick away on the other.
/// Rule M6: what is derived never trades with a resting order; only the recorded trade does, once,
/// and no more than its own quantity.
package struct TapeLiquidity: Sendable {
    private let market: Int
    private var recorded: RecordedLiquidity
    /// The levels that were derived from the last trade.
    private var derived: [LevelKey] = []
    private var updateID: Int64 = 0
    private var best: (bid: Price, ask: Price)?

    /// Plays into a market of an engine.
    package init(market: Int) {
        self.market = market
        self.recorded = RecordedLiquidity(market: market)
    }

    /// Applies the next line's message; its update ids count for nothing.
    ///
    /// - Parameters:
    ///   - message: A trade or a ticker; other messages are not on tapes.
    ///   - engine: The engine whose market follows the tape.
    ///   - recorded: When it happened.
    ///   - time: The venue's time, for trades that it causes.
    package mutating func apply(
        _ message: RecordedMessage,
        to engine: inout MatchingEngine,
        recorded: WallTime,
        at time: WallTime
    ) {
        switch message {
        case .snapshot, .depth:
            invariant(false, "a tape has trades and tickers only")
        case .ticker(_, let bid, let ask):
            self.quote(bid, ask, &engine, recorded: recorded, at: time)
        case .trade(let price, let quantity, let takerSide):
            if self.best != nil {
                self.recorded.apply(message, to: &engine, recorded: recorded, at: time)
            } else {
                self.trade(price, quantity, takerSide, &engine, at: time)
            }
        }
    }

    private mutating func trade(
        _ price: Price,
        _ quantity: Quantity,
        _ takerSide: Side,
        _ engine: inout MatchingEngine,
        at time: WallTime
    ) {
        // What was derived beyond the price is not there any more.
        self.takeBack(&engine, at: time) { key in
            key.side == .buy ? key.price > price : key.price < price
        }
        // A trade through the price of an order would have met it, whichever side it names.
        var side = takerSide
        if let best = engine.markets[self.market].book.best(takerSide) {
            let isThrough = takerSide == .buy ? best.price > price : best.price < price
            if isThrough { side = takerSide.opposite }
        }
        engine.repeatTrade(price, quantity, takerSide: side, on: self.market, at: time)
        self.derive(from: price, quantity, takerSide, &engine, at: time)
    }

    private mutating func quote(
        _ bid: RecordedLevel,
        _ ask: RecordedLevel,
        _ engine: inout MatchingEngine,
        recorded: WallTime,
        at time: WallTime
    ) {
        self.takeBack(&engine, at: time) { _ in true }
        self.updateID += 1
        let message: RecordedMessage
        if let best = self.best {
            let isSameBid = best.bid == bid.price
            let isSameAsk = best.ask == ask.price
            message = .depth(
                first: self.updateID,
                last: self.updateID,
                bids: isSameBid ? [] : [RecordedLevel(price: best.bid, quantity: .zero)],
                asks: isSameAsk ? [] : [RecordedLevel(price: best.ask, quantity: .zero)]
            )
        } else {
            message = .snapshot(updateID: self.updateID, bids: [], asks: [])
        }
        self.best = (bid.price, ask.price)
        self.recorded.apply(message, to: &engine, recorded: recorded, at: time)
        self.recorded.apply(
            .ticker(updateID: self.updateID, bid: bid, ask: ask),
            to: &engine,
            recorded: recorded,
            at: time
        )
    }

    private mutating func derive(
        from price: Price,
        _ quantity: Quantity,
        _ takerSide: Side,
        _ engine: inout MatchingEngine,
        at time: WallTime
    ) {
        let tick = engine.markets[self.market].rules.symbol.tickSize.raw
        let isBuy = takerSide == .buy
        let keys = [
            LevelKey(side: .buy, price: Price(raw: isBuy ? price.raw - tick : price.raw)),
            LevelKey(side: .sell, price: Price(raw: isBuy ? price.raw : price.raw + tick)),
        ]
        // What stays at its level is not taken back first: it would lose its place in the queue.
        self.takeBack(&engine, at: time) { !keys.contains($0) }
        for key in keys where key.price.isPositive && !self.meetsOrder(key, engine) {
            engine.quote(key, quantity, on: self.market, at: time)
            if !self.derived.contains(key) { self.derived.append(key) }
        }
    }

    /// Whether a resting order of the other side stands at a price or better.
    private func meetsOrder(_ key: LevelKey, _ engine: MatchingEngine) -> Bool {
        // Derived levels of the other side do not cross this one, whatever is left of them.
        guard let best = engine.markets[self.market].book.best(key.side.opposite) else {
            return false
        }
        return key.side == .buy ? best.price <= key.price : best.price >= key.price
    }

    private mutating func takeBack(
        _ engine: inout MatchingEngine,
        at time: WallTime,
        where isGone: (LevelKey) -> Bool
    ) {
        for key in self.derived where isGone(key) {
            engine.quote(key, .zero, on: self.market, at: time)
        }
        self.derived.removeAll(where: isGone)
    }
}
