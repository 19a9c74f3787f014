package import TradingCore

/// The orders of a list that is to be placed.
///
/// Without a working order the legs work at once (OCO); with one they wait until it is wholly
/// filled (OTO with one leg, OTOCO with two). Of two legs only one can trade.
package struct NewOrderList: Hashable, Sendable {
    /// The order that comes first; nil for an OCO.
    package var working: NewOrder?
    /// One or two orders.
    package var legs: [NewOrder]
    /// Whether the legs sell what the working order has bought (OPO); their quantity is not
    /// known before.
    package var sellsProceeds: Bool

    /// A list of a working order, if any, and of one or two legs.
    package init(working: NewOrder?, legs: [NewOrder], sellsProceeds: Bool = false) {
        self.working = working
        self.legs = legs
        self.sellsProceeds = sellsProceeds
    }
}

/// What became of a list that was sent to a market.
package enum ListPlacement: Hashable, Sendable {
    /// The list has a number, and its orders have theirs: the working one first, then the legs.
    case accepted(list: Int64, orders: [VenueOrderID])
    /// No order of it ever existed.
    case refused(EngineRefusal)
}

/// Orders that depend on each other.
struct OrderList: Hashable, Sendable {
    let account: AccountNumber
    /// The order that comes first; nil for an OCO and once it has ended.
    var working: VenueOrderID?
    /// The legs that have not ended.
    var legs: [VenueOrderID]
    /// What the working order has brought and the list keeps for its legs; nil where the legs
    /// have quantities of their own.
    var proceeds: Amount?
}

/// The lists of one market, and the ends of their orders that are yet to be dealt with.
struct ListBook: Sendable {
    private(set) var lists: [Int64: OrderList] = [:]
    private var ended: [(order: VenueOrderID, list: Int64, end: OrderEnd?)] = []

    mutating func open(_ id: Int64, _ list: OrderList) { self.lists[id] = list }

    mutating func close(_ id: Int64) { self.lists[id] = nil }

    mutating func update(_ id: Int64, _ body: (inout OrderList) -> Void) {
        guard var list = self.lists[id] else { return }
        body(&list)
        self.lists[id] = list
    }

    /// The other leg of a pair, if it is still there.
    func sibling(of order: BookOrder) -> VenueOrderID? {
        guard order.list != 0, let list = self.lists[order.list], list.working != order.id
        else { return nil }
        return list.legs.first { $0 != order.id }
    }

    /// Notes that an order ended; nil stands for being filled.
    mutating func didEnd(_ order: BookOrder, _ end: OrderEnd?) {
        if order.list != 0 { self.ended.append((order.id, order.list, end)) }
    }

    mutating func nextEnded() -> (order: VenueOrderID, list: Int64, end: OrderEnd?)? {
        self.ended.isEmpty ? nil : self.ended.removeFirst()
    }
}

