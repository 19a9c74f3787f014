import CTradingProto
import Dispatch
import ProtobufArena
import Synchronization
import TradingCore

/// The records of a chain behind a place, read, checked and decoded on a thread of its own, a few
/// stretches ahead of whoever folds them.
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

    /// Large enough that handing over costs nothing, small enough to stay in the CPU's cache.
    private static let eventsMax = 512
    private static let stretchesMax = 4

    private let stretches = Mutex<[Stretch]>([])
    private let filled = DispatchSemaphore(value: 0)
    private let room = DispatchSemaphore(value: 0)

    /// Begins to read behind a place.
    init(of database: RocksDatabase, behind head: ChainHead) {
        for _ in 0..<Self.stretchesMax { self.room.signal() }
        DispatchQueue(label: "replay", qos: .userInitiated).async {
            var walk = ReplayWalk(head: head) { self.hand(over: $0) }
            walk.run(through: database)
        }
    }

    /// Waits for the next stretch; not to be called behind the last one.
    func next() -> Stretch {
        self.filled.wait()
        let stretch = self.stretches.withLock { $0.removeFirst() }
        self.room.signal()
        return stretch
    }

    private func hand(over stretch: consuming Stretch) {
        self.room.wait()
        let stretch = stretch
        self.stretches.withLock { $0.append(stretch) }
        self.filled.signal()
    }

    fileprivate static func isFull(_ stretch: Stretch) -> Bool {
        stretch.events.count >= self.eventsMax
    }

    fileprivate static func empty(at head: ChainHead) -> Stretch {
        var stretch = Stretch(head: head)
        stretch.events.reserveCapacity(self.eventsMax)
        stretch.records.reserveCapacity(self.eventsMax)
        return stretch
    }
}

/// The reading itself, on its thread.
private struct ReplayWalk {
    private let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
    private let handOver: (ReplayReader.Stretch) -> Void
    private var stretch: ReplayReader.Stretch

    init(head: ChainHead, _ handOver: @escaping (ReplayReader.Stretch) -> Void) {
        self.handOver = handOver
        self.stretch = ReplayReader.empty(at: head)
    }

    /// Reads to the end or to the first record that is not what it was.
    mutating func run(through database: RocksDatabase) {
        do throws(JournalError) {
            try database.scan(
                from: (self.stretch.head.sequence + 1).bigEndianBytes,
                in: .journal,
                .ascending,
                readsWhole: true
            ) { (key, value) throws(JournalError) in
                try self.take(key: key, value: value)
                if ReplayReader.isFull(self.stretch) {
                    self.handOver(self.stretch)
                    self.stretch = ReplayReader.empty(at: self.stretch.head)
                }
                return true
            }
            self.stretch.end = .success(())
        } catch {
            self.stretch.end = .failure(error)
        }
        self.handOver(self.stretch)
    }

    private mutating func take(key: Span<UInt8>, value: Span<UInt8>) throws(JournalError) {
        let head = self.stretch.head
        let sequence = head.sequence + 1
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
