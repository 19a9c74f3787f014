package import CProtobufC
import Glibc

/// Building messages to pack: everything is copied into the arena.
extension ProtobufArena {
    /// A message with every field at its default.
    package func make<Message>(
        _ type: MessageType<Message>
    ) -> UnsafeMutablePointer<Message> {
        let memory = unsafe allocate(bytes: MemoryLayout<Message>.size)
        unsafe protobuf_c_message_init(type.descriptor, memory)
        return unsafe memory.assumingMemoryBound(to: Message.self)
    }

    /// A copy of `text` that ends with a NUL, for a string field.
    ///
    /// A NUL within the text becomes U+FFFD: C would end the field there and lose the rest.
    package func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        var text = text
        let copy = text.withUTF8 { utf8 -> UnsafeMutablePointer<CChar>? in
            if let start = utf8.baseAddress, unsafe memchr(start, 0, utf8.count) != nil {
                return nil
            }
            return unsafe self.copy(utf8, into: utf8.count + 1).assumingMemoryBound(to: CChar.self)
        }
        if let copy = unsafe copy { return unsafe copy }
        let scalars = text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }
        return unsafe string(String(String.UnicodeScalarView(scalars)))
    }

    /// A copy of `text` that ends with a NUL, for a string field.
    ///
    /// - Parameter text: UTF-8 without a NUL.
    /// - Returns: The copy.
    package func string(_ text: Span<UInt8>) -> UnsafeMutablePointer<CChar> {
        unsafe text.withUnsafeBufferPointer { source in
            unsafe copy(source, into: source.count + 1).assumingMemoryBound(to: CChar.self)
        }
    }

    /// A copy of `bytes`, for a bytes field.
    package func bytes(_ bytes: Span<UInt8>) -> ProtobufCBinaryData {
        unsafe bytes.withUnsafeBufferPointer { source in
            unsafe ProtobufCBinaryData(
                len: source.count,
                data: copy(source, into: source.count).assumingMemoryBound(to: UInt8.self)
            )
        }
    }

    /// A copy of `source` at the start of so many bytes.
    private func copy(
        _ source: UnsafeBufferPointer<UInt8>,
        into bytes: Int
    ) -> UnsafeMutableRawPointer {
        let memory = unsafe allocate(bytes: bytes)
        unsafe UnsafeMutableRawBufferPointer(start: memory, count: source.count)
            .copyMemory(from: UnsafeRawBufferPointer(source))
        return unsafe memory
    }

    /// A copy of `bytes`, for a bytes field.
    package func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        unsafe self.bytes(bytes.span)
    }

    /// The pointer array of a repeated message field; its count goes into the field's `n_…`.
    @inlinable
    package func array<Message>(
        _ messages: [UnsafeMutablePointer<Message>]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Message>?> {
        let array = unsafe emptyArray(UnsafeMutablePointer<Message>?.self, count: messages.count)
        for index in unsafe messages.indices {
            unsafe array[index] = unsafe messages[index]
        }
        return unsafe array
    }

    /// The pointer array of a repeated string field.
    package func array(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let array = unsafe emptyArray(UnsafeMutablePointer<CChar>?.self, count: texts.count)
        for (index, text) in texts.enumerated() {
            unsafe array[index] = unsafe string(text)
        }
        return unsafe array
    }

    /// The array of a repeated scalar field.
    @inlinable
    package func array<Scalar: BitwiseCopyable>(
        scalars: [Scalar]
    ) -> UnsafeMutablePointer<Scalar> {
        let array = unsafe emptyArray(Scalar.self, count: scalars.count)
        for (index, scalar) in scalars.enumerated() {
            unsafe array[index] = scalar
        }
        return unsafe array
    }

    /// Zeroed room for `count` elements, for arrays filled in place.
    @inlinable
    package func emptyArray<Element>(
        _ type: Element.Type,
        count: Int
    ) -> UnsafeMutablePointer<Element> {
        unsafe allocate(bytes: MemoryLayout<Element>.stride * count)
            .bindMemory(to: Element.self, capacity: count)
    }
}
