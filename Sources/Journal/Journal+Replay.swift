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

    /// Hands out every event behind ``head``, oldest first, checking the chain on the way; only
    /// then the store begins to merge its tables.
    ///
    /// - Complexity: O(*n*) in the count of events.
    /// - Throws: At the first record that is not what it was; `body` has seen all before it.
    package func replay(_ body: (Event, WallTime) -> Void) throws(JournalError) {
        let reader = ReplayReader(of: self.database, behind: self.head)
        while true {
            let stretch = reader.next()
            // Through spans, which lend their elements and do not copy them.
            let (events, records) = (stretch.events.span, stretch.records.span)
            var end = 0
            for record in records.indices {
                let start = end
                end += records[record].eventCount
                for index in start..<end { body(events[index], records[record].time) }
            }
            self.head = stretch.head
            guard let end = stretch.end else { continue }
            try end.get()
            return try self.database.beginCompacting()
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
