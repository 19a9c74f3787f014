/// What closes an entry again: a price at which a loss is cut, one at which a profit is taken.
package struct ExitTerms: Hashable, Sendable {
    /// Where a loss is cut.
    package struct StopLoss: Hashable, Sendable {
        /// The price that makes it an order; below that of the entry.
        package var stopPrice: Price
        /// What it is sold for at least; nil where it is sold at the market.
        package var limitPrice: Price?

        package init(at stopPrice: Price, limit limitPrice: Price? = nil) {
            self.stopPrice = stopPrice
            self.limitPrice = limitPrice
        }
    }

    package var stopLoss: StopLoss?
    /// The price at which a profit is taken, and at least; above that of the entry.
    package var takeProfit: Price?

    package init(stopLoss: StopLoss? = nil, takeProfit: Price? = nil) {
        self.stopLoss = stopLoss
        self.takeProfit = takeProfit
    }

    /// Nil where there is neither, so that no entry carries exits that are none.
    package var orNil: ExitTerms? {
        self.stopLoss == nil && self.takeProfit == nil ? nil : self
    }
}

/// A caller closes the position that exits hold: so much of it is sold at the market.
package struct ExitClosing: Hashable, Sendable {
    /// What is still to be sold; above zero.
    package var quantity: Amount
    package var principal: Principal
    /// The caller's name for the order; nil once that was placed, and where the caller gave none.
    package var key: IdempotencyKey?
    package var tag: String
    /// Empty where the caller gave none.
    package var strategy: String
    package var goal: PositionGoal
    /// The exit that is cancelled for it: what the call is told of until there is a sale; nil in
    /// records of older programs.
    package var resting: OrderID?

    package init(
        _ quantity: Amount,
        by principal: Principal,
        key: IdempotencyKey?,
        tag: String,
        strategy: String,
        goal: PositionGoal,
        resting: OrderID?
    ) {
        self.quantity = quantity
        self.principal = principal
        self.key = key
        self.tag = tag
        self.strategy = strategy
        self.goal = goal
        self.resting = resting
    }
}

/// What happened to the exits of an entry, beside what happened to their orders.
package enum ExitChange: Hashable, Sendable {
    /// The market reached the price of one of them.
    case reached(Trigger.Aim)
    /// The gateway gives up placing them: a person must close what is left.
    case needsOperator(reason: String)
    /// What they hold, or a part of it, is sold at the market before all else.
    case closing(ExitClosing)
    /// That is over without all of it being sold: they go on with the rest.
    case closingEnded(reason: String)
    /// Nothing is left for them to do, or nobody wants them any more.
    case ended(reason: String)
}
