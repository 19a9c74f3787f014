import Foundation
import Testing

@testable import Journal
@testable import TradingCore

@Suite struct ReceiptTests {
    static func receipt(_ order: UInt64, _ answer: String) -> StoredReceipt {
        StoredReceipt(
            orderID: OrderID(raw: order),
            venue: .testnet,
            request: "POST /api/v3/order\nsymbol=BTCUSDT",
            status: 200,
            answer: Array(answer.utf8) + [0, 255],
            sentAt: WallTime(nanoseconds: 1),
            receivedAt: WallTime(nanoseconds: 2)
        )
    }

    static func cancel(_ order: UInt64) -> Event {
        .cancelRequested(OrderID(raw: order), Samples.cancelName)
    }

    /// A store whose records vouch for three receipts, two of them about order 7.
    static func store() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let path = folder.path + "/journal"
        do {
            let journal = try Journal(path: path)
            journal.add(Self.receipt(7, "first"))
            // What changes nothing waits for the next record.
            journal.add(Self.receipt(8, "second"))
            try journal.write(
                [Self.cancel(7)],
                closing: [],
                at: Samples.instant.wall,
                isSynced: true
            )
        }
        let journal = try Journal(path: path)
        try journal.replay { _, _ in }
        journal.add(Self.receipt(7, "third"))
        try journal.write([Self.cancel(8)], closing: [], at: Samples.instant.wall, isSynced: true)
        return folder
    }

    static func change(_ folder: TemporaryFolder, _ number: UInt64, _ value: [UInt8]) throws {
        let database = try RocksDatabase(path: folder.path + "/journal")
        let entry = RocksDatabase.Entry(
            table: .receipts,
            key: number.bigEndianBytes,
            value: value
        )
        try database.write([entry], isSynced: true)
    }

    @Test func `an order's story has what was said about it, with proof (G1)`() throws {
        let folder = try Self.store()
        let story = try OrderStory(
            of: OrderID(raw: 7),
            store: folder.path,
            anchors: nil,
            key: nil
        )
        #expect(story.verification.damage == nil)
        #expect(story.verification.receiptCount == 3)
        #expect(
            story.proofs.map(\.receipt) == [Self.receipt(7, "first"), Self.receipt(7, "third")]
        )
        #expect(story.proofs.map(\.recordSequence) == [1, 2])
        #expect(story.entries.count == 1)
    }

    @Test func `a receipt that was changed is named by the record that vouches for it`() throws {
        let folder = try Self.store()
        try Self.change(folder, 3, Self.receipt(7, "thirD").bytes)
        let found = try Verification.verify(store: folder.path, anchors: nil, key: nil)
        #expect(found.damage?.kind == .receipt)
        #expect(found.damage?.sequence == 2)
    }

    @Test func `receipts that nothing follows are bounded`() throws {
        var pending = PendingReceipts(lastNumber: 0)
        for _ in 0..<(PendingReceipts.countMax * 2) { pending.add(Self.receipt(1, "x")) }
        let kept = pending.takeAll()
        #expect(kept.count <= PendingReceipts.countMax)
        #expect(kept.last?.number == UInt64(PendingReceipts.countMax * 2))
        #expect(pending.takeAll().isEmpty)
    }
}
