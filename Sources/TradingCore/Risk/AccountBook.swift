/// What one account holds, valued at the last prices: by symbol, and summed by quote asset.
///
/// Derived from the ledger and the quotes. Each change of either values one symbol anew, so that
/// an order is judged in the same time whatever the number of symbols and of orders.
final class AccountBook {
    private(set) var instruments: [Symbol: Instrument] = [:]
    private var moneys: [Asset: Money] = [:]
    private var pairs: [Pair: Instrument] = [:]
    /// The assets in which the venue's symbols are priced, sorted.
    private(set) var quoteAssets: [Asset] = []
    /// Symbols in which something is, or may come to be, held.
    private(set) var openCount = 0
    /// Orders of ours that are not finished.
    private(set) var openOrderCount = 0
    /// What is held in symbols that are not listed any more: it may be in any asset.
    private let unlisted = Money()

    private struct Pair: Hashable {
        var base: Asset
        var quote: Asset
    }

    subscript(symbol: Symbol) -> Instrument? { self.instruments[symbol] }

    /// The symbol's, made where it is missing.
    func instrument(_ symbol: Symbol) -> Instrument {
        if let instrument = self.instruments[symbol] { return instrument }
        let instrument = Instrument(symbol)
        self.instruments[symbol] = instrument
        return instrument
    }

    /// The symbol by which an asset is traded for another; nil where the venue lists none.
    func pair(of base: Asset, in quote: Asset) -> Instrument? {
        self.pairs[Pair(base: base, quote: quote)]
    }

    // MARK: News

    /// Takes over what the venue lists; what is held must be taken over again after it.
    func list(_ rules: [SymbolRules]) {
        for rules in rules {
            let instrument = self.instrument(rules.symbol)
            self.withdraw(instrument)
            instrument.standing.holding = Instrument.Holding()
            (instrument.baseMoney, instrument.quoteMoney) = (nil, nil)
            instrument.sharedRules = Shared(rules)
            self.pairs[Pair(base: rules.baseAsset, quote: rules.quoteAsset)] = instrument
        }
        self.quoteAssets = Set(self.pairs.keys.map(\.quote)).sorted()
    }

    /// Takes over the best prices of a symbol.
    func take(_ quote: Quote, of symbol: Symbol) {
        let instrument = self.instrument(symbol)
        self.withdraw(instrument)
        instrument.standing.quote = quote
        self.value(instrument)
    }

    /// Takes over what the ledger says of an asset, and what its losses are counted from.
    func take(_ asset: Asset, from ledger: Ledger, _ record: EquityRecord?) {
        let money = self.money(asset)
        money.total = ledger.total(of: asset)
        money.available = money.total - ledger.reserved(of: asset)
        money.lossBase = LossBase(record)
    }

    /// Takes over what the journal says of a symbol.
    func take(_ symbol: Symbol, from ledger: Ledger, _ counts: OpenCounts?) {
        let instrument = self.instrument(symbol)
        let position = ledger.positions[symbol]
        self.withdraw(instrument)
        if instrument.quoteMoney == nil {
            let base = instrument.rules?.baseAsset ?? position?.baseAsset
            let quote = instrument.rules?.quoteAsset ?? position?.quoteAsset
            instrument.baseMoney = base.map { self.money($0) }
            instrument.quoteMoney = quote.map { self.money($0) }
        }
        var standing = instrument.standing
        standing.holding.held = position?.quantity ?? .zero
        standing.holding.pending = ledger.pending[symbol] ?? AmountBySide()
        standing.openOrderCount = counts?.bySymbol[symbol] ?? 0
        standing.stopOrderCount = counts?.stopsBySymbol[symbol] ?? 0
        instrument.standing = standing
        self.openOrderCount = counts?.total ?? 0
        self.value(instrument)
    }

    private func money(_ asset: Asset) -> Money {
        if let money = self.moneys[asset] { return money }
        let money = Money()
        self.moneys[asset] = money
        return money
    }

    private func withdraw(_ instrument: Instrument) {
        (instrument.quoteMoney ?? self.unlisted).add(instrument, -1)
        if instrument.standing.holding.isOpen { self.openCount -= 1 }
    }

    private func value(_ instrument: Instrument) {
        var standing = instrument.standing
        standing.holding.value(
            at: standing.quote,
            quantityMin: instrument.sharedRules?.value.quantityMin ?? .zero
        )
        instrument.standing = standing
        (instrument.quoteMoney ?? self.unlisted).add(instrument, 1)
        if instrument.standing.holding.isOpen { self.openCount += 1 }
    }

    // MARK: Reading

