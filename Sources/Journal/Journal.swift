import COpenSSL
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

    private let database: RocksDatabase
    private let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
    private var nextSequence: UInt64 = 1
    private var lastHash = [UInt8](repeating: 0, count: Journal.hashByteCount)
    /// Whether something was written that no sync has covered yet.
    package private(set) var hasUnsyncedRecords = false

    private static let hashByteCount = 32

    /// Keeps the process's memory from growing with its threads; called once, before any starts.
    package static func boundHeaps() { CRocksDB_bound_heaps(2) }

    /// Opens or makes the store in a folder whose parent exists; ``replay(_:)`` comes next.
    package init(path: String) throws(JournalError) {
        self.database = try RocksDatabase(path: path)
        let key = Array("format_version".utf8)
        if let stored = try self.database.value(of: key, in: .meta) {
            let version = UInt32(bigEndianBytes: stored)
            guard version <= Journal.formatVersion else {
                throw .tooNew(formatVersion: version, supportedMax: Journal.formatVersion)
            }
        } else {
            let entry = RocksDatabase.Entry(
                table: .meta,
                key: key,
                value: Journal.formatVersion.bigEndianBytes
            )
            try self.database.write([entry], isSynced: true)
        }
    }

    /// Hands out every event of the store, oldest first, checking the chain on the way.
    ///
    /// - Complexity: O(*n*) in the count of events.
    package func replay(
        _ body: (Event, WallTime) -> Void
    ) throws(JournalError) {
        try self.database.scan(
            from: UInt64(0).bigEndianBytes,
            in: .journal,
            .ascending
        ) { (key, value) throws(JournalError) in
            try self.replay(key: key, value: value, body)
            return true
        }
    }

    private func replay(
        key: [UInt8],
        value: [UInt8],
        _ body: (Event, WallTime) -> Void
    ) throws(JournalError) {
        let sequence = self.nextSequence
        func broken(_ reason: String) -> JournalError {
            .corrupt(recordAt: sequence, reason: reason)
        }
        guard key == sequence.bigEndianBytes else {
            throw broken("the next record is at \(UInt64(bigEndianBytes: key))")
        }
        let count = value.count - Journal.hashByteCount
        guard count > 0 else { throw broken("the record is cut short") }
        let hash = Array(value[count...])
        guard hash == Journal.sha256(value[..<count]) else {
            throw broken("the record does not match its hash")
        }
        self.arena.reset()
        let record: Trading__Journal__V1__Record
        do throws(ProtobufError) {
            let bytes = value.span.extracting(..<count)
            unsafe record = try self.arena.unpackTrusted(MessageTypes.record, from: bytes).pointee
        } catch {
            throw broken("not a record: \(error)")
        }
        guard unsafe record.format_version <= Journal.formatVersion else {
            throw .tooNew(
                formatVersion: unsafe record.format_version,
                supportedMax: Journal.formatVersion
            )
        }
        guard unsafe record.first_sequence == sequence else {
            throw broken("the record is another one's")
        }
        let previous = unsafe Array(
            UnsafeBufferPointer(start: record.previous_hash.data, count: record.previous_hash.len)
        )
        guard previous == self.lastHash else { throw broken("it does not follow the one before") }
        let time = unsafe WallTime(nanoseconds: record.wall_time)
        for index in 0..<(unsafe record.n_events) {
            guard let message = unsafe record.events?[index] else { throw broken("no event") }
            do throws(DecodingProblem) {
                body(try unsafe EventDecoder.event(message.pointee), time)
            } catch {
                throw broken(error.reason)
            }
        }
        self.nextSequence += UInt64(unsafe record.n_events)
        self.lastHash = hash
    }

    /// Writes what a batch decided, as one record; see ``OpenBatch/needsSync``.
    package func write(_ batch: borrowing OpenBatch) throws(JournalError) {
        var entries: [RocksDatabase.Entry] = []
        if !batch.events.isEmpty { entries.append(self.seal(batch.events, batch.instant.wall)) }
        for order in batch.closedOrders { entries += self.entries(for: order) }
        if !entries.isEmpty {
            try self.database.write(entries, isSynced: batch.needsSync)
            self.hasUnsyncedRecords = !batch.needsSync
        } else if batch.needsSync {
            try self.sync()
        }
    }

    /// Returns only when all records are on disk.
    package func sync() throws(JournalError) {
        guard self.hasUnsyncedRecords else { return }
        try self.database.sync()
        self.hasUnsyncedRecords = false
    }

    private func seal(_ events: [Event], _ time: WallTime) -> RocksDatabase.Entry {
        self.arena.reset()
        let encoder = EventEncoder(arena: self.arena)
        let sequence = self.nextSequence
        let record = unsafe self.arena.make(trading__journal__v1__record__init) { record in
            unsafe record.format_version = Journal.formatVersion
            unsafe record.first_sequence = sequence
            unsafe record.wall_time = time.nanoseconds
            unsafe record.previous_hash = self.arena.bytes(self.lastHash)
            unsafe record.n_events = events.count
            unsafe record.events = self.arena.array(events.map { unsafe encoder.event($0) })
        }
        var value = unsafe Protobuf.packed(record)
        self.lastHash = Journal.sha256(value[...])
        value += self.lastHash
        self.nextSequence += UInt64(events.count)
        return RocksDatabase.Entry(table: .journal, key: sequence.bigEndianBytes, value: value)
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
    private static func bytes(of key: IdempotencyKey) -> [UInt8] {
        let principal = Array(key.principal.name.utf8)
        return UInt32(principal.count).bigEndianBytes + principal + Array(key.text.utf8)
    }

    private static func sha256(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe [UInt8](unsafeUninitializedCapacity: Journal.hashByteCount) { hash, count in
                unsafe SHA256(
                    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    bytes.count,
                    hash.baseAddress
                )
                count = Journal.hashByteCount
            }
        }
    }
}

