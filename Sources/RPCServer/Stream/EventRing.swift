import NIOCore
import TradingAPI

/// The last events, each encoded once for all subscribers; a pure value.
///
/// It is the queue of every subscriber: what each of them still wants is a place in here, so that
/// a thousand of them cost no more memory than one.
struct EventRing {
    struct Entry {
        var kind: EventKind
        var subject: EventSubject
        /// The packed message.
        var payload: ByteBuffer
    }

    private let countMax: Int
    private let bytesMax: Int
    private var entries = CircularBuffer<Entry>()
    private var byteCount = 0
    /// The sequence of the oldest entry; where there is none, of the next event.
    private(set) var first: UInt64

    /// - Parameters:
    ///   - first: The sequence of the next event.
    ///   - countMax: The most entries that are kept; at least 1.
    ///   - bytesMax: The most bytes of messages that are kept, if that leaves one entry.
    init(first: UInt64, countMax: Int, bytesMax: Int) {
        self.first = first
        self.countMax = countMax
        self.bytesMax = bytesMax
    }

    /// The sequence of the next event.
    var next: UInt64 { self.first + UInt64(self.entries.count) }

    mutating func append(_ entry: Entry) {
        self.entries.append(entry)
        self.byteCount += entry.payload.readableBytes
        while self.entries.count > self.countMax
            || (self.byteCount > self.bytesMax && self.entries.count > 1)
        {
            self.byteCount -= self.entries.removeFirst().payload.readableBytes
            self.first += 1
        }
    }

    /// Goes on behind an event without having kept it, or those before.
    mutating func skip(through sequence: UInt64) {
        self.entries.removeAll()
        self.byteCount = 0
        self.first = sequence + 1
    }

    /// The event of a sequence from ``first`` to before ``next``; nil where it is gone.
    subscript(_ sequence: UInt64) -> Entry? {
        guard sequence >= self.first, sequence < self.next else { return nil }
        let offset = Int(sequence - self.first)
        return self.entries[self.entries.index(self.entries.startIndex, offsetBy: offset)]
    }
}
