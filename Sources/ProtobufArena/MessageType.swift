package import CProtobufC

/// A message type made by protoc-c, as a value: what its C functions need to know about it.
///
///     static let request = MessageType(ttrpc__request__init)
@safe
package struct MessageType<Message>: @unchecked Sendable {
    // Sendable because generated descriptors are constants of the program, never written.

    /// The generated description of the fields.
    package let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

    /// Takes the generated `…__init` function of the type.
    ///
    /// The descriptor is read from an initialised message, because taking the address of an
    /// imported C constant may give that of a copy.
    package init(_ initialize: (UnsafeMutablePointer<Message>?) -> Void) {
        let message = UnsafeMutablePointer<Message>.allocate(capacity: 1)
        defer { unsafe message.deallocate() }
        unsafe initialize(message)
        let base = unsafe UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        guard let descriptor = unsafe base.pointee.descriptor else {
            fatalError("\(Message.self) has no descriptor")
        }
        guard unsafe descriptor.pointee.sizeof_message == MemoryLayout<Message>.size else {
            fatalError("\(Message.self) and its descriptor differ in size")
        }
        unsafe self.descriptor = unsafe descriptor
    }

    /// The full name of the type in its `.proto` file.
    package var name: String {
        unsafe String(cString: descriptor.pointee.name)
    }
}

/// Why bytes are not an acceptable message.
package enum ProtobufError: Error, Equatable {
    /// The bytes do not follow the wire format, nest deeper than `WireCursor.nestingMax`, or hold a
    /// singular message field twice.
    case malformed
    /// A string field holds a NUL or invalid UTF-8 (M5); `field` is `full.message.Name.field`.
    case invalidText(field: String)
    /// The message would take more memory than the arena allows.
    case tooLarge(bytesMax: Int)
}

extension ProtobufArena {
    /// Decodes untrusted bytes: wire format, text (M5) and size are checked.
    ///
    /// - Returns: A message that lives until `reset()`. Enumerations are not checked, and `bytes`
    ///   fields are copies in the arena. It must not be given to a `…__free_unpacked` function.
    package func unpack<Message>(
        _ type: MessageType<Message>,
        from bytes: Span<UInt8>
    ) throws(ProtobufError) -> UnsafeMutablePointer<Message> {
        try unsafe validateText(bytes, descriptor: type.descriptor)
        return try unsafe unpackTrusted(type, from: bytes)
    }

    /// Decodes bytes that we packed ourselves and whose integrity is known: text is not checked.
    package func unpackTrusted<Message>(
        _ type: MessageType<Message>,
        from bytes: Span<UInt8>
    ) throws(ProtobufError) -> UnsafeMutablePointer<Message> {
        let unpacked = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe withBoundedAllocator { allocator in
                unsafe protobuf_c_message_unpack(
                    type.descriptor,
                    allocator,
                    buffer.count,
                    buffer.baseAddress
                )
            }
        }
        guard let message = unsafe unpacked.result else {
            throw unsafe unpacked.overLimit ? .tooLarge(bytesMax: unpackBytesMax) : .malformed
        }
        return unsafe UnsafeMutableRawPointer(message).assumingMemoryBound(to: Message.self)
    }
}
