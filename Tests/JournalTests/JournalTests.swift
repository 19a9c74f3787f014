import Foundation
import Journal
import Testing

@testable import TradingCore

@Suite struct JournalTests {
    @Test func `every kind of event comes back as it was written`() throws {
        let folder = try TemporaryFolder()
        let written = Samples.events
        do {
            let journal = try Journal(path: folder.path)
            try journal.replay { _, _ in }
            try journal.write(events: written, at: Samples.instant)
        }
        let reopened = try Journal(path: folder.path)
        var read: [Event] = []
        var times: Set<WallTime> = []
        try reopened.replay { event, time in
            read.append(event)
            times.insert(time)
        }
        #expect(read == written)
        #expect(times == [Samples.instant.wall])
    }

    @Test func `records of many batches follow each other across restarts`() throws {
        let folder = try TemporaryFolder()
        var expected: [Event] = []
        for round in 0..<3 {
            let journal = try Journal(path: folder.path)
            var count = 0
            try journal.replay { _, _ in count += 1 }
            #expect(count == expected.count)
            for number in 0..<4 {
                let event = Event.started(epoch: "epoch\(round)\(number)", version: "1")
                try journal.write(events: [event, event], at: Samples.instant)
                expected += [event, event]
            }
        }
        let journal = try Journal(path: folder.path)
        var read: [Event] = []
        try journal.replay { event, _ in read.append(event) }
        #expect(read == expected)
    }

    @Test func `what may wait is unsynced until a sync or a synced record (J2)`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(path: folder.path)
        let report = Event.orderChanged(OrderID(raw: 1), .filled(Samples.fill(1)))
        try journal.write(events: [report], at: Samples.instant)
        #expect(journal.hasUnsyncedRecords)
        try journal.sync()
        #expect(!journal.hasUnsyncedRecords)
        try journal.write(events: [report], at: Samples.instant)
        try journal.write(events: [.started(epoch: "a", version: "b")], at: Samples.instant)
        #expect(!journal.hasUnsyncedRecords)
    }

    @Test func `a finished order is found by number, by key and in pages`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(path: folder.path)
        let orders = (1...5).map { Samples.closedOrder(UInt64($0)) }
        for order in orders { try journal.write(closed: order, at: Samples.instant) }

        var needs = Needs()
        needs.key = orders[2].intent.key
        needs.orders = [OrderID(raw: 4), OrderID(raw: 9)]
        needs.history = OrderFilter(
            includesClosed: true,
            symbol: nil,
            countMax: 2,
            before: OrderID(raw: 4)
        )
        let fetched = try journal.fetch(needs)
        #expect(fetched.keyHolder == orders[2])
        #expect(fetched.orders == [OrderID(raw: 4): orders[3]])
        #expect(fetched.history == [orders[2], orders[1]])
    }

    @Test func `a key of one principal is not found under another's (M2)`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(path: folder.path)
        let order = Samples.closedOrder(1)
        try journal.write(closed: order, at: Samples.instant)
        let text = try #require(order.intent.key?.text)
        var needs = Needs()
        needs.key = IdempotencyKey(principal: Principal("somebody else"), text: text)
        #expect(try journal.fetch(needs).keyHolder == nil)
    }

    @Test func `a store that is in use is not opened a second time`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(path: folder.path)
        #expect(throws: JournalError.self) { _ = try Journal(path: folder.path) }
        try journal.sync()
    }

    @Test func `a flipped bit in a record is named, and nothing behind it is handed out`() throws {
        let folder = try TemporaryFolder()
        do {
            let journal = try Journal(path: folder.path)
            for number in 1...3 {
                try journal.write(
                    events: [.started(epoch: "epoch-\(number)-epoch", version: "1")],
                    at: Samples.instant
                )
            }
        }
        try folder.replaceOnce("epoch-2-epoch", by: "epoch-2-epocj", suffix: ".log")
        var read: [Event] = []
        do {
            let journal = try Journal(path: folder.path)
            try journal.replay { event, _ in read.append(event) }
            Issue.record("the damaged store was read to its end")
        } catch {
            // RocksDB's own checksum speaks first; where it does not, the chain does.
            #expect("\(error)".contains("orrupt") || "\(error)".contains("hash"))
        }
        #expect(read.count <= 1)
    }

    /// A journal of synced records, one event each, and the file of its log.
    private static func syncedLog(_ folder: TemporaryFolder, count: Int) throws -> URL {
        do {
            let journal = try Journal(path: folder.path)
            for number in 1...count {
                let event = Event.started(epoch: "epoch-\(number)-epoch", version: "1")
                try journal.write(events: [event], at: Samples.instant)
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let name = try #require(names.filter { $0.hasSuffix(".log") }.sorted().last)
        return URL(fileURLWithPath: folder.path + "/" + name)
    }

    @Test func `a bit flipped amid synced records is an error, never a shorter journal (J3)`()
        throws
    {
        let folder = try TemporaryFolder()
        let log = try Self.syncedLog(folder, count: 1_000)
        var data = try Data(contentsOf: log)
        let middle = try #require(data.range(of: Data("epoch-500-epoch".utf8)))
        data[middle.lowerBound] ^= 1
        try data.write(to: log)
        #expect(throws: JournalError.self) {
            let journal = try Journal(path: folder.path)
            try journal.replay { _, _ in }
        }
    }

    @Test func `a torn tail is what a crash leaves, and costs its own record only (J3)`() throws {
        let folder = try TemporaryFolder()
        let log = try Self.syncedLog(folder, count: 100)
        var data = try Data(contentsOf: log)
        let last = try #require(data.range(of: Data("epoch-100-epoch".utf8), options: .backwards))
        data.removeSubrange(last.upperBound...)
        try data.write(to: log)
        let journal = try Journal(path: folder.path)
        var count = 0
        try journal.replay { _, _ in count += 1 }
        #expect(count == 99)
        try journal.write(
            events: [.started(epoch: "next", version: "1")],
            at: Samples.instant
        )
        #expect(journal.head.sequence == 100)
    }
}
