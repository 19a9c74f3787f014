import CTradingProto
import Dispatch
import ProtobufArena
import Synchronization
import TradingCore

/// The records of a chain behind a place, read on one thread, checked and decoded on a second one,
/// each a few stretches ahead of whoever goes on from there.
final class ReplayReader: Sendable {
    /// Some records in a row: their events, and what ended the reading.
    struct Stretch: Sendable {
        var events: [Event] = []
        /// Of each record, how many of the events are its own, and its time.
        var records: [(eventCount: Int, time: WallTime)] = []
        /// Where the chain stands behind them.
        var head: ChainHead
        /// Nil while there are more.
        var end: Result<Void, JournalError>?
    }

    /// Some records in a row as the store holds them.
    fileprivate struct RawStretch: Sendable {
        var bytes: [UInt8] = []
        /// Of each record, its key and where its value ends.
        var records: [(key: UInt64?, end: Int)] = []
        /// Nil while there are more.
        var end: Result<Void, JournalError>?
    }

    /// Large enough that handing over costs nothing, small enough to stay in the CPU's cache.
    private static let recordsMax = 512
    private static let bytesMax = 256 * 1024

    private let stretches = Handover<Stretch>(countMax: 4)

    /// Begins to read behind a place.
    init(of database: RocksDatabase, behind head: ChainHead) {
        let raw = Handover<RawStretch>(countMax: 4)
        let stretches = self.stretches
        DispatchQueue(label: "replay, reading", qos: .userInitiated).async {
            Self.read(database, behind: head, into: raw)
        }
        DispatchQueue(label: "replay, decoding", qos: .userInitiated).async {
            var decoding = ReplayDecoding(head: head)
            while true {
                let next = raw.take()
                let stretch = decoding.decode(next)
                let isLast = stretch.end != nil
                stretches.put(stretch)
                guard isLast else { continue }
                // Behind a record that is not what it was, nothing needs to be read.
                if next.end == nil { raw.refuse() }
                return
            }
        }
    }

    /// Waits for the next stretch; not to be called behind the last one.
    func next() -> Stretch { self.stretches.take() }

    private static func read(
        _ database: RocksDatabase,
        behind head: ChainHead,
        into raw: Handover<RawStretch>
    ) {
        var stretch = RawStretch()
        do throws(JournalError) {
            try database.scan(
                from: (head.sequence + 1).bigEndianBytes,
                in: .journal,
                .ascending,
                readsWhole: true
            ) { (key, value) throws(JournalError) in
                unsafe value.withUnsafeBufferPointer { unsafe stretch.bytes.append(contentsOf: $0) }
                stretch.records.append((UInt64(bigEndianBytes: key), stretch.bytes.count))
                guard
                    stretch.records.count >= Self.recordsMax
                        || stretch.bytes.count >= Self.bytesMax
                else { return true }
                let isWanted = raw.put(stretch)
                stretch = RawStretch()
                return isWanted
            }
            stretch.end = .success(())
        } catch {
            stretch.end = .failure(error)
        }
        raw.put(stretch)
    }
}

/// A few things on their way from one thread to another.
private final class Handover<Element: Sendable>: Sendable {
    private struct Content {
        var elements: [Element] = []
        var isRefused = false
    }

    private let content = Mutex(Content())
    private let filled = DispatchSemaphore(value: 0)
    private let room = DispatchSemaphore(value: 0)

    init(countMax: Int) { for _ in 0..<countMax { self.room.signal() } }

    /// Waits for room, and hands something over.
    ///
    /// - Returns: Whether more is wanted.
    @discardableResult
    func put(_ element: consuming Element) -> Bool {
        self.room.wait()
        let element = element
        let isWanted = self.content.withLock { content in
            if !content.isRefused { content.elements.append(element) }
            return !content.isRefused
        }
        if isWanted { self.filled.signal() } else { self.room.signal() }
        return isWanted
    }

    /// Waits for what was handed over first.
    func take() -> Element {
        self.filled.wait()
        let element = self.content.withLock { $0.elements.removeFirst() }
        self.room.signal()
        return element
    }

    /// Takes nothing any more: whoever hands over need not wait.
    func refuse() {
        self.content.withLock { content in
            content.isRefused = true
            content.elements = []
        }
        self.room.signal()
    }
}

/// Checks and decodes records one after the other, on a thread of its own.
private struct ReplayDecoding {
    private let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
    private var stretch: ReplayReader.Stretch

    init(head: ChainHead) { self.stretch = ReplayReader.Stretch(head: head) }

    /// Goes on to the end of a stretch, or to the first record that is not what it was.
    mutating func decode(_ raw: ReplayReader.RawStretch) -> ReplayReader.Stretch {
        self.stretch = ReplayReader.Stretch(head: self.stretch.head)
        self.stretch.events.reserveCapacity(raw.records.count * 2)
        self.stretch.records.reserveCapacity(raw.records.count)
        do throws(JournalError) {
            var start = 0
            for (key, end) in raw.records {
                try self.take(key: key, value: raw.bytes.span.extracting(start..<end))
                start = end
            }
            self.stretch.end = raw.end
        } catch {
            self.stretch.end = .failure(error)
        }
        return self.stretch
    }

    private mutating func take(key: UInt64?, value: Span<UInt8>) throws(JournalError) {
        let head = self.stretch.head
        let sequence = head.sequence + 1
        guard key == sequence else {
            throw .corrupt(
                recordAt: sequence,
                reason: "it is missing; the next record is at "
                    + (key.map { "\($0)" } ?? "no number")
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
        guard record.previousHash == head.hash else {
            throw .corrupt(recordAt: sequence, reason: "it does not follow the one before")
        }
        let count = self.stretch.events.count
        do throws(DecodingProblem) {
            try unsafe StoredRecord.forEachEvent(of: message) { self.stretch.events.append($0) }
        } catch {
            // Of a record that cannot be read to its end nothing is believed.
            self.stretch.events.removeSubrange(count...)
            throw .corrupt(recordAt: sequence, reason: error.reason)
        }
        self.stretch.records.append((self.stretch.events.count - count, record.time))
        self.stretch.head = ChainHead(sequence: record.lastSequence, hash: record.hash)
    }
}
