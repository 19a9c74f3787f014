package import CProtobufC

/// What is done with C messages besides making them: packing, and reading their fields.
package enum Protobuf {
    /// `message` in the wire format.
    package static func packed<Message>(_ message: UnsafeMutablePointer<Message>) -> [UInt8] {
        unsafe BuiltMessage(message).packed
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
