import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

/// One record of the journal as the store holds it: the message's bytes and their hash.
///
/// Reading checks what a record can tell of itself; whether it follows from the one before is the
/// chain's affair, see ``ChainWalker``.
struct StoredRecord {
    var firstSequence: UInt64
    var eventCount: UInt64
    var time: WallTime
    var previousHash: ChainHash
    var hash: ChainHash

    /// The last event's.
    var lastSequence: UInt64 { self.firstSequence + self.eventCount - 1 }

    /// What is wrong with one record, looked at alone.
    enum Defect: Error, Hashable {
        case cutShort
        case hashMismatch
        case unreadable(String)
        case tooNew(UInt32)
    }

    /// Takes a value of the store apart; the message lives until the arena's next reset.
    static func read(
        _ value: Span<UInt8>,
        in arena: ProtobufArena
    ) throws(Defect) -> (record: StoredRecord, message: Trading__Journal__V1__Record) {
        let count = value.count - ChainHash.byteCount
        guard count > 0, let hash = ChainHash(value.extracting(count...)) else { throw .cutShort }
        let bytes = value.extracting(..<count)
        guard hash == ChainHash(of: bytes) else { throw .hashMismatch }
        arena.reset()
        let message: Trading__Journal__V1__Record
        do throws(ProtobufError) {
            unsafe message = try arena.unpackTrusted(Self.type, from: bytes).pointee
        } catch {
            throw .unreadable("not a record: \(error)")
        }
        guard unsafe message.format_version <= Journal.formatVersion else {
            throw .tooNew(unsafe message.format_version)
        }
        let previous = unsafe UnsafeBufferPointer(
            start: message.previous_hash.data,
            count: message.previous_hash.len
        )
        guard let previousHash = unsafe ChainHash(previous.span) else {
            throw .unreadable("it names no record before it")
        }
        guard unsafe message.n_events > 0 else { throw .unreadable("it holds no event") }
        let record = unsafe StoredRecord(
            firstSequence: message.first_sequence,
            eventCount: UInt64(message.n_events),
            time: WallTime(nanoseconds: message.wall_time),
            previousHash: previousHash,
            hash: hash
        )
        return unsafe (record, message)
    }

    /// The events of a message that was just read.
    static func forEachEvent(
        of message: Trading__Journal__V1__Record,
        _ body: (Event) -> Void
    ) throws(DecodingProblem) {
        for index in 0..<(unsafe message.n_events) {
            guard let event = unsafe message.events?[index] else {
                throw DecodingProblem("an event is missing")
            }
            body(try unsafe EventDecoder.event(event.pointee))
        }
    }

    /// Takes a value of the store apart, events included.
    ///
    /// - Throws: What is wrong with the record; nothing of it is believed then.
    static func readWhole(
        _ value: Span<UInt8>,
        in arena: ProtobufArena
    ) throws(Defect) -> (record: StoredRecord, events: [Event]) {
        let (record, message) = unsafe try self.read(value, in: arena)
        var events: [Event] = []
        do throws(DecodingProblem) {
            unsafe try self.forEachEvent(of: message) { events.append($0) }
        } catch {
            throw .unreadable(error.reason)
        }
        return (record, events)
    }

    private static let type = unsafe MessageType(trading__journal__v1__record__init)
}

/// Makes records.
struct RecordSealer {
    let arena: ProtobufArena

    /// The record of some events that goes on from a place of the chain.
    ///
    /// - Returns: Its key and value in the store, and where the chain then stands.
    func seal(
        _ events: [Event],
        _ receipts: [PendingReceipts.Numbered] = [],
        at time: WallTime,
        after place: ChainHead
    ) -> (key: [UInt8], value: [UInt8], head: ChainHead) {
        self.arena.reset()
        let encoder = EventEncoder(arena: self.arena)
        let sequence = place.sequence + 1
        let record = unsafe self.arena.make(trading__journal__v1__record__init) { record in
            unsafe record.format_version = Journal.formatVersion
            unsafe record.first_sequence = sequence
            unsafe record.wall_time = time.nanoseconds
            unsafe record.previous_hash = self.arena.bytes(place.hash.bytes)
            unsafe record.n_events = events.count
            unsafe record.events = self.arena.array(events.map { unsafe encoder.event($0) })
            unsafe record.n_receipts = receipts.count
            unsafe record.receipts = self.arena.array(receipts.map { unsafe self.hash(of: $0) })
        }
        var value = unsafe Protobuf.packed(record)
        let hash = ChainHash(of: value.span)
        value += hash.bytes
        let head = ChainHead(sequence: place.sequence + UInt64(events.count), hash: hash)
        return (sequence.bigEndianBytes, value, head)
    }

    private func hash(
        of receipt: PendingReceipts.Numbered
    ) -> UnsafeMutablePointer<Trading__Journal__V1__ReceiptHash> {
        unsafe self.arena.make(trading__journal__v1__receipt_hash__init) { message in
            unsafe message.number = receipt.number
            unsafe message.order_id = receipt.orderID.raw
            unsafe message.hash = self.arena.bytes(ChainHash(of: receipt.bytes.span).bytes)
        }
    }
}
