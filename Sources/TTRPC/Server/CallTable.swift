/// The calls of a connection that wait for an answer, by stream id.
///
/// Most are answered before the next one is read: the newest call is kept beside the dictionary,
/// which only those enter that are overtaken.
struct CallTable<Entry> {
    private var newest: (streamID: UInt32, entry: Entry)?
    private var older: [UInt32: Entry] = [:]

    var count: Int { older.count + (newest == nil ? 0 : 1) }
    var isEmpty: Bool { newest == nil && older.isEmpty }

    /// Lowest first.
    var streamIDs: [UInt32] {
        (older.keys + (newest.map { [$0.streamID] } ?? [])).sorted()
    }

    var entries: [(streamID: UInt32, entry: Entry)] {
        older.map { ($0.key, $0.value) } + (newest.map { [$0] } ?? [])
    }

    subscript(streamID: UInt32) -> Entry? {
        get { newest?.streamID == streamID ? newest?.entry : older[streamID] }
        set {
            if newest?.streamID == streamID {
                newest = newValue.map { (streamID, $0) }
            } else {
                older[streamID] = newValue
            }
        }
    }

    /// Adds a call; its stream id is not in use.
    mutating func insert(_ entry: Entry, for streamID: UInt32) {
        if let newest { older[newest.streamID] = newest.entry }
        newest = (streamID, entry)
    }

    mutating func remove(_ streamID: UInt32) -> Entry? {
        guard let newest, newest.streamID == streamID else {
            return older.isEmpty ? nil : older.removeValue(forKey: streamID)
        }
        self.newest = nil
        return newest.entry
    }
}
