@testable import TradingCore

/// A small exchange as a value, so that an older copy of it is a stale read.
struct ModelVenue {
    struct Entry {
        var number: VenueOrderID
        /// What the stream calls it for ever.
        var name: String
        /// What REST calls it: a cancel renames it (S4).
        var restName: String
        var terms: OrderTerms
        var status: VenueOrderStatus = .new
        var executed: Quantity = .zero
        var trades: [TradeReport] = []
        var time: WallTime
        var lockPrice: Price
        /// Whether it waits for its price.
        var isArmed: Bool

        var isOpen: Bool { !self.status.isTerminal }
        var rest: Quantity { self.terms.quantity - self.executed }
    }

    var entries: [Entry] = []
    var totals: [Asset: Amount] = [
        Asset("USDT"): Make.amount("100000"), Asset("BTC"): Make.amount("20"),
        Asset("ETH"): Make.amount("30"), Asset("BNB"): Make.amount("5"),
    ]
    private var lastTrade: Int64 = 100
    let accountID: Int64 = 7

    // MARK: Orders

    enum Placement {
        case accepted(OrderReport)
        case rejected(VenueError)
    }

    mutating func place(_ intent: OrderIntent, at now: WallTime) -> Placement {
        if now > intent.windowEnd {
            return .rejected(
                VenueError(httpStatus: 400, code: -1021, message: "outside of the recvWindow")
            )
        }
        return self.add(intent.terms, name: intent.clientOrderID.text, at: now)
    }

    /// An order by anyone.
    mutating func add(_ wish: OrderTerms, name: String, at now: WallTime) -> Placement {
        var terms = wish
        if let quoteQuantity = wish.quoteQuantity {
            // What it comes to is for the venue to say, at its own price.
            let base = Notional(quoteQuantity).amount(at: Make.price("99.5"))?.quantity
            terms.quantity = base?.roundedDown(to: Make.rules().stepSize) ?? .zero
        }
        let entry = Entry(
            // Binance numbers the orders of each symbol by themselves.
            number: VenueOrderID(
                raw: 5_000 + Int64(self.entries.count { $0.terms.symbol == terms.symbol })
            ),
            name: name,
            restName: name,
            terms: terms,
            time: now,
            lockPrice: terms.type.limitPrice ?? terms.type.trigger?.stopPrice
                ?? Make.price("101"),
            isArmed: terms.type.trigger != nil
        )
        if let lateness = self.lateness(of: terms) { return .rejected(lateness) }
        let base = Make.rules(terms.symbol).baseAsset
        let needed =
            terms.side == .buy
            ? (entry.lockPrice * terms.quantity).amount(rounding: .up) : terms.quantity.amount
        let asset = terms.side == .buy ? Asset("USDT") : base
        if needed > (self.totals[asset] ?? .zero) - self.locked(asset) {
            return .rejected(
                VenueError(httpStatus: 400, code: -2010, message: "insufficient balance")
            )
        }
        self.entries.append(entry)
        return .accepted(self.report(self.entries.count - 1, isREST: true))
    }

    /// What the venue says to an order for which the market, always at 100, was there before it.
    private func lateness(of terms: OrderTerms) -> VenueError? {
        let market = Make.price("100")
        let isLate: Bool
        switch terms.type {
        case .market, .limit: isLate = false
        case .limitMaker(let price):
            isLate = terms.side == .buy ? price > market : price < market
        case .stop(let trigger), .stopLimit(let trigger, _, _):
            let isRising = trigger.isRising(for: terms.side)
            isLate = isRising ? trigger.stopPrice <= market : trigger.stopPrice >= market
        }
        guard isLate else { return nil }
        let text = VenueError.lateness[terms.type.trigger == nil ? 0 : 1]
        return VenueError(httpStatus: 400, code: -2010, message: text)
    }

    /// Trades a part of an order; fees in base, quote or a third asset.
    mutating func trade(
        _ index: Int,
        _ quantity: Quantity,
        at price: Price,
        feeAsset: Asset,
        time: WallTime
    ) -> TradeReport {
        let terms = self.entries[index].terms
        let rules = Make.rules(terms.symbol)
        let quote = (price * quantity).amount(rounding: .down)
        self.lastTrade += 1
        let fee: Amount
        switch feeAsset {
        case rules.baseAsset: fee = quantity.amount.scaled(by: 1, over: 1_000, rounding: .down)
        case rules.quoteAsset: fee = quote.scaled(by: 1, over: 1_000, rounding: .down)
        default: fee = Amount(raw: 12_345)
        }
        let trade = TradeReport(
            symbol: terms.symbol,
            tradeID: TradeID(raw: self.lastTrade),
            venueOrderID: self.entries[index].number,
            side: terms.side,
            price: price,
            quantity: quantity,
            quoteQuantity: quote,
            fee: fee,
            feeAsset: fee.isZero ? nil : feeAsset,
            isMaker: false,
            time: time
        )
        let sign: Int128 = terms.side == .buy ? 1 : -1
        self.totals[rules.baseAsset, default: .zero] += Amount(raw: quantity.amount.raw * sign)
        self.totals[rules.quoteAsset, default: .zero] -= Amount(raw: quote.raw * sign)
        self.totals[feeAsset, default: .zero] -= fee
        self.entries[index].trades.append(trade)
        self.entries[index].executed += quantity
        self.entries[index].status = self.entries[index].rest.isZero ? .filled : .partiallyFilled
        self.entries[index].time = time
        return trade
    }