extension Market {
    /// Checks a list, gives its orders numbers, and lets them enter.
    mutating func placeList(
        _ id: Int64,
        _ sent: NewOrderList,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> ListPlacement {
        let (original, pegRefusal) = self.priced(sent, at: time)
        if let refusal = pegRefusal ?? self.check(original, ledger, at: time) {
            return .refused(refusal)
        }
        guard let first = original.working ?? original.legs.first else {
            return .refused(.unsupportedCombination)
        }
        let account = first.account
        var list = OrderList(account: account, working: nil, legs: [])
        if let terms = original.working {
            var order = BookOrder(id: self.book.nextOrderID, terms: terms)
            let needed = order.lockNeeded
            guard ledger.lock(needed, of: self.paying(terms.side), by: account) else {
                return .refused(.insufficientBalance)
            }
            order.locked = needed
            order.list = id
            list.working = self.book.takeOrderID()
            list.proceeds = original.sellsProceeds ? .zero : nil
            if terms.peg != nil { events.append(.pegged(order.id, price: terms.price)) }
            events.append(.accepted(order.id, state: .resting))
            for leg in original.legs { list.legs.append(self.pend(leg, in: id, &events)) }
            self.openList(id, list)
            self.enter(order, &ledger, &events, at: time)
        } else {
            guard self.openPair(id, original.legs, &list, &ledger, &events) else {
                return .refused(.insufficientBalance)
            }
        }
        let orders = (list.working.map { [$0] } ?? []) + list.legs
        self.settleConsequences(&ledger, &events, at: time)
        return .accepted(list: id, orders: orders)
    }

    private mutating func openList(_ id: Int64, _ list: OrderList) {
        self.lists.open(id, list)
        self.changeCounts(of: list.account) { $0.lists += 1 }
    }

    /// Gives the pegged orders of a list a price; a pending one gets its own later.
    private func priced(
        _ list: NewOrderList,
        at time: WallTime
    ) -> (list: NewOrderList, refusal: EngineRefusal?) {
        var list = list
        if let working = list.working {
            let (terms, refusal) = self.priced(working, at: time)
            if let refusal { return (list, refusal) }
            list.working = terms
        }
        for index in list.legs.indices {
            let (terms, refusal) = self.priced(list.legs[index], at: time)
            // A pending leg may find a book that is deeper than now.
            if let refusal, refusal != .pegTooThin || list.working == nil { return (list, refusal) }
            list.legs[index] = terms
        }
        return (list, nil)
    }

    private func check(_ list: NewOrderList, _ ledger: Ledger, at time: WallTime) -> EngineRefusal?
    {
        for leg in (list.working.map { [$0] } ?? []) + list.legs {
            var terms = leg
            if list.sellsProceeds, terms.quantity.isZero, let working = list.working {
                terms.quantity = working.quantity
            }
            if let refusal = self.check(terms, at: time) { return refusal }
        }
        if let account = (list.working ?? list.legs.first)?.account {
            let counts = self.openCounts(of: account)
            if counts.lists >= self.rules.orderListsMax { return .filter(.maxOrderLists) }
            let added = list.legs.count + (list.working == nil ? 0 : 1)
            let ordersMax = self.rules.symbol.openOrdersMax
            if ordersMax > 0, counts.orders + added > ordersMax { return .filter(.maxOrders) }
        }
        if let working = list.working {
            return self.refusalByBook(working, ledger)
        }
        guard self.hasPairPrices(list.legs) else { return .listPrices }
        for leg in list.legs {
            if let refusal = self.refusalByBook(leg, ledger) { return refusal }
        }
        return nil
    }

    /// Whether one leg of a working pair is on each side of the market (section 3.10).
    private func hasPairPrices(_ legs: [NewOrder]) -> Bool {
        guard self.lastPrice.isPositive else { return true }
        return legs.allSatisfy { leg in
            let price = leg.type == .limitMaker ? leg.price : leg.stopPrice
            guard price.isPositive else { return true }
            let isStop = leg.type == .stopLoss || leg.type == .stopLossLimit
            let isAbove = (leg.side == .sell) != isStop
            return isAbove ? price > self.lastPrice : price < self.lastPrice
        }
    }

    /// Opens a pair that works at once; the leg that needs more holds the funds of both.
    private mutating func openPair(
        _ id: Int64,
        _ legs: [NewOrder],
        _ list: inout OrderList,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent]
    ) -> Bool {
        guard let account = legs.first?.account, let side = legs.first?.side else { return false }
        let firstID = self.book.nextOrderID
        let needs = legs.map { BookOrder(id: firstID, terms: $0).lockNeeded }
        let needed = needs.max() ?? .zero
        guard ledger.lock(needed, of: self.paying(side), by: account) else { return false }
        var isHeld = false
        for (terms, need) in zip(legs, needs) {
            var order = BookOrder(id: self.book.takeOrderID(), terms: terms)
            order.list = id
            if need == needed, !isHeld {
                order.locked = needed
                isHeld = true
            }
            list.legs.append(order.id)
            self.work(order, isNew: true, &events)
        }
        self.openList(id, list)
        return true
    }

    /// Lets a leg wait for its trigger, or rest; it does not cross the market.
    private mutating func work(
        _ order: BookOrder,
        isNew: Bool,
        _ events: inout [EngineEvent]
    ) {
        if order.terms.type.isAlgorithmic {
            return self.arm(order, isNew: isNew, &events)
        }
        if isNew, order.terms.peg != nil {
            events.append(.pegged(order.id, price: order.terms.price))
        }
        events.append(
            isNew
                ? .accepted(order.id, state: .resting) : .activated(order.id, state: .resting)
        )
        self.book.enqueue(self.hold(order))
    }

    private mutating func pend(
        _ terms: NewOrder,
        in list: Int64,
        _ events: inout [EngineEvent]
    ) -> VenueOrderID {
        var order = BookOrder(id: self.book.takeOrderID(), terms: terms)
        order.list = list
        order.state = .pending
        events.append(.accepted(order.id, state: .pending))
        _ = self.hold(order)
        return order.id
    }

