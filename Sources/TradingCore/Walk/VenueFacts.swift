/// What the session of a venue, and the account there, have to say of one order.
struct VenueFacts {
    var notReadyReasons: [String]
    var standing = Instrument.Standing()
    /// Nil where the venue does not list the symbol.
    var rules: Shared<SymbolRules>?
    var bound: Shared<BoundLimits>
    /// The levels that a market order meets, where they are known and of now.
    var bookSide: BookSide?
    var money = MoneyFacts()
    var condition = VenueCondition()
    /// The venue's time.
    var time: WallTime
    /// Orders of ours that are not finished, on all symbols.
    var openOrderCount = 0
    /// Symbols in which something is, or may come to be, held.
    var openPositionCount = 0
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
        let reasons = self.notReadyReasons
        let (openOrderCount, openPositionCount) = (self.book.openOrderCount, self.book.openCount)
        let time = self.venueTime(at: now)
        guard let instrument = self.book[wish.terms.symbol] else {
            return VenueFacts(
                notReadyReasons: reasons,
                bound: Shared(limits.value.bound(to: wish.terms.symbol, strategy: wish.strategy)),
                condition: self.condition(quotedAt: nil, for: purpose, at: now),
                time: time,
                openOrderCount: openOrderCount,
                openPositionCount: openPositionCount
            )
        }
        let standing = instrument.standing
        let bound = instrument.bound(wish.strategy, by: limits)
        return VenueFacts(
            notReadyReasons: reasons,
            standing: standing,
            rules: instrument.sharedRules,
            bound: bound,
            bookSide: wish.terms.type == .market
                ? self.bookSide(of: instrument, for: wish.terms.side, limits, at: now) : nil,
            money: self.book.money(
                of: instrument,
                standing,
                for: wish.terms.side,
                bound,
                limitsDay: limits.value.loss.limitsDay
            ),
            condition: self.condition(quotedAt: standing.quotedAt, for: purpose, at: now),
            time: time,
            openOrderCount: openOrderCount,
            openPositionCount: openPositionCount
        )
    }

    @inline(__always)
    private func condition(
        quotedAt: MonotonicTime?,
        for purpose: OrderPurpose,
        at now: Instant
    ) -> VenueCondition {
        self.care.condition(quotedAt: quotedAt, usingReserve: purpose == .flatten, at: now)
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