    mutating func end(_ index: Int, _ status: VenueOrderStatus, renamed: String?, at now: WallTime)
    {
        self.entries[index].status = status
        self.entries[index].time = now
        if let renamed { self.entries[index].restName = renamed }
    }

    /// What the fills of the gateway's orders left of a symbol's base asset; sales of later
    /// orders do not count, because a release may have let them pass before.
    func held(of symbol: Symbol, before orderID: OrderID) -> Amount {
        let base = Make.rules(symbol).baseAsset
        var held = Amount.zero
        for entry in self.entries
        where entry.terms.symbol == symbol {
            guard
                case .ours(let number) = ClientOrderIDScheme.owner(
                    of: entry.name,
                    prefix: Make.prefix
                ), number < orderID || entry.terms.side == .buy
            else { continue }
            for trade in entry.trades {
                let bought = trade.quantity.amount
                held += entry.terms.side == .buy ? bought : -bought
                if trade.feeAsset == base { held -= trade.fee }
            }
        }
        return held
    }

    // MARK: Reading

    func report(_ index: Int, isREST: Bool, trades: [TradeReport] = []) -> OrderReport {
        let entry = self.entries[index]
        var report = OrderReport(
            symbol: entry.terms.symbol,
            venueOrderID: entry.number,
            ownerID: isREST ? entry.restName : entry.name,
            side: entry.terms.side,
            quantity: entry.terms.quantity,
            price: entry.terms.type.limitPrice ?? .zero,
            status: entry.status,
            executedQuantity: entry.executed,
            trades: trades,
            time: entry.time,
            reason: ""
        )
        report.type = entry.terms.type.venueType
        report.quoteQuantity = entry.terms.quoteQuantity ?? .zero
        report.stopPrice = entry.terms.type.trigger?.stopPrice ?? .zero
        return report
    }

    func index(named name: String, number: VenueOrderID?, of symbol: Symbol? = nil) -> Int? {
        if let number {
            return self.entries.firstIndex { $0.number == number && $0.terms.symbol == symbol }
        }
        return self.entries.firstIndex { $0.restName == name }
    }

    func read(_ request: VenueRequest) -> VenueAnswer {
        switch request {
        case .order(_, let symbol, let client, let number):
            guard let index = self.index(named: client.text, number: number, of: symbol) else {
                return .refused(VenueError(httpStatus: 400, code: -2013, message: "no such order"))
            }
            return .order(self.report(index, isREST: true))
        case .openOrders:
            return .orders(
                self.entries.indices.filter { self.entries[$0].isOpen }
                    .map { self.report($0, isREST: true) }
            )
        case .allOrders(let symbol, let since):
            return .orders(
                self.entries.indices.filter {
                    self.entries[$0].terms.symbol == symbol && self.entries[$0].time >= since
                }.map { self.report($0, isREST: true) }
            )
        case .orderTrades(_, let symbol, let number):
            let index = self.index(named: "", number: number, of: symbol)
            return .trades(index.map { self.entries[$0].trades } ?? [])
        case .account:
            let balances = self.totals.keys.sorted().map { asset in
                let locked = self.locked(asset)
                return BalanceReport(
                    asset: asset,
                    free: (self.totals[asset] ?? .zero) - locked,
                    locked: locked
                )
            }
            return .account(
                AccountReport(accountID: self.accountID, canTrade: true, balances: balances)
            )
        case .quotes: return .quotes([])
        case .orderCounts: return .orderCounts([])
        case .depth: return .failed("nobody here asks for the book")
        case .keyRights: return .keyRights(KeyRights(canTrade: true, canWithdraw: false))
        case .rules(let symbols):
            return .rules(symbols.map { Make.rules($0) })
        case .trades(let symbol, let from):
            return .trades(self.trades(of: symbol) { $0.tradeID >= from ?? $0.tradeID })
        case .tradesSince(let symbol, let since):
            return .trades(self.trades(of: symbol) { $0.time >= since })
        case .cancel, .amend, .time:
            return .failed("not a read of the model")
        }
    }

    private func trades(
        of symbol: Symbol,
        where isWanted: (TradeReport) -> Bool
    ) -> [TradeReport] {
        self.entries.filter { $0.terms.symbol == symbol }.flatMap(\.trades).filter(isWanted)
            .sorted { $0.tradeID < $1.tradeID }
    }

    func locked(_ asset: Asset) -> Amount {
        self.entries.filter(\.isOpen).reduce(Amount.zero) { sum, entry in
            let buys = entry.terms.side == .buy
            let held = buys ? Asset("USDT") : Make.rules(entry.terms.symbol).baseAsset
            guard held == asset else { return sum }
            return sum
                + (buys
                    ? (entry.lockPrice * entry.rest).amount(rounding: .up) : entry.rest.amount)
        }
    }
}
