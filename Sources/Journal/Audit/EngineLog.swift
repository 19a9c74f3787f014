/// A check of the storage engine's log files, its write-ahead logs and its list of files.
///
/// The engine takes a damaged end for a write that a crash cut short and says nothing. This reads
/// every byte of such a file instead: blocks of 32 KiB, in them fragments of a masked CRC-32C, a
/// length, a kind and their bytes; what is left of a block is zero.
struct EngineLog: Hashable {
    /// What a file is like.
    enum Condition: Hashable {
        case whole
        /// The file ends within a fragment, as a crash leaves it.
        case torn(at: Int)
        case damaged(at: Int)
    }

    private static let blockBytes = 32 * 1024
    private static let headerBytes = 7

    /// Looks at a file's whole content.
    static func condition(of bytes: [UInt8]) -> Condition {
        var offset = 0
        while true {
            switch self.piece(at: offset, of: bytes) {
            case .fragment(_, let content): offset = content.endIndex
            case .filler(let end): offset = end
            case .end(let condition): return condition
            }
        }
    }

    /// The records of a file, up to its end or to where it is not whole.
    static func records(of bytes: [UInt8]) -> [[UInt8]] {
        var records: [[UInt8]] = []
        var record: [UInt8] = []
        var offset = 0
        while true {
            switch self.piece(at: offset, of: bytes) {
            case .fragment(let kind, let content):
                offset = content.endIndex
                if kind == Kind.whole || kind == Kind.first { record = [] }
                record += content
                if kind == Kind.whole || kind == Kind.last { records.append(record) }
            case .filler(let end): offset = end
            case .end: return records
            }
        }
    }

    private enum Kind {
        static let whole: UInt8 = 1
        static let first: UInt8 = 2
        static let last: UInt8 = 4
    }

    /// What stands at an offset.
    private enum Piece {
        case fragment(kind: UInt8, ArraySlice<UInt8>)
        /// Zeros at the end of a block.
        case filler(end: Int)
        case end(Condition)
    }

    private static func piece(at offset: Int, of bytes: [UInt8]) -> Piece {
        guard offset < bytes.count else { return .end(.whole) }
        let blockEnd = (offset / self.blockBytes + 1) * self.blockBytes
        let end = min(blockEnd, bytes.count)
        if blockEnd - offset < self.headerBytes {
            let isFiller = self.isZero(bytes[offset..<end])
            return isFiller ? .filler(end: end) : .end(.damaged(at: offset))
        }
        let start = offset + self.headerBytes
        guard start <= end else { return .end(.torn(at: offset)) }
        let header = bytes[offset..<start]
        if self.isZero(header) {
            // Room that was reserved and never written.
            return .end(self.isZero(bytes[offset...]) ? .whole : .damaged(at: offset))
        }
        let count = Int(header[offset + 4]) | Int(header[offset + 5]) << 8
        guard start + count <= blockEnd else { return .end(.damaged(at: offset)) }
        let stored = (0..<4).reduce(UInt32(0)) { $0 | UInt32(header[offset + $1]) << ($1 * 8) }
        // The kind, the header's last byte, is summed up with the bytes.
        guard start + count <= end else {
            // A sum that fits what is there shows that nothing is missing but the length wrong.
            let isWhole = stored == CRC32C.masked(of: bytes[(start - 1)..<end])
            return .end(isWhole ? .damaged(at: offset) : .torn(at: offset))
        }
        guard stored == CRC32C.masked(of: bytes[(start - 1)..<(start + count)]) else {
            return .end(.damaged(at: offset))
        }
        return .fragment(kind: bytes[start - 1], bytes[start..<(start + count)])
    }

    private static func isZero(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 == 0 }
    }

    /// The name of the file that lists the files of the store; nil where nothing names it.
    static func nameOfList(in folder: String) -> String? {
        guard let current = try? Files.read(folder + "/CURRENT") else { return nil }
        return String(decoding: current, as: UTF8.self).split(separator: "\n").first
            .map(String.init)
    }

    /// The engine's log files in a store's folder that are not whole, each with its condition.
    static func incomplete(
        in folder: String
    ) throws(JournalError) -> [(name: String, condition: Condition)] {
        let list = self.nameOfList(in: folder)
        var found: [(name: String, condition: Condition)] = []
        for name in Files.names(in: folder) where name.hasSuffix(".log") || name == list {
            guard let bytes = try Files.read(folder + "/" + name) else { continue }
            let condition = Self.condition(of: bytes)
            if condition != .whole { found.append((name, condition)) }
        }
        return found
    }
}

/// The checksum of the storage engine's logs: CRC-32 with Castagnoli's polynomial.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1
        }
    }

    /// The checksum as it is stored: turned, so that sums of sums are no weaker.
    static func masked(of bytes: ArraySlice<UInt8>) -> UInt32 {
        let sum = self.sum(of: bytes)
        return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    }

    static func sum(of bytes: ArraySlice<UInt8>) -> UInt32 {
        let table = self.table
        var sum = UInt32.max
        for byte in bytes { sum = (sum >> 8) ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
        return ~sum
    }
}
