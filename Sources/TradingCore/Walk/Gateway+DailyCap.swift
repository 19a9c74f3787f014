extension Gateway {
    // MARK: The day's caps

    /// The cap that leaves the least room for an order today, by the clock of its venue: the
    /// venue's (B5) or that of its strategy there (B6); nil where neither has one.
    ///
    /// Every order asks for it, so that where nothing is capped it costs two looks.
    @inline(__always)
    mutating func dailyCap(
        for wish: OrderRequest,
        on venue: VenueID,
        _ facts: VenueFacts
    ) -> DailyCap? {
        let mayBeOfStrategy = !wish.strategy.isEmpty && !self.settings.strategies.isEmpty
        guard mayBeOfStrategy || self.settings.dailyNotionalCaps[venue] != nil,
            let asset = facts.rules?.value.quoteAsset
        else { return nil }
        return self.strictestCap(of: wish.strategy, in: asset, on: venue, at: facts.time)
    }

    private mutating func strictestCap(
        of strategy: String,
        in asset: Asset,
        on venue: VenueID,
        at time: WallTime
    ) -> DailyCap? {
        let ofVenue = DailyCap(
            self.settings.dailyNotionalCaps[venue],
            in: asset,
            placed: self.state.placedOfDay(in: asset, on: venue, at: time)
        )
        guard !strategy.isEmpty,
            var own = DailyCap(
                self.settings.strategies[strategy]?.dailyNotionalCaps,
                in: asset,
                placed: self.state.placedOfDay(in: asset, by: strategy, on: venue, at: time)
            )
        else { return ofVenue }
        own.isOfStrategy = true
        guard let ofVenue, ofVenue.room <= own.room else { return own }
        return ofVenue
    }
}

extension DailyCap {
    /// A cap of the configuration, where there is one: an asset that it does not name has room for
    /// nothing.
    fileprivate init?(
        _ caps: [Asset: Amount]?,
        in asset: Asset,
        placed: @autoclosure () -> Notional
    ) {
        guard let caps, !caps.isEmpty else { return nil }
        self.init(cap: caps[asset] ?? .zero, placed: placed())
    }
}

extension State {
    /// What counts on the day of a time, by the clock of the venue: of all orders there, or of
    /// those of a strategy.
    func placedOfDay(
        in asset: Asset,
        by strategy: String? = nil,
        on venue: VenueID,
        at time: WallTime
    ) -> Notional {
        guard let placed = self.dayNotionals[venue] else { return .zero }
        let day = UTCDay(of: time)
        return strategy.map { placed.placed(in: asset, by: $0, on: day) }
            ?? placed.placed(in: asset, on: day)
    }
}
