extension Gateway {
    /// Closes a position, or takes it to a quantity, by one market order.
    ///
    /// The order is decided from the state of this moment, in which every earlier call's order is
    /// counted: two calls never act on the same part of a position.
    mutating func reposition(
        _ wish: PositionRequest,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        let isAnswered = self.answerEarly(
            wish.key,
            token,
            deadline: deadline,
            fetched: fetched,
            into: &batch
        ) { intent in
            // What exits sell is of their entry's strategy, whoever asked for it.
            intent.goal == wish.goal && intent.terms.symbol == wish.symbol
                && (intent.purpose == .exit || intent.strategy == wish.strategy)
        }
        guard !isAnswered,
            !self.answerRepeat(
                of: wish,
                token,
                deadline: deadline,
                fetched: fetched,
                into: &batch
            )
        else { return }
        switch self.step(towards: wish, at: batch.instant) {
        case .refused(let refusal):
            batch.perform(.reply(token, .refused(refusal)), afterAllEarlierEvents: true)
        case .nothing(let reached):
            batch.perform(
                .reply(token, .positionReached(reached)),
                afterAllEarlierEvents: true
            )
        case .order(let order):
            let orderID = self.admit(order, into: &batch)
            self.answerPlacement(of: orderID, token, deadline: deadline, into: &batch)
        case .release(let parts, let direct):
            self.closeExits(
                parts,
                wish,
                beside: direct,
                token,
                deadline: deadline,
                into: &batch
            )
        }
    }

    /// What a wish for a position comes to now.
    enum PositionStep: Hashable, Sendable {
        case nothing(PositionReached)
        /// For the risk gate to judge, like any other.
        case order(OrderRequest)
        /// For the exits that hold the parts to sell them; what nobody holds is an order.
        case release([ExitRelease], OrderRequest?)
        /// There is no order that would do it.
        case refused(Refusal)
    }

    /// Decides what a wish for a position comes to; nothing is changed by asking.
    mutating func step(towards wish: PositionRequest, at now: Instant) -> PositionStep {
        let mode = self.mode(of: wish.strategy)
        let context = self.riskContext(
            for: wish.order(.sell, .zero),
            .client,
            on: mode.venue,
            at: now
        )
        // What is held in the order's mode counts, and what it is worth to the venue needs rules
        // and a price.
        if let refusal = Checks.expectedMode(context) ?? Checks.ready(context)
            ?? Checks.symbolAllowed(context) ?? Checks.symbolTrading(context)
            ?? Checks.marketPrice(context)
        {
            return .refused(refusal)
        }
        guard let rules = context.rules, let quote = context.quote else {
            fatalError("invariant broken: the checks passed a symbol without rules or price")
        }
        let venue = self.settings.ruleVenue(for: mode.venue)
        let ledger = self.state.ledger(of: venue)
        let holding = PositionHolding(
            symbol: wish.symbol,
            rules: rules,
            quote: quote,
            held: ledger.positions[wish.symbol]?.quantity ?? .zero,
            salable: min(
                ledger.reducible(wish.symbol)[.sell],
                self.freeToSell(rules.baseAsset, on: venue)
            ),
            orders: self.state.ordersByAge.filter { order in
                order.terms.symbol == wish.symbol && !order.isSettled
                    && (order.intent.venue == venue
                        || (order.status == .held && order.intent.venue == mode.venue))
            },
            exits: mode.venue == venue ? self.releasableExits(of: wish.symbol, on: venue) : []
        )
        if let plan = holding.exits.first(where: { $0.closing != nil }) {
            return .refused(plan.busy)
        }
        switch wish.goal {
        case .reach(let target):
            let inFlight = holding.orders.first { self.isInFlight($0) }
            return holding.reaching(target, wish, inFlight: inFlight)
        case .close: return holding.closing(holding.held, wish)
        case .closeShare(let share): return holding.closing(share.of(holding.held), wish)
        case .closeQuantity(let quantity):
            // What was named is judged as it is.
            return holding.closing(named: quantity, wish)
        }
    }

