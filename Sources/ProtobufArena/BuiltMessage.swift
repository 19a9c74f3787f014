import CProtobufC

/// A message that was built in an arena, and how many bytes it takes packed.
///
/// It is valid until the arena is reset, and must not be changed: its size was taken.
@safe
package struct BuiltMessage {
    /// Every generated structure starts with its base.
    private let message: UnsafePointer<ProtobufCMessage>

    /// The length in the wire format, in bytes.
    package let packedBytes: Int

    package init<Message>(_ message: UnsafeMutablePointer<Message>) {
        let base = unsafe UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        unsafe self.message = base
        unsafe packedBytes = protobuf_c_message_get_packed_size(base)
    }

    /// Writes the message to the start of `room`, which must hold at least ``packedBytes``.
    package func pack(into room: UnsafeMutableRawBufferPointer) {
        guard room.count >= packedBytes else {
            fatalError("\(packedBytes) bytes do not fit the \(room.count) they are packed into")
        }
        let start = unsafe room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let written = unsafe protobuf_c_message_pack(message, start)
        guard written == packedBytes else { fatalError("a message was changed after it was built") }
    }

    /// The message in the wire format.
    package var packed: [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: packedBytes) { room, count in
            unsafe pack(into: UnsafeMutableRawBufferPointer(room))
            count = packedBytes
        }
    }
}
