/// What one venue's account holds, as our journal knows it: balances, reservations, positions.
package struct Ledger: Hashable, Sendable {
    /// The account that the ledger is bound to; nil until the venue was first read (S5).
    package private(set) var accountID: Int64?
    /// In total, by asset: free and locked together.
    package private(set) var totals: [Asset: Amount]
    /// Held back for our open orders and for those of unknown outcome (E3).
    package private(set) var reserved: [Asset: Amount]
    /// What orders that are not finished can still trade; what has none has no entry.
    package private(set) var pending: [Symbol: AmountBySide]
    /// By symbol.
    package private(set) var positions: [Symbol: Position]

    package init() {
        self.init(accountID: nil, totals: [:], reserved: [:], positions: [:])
    }

    /// The ledger that a snapshot holds; what is pending follows from its orders.
    package init(
        accountID: Int64?,
        totals: [Asset: Amount],
        reserved: [Asset: Amount],
        positions: [Symbol: Position]
    ) {
        self.accountID = accountID
        self.totals = totals
        self.reserved = reserved
        self.pending = [:]
        self.positions = positions
    }

    package func total(of asset: Asset) -> Amount { self.totals[asset] ?? .zero }

    package func reserved(of asset: Asset) -> Amount { self.reserved[asset] ?? .zero }

    /// What new orders may use.
    package func available(of asset: Asset) -> Amount {
        self.total(of: asset) - self.reserved(of: asset)
    }

    /// The assets that the ledger has an entry for, sorted by name.
    package var assets: [Asset] {
        var assets = Array(self.totals.keys)
        for asset in self.reserved.keys where self.totals[asset] == nil { assets.append(asset) }
        return assets.sorted()
    }

    /// The positions sorted by symbol.
    package var positionsBySymbol: [Position] {
        self.positions.values.sorted { $0.symbol < $1.symbol }
    }

    mutating func bind(to accountID: Int64) { self.accountID = accountID }

    mutating func move(_ asset: Asset, by delta: Amount) {
        self.totals[asset, default: .zero] += delta
    }

    /// What orders on a side that are not finished can still trade.
    package func pending(_ symbol: Symbol, _ side: Side) -> Amount {
        self.pending[symbol]?[side] ?? .zero
    }

    /// How much an order on each side can trade and only shrink the position, were every order of
    /// ours on that side filled; zero or less where it would open one.
    package func reducible(_ symbol: Symbol) -> AmountBySide {
        let held = self.positions[symbol]?.quantity ?? .zero
        let pending = self.pending[symbol] ?? AmountBySide()
        return AmountBySide(buying: -held - pending[.buy], selling: held - pending[.sell])
    }

    mutating func reserve(_ reservation: Reservation) {
        self.reserved[reservation.asset, default: .zero] += reservation.amount
        self.expect(reservation)
    }

    /// Counts what an order can still trade.
    mutating func expect(_ reservation: Reservation) {
        guard !reservation.quantity.isZero else { return }
        self.pending[reservation.symbol, default: AmountBySide()][reservation.side] +=
            reservation.quantity
    }

    /// Holds back less for an order, or more.
    ///
    /// - Parameters:
    ///   - reservation: What is held back for it.
    ///   - later: The same order's from now on.
    mutating func change(_ reservation: Reservation, to later: Reservation) {
        let asset = reservation.asset
        let rest = self.reserved(of: asset) - reservation.amount
        invariant(rest >= .zero, "more of \(asset) is released than was reserved")
        let held = rest + later.amount
        self.reserved[asset] = held.isZero ? nil : held
        let symbol = reservation.symbol
        var pending = self.pending[symbol] ?? AmountBySide()
        pending[reservation.side] -= reservation.quantity
        invariant(
            pending[reservation.side] >= .zero,
            "more of \(symbol) is released than was pending"
        )
        pending[reservation.side] += later.quantity
        self.pending[symbol] = pending.isZero ? nil : pending
    }

    /// Counts one fill of an order: what it bought, what it paid and its fee.
    ///
    /// - Returns: The profit that it realized, without its fee.
    @discardableResult
    mutating func apply(_ fill: Fill, of intent: OrderIntent) -> Notional {
        let side = intent.terms.side
        let base = fill.quantity.amount
        self.move(intent.baseAsset, by: side == .buy ? base : -base)
        self.move(
            intent.quoteAsset,
            by: side == .buy ? -fill.quoteQuantity : fill.quoteQuantity
        )
        if let feeAsset = fill.feeAsset { self.move(feeAsset, by: -fill.fee) }
        let unheld = Position(
            symbol: intent.terms.symbol,
            baseAsset: intent.baseAsset,
            quoteAsset: intent.quoteAsset
        )
        // In its place, so that its fees are not copied.
        return self.positions[intent.terms.symbol, default: unheld].apply(fill, side: side)
    }
}

/// An amount for each side of a symbol, in the base asset.
package struct AmountBySide: Hashable, Sendable {
    private var buying: Amount
    private var selling: Amount

    package init(buying: Amount = .zero, selling: Amount = .zero) {
        self.buying = buying
        self.selling = selling
    }

    var isZero: Bool { self.buying.isZero && self.selling.isZero }

    package internal(set) subscript(side: Side) -> Amount {
        get { side == .buy ? self.buying : self.selling }
        set { if side == .buy { self.buying = newValue } else { self.selling = newValue } }
    }
}

/// What an order holds back of one asset until it is finished.
package struct Reservation: Hashable, Sendable {
    package var asset: Asset
    package var amount: Amount
    package var symbol: Symbol
    package var side: Side
    /// What can still trade, in the base asset.
    package var quantity: Amount

    /// What the rest of an order can still take: quote for a buy, base for a sell.
    package init(remaining: Quantity, of intent: OrderIntent) {
        self.symbol = intent.terms.symbol
        self.side = intent.terms.side
        self.quantity = remaining.amount
        switch intent.terms.side {
        case .buy:
            self.asset = intent.quoteAsset
            self.amount = (intent.reservePrice * remaining).amount(rounding: .up)
        case .sell:
            self.asset = intent.baseAsset
            self.amount = remaining.amount
        }
    }
}
