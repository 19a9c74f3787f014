/// Why a store cannot be used, or not any more.
package enum JournalError: Error, Hashable, Sendable {
    /// The store's files refuse to work; the text is the storage engine's.
    ///
    /// After a failed write the process must end: what is on disk is in doubt (J1).
    case storage(String)
    /// The storage engine finds its files damaged; the text is its own.
    ///
    /// The store must not be traded on, like a corrupt one.
    case damaged(String)
    /// A record does not follow from the one before it, or does not hold what it held.
    ///
    /// The store must not be traded on; restore a copy that verifies.
    case corrupt(recordAt: UInt64, reason: String)
    /// The store was written by a newer program; use that one.
    case tooNew(formatVersion: UInt32, supportedMax: UInt32)
}

extension JournalError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .storage(let reason): "storage: \(reason)"
        case .damaged(let reason): "the store's files are damaged: \(reason)"
        case .corrupt(let sequence, let reason): "record at sequence \(sequence): \(reason)"
        case .tooNew(let version, let supported):
            "the store has format \(version), this program reads up to \(supported)"
        }
    }
}
