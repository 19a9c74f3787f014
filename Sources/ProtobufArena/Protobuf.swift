package import CProtobufC

/// What is done with C messages besides making them: packing, and reading their fields.
package enum Protobuf {
    /// The length of `message` in the wire format, in bytes.
    package static func packedBytes<Message>(_ message: UnsafeMutablePointer<Message>) -> Int {
        unsafe protobuf_c_message_get_packed_size(base(message))
    }

    /// Writes `message` to the start of `buffer`, which must hold at least `packedBytes(message)`.
    ///
    /// - Returns: The number of bytes written.
    package static func pack<Message>(
        _ message: UnsafeMutablePointer<Message>,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard unsafe packedBytes(message) <= buffer.count else {
            fatalError("\(Message.self) does not fit the buffer it is packed into")
        }
        return unsafe protobuf_c_message_pack(
            base(message),
            buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
    }

    /// `message` in the wire format.
    package static func packed<Message>(_ message: UnsafeMutablePointer<Message>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: packedBytes(message)) { buffer, count in
            count = unsafe protobuf_c_message_pack(base(message), buffer.baseAddress)
        }
    }

    /// The messages of a repeated field, from its array and its `n_…`.
    package static func elements<Message>(
        _ array: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?,
        count: Int
    ) -> [UnsafeMutablePointer<Message>] {
        unsafe UnsafeBufferPointer(start: array, count: count).compactMap { unsafe $0 }
    }

    /// The texts of a repeated string field, from its array and its `n_…`.
    package static func texts(
        _ array: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
        count: Int
    ) -> [String] {
        unsafe UnsafeBufferPointer(start: array, count: count).map {
            unsafe String(protobuf: $0)
        }
    }

    /// Every generated structure starts with its base.
    private static func base<Message>(
        _ message: UnsafeMutablePointer<Message>
    ) -> UnsafePointer<ProtobufCMessage> {
        unsafe UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
    }
}

extension String {
    /// The text of a string field; nil, which C uses for an absent one, is the empty string.
    package init(protobuf field: UnsafeMutablePointer<CChar>?) {
        if let field = unsafe field {
            self = unsafe String(cString: field)
        } else {
            self = ""
        }
    }
}

extension [UInt8] {
    /// A copy of a bytes field.
    package init(protobuf field: ProtobufCBinaryData) {
        self = unsafe Array(UnsafeBufferPointer(start: field.data, count: field.len))
    }
}
