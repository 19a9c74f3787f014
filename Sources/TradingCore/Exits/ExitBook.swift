/// The exits of all entries that have any left.
package struct ExitBook: Hashable, Sendable {
    /// By the number of the entry.
    package private(set) var plans: [OrderID: ExitPlan]
    /// The entries by what they bought; what has none has no entry.
    private(set) var bySymbol: ByVenue<[Symbol: Set<OrderID>]>

    package init(_ plans: [ExitPlan] = []) {
        self.plans = [:]
        self.bySymbol = [:]
        for plan in plans { self.insert(plan) }
    }

    package var isEmpty: Bool { self.plans.isEmpty }

    package subscript(entry: OrderID) -> ExitPlan? { self.plans[entry] }

    /// The plans, oldest entry first.
    package var byAge: [ExitPlan] {
        self.plans.values.sorted { $0.entry.orderID < $1.entry.orderID }
    }

    func entries(of symbol: Symbol, on venue: VenueID) -> Set<OrderID> {
        self.bySymbol[venue]?[symbol] ?? []
    }

    /// Those that have no order at their venue now, and something to sell.
    var watched: [ExitPlan] {
        self.plans.values.filter { $0.working.isEmpty && $0.rest.isPositive }
    }

    // MARK: The fold

    /// Takes in an order that is about to be sent: an entry with exits, or an exit.
    mutating func begin(_ intent: OrderIntent) {
        if let entry = intent.entry {
            self.plans[entry]?.begin(intent)
        } else if intent.exits != nil {
            self.insert(ExitPlan(of: intent))
        }
    }

    /// Takes in an order that came back to life.
    ///
    /// Its fills of before were closed, or given up, by then: only later ones count.
    mutating func reopen(_ intent: OrderIntent) {
        guard intent.entry != nil || self.plans[intent.orderID] == nil else { return }
        self.begin(intent)
    }

    mutating func count(_ fill: Fill, of intent: OrderIntent) {
        guard !self.plans.isEmpty else { return }
        if let entry = intent.entry {
            self.plans[entry]?.exit(fill, of: intent)
        } else {
            self.plans[intent.orderID]?.enter(fill)
        }
    }

    mutating func finish(_ order: Order) {
        guard let entry = order.intent.entry else { return }
        self.plans[entry]?.finish(order)
    }

    mutating func take(_ change: ExitChange, of entry: OrderID) {
        guard case .ended = change else {
            self.plans[entry]?.take(change)
            return
        }
        guard let plan = self.plans.removeValue(forKey: entry) else { return }
        let (venue, symbol) = (plan.entry.venue, plan.entry.terms.symbol)
        self.bySymbol[venue]?[symbol]?.remove(entry)
        if self.bySymbol[venue]?[symbol]?.isEmpty == true { self.bySymbol[venue]?[symbol] = nil }
        if self.bySymbol[venue]?.isEmpty == true { self.bySymbol[venue] = nil }
    }

    private mutating func insert(_ plan: ExitPlan) {
        let entry = plan.entry
        self.plans[entry.orderID] = plan
        self.bySymbol[entry.venue, default: [:]][entry.terms.symbol, default: []]
            .insert(entry.orderID)
    }
}
