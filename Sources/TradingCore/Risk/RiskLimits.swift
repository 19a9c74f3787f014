/// The limits that the risk gate enforces; each default is a setting.
package struct RiskLimits: Hashable, Sendable {
    /// Symbols that may be traded; all others are refused.
    package var allowedSymbols: [Symbol] {
        didSet { self.allowed = Set(self.allowedSymbols) }
    }
    /// The same, for a look at one.
    private var allowed: Set<Symbol>
    /// Largest value of one order, in its quote asset.
    package var orderNotionalMax: Amount
    /// Orders of ours that may be open at once on one venue.
    package var openOrdersMax: Int
    /// Held back beside a buy's notional for its fee, in millionths of the notional.
    ///
    /// Binance takes a buy's fee from what was bought unless another asset pays; the reserve
    /// covers both, so that a fee never turns a balance negative.
    package var feeReserveMillionths: Int64
    /// How much worse than the best price a market order is assumed to fill, in millionths.
    package var marketSlippageMillionths: Int64
    /// How old the best price may be that a market order is judged by, where no stream keeps it
    /// current.
    package var quoteAgeMaxMilliseconds: Int64 = 5_000
    /// How far the venue's clock may be from ours, its uncertainty included.
    package var clockSkewMaxMilliseconds: Int64 = 5_000
    /// Whether an order of unknown outcome blocks what would grow the same exposure (E3).
    package var unknownBlocks = true
    package var circuit = CircuitBreaker.Settings()
    package var rejects = RejectBreaker.Settings()
    /// Largest value of one symbol's position, every order that is not finished counted as
    /// filled; nil switches it off.
    package var positionNotionalMax: Amount?
    /// Largest value of all positions of one account in one quote asset; nil switches it off.
    package var exposureNotionalMax: Amount?
    /// Largest value of one symbol's position, in millionths of equity; nil switches it off.
    package var positionShareMillionths: Int64?
    /// Largest value of all positions in one quote asset, in millionths of equity; nil switches it
    /// off.
    package var exposureShareMillionths: Int64?
    /// What becomes of an order that would take its position beyond the limit.
    package var onPositionExceeded = ExceedAction.reject
    /// In so many symbols something may be held at once; nil switches it off.
    package var openPositionsMax: Int?
    /// What must stay free of the quote asset, in millionths of equity; nil switches it off.
    package var cashShareMillionths: Int64?
    /// The same order of one principal comes once in this time; nil switches it off.
    package var duplicateMilliseconds: Int64?
    /// Orders of one account in a day, from midnight UTC; nil switches it off.
    package var ordersPerDayMax: Int?
    /// How far a limit price may be on the harmful side of the best price, in millionths; nil
    /// switches it off.
    package var priceCollarMillionths: Int64?
    package var loss = LossLimits()
    /// How many orders one principal may place in any interval of the length; nil switches it off.
    package var orderRateMax: Int?
    package var orderRateIntervalMilliseconds: Int64 = 1_000
    /// Above this value an order waits for a person's approval; nil switches it off.
    package var sensitiveNotional: Amount?
    /// Whether what grows a position needs a stop-loss that is attached to it.
    package var requiresStopLoss = false
    /// What one order may lose at its stop-loss, in millionths of equity; nil switches it off.
    package var riskShareMillionths: Int64?
    /// What is stricter for one symbol.
    package var bySymbol: [Symbol: SymbolLimits] = [:]
    /// What is stricter for one strategy, by its name.
    package var byStrategy: [String: StrategyLimits] = [:]

    package init(
        allowedSymbols: [Symbol],
        orderNotionalMax: Amount,
        openOrdersMax: Int = 200,
        feeReserveMillionths: Int64 = 1_000,
        marketSlippageMillionths: Int64 = 10_000
    ) {
        self.allowedSymbols = allowedSymbols
        self.allowed = Set(allowedSymbols)
        self.orderNotionalMax = orderNotionalMax
        self.openOrdersMax = openOrdersMax
        self.feeReserveMillionths = feeReserveMillionths
        self.marketSlippageMillionths = marketSlippageMillionths
    }
}

