package import TradingCore

/// What the walk needs of a store: where batches become durable and history is looked up.
package protocol EventStore: AnyObject {
    /// Whether something was written that no sync has covered yet.
    var hasUnsyncedRecords: Bool { get }

    /// Looks up what deciding on an input needs (J6).
    func fetch(_ needs: Needs) throws(JournalError) -> Fetched

    /// Writes what a batch decided; see ``OpenBatch/needsSync``.
    func write(_ batch: borrowing OpenBatch) throws(JournalError)

    /// Returns only when everything written so far is on disk.
    func sync() throws(JournalError)
}

extension Journal: EventStore {}

/// In place of a damaged journal: nothing is added to it, since what follows a damaged record
/// would prove nothing, and nothing of it is believed.
package final class AbandonedStore: EventStore {
    package init() {}

    package var hasUnsyncedRecords: Bool { false }

    package func fetch(_ needs: Needs) throws(JournalError) -> Fetched { Fetched() }

    package func write(_ batch: borrowing OpenBatch) throws(JournalError) {}

    package func sync() throws(JournalError) {}
}
