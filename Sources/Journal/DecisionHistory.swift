import CTradingProto
import ProtobufArena
package import TradingCore

/// Reads decisions from the journal, on any thread, beside the gateway that writes to it (M4).
///
/// A decision is synced by the write that makes it visible (J2), so that none that is read here
/// can be lost.
package struct DecisionHistory: Sendable {
    private let database: RocksDatabase

    /// A call reads no more than so many records; the page then says where to go on.
    package static let recordsMax = 100_000

    package init(of journal: Journal) { self.database = journal.database }

    /// Looks for a page of decisions, newest first.
    ///
    /// - Parameters:
    ///   - filter: Which.
    ///   - recordsMax: After how many records it gives up until asked again.
    /// - Returns: The decisions, and where to go on.
    /// - Throws: Where a record cannot be read; `verify` tells more then.
    /// - Complexity: O(*n*) in the count of records that are passed over.
    package func page(
        _ filter: DecisionFilter,
        recordsMax: Int = DecisionHistory.recordsMax
    ) throws(JournalError) -> DecisionPage {
        let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
        var page = DecisionPage(decisions: [], next: nil)
        var recordCount = 0
        let start = (filter.before ?? .max) - min(filter.before ?? 1, 1)
        try self.database.scan(
            from: start.bigEndianBytes,
            in: .journal,
            .descending
        ) { (key, value) throws(JournalError) in
            let place = UInt64(bigEndianBytes: key) ?? 0
            let (time, decisions) = try Self.decisions(at: place, value, in: arena)
            if let since = filter.since, time < since { return false }
            for decision in decisions.reversed() where filter.takes(decision) {
                guard page.decisions.count < filter.countMax else {
                    page.next = decision.sequence + 1
                    return false
                }
                page.decisions.append(decision)
            }
            recordCount += 1
            guard recordCount < recordsMax else {
                page.next = place > 1 ? place : nil
                return false
            }
            return true
        }
        return page
    }

    private static func decisions(
        at place: UInt64,
        _ value: Span<UInt8>,
        in arena: ProtobufArena
    ) throws(JournalError) -> (time: WallTime, decisions: [Decision]) {
        do throws(StoredRecord.Defect) {
            let (record, events) = try StoredRecord.readWhole(value, in: arena)
            let decisions = zip(record.firstSequence..., events).compactMap { sequence, event in
                Decision(event, at: sequence, record.time)
            }
            return (record.time, decisions)
        } catch {
            throw error.journalError(at: place)
        }
    }
}