/// What becomes of an order that is too large.
package enum ExceedAction: UInt8, Hashable, Sendable, CaseIterable {
    case reject = 1
    /// It is made as small as what would have passed.
    case clip = 2

    package var name: String {
        switch self {
        case .reject: "reject"
        case .clip: "clip"
        }
    }

    package init?(name: String) {
        guard let action = ExceedAction.allCases.first(where: { $0.name == name }) else {
            return nil
        }
        self = action
    }
}

/// Limits of one strategy; each binds beside the one of all.
package struct StrategyLimits: Hashable, Sendable {
    /// Largest value of one order, in the quote asset.
    package var orderNotionalMax: Amount?
    /// Orders in any interval of ``RiskLimits/orderRateIntervalMilliseconds``.
    package var orderRateMax: Int?
    /// Largest value of the account's position after an order of the strategy.
    package var positionNotionalMax: Amount?
    /// Largest value of all of the account's positions after an order of the strategy.
    package var exposureNotionalMax: Amount?
    /// Whether what grows a position needs a stop-loss; nil where the strategy does not say.
    package var requiresStopLoss: Bool?
    /// What one order may lose at its stop-loss, in millionths of equity.
    package var riskShareMillionths: Int64?
    /// Largest loss of a day of the strategy's own fills, in each quote asset.
    package var dailyLossMax: Amount?
    /// What breaking that does; nil disables the strategy alone.
    package var onDailyLoss: BreachAction?

    package init() {}
}

/// Limits of one symbol; each binds beside the one of all symbols, so that the stricter wins.
package struct SymbolLimits: Hashable, Sendable {
    /// Largest value of one order, in the quote asset.
    package var orderNotionalMax: Amount?
    /// Largest quantity of one order, in the base asset.
    package var orderQuantityMax: Quantity?
    /// Largest value of the position, in the quote asset.
    package var positionNotionalMax: Amount?
    /// How far a limit price may be on the harmful side of the best price, in millionths.
    package var priceCollarMillionths: Int64?
    /// Above this value an order waits for a person's approval, in the quote asset.
    package var sensitiveNotional: Amount?
    /// Whether what grows the position needs a stop-loss; nil where the symbol does not say.
    package var requiresStopLoss: Bool?
    /// What one order may lose at its stop-loss, in millionths of equity.
    package var riskShareMillionths: Int64?

    package init() {}
}

/// The limits that can differ from one order to the next, as they bind a symbol and a strategy: the
/// strictest of each.
package struct BoundLimits: Hashable, Sendable {
    /// Whether the symbol may be traded.
    package var isAllowed: Bool
    /// Whether a limit that binds is a share of equity, or bounds what is lost of it.
    package var needsEquity: Bool
    /// Whether anything bounds the position in the symbol, an amount or a share of equity.
    package var isPositionLimited: Bool
    /// The same of all positions.
    package var isExposureLimited: Bool
    /// Orders of a principal in a while; nil where nothing bounds them.
    package var orderRate: OrderRate?
    /// Largest value of one order.
    package var orderNotionalMax: Amount
    /// Largest quantity of one order, in the base asset; nil where none binds.
    package var orderQuantityMax: Quantity?
    /// Largest value of the position in the symbol; nil where nothing bounds it.
    package var positionNotionalMax: Amount?
    /// The collar around the symbol's best prices; nil where there is none.
    package var priceCollarMillionths: Int64?
    /// Above which value an order waits for approval; nil where none does.
    package var sensitiveNotional: Amount?
    /// Orders of the strategy in a while; nil where nothing bounds them.
    package var strategyRate: OrderRate?
    /// Largest value of all positions; nil where no amount bounds it.
    package var exposureNotionalMax: Amount?
    /// Whether what grows the position needs a stop-loss: one that says so is enough.
    package var requiresStopLoss = false
    /// What one order may lose at its stop-loss, in millionths of equity; nil where nothing binds.
    package var riskShareMillionths: Int64?
    /// Whether the strategy's own loss of a day is limited.
    package var limitsStrategyLoss = false
}

