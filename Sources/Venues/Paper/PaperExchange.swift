import MatchingEngine
import MarketReplay
import TradingCore

/// How the paper account trades.
package struct PaperTerms: Hashable, Sendable {
    /// What an order pays that rested, as a share times 10⁸.
    package var makerRate: Int64
    /// What an order pays that took, as a share times 10⁸.
    package var takerRate: Int64
    /// By how many ticks an order that takes trades worse than the book shows.
    package var slippageTicks: Int64

    package init(
        makerRate: Int64 = 100_000,
        takerRate: Int64 = 100_000,
        slippageTicks: Int64 = 0
    ) {
        self.makerRate = makerRate
        self.takerRate = takerRate
        self.slippageTicks = slippageTicks
    }
}

/// The exchange of the paper account as a value: matches the account's orders against what a real
/// market shows, and answers as a venue does.
///
/// The time is an argument. What it tells unasked gathers in ``reports``, and what must be on disk
/// before anybody hears of it in ``change``; the caller takes both after each step.
struct PaperExchange {
    /// One symbol that trades.
    struct Listing {
        let number: Int
        let rules: MarketRules
        var liquidity: ReplayLiquidity
        /// Orders of an earlier process that wait for the book they stand in.
        var parked: [VenueOrderID]
        var quote: Quote?
    }

    private(set) var book: PaperBook
    private(set) var engine: MatchingEngine
    private let account: AccountNumber
    private(set) var listings: [Symbol: Listing] = [:]
    /// What the user stream and the market stream say.
    var reports: [VenueInput] = []
    private(set) var change = PaperChange()
    /// Whether the step has touched the account.
    private var touched: Set<Asset> = []

    /// Opens the markets.
    ///
    /// - Parameters:
    ///   - book: The account as it was left.
    ///   - markets: What may be traded, and how its messages become liquidity.
    ///   - terms: How the account trades.
    init(
        _ book: PaperBook,
        markets: [PaperListing],
        terms: PaperTerms
    ) {
        var assets = Set(book.balances.keys)
        for market in markets {
            assets.formUnion([market.rules.symbol.baseAsset, market.rules.symbol.quoteAsset])
        }
        var engine = MatchingEngine(ledger: Ledger(assets: assets.sorted()))
        self.account = engine.openAccount(
            rates: CommissionRates(maker: terms.makerRate, taker: terms.takerRate)
        )
        for (asset, amount) in book.balances {
            guard let index = engine.ledger.index(of: asset) else { continue }
            engine.ledger.deposit(amount, of: index, to: self.account)
        }
        for market in markets {
            guard let number = engine.openMarket(market.rules) else {
                fatalError("invariant broken: the ledger lacks an asset of its markets")
            }
            let symbol = market.rules.symbol.symbol
            let page = book.pages[symbol] ?? PaperBook.Page()
            engine.continueNumbers(
                afterOrder: page.lastOrder,
                trade: page.lastTrade,
                on: number
            )
            engine.setSlippage(ticks: terms.slippageTicks, on: number)
            self.listings[symbol] = Listing(
                number: number,
                rules: market.rules,
                liquidity: market.liquidity(number),
                parked: page.open.map(\.number)
            )
        }
        self.book = book
        self.engine = engine
    }

    /// Whether there are markets, and every one shows a book.
    var isOpen: Bool {
        !self.listings.isEmpty && self.listings.values.allSatisfy(\.liquidity.isSynchronized)
    }

    /// Takes what happened since the last call.
    mutating func takeStep() -> (reports: [VenueInput], change: PaperChange) {
        defer {
            self.reports = []
            self.change = PaperChange()
        }
        return (self.reports, self.change)
    }

    // MARK: The market

    /// Follows the market.
    mutating func follow(
        _ message: RecordedMessage,
        of symbol: Symbol,
        recorded: WallTime,
        at time: WallTime
    ) {
        guard var listing = self.listings[symbol] else { return }
        if case .snapshot(_, let bids, let asks) = message {
            let bid = bids.map(\.price).max()
            let ask = asks.map(\.price).min()
            // What the market passed while nobody looked trades at its own price, as it would have.
            self.resume(&listing, symbol) { order in
                // A stop goes by trades, and none is known of that time.
                if order.isArmed { return false }
                let price = order.type.limitPrice ?? .zero
                return order.side == .buy
                    ? ask.map { $0 <= price } ?? false : bid.map { $0 >= price } ?? false
            }
        }
        // Nothing may hold the liquidity twice, or it would be copied.
        self.listings[symbol] = nil
        listing.liquidity.apply(message, to: &self.engine, recorded: recorded, at: time)
        if !listing.parked.isEmpty, listing.liquidity.isSynchronized {
            // The others queue behind what is shown (M6).
            self.resume(&listing, symbol) { _ in true }
        }
        self.listings[symbol] = listing
        self.settle(symbol, at: time)
        self.tellQuote(symbol)
        if message.isOfDepth { self.tellDepth(symbol) }
    }

