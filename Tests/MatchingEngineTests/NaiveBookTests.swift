import MatchingEngine
import Testing
import TradingCore

/// The book as one would write it in ten minutes: a list, searched from end to end.
struct NaiveBook {
    struct Entry {
        let id: Int64
        let account: AccountNumber
        let side: Side
        let price: Int64
        var remaining: Int64
    }

    var entries: [Entry] = []
    var lastID: Int64 = 0

    func best(_ side: Side) -> Int? {
        var best: Int?
        for (index, entry) in self.entries.enumerated() where entry.side == side {
            guard let current = best else {
                best = index
                continue
            }
            let price = self.entries[current].price
            if side == .buy ? entry.price > price : entry.price < price { best = index }
        }
        return best
    }

    func crosses(_ terms: NewOrder, _ entry: Entry) -> Bool {
        if terms.type == .market { return true }
        return terms.side == .buy
            ? entry.price <= terms.price.raw : entry.price >= terms.price.raw
    }

    /// Places an order; the trades as `maker:quantity@price`, or nil where it is refused.
    mutating func place(_ terms: NewOrder) -> [String]? {
        let other = terms.side.opposite
        if terms.type == .limitMaker, let best = self.best(other),
            self.crosses(terms, self.entries[best])
        {
            return nil
        }
        self.lastID += 1
        let isPreventing = terms.selfTradePrevention != .none
        if terms.timeInForce == .fillOrKill {
            let available = self.entries.filter {
                $0.side == other && self.crosses(terms, $0)
                    && !(isPreventing && $0.account == terms.account)
            }.reduce(0) { $0 + $1.remaining }
            if available < terms.quantity.raw { return [] }
        }
        var remaining = terms.quantity.raw
        var tape: [String] = []
        while remaining > 0, let best = self.best(other), self.crosses(terms, self.entries[best]) {
            let maker = self.entries[best]
            if isPreventing, maker.account == terms.account {
                if terms.selfTradePrevention != .expireTaker { self.entries.remove(at: best) }
                if terms.selfTradePrevention != .expireMaker { return tape }
                continue
            }
            let quantity = min(remaining, maker.remaining)
            tape.append("\(maker.id):\(quantity)@\(maker.price)")
            remaining -= quantity
            self.entries[best].remaining -= quantity
            if self.entries[best].remaining == 0 { self.entries.remove(at: best) }
        }
        if remaining > 0, terms.type != .market, terms.timeInForce == .goodTillCanceled {
            self.entries.append(
                Entry(
                    id: self.lastID,
                    account: terms.account,
                    side: terms.side,
                    price: terms.price.raw,
                    remaining: remaining
                )
            )
        }
        return tape
    }

    mutating func cancel(_ id: Int64) -> Bool {
        guard let index = self.entries.firstIndex(where: { $0.id == id }) else { return false }
        self.entries.remove(at: index)
        return true
    }

    func depth(_ side: Side) -> [String] {
        var prices: [Int64] = []
        for entry in self.entries where entry.side == side && !prices.contains(entry.price) {
            prices.append(entry.price)
        }
        prices.sort(by: side == .buy ? (>) : (<))
        return prices.map { price in
            let total = self.entries.filter { $0.side == side && $0.price == price }
                .reduce(0) { $0 + $1.remaining }
            return "\(Quantity(raw: total))@\(Price(raw: price))"
        }
    }
}

@Suite("Book against a naive one")
struct NaiveBookTests {
    #if DEBUG
        static let orders = 20_000
    #else
        static let orders = 1_000_000
    #endif

    @Test(arguments: [UInt64(1), 2, 3])
    func `random orders trade alike, and no asset is made or lost`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var floor = Floor(
            accounts: 5,
            rates: CommissionRates(maker: 75_000, taker: 100_000)
        )
        var naive = NaiveBook()
        let totals = [0, 1].map { floor.engine.ledger.total(of: AssetIndex(raw: $0)) }
        for number in 0..<Self.orders {
            if dice.roll(10) < 4, naive.lastID > 0 {
                let id = naive.lastID - Int64(dice.roll(min(60, Int(naive.lastID))))
                let isOpen = naive.cancel(id)
                #expect((floor.cancel(id) == nil) == isOpen)
            } else {
                let terms = Self.randomOrder(&dice, floor)
                let tape = naive.place(terms)
                let placement = floor.place(terms)
                if let tape {
                    #expect(placement == .accepted(VenueOrderID(raw: naive.lastID)))
                    let trades = floor.trades.map { trade in
                        "\(trade.maker.order?.raw ?? 0):\(trade.quantity.raw)@\(trade.price.raw)"
                    }
                    try #require(trades == tape, "order \(number) of seed \(seed)")
                } else {
                    try #require(placement == .refused(.wouldMatchImmediately))
                }
            }
            floor.events.removeAll(keepingCapacity: true)
            if number % 500 == 0 { try Self.check(floor, naive, totals) }
        }
        try Self.check(floor, naive, totals)
    }

    private static func randomOrder(_ dice: inout Dice, _ floor: Floor) -> NewOrder {
        let account = floor.accounts[dice.roll(floor.accounts.count)]
        let types: [VenueOrderType] = [.limit, .limit, .limit, .limitMaker, .market]
        var terms = NewOrder(
            account: account,
            side: dice.roll(2) == 0 ? .buy : .sell,
            type: types[dice.roll(5)]
        )
        terms.quantity = Quantity(raw: Int64(1 + dice.roll(500)) * 1_000)
        if terms.type != .market {
            terms.price = Price(raw: Int64(10_000 + dice.roll(40)) * 1_000_000)
        }
        if terms.type == .limit {
            let kinds: [TimeInForce] = [
                .goodTillCanceled, .goodTillCanceled, .immediateOrCancel, .fillOrKill,
            ]
            terms.timeInForce = kinds[dice.roll(4)]
        }
        let modes: [SelfTradePrevention] = [.none, .expireTaker, .expireMaker, .expireBoth]
        terms.selfTradePrevention = modes[dice.roll(4)]
        return terms
    }

    private static func check(
        _ floor: Floor,
        _ naive: NaiveBook,
        _ totals: [Amount]
    ) throws {
        for side in Side.allCases {
            try #require(floor.depth(side) == naive.depth(side))
        }
        for asset in [0, 1] {
            let index = AssetIndex(raw: asset)
            try #require(floor.engine.ledger.total(of: index) == totals[asset])
        }
        // What an account has locked is what its open orders need, and nothing else.
        for account in floor.accounts {
            var needed = [Amount.zero, .zero]
            for entry in naive.entries where entry.account == account {
                let quantity = Quantity(raw: entry.remaining)
                if entry.side == .sell {
                    needed[0] += quantity.amount
                } else {
                    needed[1] += (Price(raw: entry.price) * quantity).amount(rounding: .up)
                }
            }
            for asset in [0, 1] {
                let locked = floor.engine.ledger[account, AssetIndex(raw: asset)].locked
                try #require(locked == needed[asset])
            }
        }
    }
}
