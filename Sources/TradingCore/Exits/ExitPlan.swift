/// The exits of one entry: what they are to sell, what they sold, and which of their orders lives.
///
/// Part of ``State``: it follows from the journal alone.
package struct ExitPlan: Hashable, Sendable {
    /// The order whose fills they close.
    package let entry: OrderIntent
    /// What the entry's fills brought, less the fees that were taken of it.
    package private(set) var bought: Amount
    /// What the exits sold, with the fees that were taken of the same asset.
    package private(set) var sold: Amount
    /// The exit orders that are not settled: one, unless a settled one came back to life.
    package private(set) var working: Set<OrderID>
    /// The exit whose price was reached; it stays that of the stop once it is.
    package private(set) var reached: Trigger.Aim?
    /// Exit orders in a row that failed.
    package private(set) var failureCount: Int
    /// Why a person must act; empty while none must.
    package private(set) var problem: String
    /// What is to be sold at the market because a caller closes the position; nil for nothing.
    package private(set) var closing: ExitClosing?

    package init(of entry: OrderIntent) {
        self.init(
            of: entry,
            bought: .zero,
            sold: .zero,
            working: [],
            reached: nil,
            failureCount: 0,
            problem: "",
            closing: nil
        )
    }

    /// The plan that a snapshot holds.
    package init(
        of entry: OrderIntent,
        bought: Amount,
        sold: Amount,
        working: Set<OrderID>,
        reached: Trigger.Aim?,
        failureCount: Int,
        problem: String,
        closing: ExitClosing?
    ) {
        self.entry = entry
        self.bought = bought
        self.sold = sold
        self.working = working
        self.reached = reached
        self.failureCount = failureCount
        self.problem = problem
        self.closing = closing
    }

    package var terms: ExitTerms { self.entry.exits ?? ExitTerms() }

    /// What is still to be sold; no exit order is ever larger than this.
    package var rest: Amount { self.bought - self.sold }

    // MARK: The fold

    mutating func begin(_ exit: OrderIntent) {
        self.working.insert(exit.orderID)
        // A key names one order, also where more of them follow.
        if exit.key != nil { self.closing?.key = nil }
    }

    /// Counts a fill of the entry.
    mutating func enter(_ fill: Fill) { self.bought += fill.quantity.amount - self.fee(of: fill) }

    /// Counts a fill of an exit.
    ///
    /// What waited for the price of the stop has seen it by then.
    mutating func exit(_ fill: Fill, of intent: OrderIntent) {
        self.sold += fill.quantity.amount + self.fee(of: fill)
        if intent.terms.type.trigger != nil { self.reached = .stopLoss }
        self.closing?.quantity -= fill.quantity.amount
        if self.closing?.quantity.isPositive == false || !self.rest.isPositive {
            self.closing = nil
        }
    }

    private func fee(of fill: Fill) -> Amount {
        fill.feeAsset == self.entry.baseAsset ? fill.fee : .zero
    }

    /// Takes in the end of an exit order.
    mutating func finish(_ order: Order) {
        self.working.remove(order.orderID)
        if order.filledQuantity.isPositive {
            self.failureCount = 0
        } else if order.cameTooLate {
            // The venue has seen the price that the stop waits for.
            self.reached = .stopLoss
        } else if order.failedAsExit {
            self.failureCount += 1
        }
        // What a take-profit left behind waits for its price again.
        if order.terms.type.isTakeProfitExit, self.reached == .takeProfit { self.reached = nil }
    }

    mutating func take(_ change: ExitChange) {
        switch change {
        case .reached(let aim):
            self.reached = aim
            // What failed before says nothing of the order by which a loss is cut.
            if aim == .stopLoss { self.failureCount = 0 }
        case .needsOperator(let reason): self.problem = reason
        case .closing(let closing):
            self.closing = closing
            self.failureCount = 0
        case .closingEnded:
            self.closing = nil
            self.failureCount = 0
        case .ended: break
        }
    }
}

extension Order {
    /// Whether it ended because the venue would not have it, or found nobody to trade with.
    var failedAsExit: Bool {
        switch self.status {
        case .rejected: !self.cameTooLate
        case .expired: !self.terms.type.isTakeProfitExit
        case .refused, .simulated, .submitting, .open, .partiallyFilled, .filled, .canceled,
            .notPlaced, .unknown, .needsOperator, .held:
            false
        }
    }
}

extension OrderType {
    /// Whether an exit of this type is one that takes a profit: it takes what there is at its price
    /// or better, and never rests.
    var isTakeProfitExit: Bool {
        if case .limit(_, .immediateOrCancel) = self { true } else { false }
    }
}
