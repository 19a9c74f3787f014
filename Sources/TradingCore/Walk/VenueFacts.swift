/// What the session of a venue, and the account there, have to say of one order.
struct VenueFacts {
    var notReadyReasons: [String]
    /// Nil while no price is known.
    var quote: Quote?
    /// How much an order on the order's side can trade and only shrink the position.
    var reducible = Amount.zero
    /// Nil where the venue does not list the symbol.
    var rules: Shared<SymbolRules>?
    var bound: Shared<BoundLimits>
    /// The levels that a market order meets, where they are known and of now.
    var bookSide: BookSide?
    var money = MoneyFacts()
    var condition = VenueCondition()
    /// The venue's time.
    var time: WallTime
    /// Orders of ours that are not finished: on all symbols, on the order's, and those of the
    /// latter that wait, or waited, for a price.
    var openOrderCount = 0
    var openOrderCountOnSymbol = 0
    var stopOrderCountOnSymbol = 0
    /// Symbols in which something is, or may come to be, held, and whether the order's is one.
    var openPositionCount = 0
    var isPositionOpen = false
}

/// What an account holds of what an order spends, and what it is worth.
struct MoneyFacts {
    var available = Amount.zero
    /// Nil while it is not known, or nothing asks for it.
    var equity: Amount?
    var isLossKnown = false
    var exposure = Exposure()
}

extension VenueSession {
    /// Looks up what is known of an order.
    ///
    /// - Parameters:
    ///   - wish: The order.
    ///   - purpose: Why it is placed.
    ///   - limits: Those in force.
    ///   - now: The time.
    /// - Returns: It in one piece: this is asked for every order, and a look from outside of the
    ///   session would count its references each time.
    func facts(
        for wish: OrderRequest,
        _ purpose: OrderPurpose,
        _ limits: Shared<RiskLimits>,
        at now: Instant
    ) -> VenueFacts {
        let side = wish.terms.side
        let usesReserve = purpose == .flatten
        guard let instrument = self.book[wish.terms.symbol] else {
            let care = self.care.view(quotedAt: nil, usingReserve: usesReserve, at: now)
            return VenueFacts(
                notReadyReasons: self.notReadyReasons(care.clockDoubt),
                bound: Shared(limits.value.bound(to: wish.terms.symbol, strategy: wish.strategy)),
                condition: care.condition,
                time: care.time,
                openOrderCount: self.book.openOrderCount,
                openPositionCount: self.book.openCount
            )
        }
        let standing = instrument.standing
        let care = self.care.view(
            quotedAt: standing.quotedAt,
            usingReserve: usesReserve,
            at: now
        )
        let bound = instrument.bound(wish.strategy, by: limits)
        return VenueFacts(
            notReadyReasons: self.notReadyReasons(care.clockDoubt),
            quote: standing.quote,
            reducible: standing.holding.reducible[side],
            rules: instrument.sharedRules,
            bound: bound,
            bookSide: wish.terms.type == .market
                ? self.bookSide(of: instrument, for: side, limits, at: now) : nil,
            money: self.book.money(
                of: instrument,
                standing,
                for: side,
                bound,
                limitsDay: limits.value.loss.limitsDay
            ),
            condition: care.condition,
            time: care.time,
            openOrderCount: self.book.openOrderCount,
            openOrderCountOnSymbol: standing.openOrderCount,
            stopOrderCountOnSymbol: standing.stopOrderCount,
            openPositionCount: self.book.openCount,
            isPositionOpen: standing.holding.isOpen
        )
    }

    private func bookSide(
        of instrument: Instrument,
        for side: Side,
        _ limits: Shared<RiskLimits>,
        at now: Instant
    ) -> BookSide? {
        guard let depth = instrument.depth,
            self.care.ageMilliseconds(of: depth.at, at: now.monotonic) ?? 0
                <= limits.value.quoteAgeMaxMilliseconds
        else { return nil }
        return depth.side(for: side)
    }
}
