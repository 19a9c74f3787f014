import MatchingEngine
import TradingCore

/// The book as one would write it in ten minutes: lists, searched from end to end.
struct NaiveBook {
    struct Entry {
        let id: Int64
        let terms: NewOrder
        var remaining: Int64
        /// What the book shows; the whole rest but for icebergs.
        var visible: Int64 = 0

        init(id: Int64, terms: NewOrder) {
            self.id = id
            self.terms = terms
            self.remaining = terms.quantity.raw
        }
    }

    /// What rests, in the order of its arrival at the back of a queue.
    private(set) var entries: [Entry] = []
    /// What waits for a price, in the order of its arrival.
    private(set) var armed: [Entry] = []
    private(set) var lastID: Int64 = 0
    private var lastPrice: Int64 = 0
    private var swept: (low: Int64, high: Int64)?
    private var tape: [String] = []

    /// Places an order; the trades as `maker:quantity@price`, or nil where it is refused.
    mutating func place(_ terms: NewOrder) -> [String]? {
        self.tape = []
        if terms.type == .limitMaker, let best = self.best(terms.side.opposite),
            self.crosses(terms, self.entries[best])
        {
            return nil
        }
        if terms.type.isAlgorithmic, self.lastPrice > 0 {
            let stop = terms.stopPrice.raw
            let isThrough =
                self.isAbove(terms) ? stop <= self.lastPrice : stop >= self.lastPrice
            if isThrough { return nil }
        }
        self.lastID += 1
        let entry = Entry(id: self.lastID, terms: terms)
        if terms.type.isAlgorithmic {
            self.armed.append(entry)
            return []
        }
        self.enter(entry)
        self.trigger()
        return self.tape
    }

    mutating func cancel(_ id: Int64) -> Bool {
        if let index = self.entries.firstIndex(where: { $0.id == id }) {
            self.entries.remove(at: index)
            return true
        }
        guard let index = self.armed.firstIndex(where: { $0.id == id }) else { return false }
        self.armed.remove(at: index)
        return true
    }

    // MARK: Matching

    func best(_ side: Side) -> Int? {
        var best: Int?
        for (index, entry) in self.entries.enumerated() where entry.terms.side == side {
            guard let current = best else {
                best = index
                continue
            }
            let (price, other) = (entry.terms.price, self.entries[current].terms.price)
            if side == .buy ? price > other : price < other { best = index }
        }
        return best
    }

    private func crosses(_ terms: NewOrder, _ entry: Entry) -> Bool {
        if terms.type.isMarket { return true }
        return terms.side == .buy
            ? entry.terms.price <= terms.price : entry.terms.price >= terms.price
    }

    private mutating func enter(_ entering: Entry) {
        var taker = entering
        let terms = taker.terms
        let isPreventing = terms.selfTradePrevention != .none
        if terms.timeInForce == .fillOrKill {
            let available = self.entries.filter {
                $0.terms.side != terms.side && self.crosses(terms, $0)
                    && !(isPreventing && $0.terms.account == terms.account)
            }.reduce(0) { $0 + $1.remaining }
            if available < terms.quantity.raw { return }
        }
        while taker.remaining > 0, let best = self.best(terms.side.opposite),
            self.crosses(terms, self.entries[best])
        {
            if isPreventing, self.entries[best].terms.account == terms.account {
                guard self.prevent(&taker, best) else { return }
            } else {
                self.trade(&taker, best)
            }
        }
        guard taker.remaining > 0, !terms.type.isMarket, terms.timeInForce == .goodTillCanceled
        else { return }
        self.rest(taker)
    }

    private mutating func rest(_ entry: Entry) {
        var entry = entry
        let iceberg = entry.terms.icebergQuantity.raw
        entry.visible = iceberg > 0 ? min(iceberg, entry.remaining) : entry.remaining
        self.entries.append(entry)
    }

    private mutating func trade(_ taker: inout Entry, _ index: Int) {
        let quantity = min(taker.remaining, self.entries[index].visible)
        let price = self.entries[index].terms.price.raw
        self.tape.append("\(self.entries[index].id):\(quantity)@\(price)")
        taker.remaining -= quantity
        self.entries[index].remaining -= quantity
        self.entries[index].visible -= quantity
        self.lastPrice = price
        self.swept = (min(self.swept?.low ?? price, price), max(self.swept?.high ?? price, price))
        guard self.entries[index].visible == 0 else { return }
        // The next slice of an iceberg goes to the back.
        let maker = self.entries.remove(at: index)
        if maker.remaining > 0 { self.rest(maker) }
    }

    /// Keeps two orders of one account apart; whether the taker goes on.
    private mutating func prevent(_ taker: inout Entry, _ index: Int) -> Bool {
        let loss = min(taker.remaining, self.entries[index].remaining)
        switch taker.terms.selfTradePrevention {
        case .none: return true
        case .expireTaker: return false
        case .expireMaker:
            self.entries.remove(at: index)
            return true
        case .expireBoth:
            self.entries.remove(at: index)
            return false
        case .decrement, .transfer:
            taker.remaining -= loss
            self.entries[index].remaining -= loss
            let rest = self.entries[index].remaining
            self.entries[index].visible = min(self.entries[index].visible, rest)
            if rest == 0 { self.entries.remove(at: index) }
            return taker.remaining > 0
        }
    }

    // MARK: Triggers

    private func isAbove(_ terms: NewOrder) -> Bool {
        let isStop = terms.type == .stopLoss || terms.type == .stopLossLimit
        return isStop == (terms.side == .buy)
    }

    /// Lets work what the trades have triggered: first what waits for a rise, the nearest first.
    private mutating func trigger() {
        while let swept = self.swept {
            var next: Int?
            for isAbove in [true, false] where next == nil {
                for (index, entry) in self.armed.enumerated()
                where self.isAbove(entry.terms) == isAbove {
                    let stop = entry.terms.stopPrice.raw
                    guard isAbove ? stop <= swept.high : stop >= swept.low else { continue }
                    if let current = next {
                        let other = self.armed[current].terms.stopPrice.raw
                        guard isAbove ? stop < other : stop > other else { continue }
                    }
                    next = index
                }
            }
            guard let next else {
                self.swept = nil
                return
            }
            self.enter(self.armed.remove(at: next))
        }
    }

    // MARK: What is compared

    func depth(_ side: Side) -> [String] {
        var prices: [Price] = []
        for entry in self.entries where entry.terms.side == side {
            if !prices.contains(entry.terms.price) { prices.append(entry.terms.price) }
        }
        prices.sort(by: side == .buy ? (>) : (<))
        return prices.map { price in
            let total = self.entries.filter { $0.terms.side == side && $0.terms.price == price }
                .reduce(0) { $0 + $1.visible }
            return "\(Quantity(raw: total))@\(price)"
        }
    }

    /// What the open orders of an account hold of base and quote.
    func locked(by account: AccountNumber) -> [Amount] {
        var needed = [Amount.zero, .zero]
        for entry in self.entries + self.armed where entry.terms.account == account {
            let quantity = Quantity(raw: entry.remaining)
            if entry.terms.side == .sell {
                needed[0] += quantity.amount
            } else {
                let isMarket = entry.terms.type.isMarket
                let price = isMarket ? entry.terms.stopPrice : entry.terms.price
                needed[1] += (price * quantity).amount(rounding: .up)
            }
        }
        return needed
    }
}
