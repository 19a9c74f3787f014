package import CProtobufC

/// Refuses a message in which any string field holds a NUL or invalid UTF-8 (M5).
///
/// protobuf-c checks neither, and its NUL-terminated copies hide what follows a NUL; only the bytes
/// show it. Nested and repeated messages are walked; fields unknown to `descriptor` are skipped,
/// since nobody reads them.
///
/// Also refuses a singular message field that comes twice. By the format its parts would be merged,
/// but protobuf-c 1.4 loses numbers of the first part, and no encoder writes such bytes.
package func validateText(
    _ bytes: Span<UInt8>,
    descriptor: UnsafePointer<ProtobufCMessageDescriptor>
) throws(ProtobufError) {
    try unsafe validateText(bytes, descriptor: descriptor, nesting: 0)
}

private func validateText(
    _ bytes: Span<UInt8>,
    descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    nesting: Int
) throws(ProtobufError) {
    guard nesting < WireCursor.nestingMax else { throw .malformed }
    var cursor = WireCursor()
    // One bit for each of the descriptor's fields, of which no message of ours has more.
    var seenMessages: UInt128 = 0
    while let found = try cursor.next(in: bytes) {
        guard case .delimited(let range) = found.value,
            let field = unsafe protobuf_c_message_descriptor_get_field(descriptor, found.number)
        else { continue }
        if unsafe field.pointee.type == PROTOBUF_C_TYPE_STRING {
            guard isText(bytes.extracting(range)) else {
                throw .invalidText(
                    field: unsafe String(cString: descriptor.pointee.name) + "."
                        + String(cString: field.pointee.name)
                )
            }
        } else if unsafe field.pointee.type == PROTOBUF_C_TYPE_MESSAGE,
            let nested = unsafe field.pointee.descriptor
        {
            if unsafe field.pointee.label != PROTOBUF_C_LABEL_REPEATED {
                let bit = UInt128(1) << UInt128(unsafe field - descriptor.pointee.fields)
                guard bit != 0, seenMessages & bit == 0 else { throw .malformed }
                seenMessages |= bit
            }
            try unsafe validateText(
                bytes.extracting(range),
                descriptor: nested.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
                nesting: nesting + 1
            )
        }
    }
}

/// Whether `bytes` are UTF-8 without a NUL.
package func isText(_ bytes: Span<UInt8>) -> Bool {
    var allASCII = true
    for index in bytes.indices {
        let byte = bytes[index]
        if byte == 0 { return false }
        allASCII = allASCII && byte < 0x80
    }
    return allASCII || (try? UTF8Span(validating: bytes)) != nil
}
