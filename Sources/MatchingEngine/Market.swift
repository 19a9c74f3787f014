package import TradingCore

/// What became of an order that was sent to a market.
package enum Placement: Hashable, Sendable {
    /// It has a number; the events tell the rest.
    case accepted(VenueOrderID)
    /// It never existed.
    case refused(EngineRefusal)
}

/// Where the assets of a market stand in the ledger.
struct MarketAssets: Hashable, Sendable {
    let base: AssetIndex
    let quote: AssetIndex
}

/// How many orders of one account a market holds.
struct OpenCounts: Hashable, Sendable {
    var orders = 0
    var algorithmic = 0
    var lists = 0
}

/// One symbol: its rules, its book, and the orders that wait for a trigger.
///
/// Decisions only: the time is an argument, what happened goes to the caller's event buffer.
package struct Market: Sendable {
    /// The market's filters.
    package internal(set) var rules: MarketRules
    /// Where the base asset stands in the ledger.
    package let base: AssetIndex
    /// Where the quote asset stands in the ledger.
    package let quote: AssetIndex
    /// The two sides and the pool of orders.
    package internal(set) var book = OrderBook()
    /// The price of the last trade; zero before the first.
    package internal(set) var lastPrice: Price = .zero
    /// The number of the last trade.
    package internal(set) var lastTradeID = TradeID(raw: 0)
    /// The average that the filters refer to.
    package internal(set) var average: AveragePrice
    /// By how many ticks takers trade worse than what the book shows; see `slipped(_:_:)`.
    var slippageTicks: Int64 = 0
    /// The range of trade prices since the triggers were last looked at; zero for none.
    var sweptLow: Price = .zero
    var sweptHigh: Price = .zero
    var triggers = TriggerBook()
    var lists = ListBook()
    var lastPreventedID: Int64 = 0
    private var counts: [OpenCounts] = []

    init(rules: MarketRules, base: AssetIndex, quote: AssetIndex) {
        self.rules = rules
        self.base = base
        self.quote = quote
        self.average = AveragePrice(minutes: rules.averagePriceMinutes)
    }

    /// The price that percentage and notional filters refer to, or nil before any is known.
    package func referencePrice(at time: WallTime) -> Price? {
        if let average = self.average.price(at: time) { return average }
        if self.lastPrice.isPositive { return self.lastPrice }
        guard let bid = self.book.best(.buy), let ask = self.book.best(.sell) else { return nil }
        return Price(raw: (bid.price.raw + ask.price.raw) / 2)
    }

    /// The two assets of the market.
    var assets: MarketAssets { MarketAssets(base: self.base, quote: self.quote) }

    /// The asset that an order on a side pays with.
    func paying(_ side: Side) -> AssetIndex { side == .buy ? self.quote : self.base }

    /// How many orders of an account are open here.
    func openCounts(of account: AccountNumber) -> OpenCounts {
        let index = Int(account.raw)
        return index < self.counts.count ? self.counts[index] : OpenCounts()
    }

    mutating func changeCounts(
        of account: AccountNumber,
        _ change: (inout OpenCounts) -> Void
    ) {
        let index = Int(account.raw)
        while self.counts.count <= index { self.counts.append(OpenCounts()) }
        change(&self.counts[index])
    }

    /// Keeps an order that does not pass at once, and counts it.
    mutating func hold(_ order: BookOrder) -> Slot {
        self.changeCounts(of: order.terms.account) { counts in
            counts.orders += 1
            if order.terms.type.isAlgorithmic { counts.algorithmic += 1 }
        }
        return self.book.hold(order)
    }

    /// Forgets a held order that is linked nowhere.
    mutating func release(_ slot: Slot) {
        let terms = self.book.orders[Int(slot)].terms
        self.changeCounts(of: terms.account) { counts in
            counts.orders -= 1
            if terms.type.isAlgorithmic { counts.algorithmic -= 1 }
        }
        self.book.release(slot)
    }
}

