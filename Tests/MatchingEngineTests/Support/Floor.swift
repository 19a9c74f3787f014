import MatchingEngine
import TradingCore

/// An engine with one market, BTC against USDT, and some rich accounts; valid by default.
struct Floor {
    var engine: MatchingEngine
    let accounts: [AccountNumber]
    var time = WallTime(milliseconds: 1_763_000_000_000)
    /// Everything that happened, in order.
    var events: [EngineEvent] = []

    static let base = Asset("BTC")
    static let quote = Asset("USDT")
    /// Not traded here; what commission may be paid in.
    static let third = Asset("BNB")

    init(
        accounts: Int = 2,
        base: Int64 = 1_000_000,
        quote: Int64 = 1_000_000_000,
        rates: CommissionRates = CommissionRates(maker: 0, taker: 0),
        change: (inout MarketRules) -> Void = { _ in }
    ) {
        self.engine = MatchingEngine(ledger: Ledger(assets: [Self.base, Self.quote, Self.third]))
        var symbol = SymbolRules(
            symbol: Symbol("BTCUSDT"),
            baseAsset: Self.base,
            quoteAsset: Self.quote
        )
        symbol.tickSize = Price(raw: 1_000_000)
        symbol.stepSize = Quantity(raw: 1_000)
        symbol.quantityMin = Quantity(raw: 1_000)
        var rules = MarketRules(symbol: symbol)
        change(&rules)
        guard self.engine.openMarket(rules) == 0 else { fatalError("the ledger has both assets") }
        var numbers: [AccountNumber] = []
        for _ in 0..<accounts {
            let account = self.engine.openAccount(rates: rates)
            self.engine.ledger.deposit(
                Amount(raw: Int128(base) * 100_000_000),
                of: AssetIndex(raw: 0),
                to: account
            )
            self.engine.ledger.deposit(
                Amount(raw: Int128(quote) * 100_000_000),
                of: AssetIndex(raw: 1),
                to: account
            )
            numbers.append(account)
        }
        self.accounts = numbers
    }

    var market: Market { self.engine.markets[0] }
    var book: OrderBook { self.market.book }

    /// Moves what happened out of the engine.
    mutating func drain() {
        self.events.append(contentsOf: self.engine.events)
        self.engine.events.removeAll(keepingCapacity: true)
    }

    @discardableResult
    mutating func place(_ terms: NewOrder) -> Placement {
        let placement = self.engine.place(terms, on: 0, at: self.time)
        self.drain()
        return placement
    }

    mutating func cancel(_ id: Int64) -> EngineRefusal? {
        let refusal = self.engine.cancel(VenueOrderID(raw: id), on: 0, at: self.time)
        self.drain()
        return refusal
    }

    mutating func quote(_ side: Side, _ price: Int64, _ quantity: Int64) {
        self.engine.quote(
            LevelKey(side: side, price: .whole(price)),
            .whole(quantity),
            on: 0,
            at: self.time
        )
        self.drain()
    }

    /// A limit order of whole units.
    func limit(_ account: Int, _ side: Side, _ quantity: Int64, at price: Int64) -> NewOrder {
        var terms = NewOrder(account: self.accounts[account], side: side, type: .limit)
        terms.price = .whole(price)
        terms.quantity = .whole(quantity)
        return terms
    }

    func market(_ account: Int, _ side: Side, _ quantity: Int64) -> NewOrder {
        var terms = NewOrder(account: self.accounts[account], side: side, type: .market)
        terms.quantity = .whole(quantity)
        return terms
    }

    var trades: [EngineTrade] {
        self.events.compactMap { event in
            if case .traded(let trade) = event { return trade }
            return nil
        }
    }

    /// The trades as `quantity@price`.
    var tape: [String] { self.trades.map { "\($0.quantity)@\($0.price)" } }

    var ends: [OrderEnd] {
        self.events.compactMap { event in
            if case .ended(_, let end) = event { return end }
            return nil
        }
    }

    /// A side as `quantity@price`, best first.
    func depth(_ side: Side) -> [String] {
        self.book.levels(side).reversed().map { "\($0.visible)@\($0.price)" }
    }

    func balance(_ account: Int, _ asset: Int) -> Balance {
        self.engine.ledger[self.accounts[account], AssetIndex(raw: asset)]
    }
}

extension Price {
    static func whole(_ value: Int64) -> Price { Price(raw: value * 100_000_000) }
}

extension Quantity {
    static func whole(_ value: Int64) -> Quantity { Quantity(raw: value * 100_000_000) }
}
