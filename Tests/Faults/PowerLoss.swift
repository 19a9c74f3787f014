import Foundation

/// Cuts a store back to what a power loss would leave: what no sync covered is gone.
///
/// What was deleted stays deleted: that is the harder case for a store.
struct PowerLoss {
    /// How much of the bytes behind the last sync reaches the disk all the same.
    enum Tail: Sendable {
        case none
        /// A torn write: half of them.
        case half
    }

    private var syncedBytes: [String: UInt64] = [:]
    /// Files whose folder was not synced since they were made.
    private var unsyncedFiles: Set<String> = []
    private var unsyncedRenames: [Rename] = []

    private struct Rename {
        var shadow: String
        var from: String
        var to: String
        /// What was synced of the file that was replaced.
        var replacedBytes: UInt64?
    }

    /// Applies a power loss to a store whose server has ended.
    ///
    /// - Parameters:
    ///   - store: The folder of the store.
    ///   - logPath: What the shim noted since the store was made, or since the last power loss.
    ///   - tail: What becomes of bytes that no sync covered.
    /// - Returns: How many bytes and files were lost.
    /// - Throws: Where a file cannot be cut.
    static func strike(
        store: String,
        logPath: String,
        tail: Tail
    ) throws -> (bytes: UInt64, files: Int) {
        let log = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
        var loss = PowerLoss()
        for line in log.split(separator: "\n") {
            loss.read(line.split(separator: " ").map(String.init))
        }
        let files = try loss.undoUnsyncedNames()
        let (bytes, lines) = try loss.cutFiles(below: store, tail: tail)
        try lines.joined().write(toFile: logPath, atomically: true, encoding: .utf8)
        return (bytes, files)
    }

    private mutating func read(_ words: [String]) {
        switch (words.first, words.count) {
        case ("S", 3): self.syncedBytes[words[2]] = UInt64(words[1])
        case ("C", 2):
            self.unsyncedFiles.insert(words[1])
            self.syncedBytes[words[1]] = nil
        case ("D", 2):
            self.unsyncedFiles = self.unsyncedFiles.filter { Self.folder(of: $0) != words[1] }
            self.unsyncedRenames.removeAll { Self.folder(of: $0.to) == words[1] }
        case ("R", 4):
            let (from, to) = (words[2], words[3])
            self.unsyncedRenames.append(
                Rename(
                    shadow: words[1],
                    from: from,
                    to: to,
                    replacedBytes: self.syncedBytes[to]
                )
            )
            self.syncedBytes[to] = self.syncedBytes.removeValue(forKey: from)
            if self.unsyncedFiles.remove(from) != nil { self.unsyncedFiles.insert(to) }
        default: break
        }
    }

    private static func folder(of path: String) -> String {
        (path as NSString).deletingLastPathComponent
    }

    private mutating func undoUnsyncedNames() throws -> Int {
        let manager = FileManager.default
        var count = 0
        for rename in self.unsyncedRenames.reversed()
        where manager.fileExists(atPath: rename.to) {
            try? manager.removeItem(atPath: rename.from)
            try manager.moveItem(atPath: rename.to, toPath: rename.from)
            self.syncedBytes[rename.from] = self.syncedBytes[rename.to]
            self.syncedBytes[rename.to] = rename.replacedBytes
            if self.unsyncedFiles.remove(rename.to) != nil {
                self.unsyncedFiles.insert(rename.from)
            }
            if rename.shadow != "-" {
                try manager.copyItem(atPath: rename.shadow, toPath: rename.to)
            }
            count += 1
        }
        for path in self.unsyncedFiles where manager.fileExists(atPath: path) {
            try manager.removeItem(atPath: path)
            count += 1
        }
        return count
    }

    private func cutFiles(
        below store: String,
        tail: Tail
    ) throws -> (bytes: UInt64, lines: [String]) {
        var lost: UInt64 = 0
        var lines: [String] = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: store) {
            let path = "\(store)/\(name)"
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            guard attributes[.type] as? FileAttributeType == .typeRegular,
                let length = (attributes[.size] as? NSNumber)?.uint64Value
            else { continue }
            let synced = min(length, self.syncedBytes[path] ?? 0)
            let kept = tail == .none ? synced : synced + (length - synced) / 2
            if kept < length {
                let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
                try file.truncate(atOffset: kept)
                try file.close()
                if path.hasSuffix(".log") { lost += length - kept }
            }
            lines.append("S \(kept) \(path)\n")
        }
        return (lost, lines)
    }
}
