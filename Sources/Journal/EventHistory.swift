import CTradingProto
import ProtobufArena
package import TradingCore

/// Reads events from the journal in their order, on any thread, beside the gateway that writes to
/// it (M4).
///
/// What it reads may not be synced yet: whoever must tell only what is on disk says how far.
package struct EventHistory: Sendable {
    private let database: RocksDatabase

    package init(of journal: Journal) { self.database = journal.database }

    /// Reads a stretch of events.
    ///
    /// - Parameters:
    ///   - first: The sequence of the first one; from 1 to `last`.
    ///   - last: Where it ends at the latest; must be written already.
    ///   - body: Takes an event; false ends the reading with it.
    /// - Returns: The sequence behind the last event that was taken.
    /// - Throws: Where a record is missing or cannot be read; `verify` tells more then.
    package func read(
        from first: UInt64,
        through last: UInt64,
        _ body: (UInt64, WallTime, Event) throws(JournalError) -> Bool
    ) throws(JournalError) -> UInt64 {
        let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
        var next = first
        var isGoingOn = true
        try self.database.scan(
            from: try self.recordStart(of: first).bigEndianBytes,
            in: .journal,
            .ascending
        ) { (key, value) throws(JournalError) in
            let place = UInt64(bigEndianBytes: key) ?? 0
            let (time, events) = try Self.events(at: place, value, in: arena)
            guard place <= next, place + UInt64(events.count) > next else {
                throw .corrupt(recordAt: next, reason: "it is missing")
            }
            for event in events.dropFirst(Int(next - place)) where isGoingOn && next <= last {
                isGoingOn = try body(next, time, event)
                next += 1
            }
            return isGoingOn && next <= last
        }
        guard !isGoingOn || next > last else {
            throw .corrupt(recordAt: next, reason: "it is missing")
        }
        return next
    }

    /// Reads a stretch of events backwards.
    ///
    /// - Parameters:
    ///   - last: The sequence of the newest one; must be written already.
    ///   - recordsMax: After how many records it ends at the latest.
    ///   - body: Takes an event; false ends the reading with it.
    /// - Returns: The sequence of the last event that was taken; nil where it is the first.
    /// - Throws: Where a record cannot be read; `verify` tells more then.
    /// - Complexity: O(*n*) in the count of events that are taken.
    package func readBackwards(
        from last: UInt64,
        recordsMax: Int,
        _ body: (UInt64, WallTime, Event) throws(JournalError) -> Bool
    ) throws(JournalError) -> UInt64? {
        let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
        var oldest = last + 1
        var recordCount = 0
        try self.database.scan(
            from: last.bigEndianBytes,
            in: .journal,
            .descending
        ) { (key, value) throws(JournalError) in
            let place = UInt64(bigEndianBytes: key) ?? 0
            let (time, events) = try Self.events(at: place, value, in: arena)
            guard place + UInt64(events.count) >= oldest else {
                throw .corrupt(recordAt: oldest - 1, reason: "it is missing")
            }
            for offset in events.indices.reversed() where place + UInt64(offset) < oldest {
                oldest = place + UInt64(offset)
                guard try body(oldest, time, events[offset]) else { return false }
            }
            recordCount += 1
            return recordCount < recordsMax
        }
        return oldest > 1 ? oldest : nil
    }

    /// A finished order; nil where the store holds none of that number.
    package func closedOrder(_ orderID: OrderID) throws(JournalError) -> Order? {
        let key = orderID.raw.bigEndianBytes
        guard let value = try self.database.value(of: key, in: .orders) else { return nil }
        let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
        return try Journal.order(value.span, of: orderID, in: arena)
    }

    /// Where the record begins that holds an event.
    private func recordStart(of sequence: UInt64) throws(JournalError) -> UInt64 {
        var start: UInt64?
        try self.database.scan(
            from: sequence.bigEndianBytes,
            in: .journal,
            .descending
        ) { (key, _) throws(JournalError) in
            start = UInt64(bigEndianBytes: key)
            return false
        }
        guard let start else { throw .corrupt(recordAt: sequence, reason: "it is missing") }
        return start
    }

    private static func events(
        at place: UInt64,
        _ value: Span<UInt8>,
        in arena: ProtobufArena
    ) throws(JournalError) -> (time: WallTime, events: [Event]) {
        do throws(StoredRecord.Defect) {
            let (record, events) = try StoredRecord.readWhole(value, in: arena)
            guard record.firstSequence == place else {
                throw StoredRecord.Defect.unreadable("it stands in another's place")
            }
            return (record.time, events)
        } catch {
            throw error.journalError(at: place)
        }
    }
}
