/// Everything that the checks look at, gathered for one order.
package struct RiskContext: Sendable {
    package var terms: OrderTerms
    package var purpose: OrderPurpose
    package var expectedMode: TradingMode?
    package var mode: TradingMode
    /// Nil while it is not engaged.
    package var killSwitch: Shared<KillSwitch>?
    /// Why the venue takes no orders now; empty when it does.
    package var notReadyReasons: [String]
    package var sharedRules: Shared<SymbolRules>?
    /// Nil while no price is known.
    package var quote: Quote?
    /// The levels that a market order meets; nil for others, and where they are not known.
    package var book: BookSide?
    package var sharedLimits: Shared<RiskLimits>
    /// What of the limits binds the order's symbol and strategy.
    package var sharedBound: Shared<BoundLimits>
    /// Orders of ours that are not finished, on the venue and on the symbol.
    package var openOrderCount: Int
    package var openOrderCountOnSymbol: Int
    /// Those of them that wait, or waited, for a price.
    package var stopOrderCountOnSymbol = 0
    /// An order of unknown outcome on the same symbol and side.
    package var unknownOrder: OrderID?
    /// What is there and not reserved of the asset that the order spends: quote for a buy, base
    /// for a sale.
    package var available: Amount
    /// How much an order on this side can trade and only shrink the position, counting every
    /// order on its side that is not finished as filled; zero or less where it would open one.
    package var reducibleQuantity: Amount
    /// Whether the venue can be traded with now.
    package var condition = VenueCondition()
    package var exposure = Exposure()
    /// How long the principal must wait until it may place again; nil where it may now.
    package var rateWaitMilliseconds: Int64?
    /// The same for the order's strategy.
    package var strategyWaitMilliseconds: Int64?
    /// The same for the rate of the principal's token.
    package var tokenWaitMilliseconds: Int64?
    package var tokenLimits = TokenLimits()
    /// The strategy that the order belongs to; empty where it names none.
    package var strategy = "" {
        didSet { self.bind() }
    }
    package var account = AccountCondition()
    /// What holds orders of the strategy back.
    package var breach: Shared<RiskBreach>?
    /// Whether it is known what the account lost, in the order's quote asset.
    package var isLossKnown = true
    /// The same of what the order's strategy lost, where that is limited.
    package var isStrategyLossKnown = true
    /// The stricter of the venue's and the strategy's; nil where neither has one.
    package var dailyCap: DailyCap?
    /// Whether a person approved the order just now.
    package var isApproved = false
    /// Whether the order is refused unless it can do nothing but shrink the position.
    package var isReduceOnly = false
    /// What is to close the order again.
    package var exits: ExitTerms?

    package var limits: RiskLimits {
        _read { yield self.sharedLimits.value }
        set {
            self.sharedLimits.value = newValue
            self.bind()
        }
    }

    package var bound: BoundLimits {
        _read { yield self.sharedBound.value }
    }

    private mutating func bind() {
        self.sharedBound = Shared(
            self.limits.bound(to: self.terms.symbol, strategy: self.strategy)
        )
    }

    /// Nil where the venue does not list the symbol.
    package var rules: SymbolRules? {
        get { self.sharedRules?.value }
        set { self.sharedRules = newValue.map(Shared.init) }
    }

    /// Whether the order can do nothing but shrink the position.
    package var isReducing: Bool { self.terms.quantity.amount <= self.reducibleQuantity }

    /// What would be held on the order's side, were it and every other order on that side filled,
    /// in the base asset; above zero unless the order is reducing.
    package var grownQuantity: Amount { self.terms.quantity.amount - self.reducibleQuantity }

    /// At what price positions in the symbol are valued: the best ask, or the order's own worst
    /// price where that is higher; nil while no price is known.
    package var exposurePrice: Price? {
        self.quote.map { quote in max(quote.ask, self.worstPrice ?? quote.ask) }
    }

    /// The worst price at which the order can reasonably fill; nil while it cannot be told.
    ///
    /// An order's limit; for a market buy what the levels of the book cost on average. Where they
    /// are not known, and beyond them, that is the best price of the other side, or the price that
    /// it waits for, moved to the edge of the collar or, where there is none, by the slippage that
    /// the limits assume.
    package var worstPrice: Price? {
        if let limit = self.terms.type.limitPrice { return limit }
        let stopPrice = self.terms.type.trigger?.stopPrice
        guard let begin = stopPrice ?? self.quote?.best(for: self.terms.side) else { return nil }
        // What is bought for an amount costs that amount, whatever its price.
        guard self.terms.side == .buy, self.terms.quoteQuantity == nil else { return begin }
        return self.bookPrice ?? self.marketEdge(from: begin)
    }

    /// What the order is worth at its worst price, or what its caller said that it is.
    package var notional: Notional? {
        if let quoteQuantity = self.terms.quoteQuantity { return Notional(quoteQuantity) }
        return self.bookCost ?? self.worstPrice.map { $0 * self.terms.quantity }
    }

    /// Whether it can be told how much the order trades.
    var isSized: Bool { self.terms.quoteQuantity == nil || self.quote != nil }
}

/// An order that passed every check; only ``RiskGate`` makes one, and it is spent once.
package struct ApprovedOrder: ~Copyable {
    package let intent: OrderIntent

    /// Internal for tests; a tidy test counts its makers in production code.
    init(intent: OrderIntent) { self.intent = intent }
}

/// What the risk gate says of an order.
package enum Admission: ~Copyable {
    case approved(ApprovedOrder)
    /// It passed every check and is of a value that a person must approve.
    case held(OrderIntent, Refusal)
    case refused(Refusal)
}

