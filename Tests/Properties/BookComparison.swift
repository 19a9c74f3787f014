import MatchingEngine
import TradingCore

/// Random orders of several users, through the engine and through the naive book.
///
/// After every order both must have traded alike; every few hundred the books, the totals of all
/// assets (commissions are paid in three) and what each user has locked are compared too.
struct BookComparison {
    private let seed: UInt64
    private var dice: Dice
    private var engine: MatchingEngine
    private var naive = NaiveBook()
    private var accounts: [AccountNumber] = []
    private var totals: [Amount] = []
    private(set) var summary = Summary()

    /// What happened, so that a run shows that it tried everything.
    struct Summary {
        var trades = 0
        var refusals = 0
        var cancels = 0
        var triggered = 0
        var prevented = 0
        var feesInThirdAsset = 0
        var checks = 0
    }

    /// What the two do not agree on.
    struct Difference: Error, CustomStringConvertible {
        let description: String
    }

    private static let assets = ["BTC", "USDT", "BNB"].map { Asset($0) }
    private static let checkInterval = 500
    private static let time = WallTime(milliseconds: 1_763_000_000_000)

    init(seed: UInt64, users: Int = 5) {
        self.seed = seed
        self.dice = Dice(seed: seed)
        var ledger = Ledger(assets: Self.assets)
        ledger.setFeeAsset(AssetIndex(raw: 2), share: 75_000_000)
        ledger.notePrice(
            Price(raw: 600 * 100_000_000),
            base: AssetIndex(raw: 2),
            quote: AssetIndex(raw: 1)
        )
        self.engine = MatchingEngine(ledger: ledger)
        var symbol = SymbolRules(
            symbol: Symbol("BTCUSDT"),
            baseAsset: Self.assets[0],
            quoteAsset: Self.assets[1]
        )
        symbol.tickSize = Price(raw: 1_000_000)
        symbol.stepSize = Quantity(raw: 1_000)
        symbol.quantityMin = Quantity(raw: 1_000)
        var rules = MarketRules(symbol: symbol)
        rules.algoOrdersMax = .max
        guard self.engine.openMarket(rules) == 0 else { fatalError("the ledger has both assets") }
        for user in 0..<users {
            var rates = CommissionRates(maker: 75_000, taker: 100_000)
            rates.paysInFeeAsset = user % 2 == 0
            let account = self.engine.openAccount(rates: rates)
            // Little of the third asset, so that it runs out on the way.
            for (asset, whole) in [(0, 1_000_000), (1, 1_000_000_000), (2, 1 + user)] {
                self.engine.ledger.deposit(
                    Amount(raw: Int128(whole) * 100_000_000),
                    of: AssetIndex(raw: asset),
                    to: account
                )
            }
            self.accounts.append(account)
        }
        self.totals = self.currentTotals
    }

    /// Runs a number of orders and cancels.
    mutating func run(orders: Int) throws(Difference) {
        for number in 1...orders {
            if self.dice.roll(10) < 4, self.naive.lastID > 0 {
                try self.cancel(number)
            } else {
                try self.place(number)
            }
            self.count()
            self.engine.events.removeAll(keepingCapacity: true)
            if number % Self.checkInterval == 0 || number == orders { try self.check(number) }
        }
    }

    private mutating func cancel(_ number: Int) throws(Difference) {
        let back = self.dice.roll(min(200, Int(self.naive.lastID)))
        let id = self.naive.lastID - Int64(back)
        let isOpen = self.naive.cancel(id)
        if isOpen { self.summary.cancels += 1 }
        let refusal = self.engine.cancel(VenueOrderID(raw: id), on: 0, at: Self.time)
        try self.require((refusal == nil) == isOpen, number, "cancel of \(id)")
    }

    private mutating func place(_ number: Int) throws(Difference) {
        let terms = self.randomOrder()
        let tape = self.naive.place(terms)
        let placement = self.engine.place(terms, on: 0, at: Self.time)
        guard let tape else {
            self.summary.refusals += 1
            guard case .refused = placement else {
                throw self.difference(number, "\(terms) was not refused")
            }
            return
        }
        let isAccepted = placement == .accepted(VenueOrderID(raw: self.naive.lastID))
        try self.require(isAccepted, number, "\(placement) of \(terms)")
        var trades: [String] = []
        for case .traded(let trade) in self.engine.events {
            let maker = trade.maker.order?.raw ?? 0
            trades.append("\(maker):\(trade.quantity.raw)@\(trade.price.raw)")
        }
        try self.require(trades == tape, number, "\(trades), not \(tape)")
    }

