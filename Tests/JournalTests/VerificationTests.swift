import Foundation
import ProtobufArena
import Testing

@testable import Journal
@testable import TradingCore

/// What somebody may do to a journal, and what `verify` must call it.
enum Attack: CaseIterable, CustomTestStringConvertible {
    case flipBit, flipHashBit, cutRecordShort
    case dropRecord, dropFirst
    case swapPair, swapFarPair
    case insertInside, insertAndShift
    case sealAgain, sealAllAgain, sealAllAgainBehindTheAnchor
    case cutTail

    var testDescription: String { "\(self)" }

    /// What is found: the kind, and the index of the record that is named.
    var expected: (Damage.Kind, Int) {
        switch self {
        case .flipBit, .flipHashBit, .cutRecordShort: (.changed, 10)
        case .dropRecord: (.removed, 10)
        case .dropFirst: (.removed, 0)
        case .swapPair, .swapFarPair: (.swapped, 10)
        case .insertInside: (.inserted, 10)
        case .insertAndShift: (.inserted, 10)
        case .sealAgain: (.changed, 10)
        case .sealAllAgain: (.rewritten, 0)
        case .sealAllAgainBehindTheAnchor: (.rewritten, 20)
        case .cutTail: (.cutOff, 24)
        }
    }

    /// Where the record that is named stands.
    func place(among entries: [VerificationTests.Entry]) -> UInt64 {
        let index = self.expected.1
        return self == .insertInside ? entries[index].key + 1 : entries[index].key
    }

    func apply(to entries: inout [VerificationTests.Entry]) {
        switch self {
        case .flipBit: entries[10].value[entries[10].value.count / 2] ^= 4
        case .flipHashBit: entries[10].value[entries[10].value.count - 1] ^= 1
        case .cutRecordShort: entries[10].value.removeLast(5)
        case .dropRecord: entries.remove(at: 10)
        case .dropFirst: entries.remove(at: 0)
        case .swapPair: self.swap(10, 11, &entries)
        case .swapFarPair: self.swap(10, 17, &entries)
        case .insertInside:
            var copy = entries[10]
            copy.key += 1
            entries.insert(copy, at: 11)
        case .insertAndShift:
            let inserted = VerificationTests.sealed(
                like: entries[10],
                after: VerificationTests.hash(of: entries[9])
            )
            for index in entries.indices.dropFirst(10) { entries[index].key += 2 }
            entries.insert(inserted, at: 10)
        case .sealAgain:
            entries[10] = VerificationTests.sealed(
                like: entries[10],
                after: VerificationTests.hash(of: entries[9])
            )
        case .sealAllAgain: self.sealAll(from: 10, &entries)
        case .sealAllAgainBehindTheAnchor: self.sealAll(from: 22, &entries)
        case .cutTail: entries.removeLast(entries.count - 24)
        }
    }

    private func swap(
        _ first: Int,
        _ second: Int,
        _ entries: inout [VerificationTests.Entry]
    ) {
        let value = entries[first].value
        entries[first].value = entries[second].value
        entries[second].value = value
    }

    private func sealAll(from first: Int, _ entries: inout [VerificationTests.Entry]) {
        for index in entries.indices.dropFirst(first) {
            entries[index] = VerificationTests.sealed(
                like: entries[index],
                after: VerificationTests.hash(of: entries[index - 1])
            )
        }
    }
}

@Suite struct VerificationTests {
    struct Entry {
        var key: UInt64
        var value: [UInt8]
    }

    static func hash(of entry: Entry) -> ChainHash {
        ChainHash(entry.value.span.extracting((entry.value.count - 32)...)) ?? .zero
    }

    /// A record of two other events that stands where an entry stands, properly sealed.
    static func sealed(like entry: Entry, after previous: ChainHash) -> Entry {
        let event = Event.started(epoch: "forged", version: "forged")
        let sealed = RecordSealer(arena: ProtobufArena()).seal(
            [event, event],
            at: WallTime(nanoseconds: 3),
            after: ChainHead(sequence: entry.key - 1, hash: previous)
        )
        return Entry(key: entry.key, value: sealed.value)
    }

    /// A store of 30 records of two events each: a checkpoint after 20, an anchor after 28.
    final class Fixture {
        let folder: TemporaryFolder
        let store: String
        let layout: Recovery.Layout
        let key: SigningKey
        private(set) var entries: [Entry] = []

