/// What the orders of one strategy did at one venue: a ledger beside the account's.
package struct StrategyBook: Hashable, Sendable {
    /// What its fills brought and took; of each asset it began with nothing.
    package private(set) var ledger: Ledger
    /// What its losses are counted from, by quote asset; none before they were limited.
    package private(set) var equities: [Asset: EquityRecord]
    /// The venue's time of its newest fill.
    package private(set) var filledAt: WallTime

    /// The book that a snapshot holds, or one without a fill.
    package init(
        ledger: Ledger = Ledger(),
        equities: [Asset: EquityRecord] = [:],
        filledAt: WallTime = WallTime(nanoseconds: 0)
    ) {
        self.ledger = ledger
        self.equities = equities
        self.filledAt = filledAt
    }

    /// What of a symbol it has bought and not sold.
    package func held(_ symbol: Symbol) -> Amount {
        self.ledger.positions[symbol]?.quantity ?? .zero
    }

    /// Whether nothing is lost by forgetting it.
    fileprivate var isIdle: Bool {
        self.equities.isEmpty && self.ledger.positions.values.allSatisfy(\.quantity.isZero)
    }

    fileprivate mutating func count(_ fill: Fill, of intent: OrderIntent) {
        let realized = self.ledger.apply(fill, of: intent)
        self.equities[intent.quoteAsset]?.count(fill, of: intent, realized: realized)
        self.filledAt = max(self.filledAt, fill.time)
    }

    fileprivate mutating func take(_ mark: EquityMark, in asset: Asset) {
        self.equities[asset, default: EquityRecord(mark)].take(mark)
    }

    fileprivate mutating func acknowledge(_ rule: Rule, in asset: Asset) {
        self.equities[asset]?.acknowledge(rule)
    }
}

/// The books of all strategies at one venue.
///
/// A fill counts to the strategy that its order names. What closes a position of the account,
/// whoever bought it, counts first to the strategy that it names, up to what that holds, and the
/// rest to all holders in proportion: so no strategy is left with a position that is not there.
package struct StrategyBooks: Hashable, Sendable {
    /// Callers choose the names of strategies: of more the one that has not traded for the longest
    /// is forgotten, unless its losses are limited.
    package static let namesMax = 1_000

    package private(set) var byName: [String: StrategyBook]

    package init(_ byName: [String: StrategyBook] = [:]) { self.byName = byName }

    /// Counts a fill.
    ///
    /// - Parameters:
    ///   - fill: The fill.
    ///   - intent: Its order's.
    ///   - held: What the account held of the symbol before it.
    mutating func count(_ fill: Fill, of intent: OrderIntent, held: Amount) {
        guard intent.closesForAll else {
            if !intent.strategy.isEmpty { self.count(fill, of: intent, as: intent.strategy) }
            return
        }
        var rest = fill
        var left = held
        if let book = self.byName[intent.strategy] {
            let own = max(book.held(intent.terms.symbol), .zero)
            let part = rest.split(Quantity(clamping: min(own, rest.quantity.amount)))
            if let part { self.count(part, of: intent, as: intent.strategy) }
            left -= own
        }
        self.share(rest, of: intent, left: left)
    }

    /// Counts what closes a position to all others that hold a part of it.
    private mutating func share(_ fill: Fill, of intent: OrderIntent, left: Amount) {
        let symbol = intent.terms.symbol
        let holders = self.byName.filter { name, book in
            name != intent.strategy && book.held(symbol).isPositive
        }
        let holdings = holders.map { (name: $0.key, held: $0.value.held(symbol)) }
            .sorted { $0.name < $1.name }
        // What no strategy holds is sold along with the rest.
        var whole = max(left, holdings.reduce(.zero) { $0 + $1.held })
        var rest = fill
        for holding in holdings {
            let share = rest.quantity.amount.share(holding.held, of: whole)
            whole -= holding.held
            let part = rest.split(Quantity(clamping: min(share, holding.held)))
            if let part { self.count(part, of: intent, as: holding.name) }
        }
    }

    private mutating func count(_ fill: Fill, of intent: OrderIntent, as name: String) {
        if self.byName[name] == nil, self.byName.count >= Self.namesMax { self.makeRoom() }
        // In its place, so that its ledger is not copied.
        self.byName[name, default: StrategyBook()].count(fill, of: intent)
        if self.byName[name]?.isIdle == true { self.byName[name] = nil }
    }

    private mutating func makeRoom() {
        let silent = self.byName.filter { $0.value.equities.isEmpty }.min { one, other in
            let (left, right) = (one.value.filledAt, other.value.filledAt)
            return left == right ? one.key < other.key : left < right
        }
        if let silent { self.byName[silent.key] = nil }
    }

    /// Takes in what the losses of a strategy are counted from.
    mutating func take(_ mark: EquityMark, of name: String, in asset: Asset) {
        self.byName[name, default: StrategyBook()].take(mark, in: asset)
    }

    /// A person has seen a loss of a strategy.
    mutating func acknowledge(_ rule: Rule, of name: String, in asset: Asset) {
        self.byName[name]?.acknowledge(rule, in: asset)
    }
}

extension OrderIntent {
    /// Whether it closes a position of the account, whichever strategies bought it.
    ///
    /// An exit is not among them: it sells what its entry bought.
    var closesForAll: Bool {
        switch self.purpose {
        case .flatten: true
        case .client: self.goal != nil && self.terms.side == .sell
        case .exit: false
        }
    }
}

extension Fill {
    /// Takes a part out of the fill, with its share of what was traded for it and of the fee, each
    /// rounded down, so that the parts add up to the whole; nil where the part is nothing.
    fileprivate mutating func split(_ part: Quantity) -> Fill? {
        guard part.isPositive else { return nil }
        let whole = self.quantity.amount
        var other = self
        other.quantity = part
        other.quoteQuantity = self.quoteQuantity.share(part.amount, of: whole)
        other.fee = self.fee.share(part.amount, of: whole)
        self.quantity -= part
        self.quoteQuantity -= other.quoteQuantity
        self.fee -= other.fee
        return other
    }
}

extension Amount {
    /// The part of it that another amount has of a whole, rounded towards zero.
    fileprivate func share(_ part: Amount, of whole: Amount) -> Amount {
        guard part < whole else { return self }
        let product = self.raw.magnitude.multipliedFullWidth(by: part.raw.magnitude)
        let share = Int128(whole.raw.magnitude.dividingFullWidth(product).quotient)
        return Amount(raw: self.raw < 0 ? -share : share)
    }
}
