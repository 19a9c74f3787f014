import CTradingProto
import ProtobufArena
package import TradingCore

extension Journal {
    /// Goes on from a place of the chain, so that ``replay(_:)`` hands out only what is behind it.
    ///
    /// - Returns: False where no record of this store ends there with this hash; nothing changes.
    package func resume(at place: ChainHead) throws(JournalError) -> Bool {
        guard try self.holds(place) else { return false }
        self.head = place
        return true
    }

    /// Whether a record ends at the place with its hash.
    package func holds(_ place: ChainHead) throws(JournalError) -> Bool {
        var isFound = place == .start
        guard !isFound else { return true }
        try self.database.scan(
            from: place.sequence.bigEndianBytes,
            in: .journal,
            .descending
        ) { (_, value) throws(JournalError) in
            let stored = unsafe try? StoredRecord.read(value, in: self.arena).record
            isFound = stored?.lastSequence == place.sequence && stored?.hash == place.hash
            return false
        }
        return isFound
    }

    /// Hands out every event behind ``head``, oldest first, checking the chain on the way.
    ///
    /// - Complexity: O(*n*) in the count of events.
    /// - Throws: At the first record that is not what it was; `body` has seen all before it.
    package func replay(_ body: (Event, WallTime) -> Void) throws(JournalError) {
        try self.database.scan(
            from: (self.head.sequence + 1).bigEndianBytes,
            in: .journal,
            .ascending
        ) { (key, value) throws(JournalError) in
            try self.replay(key: key, value: value, body)
            return true
        }
    }

    private func replay(
        key: Span<UInt8>,
        value: Span<UInt8>,
        _ body: (Event, WallTime) -> Void
    ) throws(JournalError) {
        let sequence = self.head.sequence + 1
        guard let place = UInt64(bigEndianBytes: key), place == sequence else {
            throw .corrupt(
                recordAt: sequence,
                reason: "it is missing; the next record is at "
                    + (UInt64(bigEndianBytes: key).map { "\($0)" } ?? "no number")
            )
        }
        let record: StoredRecord
        let message: Trading__Journal__V1__Record
        do throws(StoredRecord.Defect) {
            unsafe (record, message) = try unsafe StoredRecord.read(value, in: self.arena)
        } catch {
            throw error.journalError(at: sequence)
        }
        guard record.firstSequence == sequence else {
            throw .corrupt(
                recordAt: sequence,
                reason: "in its place stands the record of \(record.firstSequence)"
            )
        }
        guard record.previousHash == self.head.hash else {
            throw .corrupt(recordAt: sequence, reason: "it does not follow the one before")
        }
        do throws(DecodingProblem) {
            try unsafe StoredRecord.forEachEvent(of: message) { body($0, record.time) }
        } catch {
            throw .corrupt(recordAt: sequence, reason: error.reason)
        }
        self.head = ChainHead(sequence: record.lastSequence, hash: record.hash)
    }
}

extension StoredRecord.Defect {
    /// What is wrong with the record at a place.
    func journalError(at sequence: UInt64) -> JournalError {
        switch self {
        case .tooNew(let version):
            .tooNew(formatVersion: version, supportedMax: Journal.formatVersion)
        case .cutShort, .hashMismatch, .unreadable:
            .corrupt(recordAt: sequence, reason: self.text)
        }
    }

    /// In words.
    var text: String {
        switch self {
        case .cutShort: "the record is cut short"
        case .hashMismatch: "the record does not match its hash"
        case .unreadable(let reason): reason
        case .tooNew(let version): "the record has format \(version)"
        }
    }
}