    /// Ends the other leg of a pair, because this one trades or was triggered.
    mutating func expireSibling(
        of order: BookOrder,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent]
    ) {
        guard let sibling = self.lists.sibling(of: order), let slot = self.book.slot(of: sibling)
        else { return }
        self.remove(slot, .expired(.ocoTrigger), &ledger, &events)
    }

    /// Makes a resting leg of a pair the only one before it trades, with the pair's funds.
    mutating func claimPair(
        _ slot: Slot,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent]
    ) {
        let order = self.book.orders[Int(slot)]
        guard self.lists.sibling(of: order) != nil else { return }
        self.expireSibling(of: order, &ledger, &events)
        guard order.locked.isZero else { return }
        let needed = order.lockNeeded
        let isLocked = ledger.lock(
            needed,
            of: self.paying(order.terms.side),
            by: order.terms.account
        )
        invariant(isLocked, "a pair holds what its dearer leg needs")
        self.book.orders[Int(slot)].locked = needed
    }

    /// Deals with one ended order of a list; false where nothing is left.
    mutating func settleLists(
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> Bool {
        guard let ended = self.lists.nextEnded() else { return false }
        guard let list = self.lists.lists[ended.list] else { return true }
        if list.working == ended.order {
            self.lists.update(ended.list) { $0.working = nil }
            if let proceeds = list.proceeds {
                ledger.unlock(proceeds, of: self.base, by: list.account)
            }
            if ended.end == nil {
                self.activate(list, &ledger, &events, at: time)
            } else {
                let end: OrderEnd =
                    ended.end == .canceled ? .canceled : .expired(.otoPhaseOneExpired)
                for leg in list.legs {
                    guard let slot = self.book.slot(of: leg) else { continue }
                    self.remove(slot, end, &ledger, &events)
                }
            }
        } else {
            self.lists.update(ended.list) { $0.legs.removeAll { $0 == ended.order } }
        }
        if let now = self.lists.lists[ended.list], now.working == nil, now.legs.isEmpty {
            self.lists.close(ended.list)
            self.changeCounts(of: now.account) { $0.lists -= 1 }
            events.append(.listDone(ended.list))
        }
        return true
    }

    /// Lets the legs work, now that the working order is filled.
    private mutating func activate(
        _ list: OrderList,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) {
        var orders = list.legs.compactMap { self.book.slot(of: $0) }
            .map { self.book.orders[Int($0)] }
        for order in orders {
            guard let slot = self.book.slot(of: order.id) else { continue }
            self.release(slot)
        }
        let isSized = self.size(&orders, by: list.proceeds, &events)
        guard isSized, self.pickPrices(&orders, &events, at: time),
            self.lockFunds(&orders, &ledger)
        else {
            for index in orders.indices {
                self.end(&orders[index], .expired(.rejected), &ledger, &events)
            }
            return
        }
        for order in orders {
            if order.terms.type.isAlgorithmic || orders.count > 1 {
                self.work(order, isNew: false, &events)
            } else {
                events.append(.activated(order.id, state: .resting))
                self.enter(order, &ledger, &events, at: time)
            }
        }
    }

    /// Lets pegged legs that enter the book at once take their price from it.
    private mutating func pickPrices(
        _ orders: inout [BookOrder],
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> Bool {
        for index in orders.indices where !orders[index].terms.type.isAlgorithmic {
            guard self.pickPrice(&orders[index], &events, at: time) else { return false }
        }
        return true
    }

    /// Locks what one leg needs, or what the dearer of two needs; false, and nothing locked,
    /// where the account lacks it or the book no longer allows an order.
    private func lockFunds(_ orders: inout [BookOrder], _ ledger: inout Ledger) -> Bool {
        for order in orders where self.refusalByBook(order.terms, ledger) != nil { return false }
        let needs = orders.map(\.lockNeeded)
        guard let dearest = needs.indices.max(by: { needs[$0] < needs[$1] }) else { return false }
        let terms = orders[dearest].terms
        guard ledger.lock(needs[dearest], of: self.paying(terms.side), by: terms.account)
        else { return false }
        orders[dearest].locked = needs[dearest]
        return true
    }

    /// Cancels every open order of a list.
    mutating func cancelList(
        _ id: Int64,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> EngineRefusal? {
        guard let list = self.lists.lists[id] else { return .unknownOrder }
        for order in (list.working.map { [$0] } ?? []) + list.legs {
            guard let slot = self.book.slot(of: order) else { continue }
            self.remove(slot, .canceled, &ledger, &events)
        }
        self.settleConsequences(&ledger, &events, at: time)
        return nil
    }
}
