package import CProtobufC

/// Memory for protobuf-c messages: handed out by bumping a pointer, taken back all at once.
///
/// Messages that are read live in it through ``unpack(_:by:)``, and messages that are written are
/// built in it by ``make(_:_:)``. Nothing handed out survives ``reset()``. Memory is bounded: an
/// unpack that would need more than the limit fails, as for a malformed message.
///
/// Not thread-safe. Safe to use although it deals in raw memory: it owns the blocks, and callers
/// only see pointers into them, which they must mark `unsafe` to read.
@safe
package final class ProtobufArena {
    private var blocks: [UnsafeMutableRawBufferPointer] = unsafe []
    private var blockIndex = 0
    private var blockOffset = 0
    private var usedBytes = 0
    private let limitBytes: Int

    private static let blockBytes = 16 * 1024
    private static let alignment = 16

    /// - Parameter limitBytes: What may be handed out between two resets.
    package init(limitBytes: Int) { self.limitBytes = limitBytes }

    deinit { for unsafe block in unsafe self.blocks { unsafe block.deallocate() } }

    /// Takes everything back; blocks of the usual size are kept for the next messages.
    package func reset() {
        while unsafe self.blocks.count > 4 { unsafe self.blocks.removeLast().deallocate() }
        unsafe self.blocks.removeAll { block in
            guard block.count > ProtobufArena.blockBytes else { return false }
            unsafe block.deallocate()
            return true
        }
        self.blockIndex = 0
        self.blockOffset = 0
        self.usedBytes = 0
    }

    /// Uninitialised memory, or nil over the limit.
    fileprivate func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let mask = ProtobufArena.alignment - 1
        let size = (max(byteCount, 1) + mask) & ~mask
        guard self.usedBytes + size <= self.limitBytes else { return nil }
        self.usedBytes += size
        while unsafe self.blockIndex < self.blocks.count {
            let block = unsafe self.blocks[self.blockIndex]
            if self.blockOffset + size <= block.count {
                defer { self.blockOffset += size }
                return unsafe block.baseAddress.map { unsafe $0 + self.blockOffset }
            }
            self.blockIndex += 1
            self.blockOffset = 0
        }
        let block = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(size, ProtobufArena.blockBytes), alignment: ProtobufArena.alignment)
        unsafe self.blocks.append(block)
        self.blockOffset = size
        return block.baseAddress
    }

    private func required(_ byteCount: Int) -> UnsafeMutableRawPointer {
        guard let memory = unsafe self.allocate(byteCount) else {
            fatalError("a message that we write outgrew its arena of \(self.limitBytes) bytes")
        }
        return unsafe memory
    }

    // MARK: Writing

    /// A message set up by its own `…__init` function, then by the body.
    package func make<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void,
        _ body: (inout Message) -> Void
    ) -> UnsafeMutablePointer<Message> {
        let memory = unsafe self.required(MemoryLayout<Message>.size)
        let message = unsafe memory.assumingMemoryBound(to: Message.self)
        unsafe initialize(message)
        unsafe body(&message.pointee)
        return unsafe message
    }

    /// A text as C wants it, ending with NUL.
    package func text(_ text: String) -> UnsafeMutablePointer<CChar> {
        var text = text
        return text.withUTF8 { bytes in
            let memory = unsafe self.required(bytes.count + 1)
            if let start = bytes.baseAddress {
                unsafe memory.copyMemory(from: start, byteCount: bytes.count)
            }
            unsafe memory.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
            return unsafe memory.assumingMemoryBound(to: CChar.self)
        }
    }

    /// The array behind a repeated message field.
    package func list<Message>(
        _ messages: [UnsafeMutablePointer<Message>]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Message>?>? {
        guard unsafe !messages.isEmpty else { return nil }
        let stride = unsafe MemoryLayout<UnsafeMutablePointer<Message>?>.stride
        let memory = unsafe self.required(stride * messages.count)
        let list = unsafe memory.assumingMemoryBound(to: UnsafeMutablePointer<Message>?.self)
        for index in unsafe messages.indices { unsafe list[index] = messages[index] }
        return unsafe list
    }

    /// The array behind a repeated `uint64` field.
    package func numbers(_ numbers: [UInt64]) -> UnsafeMutablePointer<UInt64>? {
        guard !numbers.isEmpty else { return nil }
        let memory = unsafe self.required(MemoryLayout<UInt64>.stride * numbers.count)
        let list = unsafe memory.assumingMemoryBound(to: UInt64.self)
        for index in numbers.indices { unsafe list[index] = numbers[index] }
        return unsafe list
    }

    /// The array behind a repeated `string` field.
    package func texts(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        unsafe self.list(texts.map { unsafe self.text($0) })
    }

    /// Bytes for a `bytes` field.
    package func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        let memory = unsafe self.required(bytes.count)
        unsafe bytes.withUnsafeBytes { source in
            if let start = source.baseAddress {
                unsafe memory.copyMemory(from: start, byteCount: source.count)
            }
        }
        return unsafe ProtobufCBinaryData(
            len: bytes.count, data: memory.assumingMemoryBound(to: UInt8.self))
    }

    /// The bytes of a message.
    package static func pack<Message>(_ message: UnsafeMutablePointer<Message>) -> [UInt8] {
        let raw = UnsafeMutableRawPointer(message)
        let base = unsafe raw.assumingMemoryBound(to: ProtobufCMessage.self)
        let count = unsafe protobuf_c_message_get_packed_size(base)
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = unsafe protobuf_c_message_pack(base, buffer.baseAddress)
        }
    }

    // MARK: Reading

    /// Reads a message by its own `…__unpack` function.
    ///
    /// - Returns: The message, valid until ``reset()``; nil where the bytes are no such message or
    ///   need more memory than the limit.
    package func unpack<Message>(
        _ bytes: UnsafeRawBufferPointer,
        by unpack: (
            UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
        ) -> UnsafeMutablePointer<Message>?
    ) -> UnsafeMutablePointer<Message>? {
        var allocator = unsafe ProtobufCAllocator(
            alloc: protobufArenaAllocate,
            free: protobufArenaFree,
            allocator_data: Unmanaged.passUnretained(self).toOpaque())
        // An empty message may come without an address, which protobuf-c does not expect.
        var nothing: UInt8 = 0
        return unsafe withUnsafePointer(to: &nothing) { placeholder in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe unpack(&allocator, bytes.count, start ?? placeholder)
        }
    }
}

/// Called by protobuf-c while ``ProtobufArena/unpack(_:by:)`` keeps the arena alive.
@c
private func protobufArenaAllocate(
    _ context: UnsafeMutableRawPointer?, _ byteCount: Int
) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    let arena = unsafe Unmanaged<ProtobufArena>.fromOpaque(context).takeUnretainedValue()
    return unsafe arena.allocate(byteCount)
}

/// Memory goes back with ``ProtobufArena/reset()``, never one by one.
@c
private func protobufArenaFree(
    _ context: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?
) {}