    /// The exits that have orders at the venue, oldest entry first; none while the kill switch is
    /// engaged, when they may not be touched.
    private func releasableExits(of symbol: Symbol, on venue: VenueID) -> [ExitPlan] {
        guard !self.state.killSwitch.isEngaged else { return [] }
        return self.state.exits.entries(of: symbol, on: venue).sorted()
            .compactMap { self.state.exits[$0] }
            .filter { $0.problem.isEmpty && ($0.closing != nil || !$0.working.isEmpty) }
    }

    /// Whether it may turn out that an order did more or less than its state says now.
    private func isInFlight(_ order: Order) -> Bool {
        switch order.status {
        case .open, .partiallyFilled:
            order.pendingCancel != nil || order.pendingAmend != nil || self.isAwaited(order)
        case .submitting, .unknown, .needsOperator, .held: true
        case .refused, .simulated, .filled, .canceled, .expired, .rejected, .notPlaced:
            order.hasMissingFills
        }
    }
}

/// One position and all that an order of it depends on.
private struct PositionHolding {
    let symbol: Symbol
    let rules: SymbolRules
    let quote: Quote
    let held: Amount
    /// What an order can sell: no other order of ours sells it, and it is free at the venue.
    let salable: Amount
    /// Those of the symbol that are not settled, oldest first.
    let orders: [Order]
    /// Those that have orders at the venue, oldest entry first.
    let exits: [ExitPlan]

    /// What open orders still buy, less what they sell.
    ///
    /// Those that wait for a price are left out: they are there to end a position when the market
    /// turns, and are no part of what it is meant to be.
    private var pending: Amount {
        self.orders.filter { $0.terms.type.trigger == nil }.reduce(into: Amount.zero) {
            (sum, order) in
            let quantity = order.reservedQuantity.amount
            sum += order.terms.side == .buy ? quantity : -quantity
        }
    }

    private var nothing: Gateway.PositionStep {
        .nothing(PositionReached(symbol: self.symbol, held: self.held, pending: self.pending))
    }

    // MARK: Closing

    /// Sells as much of a part of the position as can be sold.
    func closing(_ part: Amount, _ wish: PositionRequest) -> Gateway.PositionStep {
        if let step = self.endOfClosing ?? self.releasing(part, wish) { return step }
        let largest = self.rules.largestMarketQuantity ?? Quantity(raw: .max)
        let quantity = min(self.wholeSteps(of: min(part, self.salable)), largest)
        guard self.rules.takesMarketOrder(of: quantity, at: self.quote.bid) else {
            let isLargeEnough = self.rules.takesMarketOrder(
                of: self.wholeSteps(of: part),
                at: self.quote.bid
            )
            return .refused(isLargeEnough ? self.heldBack : self.dust(part, at: self.quote.bid))
        }
        return .order(wish.order(.sell, quantity))
    }

    private func wholeSteps(of amount: Amount) -> Quantity {
        Quantity(clamping: amount).roundedDown(to: self.rules.stepSize)
    }

    func closing(named quantity: Quantity, _ wish: PositionRequest) -> Gateway.PositionStep {
        self.endOfClosing ?? self.releasing(quantity.amount, wish)
            ?? .order(wish.order(.sell, quantity))
    }

    /// Lets exits sell what they hold back of a sale; nil where they hold nothing of it.
    private func releasing(_ part: Amount, _ wish: PositionRequest) -> Gateway.PositionStep? {
        let free = max(min(self.salable, part), .zero)
        var missing = part - free
        guard part <= self.held,
            self.rules.takesMarketOrder(of: self.wholeSteps(of: missing), at: self.quote.bid)
        else { return nil }
        var parts: [ExitRelease] = []
        for plan in self.exits {
            let quantity = min(missing, plan.rest)
            guard quantity.isPositive else { continue }
            parts.append(ExitRelease(entry: plan.entry.orderID, quantity: quantity))
            missing -= quantity
        }
        guard !parts.isEmpty else { return nil }
        let direct = self.wholeSteps(of: free)
        let isDirect = self.rules.takesMarketOrder(of: direct, at: self.quote.bid)
        return .release(parts, isDirect ? wish.order(.sell, direct) : nil)
    }