        init() throws {
            self.folder = try TemporaryFolder()
            self.store = self.folder.path + "/store"
            try FileManager.default.createDirectory(
                atPath: self.store,
                withIntermediateDirectories: true
            )
            self.layout = Recovery.Layout(store: self.store)
            self.key = try SigningKey.loadOrMake(at: self.layout.signingKey)
            let journal = try Journal(path: self.layout.journal)
            for number in 1...30 {
                try journal.write(
                    [
                        .started(epoch: "epoch-\(number)", version: "1"),
                        .cancelRequested(OrderID(raw: 1), Samples.cancelName),
                    ],
                    closing: [],
                    at: Samples.instant.wall,
                    isSynced: true
                )
                let head = SignedHead(
                    journal.head,
                    number == 20 ? .daily : .anchor,
                    at: Samples.instant.wall,
                    by: self.key
                )
                if number == 20 { try journal.write(checkpoint: head) }
                if number == 28 { try self.layout.anchors.append(head) }
            }
            self.entries = try Self.entries(of: journal.database)
        }

        static func entries(of database: RocksDatabase) throws -> [Entry] {
            var entries: [Entry] = []
            try database.scan(from: [], in: .journal, .ascending) { key, value in
                entries.append(
                    Entry(
                        key: UInt64(bigEndianBytes: key) ?? 0,
                        value: Array(copying: value)
                    )
                )
                return true
            }
            return entries
        }

        /// Makes the store anew, with other records; checkpoints and all else stay.
        func rewrite(_ entries: [Entry]) throws {
            let draft = self.folder.path + "/draft"
            do {
                let old = try RocksDatabase(path: self.layout.journal)
                let new = try RocksDatabase(path: draft)
                for table in StoreTable.allCases where table != .journal {
                    try old.scan(from: [], in: table, .ascending) {
                        (key, value) throws(JournalError) in
                        let entry = RocksDatabase.Entry(
                            table: table,
                            key: Array(copying: key),
                            value: Array(copying: value)
                        )
                        try new.write([entry], isSynced: true)
                        return true
                    }
                }
                for entry in entries {
                    let stored = RocksDatabase.Entry(
                        table: .journal,
                        key: entry.key.bigEndianBytes,
                        value: entry.value
                    )
                    try new.write([stored], isSynced: true)
                }
            }
            try FileManager.default.removeItem(atPath: self.layout.journal)
            try FileManager.default.moveItem(atPath: draft, toPath: self.layout.journal)
        }

        func verify() throws -> Verification {
            try Verification.verify(
                store: self.store,
                anchors: self.layout.anchors,
                key: self.key.publicKey
            )
        }

        /// The store as an export, in a file.
        func export(
            _ format: JournalExport.Format = .jsonl,
            _ range: ClosedRange<UInt64> = 1...(.max)
        ) throws -> (path: String, lines: [String]) {
            var lines: [String] = []
            let found = try JournalExport.write(store: self.store, format, range) {
                lines.append($0)
            }
            #expect(found.damage == nil)
            let path = self.folder.path + "/export"
            try self.write(lines, to: path)
            return (path, lines)
        }

        func write(_ lines: [String], to path: String) throws {
            try (lines.joined(separator: "\n") + "\n").write(
                toFile: path,
                atomically: true,
                encoding: .utf8
            )
        }

        func verify(export path: String) throws -> Verification {
            try JournalExport.verify(
                path,
                anchors: self.layout.anchors,
                key: self.key.publicKey
            )
        }
    }

    @Test func `a journal that nobody touched is found to be what was written`() throws {
        let fixture = try Fixture()
        for found in [
            try fixture.verify(), try fixture.verify(export: fixture.export().path),
        ] {
            #expect(found.damage == nil)
            #expect(found.recordCount == 30)
            #expect(found.head.sequence == 60)
            #expect(found.metCount == 2)
            #expect(found.signedSequence == 56)
        }
        // Looking at a store twice finds the same.
        #expect(try fixture.verify() == fixture.verify())
    }

    @Test(arguments: Attack.allCases)
    func `what was done to a journal is named, with the first record (G2)`(
        attack: Attack
    ) throws {
        let fixture = try Fixture()
        var entries = fixture.entries
        attack.apply(to: &entries)
        try fixture.rewrite(entries)
        let damage = try #require(try fixture.verify().damage)
        #expect(damage.kind == attack.expected.0, "\(damage)")
        let place =
            switch attack {
            // A signature vouches for what is before it: damage is known to be behind the last
            // good one.
            case .sealAllAgain: UInt64(1)
            case .sealAllAgainBehindTheAnchor: UInt64(41)
            default: attack.place(among: fixture.entries)
            }
        #expect(damage.sequence == place, "\(damage)")
    }

