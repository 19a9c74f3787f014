import CProtobufC
import CTradingProto
import ProtobufArena
package import TradingCore

/// What was said to a venue about an order and what it said, as the store keeps it (G1).
package struct StoredReceipt: Hashable, Sendable {
    package var orderID: OrderID
    package var venue: VenueID
    /// Without key and signature; empty for a message of a stream.
    package var request: String
    package var status: Int
    package var answer: [UInt8]
    /// Nil for a message of a stream.
    package var sentAt: WallTime?
    package var receivedAt: WallTime

    package init(
        orderID: OrderID,
        venue: VenueID,
        request: String,
        status: Int,
        answer: [UInt8],
        sentAt: WallTime?,
        receivedAt: WallTime
    ) {
        self.orderID = orderID
        self.venue = venue
        self.request = request
        self.status = status
        self.answer = answer
        self.sentAt = sentAt
        self.receivedAt = receivedAt
    }

    var bytes: [UInt8] {
        let arena = ProtobufArena(retainedBytes: 4 << 10)
        return unsafe Protobuf.packed(
            arena.make(trading__journal__v1__receipt__init) { message in
                unsafe message.order_id = self.orderID.raw
                unsafe message.venue = UInt32(self.venue.rawValue)
                unsafe message.request = arena.string(self.request)
                unsafe message.status = UInt32(clamping: self.status)
                unsafe message.answer = arena.bytes(self.answer)
                unsafe message.sent_at = self.sentAt?.nanoseconds ?? 0
                unsafe message.received_at = self.receivedAt.nanoseconds
            }
        )
    }

    init?(_ bytes: Span<UInt8>) {
        let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
        guard
            let message = unsafe try? arena.unpackTrusted(Self.type, from: bytes).pointee,
            let venue = unsafe VenueID(rawValue: UInt8(clamping: message.venue))
        else { return nil }
        self.orderID = OrderID(raw: unsafe message.order_id)
        self.venue = venue
        self.request = unsafe String(protobuf: message.request)
        self.status = Int(unsafe message.status)
        self.answer = unsafe [UInt8](protobuf: message.answer)
        self.sentAt =
            unsafe message.sent_at == 0
            ? nil : WallTime(nanoseconds: unsafe message.sent_at)
        self.receivedAt = WallTime(nanoseconds: unsafe message.received_at)
    }

    private static let type = unsafe MessageType(trading__journal__v1__receipt__init)
}

/// Receipts that wait for the next record, which will hold their hashes.
struct PendingReceipts {
    /// A receipt that changes nothing waits for one that does; it must not wait without bound.
    static let countMax = 4_096

    struct Numbered {
        var number: UInt64
        var orderID: OrderID
        var bytes: [UInt8]
    }

    private(set) var receipts: [Numbered] = []
    private var lastNumber: UInt64

    /// Goes on behind what the store holds.
    init(lastNumber: UInt64) { self.lastNumber = lastNumber }

    /// Takes one; beyond the bound the oldest is let go.
    mutating func add(_ receipt: StoredReceipt) {
        if self.receipts.count == Self.countMax { self.receipts.removeFirst(Self.countMax / 2) }
        self.lastNumber += 1
        self.receipts.append(
            Numbered(
                number: self.lastNumber,
                orderID: receipt.orderID,
                bytes: receipt.bytes
            )
        )
    }

    mutating func takeAll() -> [Numbered] {
        defer { self.receipts = [] }
        return self.receipts
    }
}

extension Journal {
    /// Keeps a receipt, with the next record that is written.
    package func add(_ receipt: StoredReceipt) { self.receipts.add(receipt) }
}

extension StoreCopy {
    /// The receipts that a record vouches for, with the first that is not what it was.
    func receipts(
        of message: Trading__Journal__V1__Record,
        at sequence: UInt64,
        _ body: (OrderID, StoredReceipt, ChainHash) -> Void
    ) throws(Damage) {
        for index in 0..<(unsafe message.n_receipts) {
            guard let part = unsafe message.receipts?[index]?.pointee else { continue }
            let number = unsafe part.number
            let found = Result { () throws(JournalError) in
                try self.database.value(of: number.bigEndianBytes, in: .receipts)
            }
            guard case .success(let stored?) = found else {
                throw Damage(.receipt, at: sequence, "its receipt \(number) is missing")
            }
            let hash = ChainHash(of: stored.span)
            guard unsafe hash.bytes == [UInt8](protobuf: part.hash),
                let receipt = StoredReceipt(stored.span)
            else {
                throw Damage(.receipt, at: sequence, "its receipt \(number) was changed")
            }
            body(OrderID(raw: unsafe part.order_id), receipt, hash)
        }
    }
}
