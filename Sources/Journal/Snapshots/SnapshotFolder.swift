import Glibc

/// Where the snapshots of a store lie, one file each; they may be deleted at any time.
package struct SnapshotFolder: Sendable {
    /// How many are kept: an older one stands in where a newer one is damaged.
    package static let keptCount = 3

    package let path: String

    /// Names a folder, which is made with its first snapshot.
    package init(path: String) { self.path = path }

    /// What there is, newest first, by sequence.
    package var sequences: [UInt64] {
        Files.names(in: self.path).compactMap { name in
            guard name.hasSuffix(Self.suffix) else { return nil }
            return UInt64(name.dropLast(Self.suffix.count))
        }.sorted(by: >)
    }

    /// Writes a snapshot and drops what is older than the newest few.
    ///
    /// - Throws: What the file system says; nothing depends on it.
    package func write(_ snapshot: Snapshot) throws(JournalError) {
        if unsafe mkdir(self.path, 0o700) != 0, errno != EEXIST {
            throw Files.failure("make", self.path)
        }
        try Files.replace(self.file(snapshot.head.sequence), with: snapshot.fileBytes)
        for old in self.sequences.dropFirst(Self.keptCount) { unsafe unlink(self.file(old)) }
    }

    /// Reads one back.
    ///
    /// - Throws: Where it is missing or not what was written.
    package func read(_ sequence: UInt64) throws(JournalError) -> Snapshot {
        guard let bytes = try Files.read(self.file(sequence)) else {
            throw .storage("snapshot \(sequence) is gone")
        }
        let snapshot = try Snapshot(fileBytes: bytes.span)
        guard snapshot.head.sequence == sequence else {
            throw .damaged("snapshot \(sequence) is the one of \(snapshot.head.sequence)")
        }
        return snapshot
    }

    private static let suffix = ".snapshot"

    private func file(_ sequence: UInt64) -> String {
        let digits = String(sequence)
        let zeros = String(repeating: "0", count: max(0, 20 - digits.count))
        return "\(self.path)/\(zeros)\(digits)\(Self.suffix)"
    }
}
