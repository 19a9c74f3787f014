/// Which strategies' losses are limited, and when those are looked at; derived.
struct StrategyDesk: Sendable {
    /// What one strategy may lose in a day.
    struct Limit: Hashable, Sendable {
        var name: String
        var lossMax: Amount
        var action: BreachAction
    }

    /// How one venue's are looked at.
    struct Watch: Sendable {
        /// Of which a limited strategy holds something: their prices change what it lost.
        var symbols: Set<Symbol> = []
        /// The strategies of which it is known what they lost.
        var known: Set<String> = []
        /// Whether something came since the last look, or was not known then.
        var isTouched = true
        /// A new day shows by its time alone.
        var lookAt = MonotonicTime(nanoseconds: 0)
    }

    /// By name.
    private(set) var limits: [Limit] = []
    private var watches: ByVenue<Watch> = [:]

    private static let lookIntervalMilliseconds: Int64 = 1_000

    mutating func adopt(_ limits: RiskLimits) {
        self.limits = limits.byStrategy.sorted { $0.key < $1.key }.compactMap { name, limits in
            limits.dailyLossMax.map { lossMax in
                Limit(name: name, lossMax: lossMax, action: limits.onDailyLoss ?? .disable)
            }
        }
        self.watches = [:]
    }

    /// Notes a price of a symbol.
    mutating func note(_ symbol: Symbol, on venue: VenueID) {
        if self.watches[venue]?.symbols.contains(symbol) == true { self.touch(venue) }
    }

    /// Notes that something was traded, or that losses are counted anew.
    mutating func touch(_ venue: VenueID) { self.watches[venue]?.isTouched = true }

    /// Whether a venue's are to be looked at now.
    func isDue(on venue: VenueID, at now: MonotonicTime) -> Bool {
        guard let watch = self.watches[venue] else { return true }
        return watch.isTouched || watch.lookAt <= now
    }

    /// Takes in what a look found.
    mutating func note(
        known: Set<String>,
        holding symbols: Set<Symbol>,
        on venue: VenueID,
        at now: MonotonicTime
    ) {
        self.watches[venue] = Watch(
            symbols: symbols,
            known: known,
            isTouched: known.count < self.limits.count,
            lookAt: now.adding(milliseconds: Self.lookIntervalMilliseconds)
        )
    }

    /// Whether it is known what a strategy lost.
    func isLossKnown(of strategy: String, on venue: VenueID) -> Bool {
        self.watches[venue]?.known.contains(strategy) == true
    }
}

extension Gateway {
    /// Follows what limited strategies lose, and acts on it; called after every input.
    ///
    /// It is looked at when a fill came, or a price of something that they hold, and once a second:
    /// all other inputs pay for a comparison a venue.
    mutating func watchStrategies(into batch: inout OpenBatch) {
        guard !self.strategyDesk.limits.isEmpty else { return }
        for venue in self.settings.exchanges
        where self.strategyDesk.isDue(on: venue, at: batch.instant.monotonic) {
            self.watchStrategies(on: venue, into: &batch)
        }
    }

    private mutating func watchStrategies(on venue: VenueID, into batch: inout OpenBatch) {
        guard self.state.ledger(of: venue).accountID != nil, let book = self.books[venue] else {
            return
        }
        var held: Set<Symbol> = []
        var known: Set<String> = []
        for limit in self.strategyDesk.limits {
            let ledger = self.state.strategies[venue]?.byName[limit.name]?.ledger
            for position in (ledger?.positions ?? [:]).values where !position.quantity.isZero {
                held.insert(position.symbol)
            }
            let unknown = book.quoteAssets.filter { asset in
                !self.watchStrategy(limit, in: asset, on: venue, into: &batch)
            }
            if unknown.isEmpty { known.insert(limit.name) }
        }
        self.strategyDesk.note(
            known: known,
            holding: held,
            on: venue,
            at: batch.instant.monotonic
        )
    }

    /// Follows one strategy in one quote asset.
    ///
    /// - Returns: Whether it is known what it lost.
    private mutating func watchStrategy(
        _ limit: StrategyDesk.Limit,
        in asset: Asset,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) -> Bool {
        guard let equity = self.equity(ofStrategy: limit.name, in: asset, on: venue) else {
            return false
        }
        self.beginDay(ofStrategy: limit.name, in: asset, on: venue, equity, into: &batch)
        guard let record = self.record(ofStrategy: limit.name, in: asset, on: venue),
            let fees = self.books[venue]?.worth(of: record.foreignFees, in: asset)
        else { return false }
        let base = record.baseEquity ?? equity - fees
        if base != record.baseEquity {
            let mark = EquityMark(
                dayStart: record.dayStart,
                startEquity: record.startEquity,
                baseEquity: base,
                highWater: record.highWater ?? equity,
                bids: [:]
            )
            self.record(.strategyMarked(venue, limit.name, asset, mark), into: &batch)
        }
        self.judge(limit, lost: base - equity + fees, in: asset, on: venue, into: &batch)
        return true
    }