    private mutating func randomOrder() -> NewOrder {
        let types: [VenueOrderType] = [
            .limit, .limit, .limit, .limit, .limitMaker, .market, .stopLoss, .stopLossLimit,
            .takeProfit, .takeProfitLimit,
        ]
        var terms = NewOrder(
            account: self.accounts[self.dice.roll(self.accounts.count)],
            side: self.dice.roll(2) == 0 ? .buy : .sell,
            type: types[self.dice.roll(types.count)]
        )
        terms.quantity = Quantity(raw: Int64(2 + self.dice.roll(500)) * 1_000)
        if !terms.type.isMarket {
            // Two sides that overlap in the middle: a book with some depth, that trades.
            let offset = self.dice.roll(26) + (terms.side == .sell ? 14 : 0)
            terms.price = Price(raw: Int64(10_000 + offset) * 1_000_000)
        }
        if terms.type.isAlgorithmic {
            let offset = self.dice.roll(40)
            terms.stopPrice = Price(raw: Int64(10_000 + offset) * 1_000_000)
        }
        if terms.type == .limit {
            let kinds: [TimeInForce] = [
                .goodTillCanceled, .goodTillCanceled, .immediateOrCancel, .fillOrKill,
            ]
            terms.timeInForce = kinds[self.dice.roll(kinds.count)]
        }
        let canRest = terms.type == .limit && terms.timeInForce == .goodTillCanceled
        if canRest, self.dice.roll(4) == 0 {
            let slices = Int64(2 + self.dice.roll(8))
            let slice = terms.quantity.raw / 1_000 / slices * 1_000
            if slice > 0 { terms.icebergQuantity = Quantity(raw: slice) }
        }
        let modes = SelfTradePrevention.allCases
        terms.selfTradePrevention = modes[self.dice.roll(modes.count)]
        return terms
    }

    // MARK: What must hold

    private mutating func count() {
        for event in self.engine.events {
            switch event {
            case .traded(let trade):
                self.summary.trades += 1
                for party in [trade.taker, trade.maker] where party.commissionAsset != nil {
                    self.summary.feesInThirdAsset += 1
                }
            case .activated: self.summary.triggered += 1
            case .prevented: self.summary.prevented += 1
            default: continue
            }
        }
    }

    private var currentTotals: [Amount] {
        Self.assets.indices.map { self.engine.ledger.total(of: AssetIndex(raw: $0)) }
    }

    private mutating func check(_ number: Int) throws(Difference) {
        self.summary.checks += 1
        let book = self.engine.markets[0].book
        for side in Side.allCases {
            let depth = book.levels(side).reversed().map { "\($0.visible)@\($0.price)" }
            let naive = self.naive.depth(side)
            try self.require(depth == naive, number, "\(depth), not \(naive)")
        }
        if let bid = book.best(.buy), let ask = book.best(.sell) {
            try self.require(bid.price < ask.price, number, "the book is crossed")
        }
        try self.require(self.currentTotals == self.totals, number, "an asset was made or lost")
        for account in self.accounts {
            for (asset, needed) in self.naive.locked(by: account).enumerated() {
                let locked = self.engine.ledger[account, AssetIndex(raw: asset)].locked
                try self.require(locked == needed, number, "\(locked) locked, not \(needed)")
            }
        }
    }

    private func require(
        _ condition: Bool,
        _ number: Int,
        _ what: @autoclosure () -> String
    ) throws(Difference) {
        guard condition else { throw self.difference(number, what()) }
    }

    private func difference(_ number: Int, _ what: String) -> Difference {
        Difference(description: "order \(number) of seed \(self.seed): \(what)")
    }
}

/// A generator with a known sequence for each seed.
struct Dice {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func roll(_ count: Int) -> Int {
        self.state ^= self.state << 13
        self.state ^= self.state >> 7
        self.state ^= self.state << 17
        return Int(self.state % UInt64(count))
    }
}
