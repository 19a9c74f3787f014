import CRocksDB
import Glibc

/// One open RocksDB database; the only owner of its handles.
///
/// Safe to use although it holds raw pointers: they are made in `init`, destroyed in `deinit` and
/// never handed out. Sendable: RocksDB allows all that is called here from any thread, and the
/// pointers never change.
@safe
final class RocksDatabase: @unchecked Sendable {
    private let database: OpaquePointer
    private let families: [OpaquePointer]
    /// By table; nil only where a copy of an older store lacks the table.
    private let tables: [OpaquePointer?]
    private let options: OpaquePointer
    private let cache: OpaquePointer
    private let syncedWrite: OpaquePointer
    private let unsyncedWrite: OpaquePointer
    private let read: OpaquePointer
    /// For reading tables from end to end: leaves no block in the cache, where it would push out
    /// others and would not be compared with its checksum again.
    private let wholeRead: OpaquePointer

    /// The layout of tables that ``TableFile`` knows.
    static let tableFormat: Int32 = 5
    /// CRC-32C, which ``TableFile`` knows, and the engine's default, which older tables may have.
    static let checksumKinds: [Int8] = [1, 4]

    /// How a database is opened.
    enum Access: Hashable {
        /// Made where it is missing; a torn tail is tolerated, anything else is refused (J3).
        case readWrite
        /// For looking at a copy: nothing is written. A damaged log is refused, or whatever can
        /// be read of it is.
        case forensic(skipsDamage: Bool)

        /// How much of a damaged log is taken.
        ///
        /// 0 tolerates a torn tail only: the default opens silently after a flipped bit (J3). 3
        /// skips what is damaged.
        var walRecoveryMode: CInt { self == .forensic(skipsDamage: true) ? 3 : 0 }
    }

    /// Opens the database in a folder, whose parent must exist.
    init(path: String, _ access: Access = .readWrite) throws(JournalError) {
        let cache = unsafe RocksDatabase.makeCache()
        let options = unsafe RocksDatabase.makeOptions(cache: cache, access)
        let names = unsafe RocksDatabase.tables(of: path, access, options)
        var families = unsafe [OpaquePointer?](repeating: nil, count: names.count)
        let database: OpaquePointer?
        // What another list of files names is missing here: a new database must not hide that.
        let inside = Files.names(in: path)
        let isThere = inside.contains { $0.hasPrefix("MANIFEST-") || $0.hasSuffix(".sst") }
        do throws(JournalError) {
            if isThere, !inside.contains("CURRENT") { throw .damaged("\(path)/CURRENT is missing") }
            // The engine would end the process over some of their bytes.
            try TableFile.checkFooters(in: path)
            unsafe database = try unsafe RocksDatabase.open(
                path,
                access,
                names: names,
                options: options,
                families: &families
            )
        } catch {
            unsafe rocksdb_options_destroy(options)
            unsafe rocksdb_cache_destroy(cache)
            throw isThere ? error.ofExistingStore : error
        }
        guard let database = unsafe database,
            let syncedWrite = unsafe rocksdb_writeoptions_create(),
            let unsyncedWrite = unsafe rocksdb_writeoptions_create(),
            let read = unsafe rocksdb_readoptions_create(),
            let wholeRead = unsafe rocksdb_readoptions_create(), let cache = unsafe cache
        else { fatalError("invariant broken: RocksDB opened without handing out its handles") }
        unsafe rocksdb_writeoptions_set_sync(syncedWrite, 1)
        unsafe rocksdb_readoptions_set_fill_cache(wholeRead, 0)
        unsafe rocksdb_readoptions_set_readahead_size(wholeRead, RocksDatabase.readAheadBytes)
        unsafe self.database = database
        unsafe self.families = families.compactMap { unsafe $0 }
        unsafe self.tables = StoreTable.allCases.map { table in
            unsafe names.firstIndex(of: table.name).flatMap { unsafe families[$0] }
        }
        unsafe self.options = options
        unsafe self.cache = cache
        unsafe self.syncedWrite = syncedWrite
        unsafe self.unsyncedWrite = unsyncedWrite
        unsafe self.read = read
        unsafe self.wholeRead = wholeRead
    }

    /// Ours, and those of a newer program: without them RocksDB would refuse to open, and the
    /// store's version could not be told.
    private static func tables(
        of path: String,
        _ access: Access,
        _ options: OpaquePointer
    ) -> [String] {
        var count = 0
        var error: UnsafeMutablePointer<CChar>?
        let list = unsafe rocksdb_list_column_families(options, path, &count, &error)
        // A store that cannot be listed is new, or opening it will say what is wrong.
        unsafe rocksdb_free(error)
        let ours = StoreTable.allCases.map(\.name)
        guard let list = unsafe list else { return ours }
        defer { unsafe rocksdb_list_column_families_destroy(list, count) }
        let stored = (0..<count).compactMap { index in
            unsafe list[index].map { unsafe String(cString: $0) }
        }
        return access != .readWrite ? stored : ours + stored.filter { !ours.contains($0) }
    }

