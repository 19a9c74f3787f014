/// Which stream ids a client may still open; a pure value.
///
/// Each id is used once. Ids rise, but not quite in order: libraries that number a call in one
/// step and queue it in another, from several threads, send a few of them late.
struct StreamIDs {
    /// The highest that was opened; 0 before the first.
    private(set) var last: UInt32 = 0
    /// Of the odd ids below the last, nearest first, those that were passed over.
    private var skipped: UInt128 = 0

    /// How far below the last one an id may come late, in ids.
    static let lateMax: UInt32 = 128

    /// Whether an id could be opened.
    func isOpenable(_ streamID: UInt32) -> Bool {
        guard streamID % 2 == 1 else { return false }
        return streamID > self.last || self.lateBit(streamID) != 0
    }

    /// Opens an id.
    ///
    /// - Returns: False where it was opened before, or cannot be any more.
    mutating func open(_ streamID: UInt32) -> Bool {
        guard self.isOpenable(streamID) else { return false }
        guard streamID > self.last else {
            self.skipped &= ~self.lateBit(streamID)
            return true
        }
        // Before the first, the one before would be -1: ids from 1 on were passed over.
        let step = (streamID - self.last) / 2 + (self.last == 0 ? 1 : 0)
        // What is shifted out is too late; the last one itself is not passed over, those between
        // it and the new one are.
        let between = step > Self.lateMax ? UInt128.max : (UInt128(1) << (step - 1)) - 1
        self.skipped = self.skipped << step | between
        self.last = streamID
        return true
    }

    /// The place of an id among those that were passed over; none where it was not.
    private func lateBit(_ streamID: UInt32) -> UInt128 {
        guard streamID < self.last else { return 0 }
        let distance = (self.last - streamID) / 2
        guard distance <= Self.lateMax else { return 0 }
        return self.skipped & (UInt128(1) << (distance - 1))
    }
}