    /// Whether a live stream of depth left something out.
    func hasGap(_ symbol: Symbol) -> Bool { self.listings[symbol]?.liquidity.gaps ?? 0 > 0 }

    mutating func forgetAll() { for symbol in self.listings.keys { self.forget(symbol) } }

    /// The stream was lost: what it said is out of date until the next snapshot.
    mutating func forget(_ symbol: Symbol) {
        guard let listing = self.listings[symbol] else { return }
        self.listings[symbol]?.liquidity = .streams(RecordedLiquidity(market: listing.number))
        self.listings[symbol]?.quote = nil
    }

    private mutating func resume(
        _ listing: inout Listing,
        _ symbol: Symbol,
        where isDue: (PaperOrder) -> Bool
    ) {
        var left: [VenueOrderID] = []
        for number in listing.parked {
            guard let order = self.book.pages[symbol]?.orders[number],
                !order.status.isTerminal
            else { continue }
            guard isDue(order) else {
                left.append(number)
                continue
            }
            let isResumed = self.engine.resume(
                number,
                self.engineTerms(
                    OrderTerms(
                        symbol: symbol,
                        side: order.side,
                        type: order.type,
                        quantity: order.quantity
                    )
                ),
                executed: order.executed,
                isArmed: order.isArmed,
                on: listing.number
            )
            invariant(isResumed, "the account holds what its open orders need")
        }
        listing.parked = left
    }

    private mutating func tellQuote(_ symbol: Symbol) {
        guard let quote = self.quote(of: symbol), quote != self.listings[symbol]?.quote else {
            return
        }
        self.listings[symbol]?.quote = quote
        self.reports.append(.quoted(symbol, quote))
    }

    func quote(of symbol: Symbol) -> Quote? {
        guard let listing = self.listings[symbol], listing.liquidity.isSynchronized else {
            return nil
        }
        let book = self.engine.markets[listing.number].book
        guard let bid = book.best(.buy)?.price, let ask = book.best(.sell)?.price else {
            return nil
        }
        return Quote(bid: bid, ask: ask)
    }

    // MARK: Orders

    /// Takes an order in, as the venue's front end and its engine would.
    mutating func place(_ intent: OrderIntent, at time: WallTime) -> PlacementOutcome {
        let terms = intent.terms
        guard time <= intent.windowEnd else {
            return Self.rejected(
                VenueError.outsideWindow,
                "Timestamp for this request is outside of the recvWindow."
            )
        }
        guard let listing = self.listings[terms.symbol] else {
            return Self.rejected(-1121, "Invalid symbol.")
        }
        guard listing.liquidity.isSynchronized else {
            return Self.rejected(-1013, EngineRefusal.marketClosed.text)
        }
        let name = intent.clientOrderID.text
        if let earlier = self.book.pages[terms.symbol]?.order(named: name),
            !earlier.status.isTerminal
        {
            return .unknown("Duplicate order sent. (-2010)")
        }
        let placement = self.engine.place(
            self.engineTerms(terms),
            on: listing.number,
            at: time
        )
        switch placement {
        case .refused(let refusal):
            return Self.rejected(refusal.isBeforeEngine ? -1013 : -2010, refusal.text)
        case .accepted(let number):
            self.keep(
                PaperOrder(
                    symbol: terms.symbol,
                    number: number,
                    clientID: name,
                    side: terms.side,
                    type: terms.type,
                    quantity: terms.quoteQuantity == nil
                        ? terms.quantity : self.takenQuantity(of: number),
                    placedAt: time,
                    changedAt: time
                )
            )
            let trades = self.settle(terms.symbol, at: time)
            self.tellQuote(terms.symbol)
            self.tellDepth(terms.symbol)
            guard let order = self.book.pages[terms.symbol]?.orders[number] else {
                fatalError("invariant broken: an order that was placed is not in the book")
            }
            return .accepted(order.report(trades.filter { $0.venueOrderID == number }))
        }
    }

    private static func rejected(_ code: Int, _ text: String) -> PlacementOutcome {
        .rejected(VenueError(httpStatus: 400, code: code, message: text))
    }

    static func refused(_ code: Int, _ text: String) -> VenueAnswer {
        .refused(VenueError(httpStatus: 400, code: code, message: text))
    }

