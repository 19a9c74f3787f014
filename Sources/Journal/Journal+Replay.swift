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
        let reader = ReplayReader(of: self.database, behind: self.head)
        while true {
            let stretch = reader.next()
            var index = 0
            for record in stretch.records {
                for _ in 0..<record.eventCount {
                    body(stretch.events[index], record.time)
                    index += 1
                }
            }
            self.head = stretch.head
            if let end = stretch.end { return try end.get() }
        }
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
