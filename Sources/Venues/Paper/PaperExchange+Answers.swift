import MarketReplay
import MatchingEngine
import TradingCore

extension PaperExchange {
    /// Answers a read, or does a cancel or an amendment.
    mutating func answer(_ request: VenueRequest, at time: WallTime) -> VenueAnswer {
        switch request {
        case .cancel(_, let symbol, let target, _):
            self.cancel(symbol, target.text, at: time)
        case .amend(_, let symbol, let client, let quantity):
            self.amend(symbol, client.text, to: quantity, at: time)
        case .order(_, let symbol, let client, let number):
            self.order(symbol, named: client.text, number)
        case .openOrders:
            .orders(self.book.pages.values.flatMap(\.open).map { $0.report() })
        case .allOrders(let symbol, let since):
            .orders(
                (self.book.pages[symbol]?.orders.values.filter { $0.placedAt >= since } ?? [])
                    .sorted { $0.number < $1.number }
                    .map { $0.report() }
            )
        case .trades(let symbol, let first):
            .trades(self.trades(of: symbol) { first == nil || $0.tradeID.raw >= first?.raw ?? 0 })
        case .tradesSince(let symbol, let since):
            .trades(self.trades(of: symbol) { $0.time >= since })
        case .orderTrades(_, let symbol, let number):
            .trades(self.trades(of: symbol) { $0.venueOrderID == number })
        case .account:
            .account(
                AccountReport(
                    accountID: self.book.accountID,
                    canTrade: true,
                    balances: self.balances(of: Set(self.book.balances.keys))
                )
            )
        case .rules(let symbols):
            .rules(symbols.compactMap { self.listings[$0]?.rules.symbol })
        case .quotes(let symbols):
            .quotes(
                symbols.compactMap { symbol in
                    self.quote(of: symbol).map { SymbolQuote(symbol: symbol, quote: $0) }
                }
            )
        case .time: .time(time)
        // Nobody counts them.
        case .orderCounts: .orderCounts([])
        // There is no key, and nothing that could be withdrawn.
        case .keyRights: .keyRights(KeyRights(canTrade: true, canWithdraw: false))
        case .depth(let symbol): self.depth(of: symbol)
        }
    }

    private func trades(
        of symbol: Symbol,
        where isWanted: (TradeReport) -> Bool
    ) -> [TradeReport] {
        (self.book.pages[symbol]?.trades ?? []).filter(isWanted)
    }

    private func order(
        _ symbol: Symbol,
        named name: String,
        _ number: VenueOrderID?
    ) -> VenueAnswer {
        let page = self.book.pages[symbol]
        let order = number.map { page?.orders[$0] } ?? page?.order(named: name)
        guard let order else { return Self.refused(-2013, "Order does not exist.") }
        return .order(order.report())
    }

    private func depth(of symbol: Symbol) -> VenueAnswer {
        self.depth(of: symbol, countMax: .max).map(VenueAnswer.depth)
            ?? Self.refused(-1121, "Invalid symbol.")
    }

    private func depth(of symbol: Symbol, countMax: Int) -> DepthReport? {
        guard let listing = self.listings[symbol] else { return nil }
        let book = self.engine.markets[listing.number].book
        let levels = { (side: Side) in
            book.levels(side).suffix(countMax).reversed().map {
                DepthLevel(price: $0.price, quantity: $0.visible)
            }
        }
        return DepthReport(
            symbol: symbol,
            updateID: book.updateID,
            bids: levels(.buy),
            asks: levels(.sell)
        )
    }

    /// Tells the levels near the best prices, by which market orders are judged.
    mutating func tellDepth(_ symbol: Symbol) {
        guard self.listings[symbol]?.liquidity.isSynchronized == true,
            let report = self.depth(of: symbol, countMax: BookSide.levelsMax)
        else { return }
        self.reports.append(.depthReported(report))
    }
}

extension RecordedMessage {
    /// Whether it tells of levels; that comes in intervals, while trades and prices come at once.
    var isOfDepth: Bool {
        switch self {
        case .snapshot, .depth: true
        default: false
        }
    }
}
