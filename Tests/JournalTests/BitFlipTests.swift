import Foundation
import Testing

@testable import Journal
@testable import TradingCore

/// G2: a bit that turns anywhere in a store is told, or was not part of it.
@Suite struct BitFlipTests {
    static let flipCount = 400

    /// What a store says, read whole: two stores that say the same are the same.
    struct Content: Equatable {
        var tables: [String: [[UInt8]]] = [:]
        var snapshots: [Snapshot] = []
        var anchors: AnchorFile.Content
        var key: VerifyingKey

        init(of layout: Recovery.Layout, in store: String) throws {
            let copy = try StoreCopy(path: store)
            for table in StoreTable.allCases {
                var entries: [[UInt8]] = []
                try copy.database.scan(from: [], in: table, .ascending) { key, value in
                    entries += [Array(copying: key), Array(copying: value)]
                    return true
                }
                self.tables[table.name] = entries
            }
            self.snapshots = try layout.snapshots.sequences.map { try layout.snapshots.read($0) }
            self.anchors = try layout.anchors.read()
            self.key = try VerifyingKey(path: layout.signingKey + ".pub")
        }
    }

    /// A store as an orderly end leaves it, with all that lies beside it.
    struct ClosedStore {
        let store: RecoveryTests.Store
        var path: String { self.store.folder.path + "/store" }
        var layout: Recovery.Layout { self.store.layout }

        init() throws {
            self.store = try RecoveryTests.Store()
            let key = try SigningKey.loadOrMake(at: self.store.layout.signingKey)
            // The second run brings the first one's records from the log to the tables.
            for round in 0..<2 {
                try self.store.run(stretches: 2)
                let journal = try #require(try Recovery.run(self.store.layout).journal)
                for number in 0..<40 {
                    let record = self.store.history.records(1)[0]
                    journal.add(ReceiptTests.receipt(UInt64(number + 1), "answer \(round)"))
                    try Self.write(record, to: journal)
                    if number == 20 { try self.sign(journal.head, .daily, key, journal) }
                }
                try Self.write(self.store.history.record(of: .stopped), to: journal)
                try self.sign(journal.head, .shutdown, key, journal)
            }
        }

        private static func write(_ record: History.Record, to journal: Journal) throws {
            try journal.write(
                record.events,
                closing: record.closed,
                at: record.time,
                isSynced: true
            )
        }

        private func sign(
            _ head: ChainHead,
            _ reason: SignedHead.Reason,
            _ key: SigningKey,
            _ journal: Journal
        ) throws {
            try journal.write(
                checkpoint: SignedHead(head, reason, at: WallTime(nanoseconds: 9), by: key)
            )
            let anchor = SignedHead(head, .anchor, at: WallTime(nanoseconds: 9), by: key)
            try self.layout.anchors.append(anchor)
        }

        /// Every file of the store and beside it, with its size.
        func files() throws -> [(path: String, bytes: Int)] {
            let manager = FileManager.default
            return try manager.subpathsOfDirectory(atPath: self.store.folder.path).sorted()
                .compactMap { name in
                    let path = self.store.folder.path + "/" + name
                    let attributes = try manager.attributesOfItem(atPath: path)
                    guard attributes[.type] as? FileAttributeType == .typeRegular,
                        let bytes = attributes[.size] as? Int, bytes > 0
                    else { return nil }
                    return (path, bytes)
                }
        }

        /// What verify says, in words; nil where it finds nothing.
        func complaint() -> String? {
            do throws(JournalError) {
                let key = try VerifyingKey(path: self.layout.signingKey + ".pub")
                let found = try Verification.verify(
                    store: self.path,
                    anchors: self.layout.anchors,
                    key: key,
                    isAnchorFileOwn: true
                )
                let beside = SigningKey.contradiction(at: self.layout.signingKey, to: key)
                return found.damage.map { "\($0)" }
                    ?? (found.findings + [beside].compactMap(\.self))
                    .first.map { "\($0)" }
            } catch {
                return "\(error)"
            }
        }
    }

    static func flip(_ bit: Int, of path: String) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(bit / 8))
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: UInt64(bit / 8))
        try file.write(contentsOf: [byte ^ (1 << (bit % 8))])
    }

    @Test func `a bit that turns in any file of a closed store is told, or was of no use (G2)`()
        throws
    {
        let closed = try ClosedStore()
        #expect(closed.complaint() == nil)
        let content = try Content(of: closed.layout, in: closed.path)
        let files = try closed.files()
        for suffix in [".log", ".sst", "CURRENT", ".snapshot", ".anchors", ".signing-key"] {
            #expect(files.contains { $0.path.hasSuffix(suffix) }, "no \(suffix)")
        }
        #expect(files.contains { $0.path.contains("MANIFEST-") })
        var random = SplitMix(seed: 4)
        var told = 0
        var untold: Set<String> = []
        for number in 0..<Self.flipCount {
            // Each file in turn, so that small ones are not missed beside large ones.
            let file = files[number % files.count]
            let bit = Int(random.next() % UInt64(file.bytes * 8))
            try Self.flip(bit, of: file.path)
            defer { try? Self.flip(bit, of: file.path) }
            if closed.complaint() != nil {
                told += 1
            } else {
                let now = try? Content(of: closed.layout, in: closed.path)
                #expect(now == content, "bit \(bit) of \(file.path)")
                untold.insert(URL(fileURLWithPath: file.path).lastPathComponent)
            }
        }
        // The engine's notes for people, its settings and its name, and the line ends of keys.
        let ofNoUse = ["LOG", "OPTIONS-", "IDENTITY", "store.signing-key"]
        #expect(untold.allSatisfy { name in ofNoUse.contains(where: name.hasPrefix) }, "\(untold)")
        #expect(told > Self.flipCount / 2)
        #expect(closed.complaint() == nil)
    }
}

/// The same seed is the same sequence on every machine.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var value = self.state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
