#ifndef CROCKSDB_SHIM_H
#define CROCKSDB_SHIM_H

#include <malloc.h>
#include <rocksdb/c.h>

// RocksDB's and libcurl's threads would each get a heap of their own that only grows; the limit
// is a macro, which Swift does not import.
static inline void CRocksDB_bound_heaps(int count) {
    mallopt(M_ARENA_MAX, count);
}

#endif
