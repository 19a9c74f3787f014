/// One of the storage engine's table files, looked at without the engine, which would end the
/// process over some of its bytes.
enum TableFile {
    private static let footerBytes = 53
    /// Behind each block: how it is compressed, and its checksum.
    private static let trailerBytes = 5
    private static let magic: [UInt8] = [0xf7, 0xcf, 0xf4, 0x85, 0xb7, 0x41, 0xe2, 0x88]

    /// Refuses a folder with a table file in use whose footer, which no checksum covers, is not as
    /// it was written.
    static func checkFooters(in folder: String) throws(JournalError) {
        for name in TableList.tablesInUse(in: folder) {
            guard let (size, footer) = try Files.end(of: folder + "/" + name, self.footerBytes)
            else { continue }
            if self.places(footer: footer[...], ofFileWith: size) == nil {
                throw .damaged("the footer of \(name) was changed")
            }
        }
    }

    /// Looks at what the engine passes over where it cannot read it: all blocks but the entries'.
    static func complaints(about folder: String) throws(JournalError) -> [String] {
        var found: [String] = []
        for name in TableList.tablesInUse(in: folder) {
            guard let file = try Files.read(folder + "/" + name) else { continue }
            if !self.hasGoodBlocks(file) { found.append("a block of \(name) was changed") }
        }
        return found
    }

    private struct Place {
        var offset: Int
        var count: Int
        var end: Int { self.offset + self.count + TableFile.trailerBytes }
    }

    /// A footer is: kind of checksum, places of two blocks, zeros, version, magic number.
    private static func places(
        footer: ArraySlice<UInt8>,
        ofFileWith size: Int
    ) -> (list: Place, index: Place)? {
        let start = footer.startIndex
        guard footer.count == self.footerBytes,
            footer.suffix(self.magic.count).elementsEqual(self.magic),
            RocksDatabase.checksumKinds.contains(Int8(truncatingIfNeeded: footer[start])),
            footer[(start + 41)..<(start + 45)].elementsEqual([
                UInt8(RocksDatabase.tableFormat), 0, 0, 0,
            ])
        else { return nil }
        var reader = VariableReader(footer[(start + 1)..<(start + 41)])
        // The list of the other blocks is the last one; the index is somewhere before it.
        guard let list = self.place(&reader), let index = self.place(&reader),
            list.end == size - self.footerBytes, index.end <= list.offset,
            reader.rest.allSatisfy({ $0 == 0 })
        else { return nil }
        return (list, index)
    }

    private static func place(_ reader: inout VariableReader) -> Place? {
        guard let offset = reader.number(), let count = reader.number() else { return nil }
        return Place(offset: offset, count: count)
    }

    private static func hasGoodBlocks(_ file: [UInt8]) -> Bool {
        guard
            let places = self.places(footer: file.suffix(self.footerBytes), ofFileWith: file.count)
        else { return false }
        // Tables of stores that were made with another checksum are left to the engine.
        guard file[file.count - self.footerBytes] == UInt8(RocksDatabase.checksumKinds[0]) else {
            return true
        }
        guard self.isGood(places.list, in: file), self.isGood(places.index, in: file) else {
            return false
        }
        let list = file[places.list.offset..<(places.list.offset + places.list.count)]
        return self.entries(ofBlock: list).allSatisfy { entry in
            var reader = VariableReader(entry.value)
            return self.place(&reader).map { self.isGood($0, in: file) } ?? false
        }
    }

    private static func isGood(_ place: Place, in file: [UInt8]) -> Bool {
        guard place.end <= file.count else { return false }
        let end = place.end - 4
        let stored = (0..<4).reduce(UInt32(0)) { $0 | UInt32(file[end + $1]) << ($1 * 8) }
        return stored == CRC32C.masked(of: file[place.offset..<end])
    }

    /// The entries of the block that the engine cannot read, as far as they can be told apart.
    ///
    /// - Parameter complaint: The engine's words, which name file, offset and size.
    /// - Returns: Keys and values; none where the words name no block.
    /// - Throws: Where the file cannot be read.
    static func entries(
        ofBlockIn complaint: String
    ) throws(JournalError) -> [(key: [UInt8], value: [UInt8])] {
        guard let match = complaint.firstMatch(of: #/in (\S+\.sst) offset ([0-9]+) size ([0-9]+)/#),
            let offset = Int(match.2), let count = Int(match.3),
            let file = try Files.read(String(match.1)), offset >= 0, count >= 0,
            offset + count <= file.count
        else { return [] }
        // The engine adds eight bytes of its own to a key.
        return self.entries(ofBlock: file[offset..<(offset + count)]).compactMap { entry in
            entry.key.count > 8 ? (Array(entry.key.dropLast(8)), Array(entry.value)) : nil
        }
    }

    private static func entries(
        ofBlock block: ArraySlice<UInt8>
    ) -> [(key: [UInt8], value: ArraySlice<UInt8>)] {
        // At the end stand the places where keys are written in full, and their count.
        guard block.count >= 4 else { return [] }
        let last = block.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard last <= block.count / 4 - 1 else { return [] }
        var reader = VariableReader(block.dropLast(4 * (last + 1)))
        var entries: [(key: [UInt8], value: ArraySlice<UInt8>)] = []
        var key: [UInt8] = []
        while let shared = reader.number(), let added = reader.number(),
            let valueCount = reader.number(), shared <= key.count,
            let suffix = reader.bytes(added), let value = reader.bytes(valueCount)
        {
            key = Array(key.prefix(shared)) + suffix
            entries.append((key, value))
        }
        return entries
    }
}
