@testable import TradingCore

/// A journal that knows what a crash may take: everything since the last sync.
final class MemoryJournal {
    struct Record {
        var wall: WallTime
        var events: [Event]
        var closed: [Order]
    }

    private(set) var records: [Record] = []
    private(set) var syncedCount = 0
    private var closed: [OrderID: Order] = [:]
    private var keys: [IdempotencyKey: OrderID] = [:]

    func append(_ record: Record, isSynced: Bool) {
        if !record.events.isEmpty {
            self.records.append(record)
            self.index(record)
        }
        if isSynced { self.syncedCount = self.records.count }
    }

    /// Loses the newest records that no sync covered.
    func crash(losing count: Int) {
        let kept = max(self.syncedCount, self.records.count - count)
        self.records.removeLast(self.records.count - kept)
        self.syncedCount = kept
        self.closed = [:]
        self.keys = [:]
        for record in self.records { self.index(record) }
    }

    var events: [Event] { self.records.flatMap(\.events) }

    /// The state that the events make, from zero.
    func fold() -> State {
        var state = State()
        for record in self.records {
            for event in record.events { _ = state.apply(event, at: record.wall) }
        }
        return state
    }

    func closedOrder(_ orderID: OrderID) -> Order? { self.closed[orderID] }

    func fetch(_ needs: Needs) -> Fetched {
        var fetched = Fetched()
        if let key = needs.key, let orderID = self.keys[key] {
            fetched.keyHolder = self.closed[orderID]
            if let next = fetched.keyHolder?.successor { self.fetch(next, into: &fetched) }
        }
        for orderID in needs.orders { self.fetch(orderID, into: &fetched) }
        if let filter = needs.history {
            let page = self.closed.values.filter { order in
                (filter.symbol == nil || order.terms.symbol == filter.symbol)
                    && (filter.before.map { order.orderID < $0 } ?? true)
            }
            fetched.history = Array(
                page.sorted { $0.orderID > $1.orderID }.prefix(filter.countMax)
            )
        }
        return fetched
    }

    private func fetch(_ orderID: OrderID, into fetched: inout Fetched) {
        var next: OrderID? = orderID
        while let orderID = next {
            fetched.orders[orderID] = self.closed[orderID]
            next = self.closed[orderID]?.successor
        }
    }

    private func index(_ record: Record) {
        for order in record.closed { self.closed[order.orderID] = order }
        for event in record.events {
            switch event {
            case .orderSubmitted(let intent), .orderSimulated(let intent),
                .orderRefused(let intent, _), .orderHeld(let intent, _):
                if let key = intent.key { self.keys[key] = intent.orderID }
            default: break
            }
        }
    }
}
