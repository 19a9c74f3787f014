import Foundation
import Testing

@testable import Journal
@testable import TradingCore

@Suite struct RecoveryTests {
    /// A store with a history and snapshots after some of its records.
    final class Store {
        let folder: TemporaryFolder
        var history: History
        /// What the state was at each snapshot.
        var states: [UInt64: State] = [:]

        init(seed: UInt64 = 7) throws {
            self.folder = try TemporaryFolder()
            try FileManager.default.createDirectory(
                atPath: self.folder.path + "/store",
                withIntermediateDirectories: true
            )
            self.history = History(seed: seed)
        }

        var layout: Recovery.Layout { Recovery.Layout(store: self.folder.path + "/store") }

        /// Goes on as a process would: recovers, writes, and takes snapshots after each stretch.
        func run(stretches: Int, records: Int = 30) throws {
            let recovery = try Recovery.run(self.layout)
            let journal = try #require(recovery.journal)
            #expect(recovery.state == self.history.state)
            for _ in 0..<stretches {
                for record in self.history.records(records) {
                    try journal.write(
                        record.events,
                        closing: record.closed,
                        at: record.time,
                        isSynced: true
                    )
                }
                let snapshot = Snapshot(
                    of: self.history.state,
                    at: journal.head,
                    time: WallTime(nanoseconds: 1)
                )
                try self.layout.snapshots.write(snapshot)
                self.states[journal.head.sequence] = self.history.state
            }
            for record in self.history.records(records) {
                try journal.write(
                    record.events,
                    closing: record.closed,
                    at: record.time,
                    isSynced: true
                )
            }
        }

        func path(of sequence: UInt64) -> String {
            let name = Files.names(in: self.layout.snapshots.path).first {
                $0.contains("0\(sequence).")
            }
            return self.layout.snapshots.path + "/" + (name ?? "none")
        }
    }

    @Test(arguments: 1...20)
    func `recovery from a snapshot equals recovery from zero (J4)`(seed: UInt64) throws {
        let store = try Store(seed: seed)
        try store.run(stretches: 2)
        try store.run(stretches: 3)
        let newest = try #require(store.states.keys.max())
        let fast = try Recovery.run(store.layout)
        #expect(fast.snapshotSequence == newest)
        #expect(fast.warnings.isEmpty)
        #expect(fast.state == store.history.state)
        #expect(fast.journal?.head.sequence == store.history.state.sequence.raw)
        try FileManager.default.removeItem(atPath: store.layout.snapshots.path)
        _ = consume fast
        let slow = try Recovery.run(store.layout)
        #expect(slow.snapshotSequence == 0)
        #expect(slow.state.digest == store.history.state.digest)
    }

    @Test func `only the newest few snapshots are kept`() throws {
        let store = try Store()
        try store.run(stretches: 6)
        #expect(
            store.layout.snapshots.sequences
                == Array(store.states.keys.sorted(by: >).prefix(SnapshotFolder.keptCount))
        )
    }

    @Test func `a broken snapshot falls back to an older one, then to zero, and says so`() throws {
        let store = try Store()
        try store.run(stretches: 3)
        let sequences = store.layout.snapshots.sequences
        for (index, sequence) in sequences.enumerated() {
            let path = store.path(of: sequence)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
            let recovery = try Recovery.run(store.layout)
            #expect(recovery.state == store.history.state)
            #expect(recovery.damage == nil)
            #expect(recovery.warnings.count == index + 1)
            #expect(recovery.warnings.allSatisfy { $0.contains("does not match its hash") })
            let next = index + 1 < sequences.count ? sequences[index + 1] : 0
            #expect(recovery.snapshotSequence == next)
        }
    }

    @Test func `a journal that lacks what a snapshot saw is damaged, not shorter (S5)`() throws {
        let store = try Store()
        try store.run(stretches: 1)
        let copy = try TemporaryFolder()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: store.folder.path, toPath: copy.path)
        try store.run(stretches: 1)
        try FileManager.default.removeItem(atPath: store.layout.journal)
        try FileManager.default.copyItem(
            atPath: Recovery.Layout(store: copy.path + "/store").journal,
            toPath: store.layout.journal
        )
        let recovery = try Recovery.run(store.layout)
        #expect(recovery.journal == nil)
        let damage = try #require(recovery.damage)
        #expect("\(damage)".contains("restored from a copy"))
        let newest = try #require(store.states.max { $0.key < $1.key })
        #expect(recovery.state == newest.value)
    }

    @Test func `a snapshot of a newer program is not used`() throws {
        let store = try Store()
        try store.run(stretches: 1)
        let snapshot = try store.layout.snapshots.read(store.layout.snapshots.sequences[0])
        var bytes = snapshot.fileBytes.dropLast(ChainHash.byteCount)
        // Field 1, the format version, comes first.
        #expect(bytes[0] == 0x08)
        bytes[1] = 0x7f
        let whole = bytes + ChainHash(of: Array(bytes).span).bytes
        try Data(whole).write(to: URL(fileURLWithPath: store.path(of: snapshot.head.sequence)))
        let recovery = try Recovery.run(store.layout)
        #expect(recovery.snapshotSequence == 0)
        #expect(recovery.state == store.history.state)
        #expect(recovery.warnings.first?.contains("has format 127") == true)
    }

    @Test func `a snapshot in the making is never mistaken for one`() throws {
        let store = try Store()
        try store.run(stretches: 1)
        let path = store.path(of: store.layout.snapshots.sequences[0])
        try FileManager.default.moveItem(atPath: path, toPath: path + ".new")
        let recovery = try Recovery.run(store.layout)
        #expect(recovery.snapshotSequence == 0)
        #expect(recovery.warnings.isEmpty)
        #expect(recovery.state == store.history.state)
    }
}
