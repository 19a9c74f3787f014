import COpenSSL

/// Bytes that never show up in a text: not in a description, a dump, an error or a log.
///
/// The bytes are overwritten when the last owner lets go.
package final class Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let bytes: SecretBytes

    package init(_ bytes: [UInt8]) { self.bytes = SecretBytes(bytes) }

    /// Wraps the text of a key, white space and line ends around it left out.
    package convenience init(text: String) {
        let space: Set<UInt8> = [
            UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"),
        ]
        var bytes = Array(text.utf8)[...]
        while let last = bytes.last, space.contains(last) { bytes.removeLast() }
        while let first = bytes.first, space.contains(first) { bytes.removeFirst() }
        self.init(Array(bytes))
    }

    package var isEmpty: Bool { self.bytes.count == 0 }

    /// Lends the bytes to a function that must not keep them.
    package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        unsafe body(self.bytes.buffer)
    }

    package var description: String { "(secret)" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

/// The one owner of a secret's memory.
///
/// Safe: the buffer is written before anybody else can see it, never changed after that, and freed
/// with its only owner.
@safe
private struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Unchecked: the memory is immutable between init and deinit.
    private let memory: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        unsafe self.memory = .allocate(capacity: bytes.count)
        _ = unsafe self.memory.initialize(from: bytes)
    }

    deinit {
        unsafe OPENSSL_cleanse(self.memory.baseAddress, self.memory.count)
        unsafe self.memory.deallocate()
    }

    var count: Int { unsafe self.memory.count }
    var buffer: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(self.memory) }
}
