package import TradingCore

/// One price of a book: anonymous quantity, and orders in the sequence of their arrival.
///
/// An order queues behind the anonymous quantity that was there when it came: each holds the
/// level's ``consumed`` at which nothing anonymous is left before it.
package struct Level: Sendable {
    /// The price.
    package let price: Price
    /// What rests here without being anybody's order.
    package internal(set) var anonymous: Quantity = .zero
    /// What the orders here show.
    package internal(set) var ordered: Quantity = .zero
    /// How much anonymous quantity was ever taken from the front.
    var consumed: Int64 = 0
    var head: Slot = -1
    var tail: Slot = -1

    init(price: Price) { self.price = price }

    /// What the book shows at this price.
    package var visible: Quantity { self.anonymous + self.ordered }
}

/// A price of one side of the book.
package struct LevelKey: Hashable, Sendable {
    /// The side on which the level rests.
    package let side: Side
    /// Its price.
    package let price: Price

    /// Names a level.
    package init(side: Side, price: Price) {
        self.side = side
        self.price = price
    }
}

/// The two sides of a market and the pool of its orders.
///
/// Levels are sorted arrays with the best price last, so that the changes, which are close to
/// the best price, move little; orders are linked through slots of one array.
package struct OrderBook: Sendable {
    private(set) var bids: [Level] = []
    private(set) var asks: [Level] = []
    /// The pool; slots of ended orders are used again.
    var orders: [BookOrder] = []
    private var freeSlots: [Slot] = []
    /// The slot of each order by its number, counted from 1; -1 where the order is gone.
    private var slots: [Slot] = []
    /// Counts every change of a level.
    package private(set) var updateID: Int64 = 0
    /// Whether ``touched`` is kept.
    package var recordsTouched = false
    /// The levels changed since this was last emptied, with repetitions.
    package var touched: [LevelKey] = []

    /// An empty book.
    package init() {}

    /// The levels of a side, best price last.
    package func levels(_ side: Side) -> [Level] { side == .buy ? self.bids : self.asks }

    /// The best level of a side.
    package func best(_ side: Side) -> Level? { side == .buy ? self.bids.last : self.asks.last }

    /// The level at a price, if there is one.
    package func level(_ key: LevelKey) -> Level? {
        let (index, isPresent) = self.find(key.side, key.price)
        guard isPresent else { return nil }
        return key.side == .buy ? self.bids[index] : self.asks[index]
    }

    // MARK: Orders

    /// The number of the last order; zero before the first.
    package var lastOrderID: Int64 { Int64(self.slots.count) }

    /// The number that the next order gets.
    var nextOrderID: VenueOrderID { VenueOrderID(raw: Int64(self.slots.count) + 1) }

    /// Gives out the next number to an order that passes.
    mutating func takeOrderID() -> VenueOrderID {
        let id = self.nextOrderID
        self.slots.append(-1)
        return id
    }

    /// Counts the numbers up to one as given out.
    mutating func reserveOrderIDs(through last: Int64) {
        invariant(last < Int64(Int32.max), "a book has fewer orders than slots have numbers")
        while Int64(self.slots.count) < last { self.slots.append(-1) }
    }

    /// The slot of an order that the book holds.
    func slot(of id: VenueOrderID) -> Slot? {
        guard id.raw >= 1, id.raw <= Int64(self.slots.count) else { return nil }
        let slot = self.slots[Int(id.raw) - 1]
        return slot < 0 ? nil : slot
    }

    /// The order with that number, if it is resting, armed or pending.
    package func order(_ id: VenueOrderID) -> BookOrder? {
        self.slot(of: id).map { self.orders[Int($0)] }
    }

    /// Keeps an order in the pool.
    mutating func hold(_ order: BookOrder) -> Slot {
        let slot: Slot
        if let free = self.freeSlots.popLast() {
            slot = free
            self.orders[Int(slot)] = order
        } else {
            slot = Slot(self.orders.count)
            self.orders.append(order)
        }
        self.slots[Int(order.id.raw) - 1] = slot
        return slot
    }

    /// Forgets an order that is not linked to a level.
    mutating func release(_ slot: Slot) {
        self.slots[Int(self.orders[Int(slot)].id.raw) - 1] = -1
        self.orders[Int(slot)].state = .passing
        self.freeSlots.append(slot)
    }

    /// Puts a held order at the back of its level.
    mutating func enqueue(_ slot: Slot) {
        let side = self.orders[Int(slot)].terms.side
        let price = self.orders[Int(slot)].terms.price
        let index = self.openLevel(side, price)
        self.orders[Int(slot)].state = .resting
        let iceberg = self.orders[Int(slot)].terms.icebergQuantity
        let remaining = self.orders[Int(slot)].remaining
        let visible = iceberg.isPositive ? min(iceberg, remaining) : remaining
        self.orders[Int(slot)].visible = visible
        self.withLevel(side, index) { level, orders in
            orders[Int(slot)].aheadMark = level.consumed + level.anonymous.raw
            orders[Int(slot)].previous = level.tail
            orders[Int(slot)].next = -1
            if level.tail >= 0 { orders[Int(level.tail)].next = slot } else { level.head = slot }
            level.tail = slot
            level.ordered += visible
        }
        self.touch(side, price)
    }

    /// Takes a resting order out of its level, keeping its slot.
    mutating func unlink(_ slot: Slot) {
        let order = self.orders[Int(slot)]
        let (index, isPresent) = self.find(order.terms.side, order.terms.price)
        invariant(isPresent, "a resting order has a level")
        self.withLevel(order.terms.side, index) { level, orders in
            if order.previous >= 0 {
                orders[Int(order.previous)].next = order.next
            } else {
                level.head = order.next
            }
            if order.next >= 0 {
                orders[Int(order.next)].previous = order.previous
            } else {
                level.tail = order.previous
            }
            level.ordered -= order.visible
        }
        self.orders[Int(slot)].visible = .zero
        self.closeLevelIfEmpty(order.terms.side, index)
        self.touch(order.terms.side, order.terms.price)
    }

    /// Takes quantity from a resting order, most often at the front of the best level.
    mutating func fill(_ slot: Slot, _ quantity: Quantity) {
        let side = self.orders[Int(slot)].terms.side
        let price = self.orders[Int(slot)].terms.price
        self.orders[Int(slot)].remaining -= quantity
        self.orders[Int(slot)].visible -= quantity
        let (index, isPresent) = self.find(side, price)
        invariant(isPresent, "a resting order has a level")
        self.withLevel(side, index) { level, _ in level.ordered -= quantity }
        self.touch(side, price)
    }

    /// Reduces a resting order without moving it in its queue.
    mutating func reduce(_ slot: Slot, by quantity: Quantity) {
        let order = self.orders[Int(slot)]
        let (index, isPresent) = self.find(order.terms.side, order.terms.price)
        invariant(isPresent, "a resting order has a level")
        let hidden = order.remaining - order.visible
        let shown = quantity > hidden ? quantity - hidden : .zero
        self.orders[Int(slot)].remaining -= quantity
        self.orders[Int(slot)].visible -= shown
        self.withLevel(order.terms.side, index) { level, _ in level.ordered -= shown }
        self.touch(order.terms.side, order.terms.price)
    }

    // MARK: Anonymous quantity

    /// Sets the anonymous quantity at a price; orders there move up where it got less.
    mutating func setAnonymous(_ key: LevelKey, to quantity: Quantity) {
        let (found, isPresent) = self.find(key.side, key.price)
        guard isPresent || quantity.isPositive else { return }
        let index = isPresent ? found : self.openLevel(key.side, key.price)
        var hasChanged = false
        self.withLevel(key.side, index) { level, orders in
            hasChanged = level.anonymous != quantity
            level.anonymous = quantity
            let mark = level.consumed + quantity.raw
            var slot = level.head
            while slot >= 0 {
                orders[Int(slot)].aheadMark = min(orders[Int(slot)].aheadMark, mark)
                slot = orders[Int(slot)].next
            }
        }
        self.closeLevelIfEmpty(key.side, index)
        if hasChanged { self.touch(key.side, key.price) }
    }

    /// Takes anonymous quantity from the front of the best level of a side.
    mutating func consumeAnonymous(_ side: Side, _ quantity: Quantity) {
        let index = (side == .buy ? self.bids.count : self.asks.count) - 1
        var price = Price.zero
        self.withLevel(side, index) { level, _ in
            price = level.price
            level.anonymous -= quantity
            level.consumed += quantity.raw
        }
        self.closeLevelIfEmpty(side, index)
        self.touch(side, price)
    }

    /// The anonymous quantity before a resting order.
    func ahead(of slot: Slot, in level: Level) -> Quantity {
        Quantity(raw: max(0, self.orders[Int(slot)].aheadMark - level.consumed))
    }

    // MARK: Levels

    private func find(_ side: Side, _ price: Price) -> (index: Int, isPresent: Bool) {
        side == .buy
            ? Self.search(self.bids) { $0.price < price ? -1 : ($0.price == price ? 0 : 1) }
            : Self.search(self.asks) { $0.price > price ? -1 : ($0.price == price ? 0 : 1) }
    }

    /// Binary search, after looking at the best level, where most changes are.
    private static func search(
        _ levels: [Level],
        _ order: (Level) -> Int
    ) -> (index: Int, isPresent: Bool) {
        if let last = levels.last, order(last) == 0 { return (levels.count - 1, true) }
        var low = 0
        var high = levels.count
        while low < high {
            let middle = (low + high) / 2
            let result = order(levels[middle])
            if result == 0 { return (middle, true) }
            if result < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    private mutating func openLevel(_ side: Side, _ price: Price) -> Int {
        let (index, isPresent) = self.find(side, price)
        if !isPresent {
            switch side {
            case .buy: self.bids.insert(Level(price: price), at: index)
            case .sell: self.asks.insert(Level(price: price), at: index)
            }
        }
        return index
    }

    private mutating func withLevel(
        _ side: Side,
        _ index: Int,
        _ body: (inout Level, inout [BookOrder]) -> Void
    ) {
        switch side {
        case .buy: body(&self.bids[index], &self.orders)
        case .sell: body(&self.asks[index], &self.orders)
        }
    }

    private mutating func closeLevelIfEmpty(_ side: Side, _ index: Int) {
        switch side {
        case .buy:
            if self.bids[index].head < 0, self.bids[index].anonymous.isZero {
                self.bids.remove(at: index)
            }
        case .sell:
            if self.asks[index].head < 0, self.asks[index].anonymous.isZero {
                self.asks.remove(at: index)
            }
        }
    }

    private mutating func touch(_ side: Side, _ price: Price) {
        self.updateID += 1
        if self.recordsTouched { self.touched.append(LevelKey(side: side, price: price)) }
    }
}