    private static func open(
        _ path: String,
        _ access: Access,
        names: [String],
        options: OpaquePointer,
        families: inout [OpaquePointer?]
    ) throws(JournalError) -> OpaquePointer? {
        let familyOptions = unsafe [OpaquePointer?](repeating: options, count: names.count)
        let cNames = unsafe names.map { name in unsafe UnsafePointer<CChar>(strdup(name)) }
        defer {
            unsafe cNames.forEach { unsafe free(UnsafeMutablePointer<CChar>(mutating: $0)) }
        }
        return try unsafe RocksDatabase.checked { error in
            var nameList = unsafe cNames
            return switch access {
            case .readWrite:
                unsafe rocksdb_open_column_families(
                    options,
                    path,
                    Int32(names.count),
                    &nameList,
                    familyOptions,
                    &families,
                    &error
                )
            case .forensic:
                unsafe rocksdb_open_for_read_only_column_families(
                    options,
                    path,
                    Int32(names.count),
                    &nameList,
                    familyOptions,
                    &families,
                    0,
                    &error
                )
            }
        }
    }

    deinit {
        // RocksDB aborts when it is closed before its column families are let go.
        unsafe self.families.forEach { unsafe rocksdb_column_family_handle_destroy($0) }
        unsafe rocksdb_close(self.database)
        unsafe rocksdb_writeoptions_destroy(self.syncedWrite)
        unsafe rocksdb_writeoptions_destroy(self.unsyncedWrite)
        unsafe rocksdb_readoptions_destroy(self.read)
        unsafe rocksdb_readoptions_destroy(self.wholeRead)
        unsafe rocksdb_options_destroy(self.options)
        unsafe rocksdb_cache_destroy(self.cache)
    }

    /// Calls the library and turns its out-string into a thrown error.
    private static func checked<Result>(
        _ body: (inout UnsafeMutablePointer<CChar>?) -> Result
    ) throws(JournalError) -> Result {
        var error: UnsafeMutablePointer<CChar>?
        let result = unsafe body(&error)
        guard let text = unsafe error else { return result }
        defer { unsafe rocksdb_free(text) }
        let reason = unsafe String(cString: text)
        throw reason.hasPrefix("Corruption") ? .damaged(reason) : .storage(reason)
    }

    /// One entry of a write.
    struct Entry {
        var table: StoreTable
        var key: [UInt8]
        var value: [UInt8]
    }

    /// Writes all entries or none.
    ///
    /// - Parameters:
    ///   - entries: What is written; a key that exists is replaced.
    ///   - isSynced: Whether to return only when the entries, and all earlier ones, are on disk.
    /// - Throws: What the storage engine says; the process must end (J1).
    func write(_ entries: [Entry], isSynced: Bool) throws(JournalError) {
        guard let batch = unsafe rocksdb_writebatch_create() else {
            throw .storage("no memory for a write")
        }
        defer { unsafe rocksdb_writebatch_destroy(batch) }
        for entry in entries {
            unsafe entry.key.withUnsafeBytes { key in
                unsafe entry.value.withUnsafeBytes { value in
                    unsafe rocksdb_writebatch_put_cf(
                        batch,
                        self.tables[entry.table.rawValue],
                        key.baseAddress?.assumingMemoryBound(to: CChar.self),
                        key.count,
                        value.baseAddress?.assumingMemoryBound(to: CChar.self),
                        value.count
                    )
                }
            }
        }
        try unsafe RocksDatabase.checked { error in
            unsafe rocksdb_write(
                self.database,
                isSynced ? self.syncedWrite : self.unsyncedWrite,
                batch,
                &error
            )
        }
    }

    /// Lets the engine merge tables in the background; until then it only adds new ones, so that
    /// merging does not compete with what must be read first.
    func beginCompacting() throws(JournalError) {
        let name = unsafe strdup("disable_auto_compactions")
        let value = unsafe strdup("false")
        defer {
            unsafe free(name)
            unsafe free(value)
        }
        for index in unsafe self.families.indices {
            let family = unsafe self.families[index]
            try unsafe RocksDatabase.checked { error in
                var names = unsafe [UnsafePointer(name)]
                var values = unsafe [UnsafePointer(value)]
                unsafe rocksdb_set_options_cf(
                    self.database,
                    family,
                    1,
                    &names,
                    &values,
                    &error
                )
            }
        }
    }

