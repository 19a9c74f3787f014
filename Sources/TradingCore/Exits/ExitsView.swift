/// How the exits of an entry stand: whether what it bought is protected, and by what.
package struct ExitsView: Hashable, Sendable {
    /// What the exits do now.
    package enum Status: UInt8, Hashable, Sendable, CaseIterable {
        /// Nothing is bought yet, or all that was is sold and more may come.
        case planned = 1
        /// A stop rests at the venue.
        case resting = 2
        /// No order of theirs is at the venue: the gateway watches the prices.
        case watched = 3
        /// One of their orders is on its way, is being cancelled for another, or sells now.
        case selling = 4
        /// They were given up: a person must close what is left.
        case needsOperator = 5
        /// Nothing is left for them to do, or somebody ended them.
        case done = 6

        package var name: String {
            switch self {
            case .planned: "PLANNED"
            case .resting: "RESTING"
            case .watched: "WATCHED"
            case .selling: "SELLING"
            case .needsOperator: "NEEDS_OPERATOR"
            case .done: "DONE"
            }
        }
    }

    package var status: Status
    /// What is still to be sold, in the base asset.
    package var rest: Amount
    /// How much of that the orders at the venue sell.
    package var covered: Amount
    /// Why a person must act; empty while none must.
    package var problem: String

    package init(_ status: Status, rest: Amount = .zero, covered: Amount = .zero) {
        self.status = status
        self.rest = rest
        self.covered = covered
        self.problem = ""
    }
}

extension ExitPlan {
    /// How the exits stand, given their orders that are not settled.
    func view(_ working: [Order]) -> ExitsView {
        var view = ExitsView(.planned)
        view.rest = max(self.rest, .zero)
        view.covered = min(view.rest, working.reduce(.zero) { $0 + $1.remainingQuantity.amount })
        view.problem = self.problem
        view.status = self.status(working)
        return view
    }

    private func status(_ working: [Order]) -> ExitsView.Status {
        guard self.problem.isEmpty else { return .needsOperator }
        guard self.rest.isPositive || !self.working.isEmpty else { return .planned }
        guard self.closing == nil else { return .selling }
        guard !self.working.isEmpty else { return .watched }
        let isResting = working.allSatisfy { order in
            order.status == .open && order.pendingCancel == nil && order.terms.type.trigger != nil
        }
        return isResting ? .resting : .selling
    }
}

extension Gateway {
    /// How the exits of an order stand; nil where it has none, or was never an entry.
    func exits(of order: Order) -> ExitsView? {
        guard order.intent.exits != nil else { return nil }
        if let plan = self.state.exits[order.orderID] {
            return plan.view(plan.working.sorted().compactMap { self.state.orders[$0] })
        }
        switch order.status {
        case .held: return ExitsView(.planned)
        case .refused, .simulated: return nil
        case .submitting, .open, .partiallyFilled, .filled, .canceled, .expired, .rejected,
            .notPlaced, .unknown, .needsOperator:
            return ExitsView(.done)
        }
    }

    /// The same of each order that has exits.
    func exits(of orders: [Order]) -> [OrderID: ExitsView] {
        var views: [OrderID: ExitsView] = [:]
        for order in orders { views[order.orderID] = self.exits(of: order) }
        return views
    }
}