/// The decisions of the whole exchange: markets that share one ledger.
///
/// Every mutation appends what happened to ``events``; the caller empties it. One call touches
/// one market only.
package struct MatchingEngine: Sendable {
    /// Who holds what.
    package var ledger: Ledger
    /// The markets in the order in which they were opened.
    package internal(set) var markets: [Market] = []
    /// What happened since this was last emptied.
    package var events: [EngineEvent] = []

    /// An exchange without a market.
    package init(ledger: Ledger) { self.ledger = ledger }

    /// The number of the last order list; lists are numbered over all markets.
    package private(set) var lastListID: Int64 = 0

    /// Opens a market; nil where the ledger lacks one of its assets.
    package mutating func openMarket(_ rules: MarketRules) -> Int? {
        guard let base = self.ledger.index(of: rules.symbol.baseAsset),
            let quote = self.ledger.index(of: rules.symbol.quoteAsset)
        else { return nil }
        self.markets.append(Market(rules: rules, base: base, quote: quote))
        return self.markets.count - 1
    }

    /// Opens an account without any balance.
    package mutating func openAccount(rates: CommissionRates) -> AccountNumber {
        self.ledger.openAccount(rates: rates)
    }

    /// What the venue would refuse before its matching engine sees the order.
    package func check(_ terms: NewOrder, on market: Int, at time: WallTime) -> EngineRefusal? {
        let (priced, refusal) = self.markets[market].priced(terms, at: time)
        return refusal ?? self.markets[market].check(priced, at: time)
    }

    /// Sends an order to a market.
    package mutating func place(
        _ terms: NewOrder,
        on market: Int,
        at time: WallTime
    ) -> Placement {
        self.markets[market].place(terms, &self.ledger, &self.events, at: time)
    }

    /// Cancels an open order; nil where it was open, and then it is gone.
    package mutating func cancel(
        _ id: VenueOrderID,
        on market: Int,
        at time: WallTime
    ) -> EngineRefusal? {
        self.markets[market].cancel(id, &self.ledger, &self.events, at: time)
    }

    /// Reduces an open order's quantity without moving it in its queue; nil where that was done.
    package mutating func amend(
        _ id: VenueOrderID,
        to quantity: Quantity,
        on market: Int,
        at time: WallTime
    ) -> EngineRefusal? {
        self.markets[market].amend(id, to: quantity, &self.ledger, &self.events, at: time)
    }

    /// Sends an order list to a market.
    package mutating func placeList(
        _ list: NewOrderList,
        on market: Int,
        at time: WallTime
    ) -> ListPlacement {
        let placement = self.markets[market].placeList(
            self.lastListID + 1,
            list,
            &self.ledger,
            &self.events,
            at: time
        )
        if case .accepted(let id, _) = placement { self.lastListID = id }
        return placement
    }

    /// Cancels every open order of a list; nil where that was done.
    package mutating func cancelList(
        _ id: Int64,
        on market: Int,
        at time: WallTime
    ) -> EngineRefusal? {
        self.markets[market].cancelList(id, &self.ledger, &self.events, at: time)
    }

    /// Lets the house take what the book offers up to a limit, as the venue's other customers do.
    package mutating func houseTakes(
        _ side: Side,
        _ quantity: Quantity,
        limit: Price,
        on market: Int,
        at time: WallTime
    ) {
        self.markets[market].houseTakes(
            side,
            quantity,
            limit: limit,
            &self.ledger,
            &self.events,
            at: time
        )
    }

    /// Lets the house trade with one resting order, whatever stands before it; at most its rest.
    package mutating func houseFills(
        _ order: VenueOrderID,
        _ quantity: Quantity,
        on market: Int,
        at time: WallTime
    ) {
        self.markets[market].houseFills(order, quantity, &self.ledger, &self.events, at: time)
    }

    /// Sets the anonymous quantity at a price; what it crosses on the other side trades first.
    package mutating func quote(
        _ key: LevelKey,
        _ quantity: Quantity,
        on market: Int,
        at time: WallTime
    ) {
        self.markets[market].quote(key, quantity, &self.ledger, &self.events, at: time)
    }

    /// Repeats a trade that was recorded elsewhere; see `Market.repeatTrade`.
    package mutating func repeatTrade(
        _ price: Price,
        _ quantity: Quantity,
        explained: Quantity = .zero,
        takerSide: Side,
        on market: Int,
        at time: WallTime
    ) {
        self.markets[market].repeatTrade(
            price,
            quantity,
            explained: explained,
            takerSide: takerSide,
            &self.ledger,
            &self.events,
            at: time
        )
    }

    /// Whether the book of each market records which levels changed.
    package mutating func recordTouchedLevels() {
        for index in self.markets.indices { self.markets[index].book.recordsTouched = true }
    }

    /// Hands over the levels of a market that changed since the last call, with repetitions.
    package mutating func takeTouchedLevels(
        on market: Int,
        _ body: (LevelKey) -> Void
    ) {
        for key in self.markets[market].book.touched { body(key) }
        self.markets[market].book.touched.removeAll(keepingCapacity: true)
    }

    /// Opens or closes a market for new orders.
    package mutating func setTrading(_ isTrading: Bool, on market: Int) {
        self.markets[market].rules.symbol.isTrading = isTrading
    }
}
