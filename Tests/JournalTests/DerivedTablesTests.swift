import Foundation
import Testing

@testable import Journal
@testable import TradingCore

/// G2: what follows from the records is compared with them, and what vouches for them is missed.
@Suite struct DerivedTablesTests {
    typealias Entry = (key: [UInt8], value: [UInt8])

    /// What may be wrong beside records that are intact.
    enum Harm: CaseIterable, CustomTestStringConvertible {
        case orderMissing, orderChanged, orderExtra
        case keyMissing, keyElsewhere, keyExtra
        case receiptExtra
        case formatMissing
        case checkpointMissing

        var testDescription: String { "\(self)" }

        var table: StoreTable {
            switch self {
            case .orderMissing, .orderChanged, .orderExtra: .orders
            case .keyMissing, .keyElsewhere, .keyExtra: .keys
            case .receiptExtra: .receipts
            case .formatMissing: .meta
            case .checkpointMissing: .checkpoints
            }
        }

        var words: String {
            switch self {
            case .orderMissing: "finished order 1: it is missing"
            case .orderChanged: "finished order 1: it is not what the records say"
            case .orderExtra: "no record speaks of the finished order at"
            case .keyMissing, .keyElsewhere: "does not lead to it"
            case .keyExtra: "no record speaks of the key of an order at"
            case .receiptExtra: "no record speaks of the receipt at"
            case .formatMissing: "the store's format version is missing"
            case .checkpointMissing: "a checkpoint that was signed there is lost"
            }
        }

        func apply(to entries: inout [Entry]) {
            switch self {
            case .orderMissing, .keyMissing, .formatMissing: entries.removeFirst()
            case .checkpointMissing: entries.removeLast()
            case .orderChanged: entries[0].value = entries[1].value
            case .keyElsewhere: entries[0].value = entries[1].value
            case .orderExtra, .receiptExtra:
                entries.append((UInt64(1_000_000).bigEndianBytes, entries[0].value))
            case .keyExtra: entries.append((entries[0].key + [65], entries[0].value))
            }
        }
    }