    @Test(arguments: Attack.allCases)
    func `a server does not trade on it (J4, J5)`(attack: Attack) throws {
        let fixture = try Fixture()
        var entries = fixture.entries
        attack.apply(to: &entries)
        try fixture.rewrite(entries)
        let key = fixture.key.publicKey
        let recovery = Result {
            () throws(JournalError) in try Recovery.run(fixture.layout, verifying: key)
        }
        #expect(try recovery.get().journal == nil)
        #expect(try recovery.get().damage?.isDamage == true)
    }

    @Test func `a changed, removed, doubled or moved line of an export is named`() throws {
        let fixture = try Fixture()
        let (path, lines) = try fixture.export()
        // The checkpoint has a line of its own before record 21.
        #expect(lines.count == 31)
        func damage(_ change: (inout [String]) -> Void) throws -> Damage? {
            var changed = lines
            change(&changed)
            try fixture.write(changed, to: path)
            return try fixture.verify(export: path).damage
        }
        #expect(try damage { _ in } == nil)
        let words = try damage { $0[4] = $0[4].replacing("epoch-5", with: "epoch-6") }
        #expect(words?.kind == .changed)
        #expect(words?.sequence == 9)
        let bytes = try damage { $0[4] = $0[4].replacing(#""stored":"08"#, with: #""stored":"09"#) }
        #expect(bytes?.sequence == 9)
        #expect(try damage { $0.remove(at: 4) }?.kind == .removed)
        #expect(try damage { $0.insert($0[4], at: 4) }?.kind == .inserted)
        #expect(try damage { $0.swapAt(4, 5) }?.kind == .removed)
        #expect(try damage { $0.removeLast(3) }?.kind == .cutOff)
        let checkpoint = try #require(lines.firstIndex { $0.hasPrefix(#"{"checkpoint""#) })
        let forged = try damage {
            $0[checkpoint] = $0[checkpoint].replacing(#""sequence":40"#, with: #""sequence":38"#)
        }
        #expect(forged?.kind == .forged)
        #expect(try damage { $0[4] += " " }?.sequence == 9)
    }

    @Test func `a part of a journal is exported and verifies by itself`() throws {
        let fixture = try Fixture()
        let (path, lines) = try fixture.export(.jsonl, 12...45)
        // Records are whole: events 11 to 46, and the checkpoint at 40.
        #expect(lines.count == 19)
        let found = try JournalExport.verify(path, anchors: nil, key: fixture.key.publicKey)
        #expect(found.damage == nil)
        #expect(found.head.sequence == 46)
        #expect(found.metCount == 1)
    }

    @Test func `a spreadsheet gets a line for each event`() throws {
        let fixture = try Fixture()
        let (_, lines) = try fixture.export(.csv, 1...4)
        #expect(lines.count == 5)
        #expect(lines[0] == ExportLine.csvHeader)
        #expect(lines[1].hasPrefix("1,2023-11-14T22:13:20.123456789Z,started,,"))
        #expect(lines[1].contains("epoch=epoch-1; version=1,1,"))
        #expect(lines[2].hasPrefix("2,2023-11-14T22:13:20.123456789Z,cancel_requested,1,"))
    }

    @Test func `a flipped bit in the files is named by its record, wherever they keep it`() throws {
        for suffix in [".log", ".sst"] {
            let fixture = try Fixture()
            if suffix == ".sst" {
                // Written to the tables when the store is opened the next time.
                _ = try Journal(path: fixture.layout.journal)
            }
            let journal = try FolderOfFiles(fixture.layout.journal)
            guard try journal.replaceOnce("epoch-13", by: "epoch-17", suffix: suffix) else {
                Issue.record("no \(suffix) file holds the record")
                continue
            }
            let damage = try #require(try fixture.verify().damage)
            #expect(damage.kind == .changed, "\(suffix): \(damage)")
            #expect(damage.sequence == 25, "\(suffix): \(damage)")
            let recovery = try Recovery.run(fixture.layout, verifying: fixture.key.publicKey)
            #expect(recovery.journal == nil, "\(suffix)")
        }
    }

    @Test func `the story of an order has every event about it and its proof`() throws {
        let store = try RecoveryTests.Store()
        try store.run(stretches: 2)
        let order = OrderID(raw: 3)
        let story = try OrderStory(
            of: order,
            store: store.folder.path + "/store",
            anchors: nil,
            key: nil
        )
        #expect(story.verification.damage == nil)
        #expect(story.entries.allSatisfy { $0.event.orderID == order })
        #expect(["order_submitted", "order_refused"].contains(story.entries.first?.event.kind))
        #expect(story.entries.map(\.sequence) == story.entries.map(\.sequence).sorted())
    }
}