    /// Returns only when everything written so far is on disk.
    func sync() throws(JournalError) {
        try unsafe RocksDatabase.checked { error in
            unsafe rocksdb_flush_wal(self.database, 1, &error)
        }
    }

    /// The value of a key, or nil.
    func value(of key: [UInt8], in table: StoreTable) throws(JournalError) -> [UInt8]? {
        guard let family = unsafe self.tables[table.rawValue] else { return nil }
        var count = 0
        let pointer = try unsafe RocksDatabase.checked { error in
            unsafe key.withUnsafeBytes { key in
                unsafe rocksdb_get_cf(
                    self.database,
                    self.read,
                    family,
                    key.baseAddress?.assumingMemoryBound(to: CChar.self),
                    key.count,
                    &count,
                    &error
                )
            }
        }
        guard let pointer = unsafe pointer else { return nil }
        defer { unsafe rocksdb_free(pointer) }
        return unsafe Array(UnsafeRawBufferPointer(start: pointer, count: count))
    }

    /// Which way a scan goes.
    enum Direction {
        case ascending
        case descending
    }

    /// Visits the entries from a key on, that key included, until the body says stop.
    ///
    /// - Parameters:
    ///   - key: Where to begin; a descending scan begins at the last key not above it.
    ///   - table: What to scan.
    ///   - direction: Which way.
    ///   - readsWhole: Whether all of a large table will be read, once.
    ///   - body: Returns whether to go on; the bytes are gone when it returns.
    /// - Throws: What the storage engine or the body says.
    func scan(
        from key: [UInt8],
        in table: StoreTable,
        _ direction: Direction,
        readsWhole: Bool = false,
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(JournalError) -> Bool
    ) throws(JournalError) {
        guard let family = unsafe self.tables[table.rawValue] else { return }
        guard
            let iterator = unsafe rocksdb_create_iterator_cf(
                self.database,
                readsWhole ? self.wholeRead : self.read,
                family
            )
        else { throw .storage("no memory for a scan") }
        defer { unsafe rocksdb_iter_destroy(iterator) }
        unsafe key.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            switch direction {
            case .ascending: unsafe rocksdb_iter_seek(iterator, start, bytes.count)
            case .descending: unsafe rocksdb_iter_seek_for_prev(iterator, start, bytes.count)
            }
        }
        while unsafe rocksdb_iter_valid(iterator) != 0 {
            var keyCount = 0
            var valueCount = 0
            let keyStart = unsafe rocksdb_iter_key(iterator, &keyCount)
            let valueStart = unsafe rocksdb_iter_value(iterator, &valueCount)
            let key = unsafe RocksDatabase.bytes(keyStart, keyCount)
            let value = unsafe RocksDatabase.bytes(valueStart, valueCount)
            guard unsafe try body(key.span, value.span) else { return }
            switch direction {
            case .ascending: unsafe rocksdb_iter_next(iterator)
            case .descending: unsafe rocksdb_iter_prev(iterator)
            }
        }
        try unsafe RocksDatabase.checked { error in
            unsafe rocksdb_iter_get_error(iterator, &error)
        }
    }

    /// Reads every entry of every table, comparing all checksums, before anything else is read.
    ///
    /// - Returns: What the storage engine says of those that it cannot read.
    func complaints() -> [String] {
        unsafe self.families.compactMap { family in
            guard
                let iterator = unsafe rocksdb_create_iterator_cf(
                    self.database,
                    self.wholeRead,
                    family
                )
            else { return "no memory for a scan" }
            defer { unsafe rocksdb_iter_destroy(iterator) }
            unsafe rocksdb_iter_seek_to_first(iterator)
            while unsafe rocksdb_iter_valid(iterator) != 0 { unsafe rocksdb_iter_next(iterator) }
            do throws(JournalError) {
                try unsafe RocksDatabase.checked { error in
                    unsafe rocksdb_iter_get_error(iterator, &error)
                }
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    private static func bytes(
        _ start: UnsafePointer<CChar>?,
        _ count: Int
    ) -> UnsafeBufferPointer<UInt8> {
        let start = unsafe UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self)
        return unsafe UnsafeBufferPointer(start: start, count: count)
    }
}

extension JournalError {
    /// What keeps a store that is there from being opened is damage where a file is not what the
    /// storage engine wrote, and not where it is out of reach.
    fileprivate var ofExistingStore: JournalError {
        let signs = ["No such file", "Not found", "NotFound", "Invalid argument", "Is a directory"]
        guard case .storage(let reason) = self, signs.contains(where: reason.contains) else {
            return self
        }
        return .damaged(reason)
    }
}