    /// Makes a store's database anew with other entries in one table.
    static func rewrite(
        _ closed: BitFlipTests.ClosedStore,
        _ harmed: StoreTable,
        _ change: (inout [Entry]) -> Void
    ) throws {
        let path = closed.layout.journal
        let draft = path + ".draft"
        do {
            let old = try RocksDatabase(path: path)
            let new = try RocksDatabase(path: draft)
            for table in StoreTable.allCases {
                var entries: [Entry] = []
                try old.scan(from: [], in: table, .ascending) { key, value in
                    entries.append((Array(copying: key), Array(copying: value)))
                    return true
                }
                if table == harmed { change(&entries) }
                try new.write(
                    entries.map { .init(table: table, key: $0.key, value: $0.value) },
                    isSynced: true
                )
            }
        }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: draft, toPath: path)
    }

    static func verify(_ closed: BitFlipTests.ClosedStore) throws -> Verification {
        try Verification.verify(
            store: closed.path,
            anchors: closed.layout.anchors,
            key: VerifyingKey(path: closed.layout.signingKey + ".pub"),
            isAnchorFileOwn: true
        )
    }

    @Test(arguments: Harm.allCases)
    func `what is wrong beside intact records is told apart from damage to them (J6)`(
        harm: Harm
    ) throws {
        let closed = try BitFlipTests.ClosedStore()
        try Self.rewrite(closed, harm.table, harm.apply)
        let found = try Self.verify(closed)
        #expect(found.damage == nil)
        // A missing order leaves its key behind, so that one harm may show twice.
        let isTold = found.findings.contains { $0.detail.contains(harm.words) }
        #expect(isTold, "\(found.findings)")
        #expect(found.findings.count <= 2, "\(found.findings)")
    }

    @Test func `a lost anchor, a lost key and another private key are told`() throws {
        let closed = try BitFlipTests.ClosedStore()
        let anchors = closed.layout.anchors.path
        let key = try VerifyingKey(path: closed.layout.signingKey + ".pub")
        let lines = try String(contentsOfFile: anchors, encoding: .utf8).split(separator: "\n")
        try (lines.dropLast().joined(separator: "\n") + "\n")
            .write(toFile: anchors, atomically: true, encoding: .utf8)
        let shorter = try Self.verify(closed)
        #expect(shorter.findings.map(\.place) == [.signedHead])
        // A copy of the anchors from another day is compared as far as it goes.
        let copied = try Verification.verify(
            store: closed.path,
            anchors: closed.layout.anchors,
            key: key
        )
        #expect(copied.findings == [])
        try FileManager.default.removeItem(atPath: anchors)
        #expect(try Self.verify(closed).findings.map(\.place) == [.signedHead])
        let blind = try Verification.verify(store: closed.path, anchors: nil, key: nil)
        #expect(blind.findings.map(\.place) == [.signingKey])
        let other = closed.store.folder.path + "/other"
        _ = try SigningKey.loadOrMake(at: other)
        #expect(SigningKey.contradiction(at: closed.layout.signingKey, to: key) == nil)
        #expect(SigningKey.contradiction(at: other, to: key)?.place == .signingKey)
        #expect(SigningKey.contradiction(at: other + ".none", to: key) == nil)
    }

    @Test func `a snapshot of another history is told, and one that saw more is a cut (J4)`()
        throws
    {
        let closed = try BitFlipTests.ClosedStore()
        let folder = closed.layout.snapshots
        let newest = try folder.read(folder.sequences[0])
        var changed = newest
        changed.state = try folder.read(folder.sequences[1]).state
        // The head stays, the state is another one of the same length of history.
        changed.state = State(resuming: changed.state, at: newest.state.sequence)
        try folder.write(changed)
        let found = try Self.verify(closed)
        #expect(found.damage == nil)
        #expect(found.findings.map(\.place) == [.snapshot])
        try folder.write(newest)
        let end = try Self.verify(closed).head
        var later = newest
        later.state = State(resuming: newest.state, at: Sequence(raw: end.sequence + 5))
        later.head = ChainHead(sequence: end.sequence + 5, hash: .zero)
        try folder.write(later)
        #expect(try Self.verify(closed).damage?.kind == .cutOff)
    }

    @Test func `a torn end is what a crash leaves, and damage behind an orderly end (J3)`() throws {
        let closed = try BitFlipTests.ClosedStore()
        func tear() throws -> String {
            let name = try #require(
                Files.names(in: closed.layout.journal).last { $0.hasSuffix(".log") }
            )
            let url = URL(fileURLWithPath: closed.layout.journal + "/" + name)
            try Data(contentsOf: url).dropLast(3).write(to: url)
            return name
        }
        _ = try tear()
        let orderly = try Self.verify(closed)
        #expect(orderly.findings.contains { $0.place == .storageEngine })
        do {
            let journal = try #require(try Recovery.run(closed.layout).journal)
            for number in 0..<2 {
                try journal.write(
                    [.started(epoch: "epoch-\(number)", version: "1")],
                    closing: [],
                    at: Samples.instant.wall,
                    isSynced: true
                )
            }
        }
        let whole = try Self.verify(closed)
        #expect(whole.findings == [])
        #expect(whole.tornFiles == [])
        let name = try tear()
        let crashed = try Self.verify(closed)
        #expect(crashed.damage == nil)
        #expect(crashed.findings == [])
        #expect(crashed.tornFiles == [name])
        #expect(crashed.head.sequence == whole.head.sequence - 1)
    }

    @Test func `a store without its list of files is damaged, not new`() throws {
        let closed = try BitFlipTests.ClosedStore()
        let key = try VerifyingKey(path: closed.layout.signingKey + ".pub")
        for content in [nil, "MANIFEST-999999\n", "MANIFEST"] {
            let path = closed.layout.journal + "/CURRENT"
            try FileManager.default.removeItem(atPath: path)
            try content?.write(toFile: path, atomically: true, encoding: .utf8)
            let error = #expect(throws: JournalError.self) { _ = try Self.verify(closed) }
            #expect(error?.isDamage == true, "\(String(describing: error))")
            let recovery = try Recovery.run(closed.layout, verifying: key)
            #expect(recovery.journal == nil)
            try Data().write(to: URL(fileURLWithPath: path))
        }
    }
}

extension State {
    /// The same state, said to be of another place.
    fileprivate init(resuming state: State, at sequence: TradingCore.Sequence) {
        self = state
        while self.sequence < sequence {
            _ = self.apply(.started(epoch: self.epoch, version: ""), at: WallTime(nanoseconds: 0))
        }
    }
}