    private mutating func judge(
        _ limit: StrategyDesk.Limit,
        lost loss: Amount,
        in asset: Asset,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) {
        guard loss > limit.lossMax,
            !self.state.breaches.holds(
                .dailyLoss,
                on: venue,
                asset: asset,
                strategy: limit.name
            )
        else { return }
        self.breach(
            RiskBreach(
                number: self.state.breaches.lastNumber + 1,
                rule: .dailyLoss,
                venue: venue,
                asset: asset,
                strategy: limit.name,
                limit: "\(limit.lossMax)",
                actual: "\(loss)",
                message: "Strategy \(limit.name) lost \(loss) \(asset) at \(venue.mode.name) in a "
                    + "day; its limit is \(limit.lossMax).",
                action: limit.action,
                at: batch.instant.wall
            ),
            into: &batch
        )
    }

    // MARK: Days

    private mutating func beginDay(
        ofStrategy name: String,
        in asset: Asset,
        on venue: VenueID,
        _ equity: Amount,
        tradedAt: WallTime? = nil,
        into batch: inout OpenBatch
    ) {
        let earlier = self.record(ofStrategy: name, in: asset, on: venue)
        guard
            let day = self.dayBeginning(
                after: earlier,
                on: venue,
                tradedAt: tradedAt,
                at: batch.instant
            )
        else { return }
        let mark = EquityMark(
            dayStart: day,
            startEquity: equity,
            baseEquity: equity,
            highWater: equity,
            bids: self.bids(in: asset, on: venue)
        )
        self.record(.strategyMarked(venue, name, asset, mark), into: &batch)
    }

    /// A trade of a new day begins it for every limited strategy, so that the trade counts there.
    mutating func beginStrategyDays(of fill: Fill, in order: Order, into batch: inout OpenBatch) {
        let (venue, asset) = (order.intent.venue, order.intent.quoteAsset)
        for limit in self.strategyDesk.limits {
            guard let record = self.record(ofStrategy: limit.name, in: asset, on: venue),
                record.dayEnd <= fill.time,
                let equity = self.equity(ofStrategy: limit.name, in: asset, on: venue)
            else { continue }
            self.beginDay(
                ofStrategy: limit.name,
                in: asset,
                on: venue,
                equity,
                tradedAt: fill.time,
                into: &batch
            )
        }
    }

    // MARK: Telling

    /// What a strategy's fills brought less what they took, with what it holds at the best prices
    /// of now; nil while a price is missing.
    func equity(ofStrategy name: String, in asset: Asset, on venue: VenueID) -> Amount? {
        guard let ledger = self.state.strategies[venue]?.byName[name]?.ledger else { return .zero }
        var worth = Notional.zero
        for position in ledger.positions.values
        where position.quoteAsset == asset && !position.quantity.isZero {
            guard let quote = self.books[venue]?[position.symbol]?.quote else { return nil }
            if position.quantity.isPositive {
                worth += Notional(worth: position.quantity, at: quote.bid)
            } else {
                worth = worth - Notional(worth: position.quantity, at: quote.ask)
            }
        }
        return ledger.total(of: asset) + worth.amount(rounding: .down)
    }

    private func record(
        ofStrategy name: String,
        in asset: Asset,
        on venue: VenueID
    ) -> EquityRecord? {
        self.state.strategies[venue]?.byName[name]?.equities[asset]
    }

    /// What each limited strategy lost in its day, against its limit.
    func strategyLossGauges() -> [RiskSummary.Gauge] {
        self.strategyDesk.limits.flatMap { limit in
            let venue = self.riskVenue(of: limit.name)
            return (self.books[venue]?.quoteAssets ?? []).map { asset in
                let loss = self.record(ofStrategy: limit.name, in: asset, on: venue)
                    .flatMap { record in
                        self.books[venue]?.dayLoss(
                            at: self.equity(ofStrategy: limit.name, in: asset, on: venue),
                            record,
                            in: asset
                        )
                    }
                return RiskSummary.Gauge(
                    "strategies.\(limit.name).daily_loss_max",
                    of: asset.name,
                    limit: limit.lossMax,
                    actual: loss.map { Notional($0) }
                )
            }
        }
    }
}