extension Journal {
    /// Looks up what deciding on an input needs (J6).
    package func fetch(_ needs: Needs) throws(JournalError) -> Fetched {
        var fetched = Fetched()
        if let key = needs.key,
            let number = try self.database.value(of: Journal.bytes(of: key), in: .keys)
        {
            fetched.keyHolder = try self.order(OrderID(raw: UInt64(bigEndianBytes: number)))
        }
        for orderID in needs.orders { fetched.orders[orderID] = try self.order(orderID) }
        if let filter = needs.history { fetched.history = try self.orders(filter) }
        return fetched
    }

    private func order(_ orderID: OrderID) throws(JournalError) -> Order? {
        let key = orderID.raw.bigEndianBytes
        guard let value = try self.database.value(of: key, in: .orders) else { return nil }
        return try self.decode(value, of: orderID)
    }

    private func orders(_ filter: OrderFilter) throws(JournalError) -> [Order] {
        let start = filter.before.map { $0.raw - min($0.raw, 1) } ?? UInt64.max
        var orders: [Order] = []
        try self.database.scan(
            from: start.bigEndianBytes,
            in: .orders,
            .descending
        ) { (key, value) throws(JournalError) in
            let order = try self.decode(value, of: OrderID(raw: UInt64(bigEndianBytes: key)))
            if filter.symbol == nil || order.terms.symbol == filter.symbol {
                orders.append(order)
            }
            return orders.count < filter.countMax
        }
        return orders
    }

    private func decode(_ value: [UInt8], of orderID: OrderID) throws(JournalError) -> Order {
        self.arena.reset()
        let message: Trading__Journal__V1__StoredOrder
        do throws(ProtobufError) {
            unsafe message = try self.arena.unpackTrusted(
                MessageTypes.storedOrder,
                from: value.span
            ).pointee
        } catch {
            throw .storage("stored order \(orderID): \(error)")
        }
        do throws(DecodingProblem) {
            return try unsafe EventDecoder.order(message)
        } catch {
            throw .storage("stored order \(orderID): \(error.reason)")
        }
    }
}

/// The messages that the journal reads.
private enum MessageTypes {
    static let record = unsafe MessageType(trading__journal__v1__record__init)
    static let storedOrder = unsafe MessageType(trading__journal__v1__stored_order__init)
}

extension FixedWidthInteger {
    /// The bytes, most significant first, so that keys sort like numbers.
    fileprivate var bigEndianBytes: [UInt8] {
        (0..<(Self.bitWidth / 8)).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }

    /// Reads bytes back, most significant first.
    fileprivate init(bigEndianBytes bytes: [UInt8]) {
        self = bytes.reduce(0) { ($0 << 8) | Self($1) }
    }
}