extension RiskLimits {
    /// What binds the orders of a strategy on a symbol.
    package func bound(to symbol: Symbol, strategy: String) -> BoundLimits {
        let ofSymbol = self.bySymbol[symbol]
        let ofStrategy = strategy.isEmpty ? nil : self.byStrategy[strategy]
        let ofBoth = Self.stricter(ofSymbol?.orderNotionalMax, ofStrategy?.orderNotionalMax)
        let positionOfBoth = Self.stricter(
            ofSymbol?.positionNotionalMax,
            ofStrategy?.positionNotionalMax
        )
        let riskOfBoth = Self.stricter(
            ofSymbol?.riskShareMillionths,
            ofStrategy?.riskShareMillionths
        )
        let riskShare = Self.stricter(self.riskShareMillionths, riskOfBoth)
        let position = Self.stricter(self.positionNotionalMax, positionOfBoth)
        let exposure = Self.stricter(self.exposureNotionalMax, ofStrategy?.exposureNotionalMax)
        return BoundLimits(
            isAllowed: self.allowed.contains(symbol),
            needsEquity: self.positionShareMillionths != nil || self.exposureShareMillionths != nil
                || self.cashShareMillionths != nil || riskShare != nil || self.loss.needsEquity,
            isPositionLimited: self.positionShareMillionths != nil || position != nil,
            isExposureLimited: self.exposureShareMillionths != nil || exposure != nil,
            orderRate: self.orderRate,
            orderNotionalMax: ofBoth.map { min($0, self.orderNotionalMax) }
                ?? self.orderNotionalMax,
            orderQuantityMax: ofSymbol?.orderQuantityMax,
            positionNotionalMax: position,
            priceCollarMillionths: Self.stricter(
                self.priceCollarMillionths,
                ofSymbol?.priceCollarMillionths
            ),
            sensitiveNotional: Self.stricter(self.sensitiveNotional, ofSymbol?.sensitiveNotional),
            strategyRate: self.orderRate(of: ofStrategy),
            exposureNotionalMax: exposure,
            requiresStopLoss: self.requiresStopLoss || ofSymbol?.requiresStopLoss == true
                || ofStrategy?.requiresStopLoss == true,
            riskShareMillionths: riskShare,
            limitsStrategyLoss: ofStrategy?.dailyLossMax != nil
        )
    }

    /// Orders of a strategy in a while; nil where nothing bounds them.
    package func orderRate(of strategy: String) -> OrderRate? {
        strategy.isEmpty ? nil : self.orderRate(of: self.byStrategy[strategy])
    }

    private func orderRate(of strategy: StrategyLimits?) -> OrderRate? {
        strategy?.orderRateMax.map { countMax in
            OrderRate(
                countMax: countMax,
                intervalMilliseconds: self.orderRateIntervalMilliseconds
            )
        }
    }

    /// Both parts of the limit on a principal's orders; nil where it is switched off.
    package var orderRate: OrderRate? {
        get {
            self.orderRateMax.map { countMax in
                OrderRate(
                    countMax: countMax,
                    intervalMilliseconds: self.orderRateIntervalMilliseconds
                )
            }
        }
        set {
            self.orderRateMax = newValue?.countMax
            if let newValue { self.orderRateIntervalMilliseconds = newValue.intervalMilliseconds }
        }
    }

    /// The stricter of an amount and a share of equity, in millionths.
    static func stricter(_ amount: Amount?, share: Int64, of equity: Amount) -> Amount? {
        let part = max(equity, .zero).scaled(by: share, over: 1_000_000, rounding: .down)
        return self.stricter(amount, part)
    }

    static func stricter<Limit: Comparable>(_ one: Limit?, _ other: Limit?) -> Limit? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }
}
