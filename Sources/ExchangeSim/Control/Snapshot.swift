import MatchingEngine
import TradingCore

/// What an exchange knew of orders, trades and balances at one moment.
struct Snapshot {
    fileprivate var engine: MatchingEngine
    fileprivate var records: [[OrderRecord]]
    fileprivate var books: [[CustomerBook]]
    fileprivate var updateTimes: [WallTime]
    fileprivate var lists: [OrderListRecord]
}

extension Exchange {
    /// What is true now; cheap, for the parts are copied only once they change.
    func snapshot() -> Snapshot {
        Snapshot(
            engine: self.engine,
            records: self.listings.map(\.records),
            books: self.customers.map(\.books),
            updateTimes: self.customers.map(\.updateTime),
            lists: self.lists.records
        )
    }

    /// Answers with what was true at another moment, as a replica does that lags behind.
    func answering<Answer>(asOf snapshot: Snapshot, _ body: () -> Answer) -> Answer {
        var other = snapshot
        self.swap(with: &other)
        defer { self.swap(with: &other) }
        return body()
    }

    private func swap(with other: inout Snapshot) {
        Swift.swap(&self.engine, &other.engine)
        for (index, listing) in self.listings.enumerated() {
            Swift.swap(&listing.records, &other.records[index])
        }
        for (index, customer) in self.customers.enumerated() {
            Swift.swap(&customer.books, &other.books[index])
            Swift.swap(&customer.updateTime, &other.updateTimes[index])
        }
        self.lists.swapRecords(with: &other.lists)
    }
}