    /// Where there is nothing to close.
    private var endOfClosing: Gateway.PositionStep? {
        if self.held.isPositive { return nil }
        guard !self.held.isZero else { return self.nothing }
        return .refused(
            Refusal(
                .reduceOnly,
                limit: "0",
                actual: "\(self.held)",
                message: "The position in \(self.symbol) is \(self.held), sold from other "
                    + "holdings: nothing is held to sell."
            )
        )
    }

    // MARK: Reaching

    /// Trades the difference between what is wanted and what will be held once the open orders are
    /// filled.
    func reaching(
        _ target: Quantity,
        _ wish: PositionRequest,
        inFlight: Order?
    ) -> Gateway.PositionStep {
        if let inFlight { return .refused(self.busy(inFlight)) }
        let difference = target.amount - self.held - self.pending
        guard !difference.isZero else { return self.nothing }
        let side: Side = difference.isPositive ? .buy : .sell
        let price = self.quote.best(for: side)
        let size = max(difference, -difference)
        let quantity = self.wholeSteps(of: size)
        guard self.rules.takesMarketOrder(of: quantity, at: price) else {
            return .refused(self.dust(size, at: price))
        }
        guard side == .buy || quantity.amount <= self.salable else {
            return self.releasing(quantity.amount, wish) ?? .refused(self.heldBack)
        }
        return .order(wish.order(side, quantity))
    }

    // MARK: Refusals

    private func dust(_ size: Amount, at price: Price) -> Refusal {
        let rules = self.rules
        let worth = (price * Quantity(clamping: size)).amount(rounding: .down)
        let least =
            rules.isNotionalMinForMarket
            ? " worth \(rules.notionalMin) \(rules.quoteAsset)" : ""
        let step = max(rules.quantityMin, rules.stepSize)
        return Refusal(
            .positionDust,
            limit: "\(step) \(rules.baseAsset)\(least)",
            actual: "\(size) \(rules.baseAsset) worth \(worth) \(rules.quoteAsset)",
            message: "The venue takes no market order of \(size) \(rules.baseAsset): it is dust, "
                + "and stays."
        )
    }

    private var heldBack: Refusal {
        let selling = self.orders.filter { $0.terms.side == .sell && $0.status != .held }
            .map { "\($0.orderID)" }.joined(separator: ", ")
        let cause =
            selling.isEmpty
            ? "the account has no more of it free" : "order \(selling) sells the rest already"
        return Refusal(
            .reduceOnly,
            limit: "\(self.salable)",
            actual: "\(self.held)",
            message: "Of the \(self.held) \(self.rules.baseAsset) held \(self.salable) can be "
                + "sold: \(cause)."
        )
    }

    private func busy(_ order: Order) -> Refusal {
        Refusal(
            .positionBusy,
            limit: "no order in flight",
            actual: "order \(order.orderID) is \(order.status.name)",
            message: "Order \(order.orderID) on \(self.symbol) is in flight or its outcome is not "
                + "known, so nobody can tell what it takes; ask again when it is."
        )
    }
}

extension ExitPlan {
    /// Why nobody can tell what is left of the position.
    fileprivate var busy: Refusal {
        Refusal(
            .positionBusy,
            limit: "no order in flight",
            actual: "the exits of order \(self.entry.orderID) are being closed",
            message: "The exits of order \(self.entry.orderID) are selling what another call "
                + "closes; ask again when they have."
        )
    }
}

extension SymbolRules {
    /// Whether the venue takes a market order so small, as far as it can be told without a price.
    func takesMarketOrder(of quantity: Quantity, at price: Price?) -> Bool {
        self.takes(quantity, at: price, isMarket: true)
    }

    /// The same of an order that ends as a market order, or of one with a limit price.
    func takes(_ quantity: Quantity, at price: Price?, isMarket: Bool) -> Bool {
        guard quantity.isPositive, quantity >= self.quantityMin else { return false }
        guard !isMarket || self.isNotionalMinForMarket, let price else { return true }
        return price * quantity >= Notional(self.notionalMin)
    }
}
