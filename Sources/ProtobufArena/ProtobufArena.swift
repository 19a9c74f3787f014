import CProtobufC

/// Memory for the C messages of one step: built or unpacked, used, then reset all at once.
///
/// Allocation moves an offset; nothing is freed alone. `reset()` makes every pointer handed out
/// before it invalid. Unpacking is bounded by `unpackBytesMax`, because its size is chosen by
/// whoever sent the bytes; building is not, because its size is chosen by us. An arena belongs to
/// one thread.
@safe
@usableFromInline
package final class ProtobufArena {
    /// The most that one `unpack` may allocate, in bytes.
    package let unpackBytesMax: Int

    /// Lives on the heap, not in this object, so that the C callbacks touch no reference counts.
    private let state: UnsafeMutablePointer<ArenaState>
    private let allocator: UnsafeMutablePointer<ProtobufCAllocator>

    /// Makes an empty arena.
    ///
    /// - Parameters:
    ///   - unpackBytesMax: The bound of one `unpack`. Unpacked messages are larger than their
    ///     bytes: an empty nested message is two bytes on the wire and a structure in memory.
    ///   - retainedBytes: The size of the block that survives `reset()`.
    package init(unpackBytesMax: Int = 1 << 20, retainedBytes: Int = 16 << 10) {
        guard unpackBytesMax > 0, retainedBytes > 0 else {
            fatalError("an arena needs room: \(unpackBytesMax) and \(retainedBytes) bytes")
        }
        self.unpackBytesMax = unpackBytesMax
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: ArenaState(retainedBytes: retainedBytes))
        unsafe allocator = .allocate(capacity: 1)
        unsafe allocator.initialize(
            to: ProtobufCAllocator(
                alloc: arenaAllocate,
                free: arenaFree,
                allocator_data: UnsafeMutableRawPointer(state)
            )
        )
    }

    deinit {
        unsafe state.pointee.releaseAll()
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
        unsafe allocator.deallocate()
    }

    /// Bytes in use since the last `reset()`, padding included.
    package var bytesInUse: Int { unsafe state.pointee.bytesInUse }

    /// Forgets everything allocated; every pointer into the arena becomes invalid.
    package func reset() {
        unsafe state.pointee.reset()
    }

    /// Zeroed memory of the arena for our own building; never refused.
    @usableFromInline
    package func allocate(bytes: Int) -> UnsafeMutableRawPointer {
        let memory = unsafe state.pointee.allocate(bytes)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        return unsafe memory
    }

    /// Runs `body` with the bounded allocator that unpacking uses.
    func withBoundedAllocator<Result>(
        _ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> Result
    ) -> (result: Result, overLimit: Bool) {
        unsafe state.pointee.openBudget(bytes: unpackBytesMax)
        let result = unsafe body(allocator)
        return (result, unsafe state.pointee.budgetExceeded)
    }
}

/// The bump allocator itself: a current block and the older ones it outgrew.
@safe
private struct ArenaState {
    private static let alignment = 16

    private var block: UnsafeMutableRawPointer
    private var blockBytes: Int
    private var used = 0
    private var olderBlocks: [UnsafeMutableRawPointer] = unsafe []
    private var olderBytes = 0
    private let retainedBytes: Int
    private var budget = 0
    private(set) var budgetExceeded = false

    init(retainedBytes: Int) {
        self.retainedBytes = retainedBytes
        blockBytes = retainedBytes
        unsafe block = .allocate(byteCount: retainedBytes, alignment: Self.alignment)
    }

    var bytesInUse: Int { olderBytes + used }

    mutating func openBudget(bytes: Int) {
        budget = bytes
        budgetExceeded = false
    }

    /// Memory within the open budget, or nil.
    mutating func allocateWithinBudget(_ bytes: Int) -> UnsafeMutableRawPointer? {
        guard bytes >= 0, bytes <= budget else {
            budgetExceeded = true
            return nil
        }
        budget -= bytes
        return unsafe allocate(bytes)
    }

    mutating func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        // An empty allocation still gets its own address: C code takes nil for failure.
        let size = (max(bytes, 1) + Self.alignment - 1) & ~(Self.alignment - 1)
        if size > blockBytes - used {
            grow(toFit: size)
        }
        let memory = unsafe block + used
        used += size
        return unsafe memory
    }

    private mutating func grow(toFit size: Int) {
        unsafe olderBlocks.append(block)
        olderBytes += used
        blockBytes = max(blockBytes * 2, size)
        unsafe block = .allocate(byteCount: blockBytes, alignment: Self.alignment)
        used = 0
    }

    mutating func reset() {
        used = 0
        olderBytes = 0
        guard unsafe !olderBlocks.isEmpty else { return }
        unsafe releaseAll()
        unsafe olderBlocks.removeAll()
        blockBytes = retainedBytes
        unsafe block = .allocate(byteCount: retainedBytes, alignment: Self.alignment)
    }

    @unsafe
    func releaseAll() {
        unsafe olderBlocks.forEach { unsafe $0.deallocate() }
        unsafe block.deallocate()
    }
}

@c private func arenaAllocate(
    _ data: UnsafeMutableRawPointer?,
    _ bytes: Int
) -> UnsafeMutableRawPointer? {
    guard let data = unsafe data else { return nil }
    return unsafe data.assumingMemoryBound(to: ArenaState.self).pointee.allocateWithinBudget(bytes)
}

/// Nothing is freed alone: `reset()` takes it all.
@c private func arenaFree(_ data: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?) {}
