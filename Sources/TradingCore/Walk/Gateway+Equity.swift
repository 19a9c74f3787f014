extension Gateway {
    // MARK: Valuing

    /// What is known of a venue's symbols and account.
    mutating func book(of venue: VenueID) -> AccountBook {
        if let book = self.books[venue] { return book }
        let book = AccountBook()
        self.books[venue] = book
        return book
    }

    /// Which part of an account an event changes; nil where it changes none.
    func touched(by event: Event) -> AccountTouch? {
        switch event {
        case .orderSubmitted(let intent), .orderApproved(let intent, _): AccountTouch(intent)
        case .orderReopened(let order): AccountTouch(order.intent)
        case .orderChanged(let orderID, .filled(let fill)):
            self.state.orders[orderID].map { AccountTouch($0.intent, fee: fill.feeAsset) }
        case .orderChanged(let orderID, _):
            self.state.orders[orderID].map { AccountTouch($0.intent) }
        case .balanceMoved(let venue, let asset, _, _), .equityMarked(let venue, let asset, _):
            AccountTouch(venue: venue, asset: asset)
        case .breachAcknowledged(let number, _):
            self.state.breaches.open.first { $0.number == number }.flatMap { breach in
                breach.asset.map { AccountTouch(venue: breach.venue, asset: $0) }
            }
        default: nil
        }
    }

    /// Takes over what an event changed.
    mutating func revalue(_ touch: AccountTouch) {
        let book = self.book(of: touch.venue)
        let ledger = self.state.ledger(of: touch.venue)
        for asset in [touch.baseAsset, touch.quoteAsset, touch.otherAsset].compactMap(\.self) {
            book.take(asset, from: ledger, self.state.equities[touch.venue]?[asset])
        }
        if let symbol = touch.symbol {
            book.take(symbol, from: ledger, self.state.openCounts[touch.venue])
        }
    }

    /// Takes over all that the account holds or may come to hold.
    mutating func revalueAll(of venue: VenueID) {
        let book = self.book(of: venue)
        let ledger = self.state.ledger(of: venue)
        let records = self.state.equities[venue] ?? [:]
        for asset in Set(ledger.assets).union(records.keys) {
            book.take(asset, from: ledger, records[asset])
        }
        let symbols = Set(ledger.positions.keys).union(ledger.pending.keys)
        for symbol in symbols.union(book.instruments.keys) {
            book.take(symbol, from: ledger, self.state.openCounts[venue])
        }
    }

    /// The wallet in a quote asset, and what the positions in it would bring now; nil while a price
    /// is missing.
    func equity(in asset: Asset, on venue: VenueID) -> Amount? {
        guard let book = self.books[venue] else {
            return self.state.ledger(of: venue).total(of: asset)
        }
        return book.equity(in: asset)
    }

    /// The loss of the day at an equity, fees included; nil while it is not known.
    func dayLoss(at equity: Amount?, in asset: Asset, on venue: VenueID) -> Amount? {
        guard let record = self.state.equities[venue]?[asset] else { return nil }
        return self.books[venue]?.dayLoss(at: equity, record, in: asset)
    }

    // MARK: Watching

    /// Follows the equity of every account, and acts on what it lost; called after every input.
    mutating func watchEquity(into batch: inout OpenBatch) {
        guard self.settings.limits.loss.needsEquity else { return }
        for venue in self.settings.exchanges {
            for asset in self.books[venue]?.quoteAssets ?? [] {
                self.watchEquity(in: asset, on: venue, into: &batch)
            }
        }
    }

    private mutating func watchEquity(
        in asset: Asset,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) {
        guard self.state.ledger(of: venue).accountID != nil,
            let equity = self.equity(in: asset, on: venue)
        else { return }
        self.beginDay(in: asset, on: venue, equity: equity, into: &batch)
        guard let record = self.state.equities[venue]?[asset] else { return }
        let fees = self.books[venue]?.worth(of: record.foreignFees, in: asset)
        let base = record.baseEquity ?? fees.map { equity - $0 }
        let highWater = Self.highWater(record.highWater, at: equity)
        if base != record.baseEquity || highWater != record.highWater {
            let mark = EquityMark(
                dayStart: record.dayStart,
                startEquity: record.startEquity,
                baseEquity: base,
                highWater: highWater,
                bids: [:]
            )
            self.record(.equityMarked(venue, asset, mark), into: &batch)
        }
        if let base, let fees {
            self.judgeLoss(base - equity + fees, record, in: asset, on: venue, into: &batch)
        }
        self.judgeDrawdown(from: highWater, to: equity, in: asset, on: venue, into: &batch)
    }

    /// The mark follows in steps, so that a rising market does not fill the journal.
    private static func highWater(_ mark: Amount?, at equity: Amount) -> Amount {
        guard let mark else { return equity }
        return Amount(raw: (equity - mark).raw * 2_000) >= mark && equity > mark ? equity : mark
    }

    /// Begins a day where the venue's time says that the last one is over, never an earlier one,
    /// whatever our own clock says (M3).
    private mutating func beginDay(
        in asset: Asset,
        on venue: VenueID,
        equity: Amount,
        tradedAt: WallTime? = nil,
        into batch: inout OpenBatch
    ) {
        let record = self.state.equities[venue]?[asset]
        guard
            let dayStart = self.dayBeginning(
                after: record,
                on: venue,
                tradedAt: tradedAt,
                at: batch.instant
            )
        else { return }
        let mark = EquityMark(
            dayStart: dayStart,
            startEquity: equity,
            baseEquity: equity,
            highWater: Self.highWater(record?.highWater, at: equity),
            bids: self.bids(in: asset, on: venue)
        )
        self.record(.equityMarked(venue, asset, mark), into: &batch)
    }

    /// When the day began that is to follow a recorded one; nil while that goes on, or nobody can
    /// tell.
    func dayBeginning(
        after record: EquityRecord?,
        on venue: VenueID,
        tradedAt: WallTime?,
        at now: Instant
    ) -> WallTime? {
        guard let session = self.sessions[venue], session.care.clock.isMeasured,
            session.care.clockDoubt == nil
        else { return nil }
        let times = session.care.clock.venueTimes(at: now)
        var time = times.lowerBound
        // A trade's own time is the venue's word, as far as its clock agrees.
        if let tradedAt, tradedAt <= times.upperBound { time = max(time, tradedAt) }
        let minutes = self.settings.limits.loss.dayStartMinutes
        let dayStart = EquityRecord.dayStart(of: time, minutes: minutes)
        return record.map { $0.dayEnd <= dayStart } ?? true ? dayStart : nil
    }

    /// The best bids of the symbols that are priced in an asset.
    func bids(in asset: Asset, on venue: VenueID) -> [Symbol: Price] {
        var bids: [Symbol: Price] = [:]
        for instrument in (self.books[venue]?.instruments ?? [:]).values
        where instrument.rules?.quoteAsset == asset {
            if let quote = instrument.quote { bids[instrument.symbol] = quote.bid }
        }
        return bids
    }

    /// A trade of a new day begins it, so that the trade counts there.
    mutating func beginDay(of fill: Fill, in order: Order, into batch: inout OpenBatch) {
        let (venue, asset) = (order.intent.venue, order.intent.quoteAsset)
        guard self.settings.limits.loss.needsEquity,
            let record = self.state.equities[venue]?[asset], record.dayEnd <= fill.time,
            let equity = self.equity(in: asset, on: venue)
        else { return }
        self.beginDay(
            in: asset,
            on: venue,
            equity: equity,
            tradedAt: fill.time,
            into: &batch
        )
    }

    // MARK: Judging

    private mutating func judgeLoss(
        _ loss: Amount,
        _ record: EquityRecord,
        in asset: Asset,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) {
        guard let limit = self.settings.limits.loss.dailyLossMax(of: record.startEquity),
            loss > limit, !self.state.breaches.holds(.dailyLoss, on: venue, asset: asset)
        else { return }
        self.breach(
            RiskBreach(
                number: self.state.breaches.lastNumber + 1,
                rule: .dailyLoss,
                venue: venue,
                asset: asset,
                limit: "\(limit)",
                actual: "\(loss)",
                message: "The account at \(venue.mode.name) lost \(loss) \(asset) in a day; the "
                    + "limit is \(limit).",
                action: self.settings.limits.loss.onDailyLoss,
                at: batch.instant.wall
            ),
            into: &batch
        )
    }

    private mutating func judgeDrawdown(
        from highWater: Amount,
        to equity: Amount,
        in asset: Asset,
        on venue: VenueID,
        into batch: inout OpenBatch
    ) {
        guard let limit = self.settings.limits.loss.drawdownMillionths,
            let drawdown = Self.drawdownMillionths(from: highWater, to: equity), drawdown > limit,
            !self.state.breaches.holds(.drawdown, on: venue, asset: asset)
        else { return }
        self.breach(
            RiskBreach(
                number: self.state.breaches.lastNumber + 1,
                rule: .drawdown,
                venue: venue,
                asset: asset,
                limit: LossLimits.share(limit),
                actual: LossLimits.share(drawdown),
                message: "The account at \(venue.mode.name) is worth \(equity) \(asset), down from "
                    + "\(highWater).",
                action: self.settings.limits.loss.onDrawdown,
                at: batch.instant.wall
            ),
            into: &batch
        )
    }

    /// How far equity is below its highest, in millionths of that rounded up; nil where there is
    /// nothing to have a share of.
    static func drawdownMillionths(from highWater: Amount, to equity: Amount) -> Int64? {
        guard highWater.isPositive else { return nil }
        let below = highWater - equity
        guard below.isPositive else { return 0 }
        return Int64(
            clamping: (below.raw * 1_000_000).divided(by: highWater.raw, rounding: .up)
        )
    }

    // MARK: Telling

    func riskAccounts(of venue: VenueID) -> [RiskView.Account] {
        let records = self.state.equities[venue] ?? [:]
        return records.sorted { $0.key < $1.key }.map { asset, record in
            let equity = self.equity(in: asset, on: venue)
            return RiskView.Account(
                venue: venue,
                asset: asset,
                dayStart: record.dayStart,
                startEquity: record.startEquity,
                equity: equity,
                loss: self.dayLoss(at: equity, in: asset, on: venue),
                highWater: record.highWater,
                drawdownMillionths: record.highWater.flatMap { highWater in
                    equity.flatMap { Self.drawdownMillionths(from: highWater, to: $0) }
                },
                realizedProfit: record.realizedProfit,
                fees: record.fees.sorted { $0.key < $1.key }.map {
                    Position.Fee(asset: $0.key, amount: $0.value)
                }
            )
        }
    }
}

/// The part of an account that an event changes.
struct AccountTouch {
    var venue: VenueID
    var symbol: Symbol?
    var baseAsset: Asset?
    var quoteAsset: Asset?
    var otherAsset: Asset?

    init(_ intent: OrderIntent, fee feeAsset: Asset? = nil) {
        self.venue = intent.venue
        self.symbol = intent.terms.symbol
        self.baseAsset = intent.baseAsset
        self.quoteAsset = intent.quoteAsset
        self.otherAsset = feeAsset
    }

    init(venue: VenueID, asset: Asset) {
        self.venue = venue
        self.otherAsset = asset
    }
}
