/// The one CSV file of a zip archive, as Binance publishes them.
///
/// Only what such archives need: stored or deflated entries without encryption, and sizes that fit
/// the plain format (zip64 is refused, as its files would not fit into memory either).
enum ZipArchive {
    /// Whether bytes begin as an archive does that holds something.
    static func isArchive(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x50, 0x4B, 0x03, 0x04])
    }

    /// A file of the archive, unpacked.
    struct Entry {
        let name: String
        let bytes: [UInt8]
    }

    /// Why an archive cannot be used, for people.
    struct Failure: Error {
        let reason: String
    }

    /// Unpacks the only entry whose name ends in `.csv`.
    static func csvEntry(
        of bytes: [UInt8],
        bytesMax: Int = Inflate.unpackedBytesMax
    ) throws(Failure) -> Entry {
        let reader = Reader(bytes: bytes)
        let found = try reader.entries().filter { $0.name.lowercased().hasSuffix(".csv") }
        guard let entry = found.first, found.count == 1 else {
            throw Failure(reason: "it holds \(found.count) CSV files, not one")
        }
        return Entry(name: entry.name, bytes: try reader.unpack(entry, bytesMax: bytesMax))
    }
}

/// What the central directory says of a file.
private struct DirectoryEntry {
    let name: String
    let flags: Int
    let method: Int
    let checksum: UInt32
    let packedBytes: Int
    let unpackedBytes: Int
    let headerOffset: Int
}

/// Reads little-endian numbers of an archive; nothing is read outside of its bytes.
private struct Reader {
    let bytes: [UInt8]

    private static let endBytes = 22
    private static let commentBytesMax = 0xFFFF
    private static let directoryHeaderBytes = 46
    private static let localHeaderBytes = 30

    /// What the central directory lists.
    func entries() throws(ZipArchive.Failure) -> [DirectoryEntry] {
        guard let end = self.findEnd() else { throw Self.damaged("it has no directory") }
        var entries: [DirectoryEntry] = []
        var offset = try self.number(at: end + 16, bytes: 4)
        for _ in 0..<(try self.number(at: end + 10, bytes: 2)) {
            guard try self.number(at: offset, bytes: 4) == 0x0201_4B50 else {
                throw Self.damaged("its directory is cut off")
            }
            let nameBytes = try self.number(at: offset + 28, bytes: 2)
            let name = try self.slice(offset + Self.directoryHeaderBytes, count: nameBytes)
            let entry = DirectoryEntry(
                name: String(decoding: name, as: UTF8.self),
                flags: try self.number(at: offset + 8, bytes: 2),
                method: try self.number(at: offset + 10, bytes: 2),
                checksum: UInt32(try self.number(at: offset + 16, bytes: 4)),
                packedBytes: try self.number(at: offset + 20, bytes: 4),
                unpackedBytes: try self.number(at: offset + 24, bytes: 4),
                headerOffset: try self.number(at: offset + 42, bytes: 4)
            )
            let isLarge = [entry.packedBytes, entry.unpackedBytes, entry.headerOffset]
                .contains(0xFFFF_FFFF)
            if isLarge { throw .init(reason: "\(entry.name) is too large (zip64)") }
            entries.append(entry)
            let extraBytes = try self.number(at: offset + 30, bytes: 2)
            let commentBytes = try self.number(at: offset + 32, bytes: 2)
            offset += Self.directoryHeaderBytes + nameBytes + extraBytes + commentBytes
        }
        return entries
    }

    func unpack(
        _ entry: DirectoryEntry,
        bytesMax: Int
    ) throws(ZipArchive.Failure) -> [UInt8] {
        guard entry.flags & 1 == 0 else { throw .init(reason: "\(entry.name) is encrypted") }
        guard entry.unpackedBytes <= bytesMax else {
            throw .init(reason: "\(entry.name) has more than \(bytesMax) bytes")
        }
        let header = entry.headerOffset
        guard try self.number(at: header, bytes: 4) == 0x0403_4B50 else {
            throw Self.damaged("\(entry.name) is not where the directory says")
        }
        let start =
            try Self.localHeaderBytes + header + self.number(at: header + 26, bytes: 2)
            + self.number(at: header + 28, bytes: 2)
        let packed = Array(try self.slice(start, count: entry.packedBytes))
        let unpacked: [UInt8]?
        switch entry.method {
        case 0: unpacked = packed
        case 8: unpacked = Inflate.unpackRaw(packed, bytesMax: entry.unpackedBytes)
        default: throw .init(reason: "\(entry.name) is packed by method \(entry.method)")
        }
        guard let unpacked, unpacked.count == entry.unpackedBytes,
            Inflate.checksum(unpacked) == entry.checksum
        else { throw Self.damaged("\(entry.name) does not unpack to what was packed") }
        return unpacked
    }

    /// Where the record at the end begins; a comment may follow it.
    private func findEnd() -> Int? {
        let last = self.bytes.count - Self.endBytes
        guard last >= 0 else { return nil }
        let first = max(0, last - Self.commentBytesMax)
        return (first...last).last { offset in
            self.bytes[offset..<(offset + 4)].elementsEqual([0x50, 0x4B, 0x05, 0x06])
        }
    }

    private func number(at offset: Int, bytes count: Int) throws(ZipArchive.Failure) -> Int {
        try self.slice(offset, count: count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private func slice(
        _ offset: Int,
        count: Int
    ) throws(ZipArchive.Failure) -> ArraySlice<UInt8> {
        guard offset >= 0, count >= 0, offset <= self.bytes.count - count else {
            throw Self.damaged("it is cut off")
        }
        return self.bytes[offset..<(offset + count)]
    }

    private static func damaged(_ reason: String) -> ZipArchive.Failure {
        .init(reason: "it is a damaged archive: \(reason)")
    }
}
