/// The kinds of what a store holds, one column family each.
///
/// Sequential keys within a family cost a third of the CPU of mixed prefixes in one.
package enum StoreTable: Int, CaseIterable, Sendable {
    /// Required by RocksDB; holds the store's format version.
    case meta
    /// Records by first sequence.
    case journal
    /// Finished orders by number.
    case orders
    /// Order numbers by idempotency key.
    case keys
    /// Signed heads of the chain, by sequence.
    case checkpoints
    /// What was said to venues and what they said, by number.
    case receipts

    var name: String {
        switch self {
        case .meta: "default"
        case .journal: "journal"
        case .orders: "orders"
        case .keys: "keys"
        case .checkpoints: "checkpoints"
        case .receipts: "receipts"
        }
    }
}