    /// What the account is worth in an asset; nil like ``equity(in:)-(Money)``.
    func equity(in asset: Asset) -> Amount? { self.equity(in: self.moneys[asset] ?? Money()) }

    /// What the account is worth in an asset: what is there of it, and what the positions in it
    /// would bring now; nil while one has no price.
    func equity(in money: Money) -> Amount? {
        let (listed, unlisted) = (money.sums, self.unlisted.sums)
        guard listed.unworthedCount == 0, unlisted.unworthedCount == 0 else { return nil }
        return money.total + (listed.worth + unlisted.worth).amount(rounding: .down)
    }

    /// What fees in assets that equity does not hold are worth; nil while a price is missing.
    func worth(of fees: [Asset: Amount], in asset: Asset) -> Amount? {
        guard !fees.isEmpty else { return .zero }
        var worth = Amount.zero
        for (feeAsset, fee) in fees {
            guard let quote = self.pair(of: feeAsset, in: asset)?.quote else { return nil }
            worth += Notional(worth: fee, at: quote.ask).amount(rounding: .up)
        }
        return worth
    }

    /// The loss of the day at an equity, fees included; nil while it is not known.
    func dayLoss(at equity: Amount?, _ record: EquityRecord, in asset: Asset) -> Amount? {
        guard let equity, let base = record.baseEquity,
            let fees = self.worth(of: record.foreignFees, in: asset)
        else { return nil }
        return base - equity + fees
    }

    /// Whether all is known that limits on losses ask for, where equity is.
    func isLossKnown(in money: Money, quotedIn asset: Asset, limitsDay: Bool) -> Bool {
        switch money.lossBase {
        case .none: false
        case .unknown: !limitsDay
        case .known(let fees): !limitsDay || self.worth(of: fees, in: asset) != nil
        }
    }

    /// What the other symbols' positions in the asset of an instrument's price are worth at their
    /// worst, and which one has no price.
    func exposure(
        beside instrument: Instrument,
        in money: Money
    ) -> (others: Notional, unpriced: Symbol?) {
        let (listed, unlisted) = (money.sums, self.unlisted.sums)
        let others =
            listed.exposure + unlisted.exposure - instrument.standing.holding.exposure
        guard listed.unpricedCount + unlisted.unpricedCount > 0 else { return (others, nil) }
        let first = money.firstUnpriced(but: instrument.symbol)
        let second = self.unlisted.firstUnpriced(but: instrument.symbol)
        guard let first, let second else { return (others, first ?? second) }
        return (others, min(first, second))
    }
}

/// One asset of an account: what is there of it, and what comes of the symbols priced in it.
final class Money {
    /// In total: free and locked together.
    fileprivate(set) var total = Amount.zero
    /// What new orders may use of it.
    fileprivate(set) var available = Amount.zero
    /// What losses in it are counted from.
    fileprivate(set) var lossBase = LossBase.none
    fileprivate var sums = Sums()
    private var unpriced: Set<Symbol> = []

    /// What comes of the symbols.
    fileprivate struct Sums {
        var worth = Notional.zero
        var exposure = Notional.zero
        var unworthedCount = 0
        var unpricedCount = 0
    }

    fileprivate func add(_ instrument: Instrument, _ sign: Int) {
        let holding = instrument.standing.holding
        let factor = Int128(sign)
        var sums = self.sums
        sums.worth = Notional(raw: sums.worth.raw + factor * holding.worth.raw)
        sums.exposure = Notional(raw: sums.exposure.raw + factor * holding.exposure.raw)
        if holding.isUnworthed { sums.unworthedCount += sign }
        if holding.isUnpriced { sums.unpricedCount += sign }
        self.sums = sums
        guard holding.isUnpriced else { return }
        if sign > 0 {
            self.unpriced.insert(instrument.symbol)
        } else {
            self.unpriced.remove(instrument.symbol)
        }
    }

    fileprivate func firstUnpriced(but symbol: Symbol) -> Symbol? {
        self.unpriced.isEmpty ? nil : self.unpriced.filter { $0 != symbol }.min()
    }
}

/// What is known of where the losses of a day in one asset are counted from.
enum LossBase: Hashable {
    /// No day has begun.
    case none
    /// A day has begun, and its loss is counted from the next valuation on.
    case unknown
    /// The fees are those that equity does not show.
    case known(foreignFees: [Asset: Amount])

    init(_ record: EquityRecord?) {
        guard let record else {
            self = .none
            return
        }
        self = record.baseEquity == nil ? .unknown : .known(foreignFees: record.foreignFees)
    }
}
