/// Which table files a store is made of, as the storage engine's list of files tells.
///
/// A process that ends while it writes a table leaves a part of it behind that no list names, and
/// that the engine removes when it opens the store. Such a file says nothing about the store.
enum TableList {
    /// The names of the table files that the list names; all in the folder where it cannot be
    /// read, which is for others to complain about.
    static func tablesInUse(in folder: String) -> [String] {
        let names = Files.names(in: folder).filter { $0.hasSuffix(".sst") }
        guard let list = EngineLog.nameOfList(in: folder),
            let bytes = try? Files.read(folder + "/" + list), let numbers = self.numbers(in: bytes)
        else { return names }
        return names.filter { name in Int(name.dropLast(4)).map(numbers.contains) ?? true }
    }

    /// The numbers of the tables that a list names, up to where it ends or is torn; nil where it
    /// is not understood.
    static func numbers(in bytes: [UInt8]) -> Set<Int>? {
        var numbers: Set<Int> = []
        for edit in EngineLog.records(of: bytes) {
            guard self.apply(edit, to: &numbers) else { return nil }
        }
        return numbers
    }

    /// What an edit of the list can say, by the engine's numbers.
    private enum Tag {
        static let comparator = 1
        /// Logs, the next file, the last sequence, the lists and families of columns.
        static let numbers: Set<Int> = [2, 3, 4, 9, 10, 200, 203, 300]
        static let compactCursor = 5
        static let deletedTable = 6
        static let newTable = 103
        static let familyAdded = 201
        static let familyDropped = 202
        /// Set in what may be passed over by those that do not know it; its bytes follow counted.
        static let optional = 1 << 13
        /// The end of a new table's further properties.
        static let end = 1
    }

    /// False where the edit is not understood.
    private static func apply(_ edit: [UInt8], to numbers: inout Set<Int>) -> Bool {
        var reader = VariableReader(edit[...])
        while !reader.rest.isEmpty {
            guard let tag = reader.number() else { return false }
            switch tag {
            case Tag.deletedTable:
                guard reader.number() != nil, let number = reader.number() else { return false }
                numbers.remove(number)
            case Tag.newTable:
                guard let number = self.newTable(&reader) else { return false }
                numbers.insert(number)
            case _ where Tag.numbers.contains(tag):
                guard reader.skipNumber() else { return false }
            case Tag.compactCursor:
                guard reader.skipNumber(), reader.skipBytes() else { return false }
            case Tag.comparator, Tag.familyAdded:
                guard reader.skipBytes() else { return false }
            case Tag.familyDropped: break
            case _ where tag & Tag.optional != 0:
                guard reader.skipBytes() else { return false }
            default: return false
            }
        }
        return true
    }

    /// Level, number, size, first and last key, first and last sequence, further properties.
    private static func newTable(_ reader: inout VariableReader) -> Int? {
        guard reader.skipNumber(), let number = reader.number(),
            reader.skipNumber(), reader.skipBytes(), reader.skipBytes(),
            reader.skipNumber(), reader.skipNumber()
        else { return nil }
        while let tag = reader.number() {
            if tag == Tag.end { return number }
            guard reader.skipBytes() else { return nil }
        }
        return nil
    }
}
