import CRocksDB

/// How the database is set up.
extension RocksDatabase {
    /// Memory and start-up time follow from these; all are far below the bounds of J3.
    private enum Sizes {
        static let writeBufferBytes = 512 * 1024
        static let writeBuffersTotalBytes = 2 * 1024 * 1024
        static let walTotalBytes: UInt64 = 8 * 1024 * 1024
        static let blockCacheBytes = 1024 * 1024
        static let openFilesMax: Int32 = 64
    }

    static let readAheadBytes = 1024 * 1024

    static func makeCache() -> OpaquePointer? {
        unsafe rocksdb_cache_create_lru(Sizes.blockCacheBytes)
    }

    static func makeOptions(
        cache: OpaquePointer?,
        _ access: Access
    ) -> OpaquePointer {
        guard let options = unsafe rocksdb_options_create(),
            let table = unsafe rocksdb_block_based_options_create()
        else { fatalError("RocksDB cannot allocate its options") }
        let isMade: UInt8 = access == .readWrite ? 1 : 0
        unsafe rocksdb_options_set_create_if_missing(options, isMade)
        unsafe rocksdb_options_set_create_missing_column_families(options, isMade)
        unsafe rocksdb_options_set_disable_auto_compactions(options, 1)
        unsafe rocksdb_options_set_wal_recovery_mode(options, access.walRecoveryMode)
        unsafe rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
        unsafe rocksdb_options_set_write_buffer_size(options, Sizes.writeBufferBytes)
        unsafe rocksdb_options_set_db_write_buffer_size(options, Sizes.writeBuffersTotalBytes)
        unsafe rocksdb_options_set_max_total_wal_size(options, Sizes.walTotalBytes)
        unsafe rocksdb_options_set_max_background_jobs(options, 2)
        unsafe rocksdb_options_set_max_open_files(options, Sizes.openFilesMax)
        unsafe rocksdb_options_set_keep_log_file_num(options, 2)
        unsafe rocksdb_options_set_info_log_level(options, 2)
        unsafe rocksdb_block_based_options_set_format_version(table, Self.tableFormat)
        unsafe rocksdb_block_based_options_set_checksum(table, Self.checksumKinds[0])
        unsafe rocksdb_block_based_options_set_block_cache(table, cache)
        unsafe rocksdb_options_set_block_based_table_factory(options, table)
        unsafe rocksdb_block_based_options_destroy(table)
        return unsafe options
    }
}
