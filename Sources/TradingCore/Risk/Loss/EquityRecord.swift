/// What losses in one quote asset are counted from, as it was last set.
package struct EquityMark: Hashable, Sendable {
    /// When the day began, by the venue's clock.
    package var dayStart: WallTime
    /// Equity when the day began.
    package var startEquity: Amount
    /// The equity that the day's loss is counted from: that of the day's start, or of the moment
    /// when a person acknowledged that it was too much; nil while that cannot be told.
    package var baseEquity: Amount?
    package var highWater: Amount
    /// The best bids when the day began; none in a mark within the day.
    package var bids: [Symbol: Price]

    package init(
        dayStart: WallTime,
        startEquity: Amount,
        baseEquity: Amount?,
        highWater: Amount,
        bids: [Symbol: Price]
    ) {
        self.dayStart = dayStart
        self.startEquity = startEquity
        self.baseEquity = baseEquity
        self.highWater = highWater
        self.bids = bids
    }
}

/// What became of one account's money in one quote asset since its day began.
package struct EquityRecord: Hashable, Sendable {
    package var dayStart: WallTime
    package var startEquity: Amount
    /// Nil from an acknowledgement to the next valuation, which counts anew.
    package var baseEquity: Amount?
    package var highWater: Amount?
    package var bids: [Symbol: Price]
    /// Of what the day's fills closed, before fees.
    package var realizedProfit: Notional
    /// Paid by the day's fills, by asset.
    package var fees: [Asset: Amount]
    /// Those of them that neither the quote asset nor the position paid: equity does not show
    /// them.
    package var foreignFees: [Asset: Amount]

    package init(_ mark: EquityMark) {
        self.init(
            dayStart: mark.dayStart,
            startEquity: mark.startEquity,
            baseEquity: mark.baseEquity,
            highWater: mark.highWater,
            bids: mark.bids,
            realizedProfit: .zero,
            fees: [:],
            foreignFees: [:]
        )
    }

    /// The record that a snapshot holds.
    package init(
        dayStart: WallTime,
        startEquity: Amount,
        baseEquity: Amount?,
        highWater: Amount?,
        bids: [Symbol: Price],
        realizedProfit: Notional,
        fees: [Asset: Amount],
        foreignFees: [Asset: Amount]
    ) {
        self.dayStart = dayStart
        self.startEquity = startEquity
        self.baseEquity = baseEquity
        self.highWater = highWater
        self.bids = bids
        self.realizedProfit = realizedProfit
        self.fees = fees
        self.foreignFees = foreignFees
    }

    package static let dayMilliseconds: Int64 = 86_400_000

    package var dayEnd: WallTime { self.dayStart.adding(milliseconds: Self.dayMilliseconds) }

    /// When the day began that a time lies in, where days begin so long after midnight UTC.
    package static func dayStart(of time: WallTime, minutes: Int64) -> WallTime {
        let shift = minutes * 60_000
        let day = (time.milliseconds - shift).divided(by: Self.dayMilliseconds, rounding: .down)
        return WallTime(milliseconds: day * Self.dayMilliseconds + shift)
    }

    /// Takes in a mark: a new day's, or one of the same day.
    mutating func take(_ mark: EquityMark) {
        invariant(mark.dayStart >= self.dayStart, "a day is never followed by an earlier one (M3)")
        guard mark.dayStart == self.dayStart else {
            self = EquityRecord(mark)
            return
        }
        self.baseEquity = mark.baseEquity
        self.highWater = mark.highWater
    }

    /// Counts a fill of the day; one of an earlier day, learned late, changes what this one began
    /// with (J2).
    mutating func count(_ fill: Fill, of intent: OrderIntent, realized: Notional) {
        let isForeignFee =
            fill.feeAsset != intent.baseAsset && fill.feeAsset != intent.quoteAsset
        guard fill.time < self.dayStart else {
            self.realizedProfit += realized
            guard let asset = fill.feeAsset, !fill.fee.isZero else { return }
            self.fees[asset, default: .zero] += fill.fee
            if isForeignFee { self.foreignFees[asset, default: .zero] += fill.fee }
            return
        }
        let isBuy = intent.terms.side == .buy
        let mark = self.bids[intent.terms.symbol] ?? fill.price
        var traded = fill.quantity.amount
        var paid = isBuy ? fill.quoteQuantity : -fill.quoteQuantity
        if fill.feeAsset == intent.quoteAsset { paid += fill.fee }
        if fill.feeAsset == intent.baseAsset { traded -= isBuy ? fill.fee : -fill.fee }
        let worth = Notional(worth: traded, at: mark).amount(rounding: .down)
        self.move(by: (isBuy ? worth : -worth) - paid)
    }

    /// What came or went by other means than trading is no profit and no loss.
    mutating func move(by delta: Amount) {
        self.startEquity += delta
        self.baseEquity = self.baseEquity.map { $0 + delta }
        self.highWater = self.highWater.map { $0 + delta }
    }

    /// A person has seen a loss: it is counted from the next valuation on.
    mutating func acknowledge(_ rule: Rule) {
        switch rule {
        case .dailyLoss: self.baseEquity = nil
        case .drawdown: self.highWater = nil
        default: break
        }
    }
}