/// The one door through which every order goes.
package enum RiskGate {
    /// The checks in order of precedence: the first refusal is the answer.
    enum Check: UInt8, CaseIterable {
        case killSwitch
        case tradingDisabled
        case expectedMode
        case ready
        case symbolAllowed
        case symbolTrading
        case priceRange
        case priceTick
        case quantityRange
        case quantityStep
        case marketPrice
        case venueNotional
        case orderNotional
        case openOrders
        case unknownOrder
        case availableBalance
        case circuitBreaker
        case rejectBreaker
        case clockSkew
        case staleQuote
        case venueRestraint
        case orderBudget
        case orderQuantity
        case priceCollar
        case stopPrice
        case attachedExits
        case stopLossRequired
        case dailyLoss
        case positionNotional
        case exposureNotional
        case openPositions
        case riskPerTrade
        case cashShare
        case duplicateOrder
        case orderRate
        case ordersPerDay
        case dailyNotional
        case reduceOnly

        static let all = Array(Check.allCases)

        /// Whether it also binds the orders of ours that only close: exits, and those by which the
        /// kill switch closes positions.
        ///
        /// What bounds growth does not (K4).
        var bindsClosing: Bool {
            switch self {
            case .killSwitch, .ready, .symbolTrading, .priceRange, .priceTick, .quantityRange,
                .quantityStep, .marketPrice, .venueNotional, .availableBalance, .venueRestraint,
                .orderBudget, .reduceOnly:
                true
            default: false
            }
        }

        @inline(__always)
        func refusal(of context: RiskContext) -> Refusal? {
            switch self {
            case .killSwitch: Checks.killSwitch(context)
            case .tradingDisabled: Checks.tradingDisabled(context)
            case .expectedMode: Checks.expectedMode(context)
            case .ready: Checks.ready(context)
            case .symbolAllowed: Checks.symbolAllowed(context)
            case .symbolTrading: Checks.symbolTrading(context)
            case .priceRange: Checks.priceRange(context)
            case .priceTick: Checks.priceTick(context)
            case .quantityRange: Checks.quantityRange(context)
            case .quantityStep: Checks.quantityStep(context)
            case .marketPrice: Checks.marketPrice(context)
            case .venueNotional: Checks.venueNotional(context)
            case .orderNotional: Checks.orderNotional(context)
            case .openOrders: Checks.openOrders(context)
            case .unknownOrder: Checks.unknownOrder(context)
            case .availableBalance: Checks.availableBalance(context)
            case .circuitBreaker: Checks.circuitBreaker(context)
            case .rejectBreaker: Checks.rejectBreaker(context)
            case .clockSkew: Checks.clockSkew(context)
            case .staleQuote: Checks.staleQuote(context)
            case .venueRestraint: Checks.venueRestraint(context)
            case .orderBudget: Checks.orderBudget(context)
            case .orderQuantity: Checks.orderQuantity(context)
            case .priceCollar: Checks.priceCollar(context)
            case .stopPrice: Checks.stopPrice(context)
            case .attachedExits: Checks.attachedExits(context)
            case .stopLossRequired: Checks.stopLossRequired(context)
            case .dailyLoss: Checks.dailyLoss(context)
            case .positionNotional: Checks.positionNotional(context)
            case .exposureNotional: Checks.exposureNotional(context)
            case .openPositions: Checks.openPositions(context)
            case .riskPerTrade: Checks.riskPerTrade(context)
            case .cashShare: Checks.cashShare(context)
            case .duplicateOrder: Checks.duplicateOrder(context)
            case .orderRate: Checks.orderRate(context)
            case .ordersPerDay: Checks.ordersPerDay(context)
            case .dailyNotional: Checks.dailyNotional(context)
            case .reduceOnly: Checks.reduceOnly(context)
            }
        }
    }

    /// The first reason against an order, or nil where it may go.
    package static func refusal(of context: RiskContext) -> Refusal? {
        let isClients = context.purpose == .client
        for check in Check.all where isClients || check.bindsClosing {
            if let refusal = check.refusal(of: context) { return refusal }
        }
        return nil
    }

    /// How much the limit on its position lets pass of an order that is to be clipped, where that
    /// passes every check; nil where it stays as it was asked for.
    package static func clippedQuantity(of context: RiskContext) -> Quantity? {
        guard context.limits.onPositionExceeded == .clip, context.purpose == .client,
            context.terms.quoteQuantity == nil,
            Checks.positionNotional(context) != nil,
            let room = Checks.positionRoom(context), room.isPositive,
            room < context.terms.quantity
        else { return nil }
        var clipped = context
        clipped.terms.quantity = room
        return self.refusal(of: clipped) == nil ? room : nil
    }

    /// Lets an order pass or says why not.
    ///
    /// - Parameters:
    ///   - context: What the checks look at.
    ///   - intent: Makes the intent of an order that passed, given its rules and worst price.
    /// - Returns: The order, ready to be sent once, or the first reason against it. An order that
    ///   a person must approve comes back as an intent, which cannot be sent.
    package static func admit(
        _ context: RiskContext,
        intent: (SymbolRules, Price) -> OrderIntent
    ) -> Admission {
        if let refusal = self.refusal(of: context) { return .refused(refusal) }
        guard let rules = context.rules, let worstPrice = context.worstPrice else {
            fatalError("invariant broken: the checks passed an order without rules or price")
        }
        let intent = intent(rules, worstPrice)
        if context.purpose == .client, let refusal = Checks.sensitiveNotional(context) {
            return .held(intent, refusal)
        }
        return .approved(ApprovedOrder(intent: intent))
    }
}

/// The namespace of the checks; each is one pure function.
enum Checks {}
