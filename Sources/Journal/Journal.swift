import CProtobufC
import CRocksDB
import CTradingProto
import ProtobufArena
package import TradingCore

/// The store of one gateway: its journal, and the finished orders and keys derived from it.
///
/// One thread uses it. After a thrown write the process must end (J1).
package final class Journal {
    /// The format that this program writes; it reads all that are not above it.
    package static let formatVersion: UInt32 = 1

    static let formatKey = Array("format_version".utf8)

    let database: RocksDatabase
    let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
    /// Where the journal ends, as far as it was replayed and written.
    package internal(set) var head = ChainHead.start
    /// Whether something was written that no sync has covered yet.
    package private(set) var hasUnsyncedRecords = false

    /// Keeps the process's memory from growing with its threads; called once, before any starts.
    package static func boundHeaps() { CRocksDB_bound_heaps(2) }

    /// Opens or makes the store in a folder whose parent exists; ``replay(_:)`` comes next.
    package init(path: String) throws(JournalError) {
        self.database = try RocksDatabase(path: path)
        try self.settleFormat()
    }

    /// Refuses what a newer program wrote, and marks the store as this program's.
    private func settleFormat() throws(JournalError) {
        let key = Journal.formatKey
        if let stored = try self.database.value(of: key, in: .meta) {
            guard let version = UInt32(bigEndianBytes: stored.span) else {
                throw .damaged("the store's format version is not a number")
            }
            guard version <= Journal.formatVersion else {
                throw .tooNew(formatVersion: version, supportedMax: Journal.formatVersion)
            }
            if version == Journal.formatVersion { return }
        }
        let entry = RocksDatabase.Entry(
            table: .meta,
            key: key,
            value: Journal.formatVersion.bigEndianBytes
        )
        try self.database.write([entry], isSynced: true)
    }

    /// Writes what a batch decided, as one record; see ``OpenBatch/needsSync``.
    package func write(_ batch: borrowing OpenBatch) throws(JournalError) {
        try self.write(
            batch.events,
            closing: batch.closedOrders,
            at: batch.instant.wall,
            isSynced: batch.needsSync
        )
    }

    /// Writes events as one record, with the orders that they finished.
    package func write(
        _ events: [Event],
        closing closedOrders: [Order],
        at time: WallTime,
        isSynced: Bool
    ) throws(JournalError) {
        var entries: [RocksDatabase.Entry] = []
        if !events.isEmpty {
            let sealed = RecordSealer(arena: self.arena).seal(events, at: time, after: self.head)
            self.head = sealed.head
            entries.append(
                RocksDatabase.Entry(table: .journal, key: sealed.key, value: sealed.value)
            )
        }
        for order in closedOrders { entries += self.entries(for: order) }
        if !entries.isEmpty {
            try self.database.write(entries, isSynced: isSynced)
            self.hasUnsyncedRecords = !isSynced
        } else if isSynced {
            try self.sync()
        }
    }

    /// Keeps a signed head beside the records that it covers, which must be synced (J2).
    package func write(checkpoint: SignedHead) throws(JournalError) {
        let entry = RocksDatabase.Entry(
            table: .checkpoints,
            key: checkpoint.head.sequence.bigEndianBytes,
            value: Array(checkpoint.line.utf8)
        )
        try self.database.write([entry], isSynced: true)
    }

    /// Returns only when all records are on disk.
    package func sync() throws(JournalError) {
        guard self.hasUnsyncedRecords else { return }
        try self.database.sync()
        self.hasUnsyncedRecords = false
    }

    private func entries(for order: Order) -> [RocksDatabase.Entry] {
        self.arena.reset()
        let number = order.orderID.raw.bigEndianBytes
        let stored = unsafe EventEncoder(arena: self.arena).order(order)
        var entries = [
            RocksDatabase.Entry(
                table: .orders,
                key: number,
                value: unsafe Protobuf.packed(stored)
            )
        ]
        if let key = order.intent.key {
            entries.append(
                RocksDatabase.Entry(table: .keys, key: Journal.bytes(of: key), value: number)
            )
        }
        return entries
    }

    /// Principal and key as one key; the length in front keeps pairs apart.
    static func bytes(of key: IdempotencyKey) -> [UInt8] {
        let principal = Array(key.principal.name.utf8)
        return UInt32(principal.count).bigEndianBytes + principal + Array(key.text.utf8)
    }
}