    /// The account's two sides never trade with each other: Binance's default.
    private func engineTerms(_ order: OrderTerms) -> NewOrder {
        let type = order.type
        var terms = NewOrder(account: self.account, side: order.side, type: type.venueType)
        terms.price = type.limitPrice ?? .zero
        terms.timeInForce = type.timeInForce ?? .goodTillCanceled
        terms.stopPrice = type.trigger?.stopPrice ?? .zero
        if let quoteQuantity = order.quoteQuantity?.quantity {
            terms.quoteQuantity = quoteQuantity
        } else {
            terms.quantity = order.quantity
        }
        terms.selfTradePrevention = .expireMaker
        return terms
    }

    /// What a quote quantity came to: what the order traded, because the engine computed it from
    /// the book that the order then met.
    private func takenQuantity(of number: VenueOrderID) -> Quantity {
        self.engine.events.reduce(Quantity.zero) { sum, event in
            guard case .traded(let trade) = event, trade.taker.order == number else { return sum }
            return sum + trade.quantity
        }
    }

    mutating func cancel(
        _ symbol: Symbol,
        _ name: String,
        at time: WallTime
    ) -> VenueAnswer {
        guard let order = self.book.pages[symbol]?.order(named: name), !order.status.isTerminal
        else { return Self.refused(-2011, EngineRefusal.unknownOrder.text) }
        let isParked = self.listings[symbol]?.parked.contains(order.number) ?? true
        if let listing = self.listings[symbol], !isParked {
            let refusal = self.engine.cancel(order.number, on: listing.number, at: time)
            invariant(refusal == nil, "an open order of the book is in the engine")
            self.settle(symbol, at: time)
            self.tellQuote(symbol)
        } else {
            self.listings[symbol]?.parked.removeAll { $0 == order.number }
            self.end(symbol, order.number, .canceled, "", at: time)
            self.tellBalances(at: time)
        }
        return self.answer(symbol, order.number)
    }

    mutating func amend(
        _ symbol: Symbol,
        _ name: String,
        to quantity: Quantity,
        at time: WallTime
    ) -> VenueAnswer {
        guard let listing = self.listings[symbol],
            let order = self.book.pages[symbol]?.order(named: name), !order.status.isTerminal,
            !listing.parked.contains(order.number)
        else { return Self.refused(-2038, EngineRefusal.unknownOrder.text) }
        guard quantity.isPositive else {
            return Self.refused(-2038, EngineRefusal.notionalZero.text)
        }
        let refusal = self.engine.amend(
            order.number,
            to: quantity,
            on: listing.number,
            at: time
        )
        if let refusal { return Self.refused(-2038, refusal.text) }
        self.settle(symbol, at: time)
        return self.answer(symbol, order.number)
    }

    private func answer(_ symbol: Symbol, _ number: VenueOrderID) -> VenueAnswer {
        guard let order = self.book.pages[symbol]?.orders[number] else {
            fatalError("invariant broken: an order left the book while it was looked at")
        }
        return .order(order.report())
    }

    // MARK: What a step leaves

    mutating func takeEngineEvents() -> [EngineEvent] {
        defer { self.engine.events.removeAll(keepingCapacity: true) }
        return self.engine.events
    }

    mutating func tell(_ report: VenueInput) { self.reports.append(report) }

    mutating func keep(_ order: PaperOrder) {
        self.book.apply(PaperChange(orders: [order]))
        self.change.orders.removeAll { $0.number == order.number && $0.symbol == order.symbol }
        self.change.orders.append(order)
    }

    mutating func keep(_ trade: TradeReport) {
        self.book.apply(PaperChange(trades: [trade]))
        self.change.trades.append(trade)
    }

    /// Notes that the balances of a symbol's assets may have changed.
    mutating func touch(_ symbol: Symbol) {
        guard let rules = self.listings[symbol]?.rules.symbol else { return }
        self.touched.formUnion([rules.baseAsset, rules.quoteAsset])
    }

    mutating func tellBalances(at time: WallTime) {
        guard !self.touched.isEmpty else { return }
        let balances = self.balances(of: self.touched)
        self.touched = []
        for balance in balances {
            let total = balance.free + balance.locked
            guard self.book.balances[balance.asset] != total else { continue }
            self.change.balances[balance.asset] = total
            self.book.balances[balance.asset] = total
        }
        self.reports.append(.balancesReported(balances, time: time))
    }

    /// What the account holds of some assets, by name.
    func balances(of assets: Set<Asset>) -> [BalanceReport] {
        assets.sorted().compactMap { asset in
            guard let index = self.engine.ledger.index(of: asset) else { return nil }
            let balance = self.engine.ledger[self.account, index]
            return BalanceReport(asset: asset, free: balance.free, locked: balance.locked)
        }
    }
}
