import COpenSSL
import Synchronization

/// A SHA-256, kept in place so that a million of them cost no allocation.
package struct ChainHash: Hashable, Sendable, CustomStringConvertible {
    package static let byteCount = 32

    private var words: SIMD32<UInt8>

    /// What the first record names as its predecessor's.
    package static let zero = ChainHash(words: SIMD32(repeating: 0))

    private init(words: SIMD32<UInt8>) { self.words = words }

    /// The hash of some bytes.
    package init(of bytes: Span<UInt8>) {
        var words = SIMD32<UInt8>()
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeMutableBytes(of: &words) { words in
                unsafe SHA256Algorithm.hash(UnsafeRawBufferPointer(bytes), into: words)
            }
        }
        self.words = words
    }

    /// Wraps stored bytes, or is nil where they are not 32.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == ChainHash.byteCount else { return nil }
        self.words = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe UnsafeRawBufferPointer(bytes).loadUnaligned(as: SIMD32<UInt8>.self)
        }
    }

    /// Reads 64 hexadecimal digits.
    package init?(hex: some StringProtocol) {
        guard let bytes = [UInt8](hex: hex) else { return nil }
        self.init(bytes.span)
    }

    package var bytes: [UInt8] { self.words.indices.map { self.words[$0] } }

    /// In hexadecimal digits.
    package var description: String { self.bytes.hex }
}

/// OpenSSL's SHA-256, looked up once, with a context made once.
///
/// Looking it up for each record takes as long as hashing one.
///
/// Safe: the pointers are never nil, never freed and never handed out. Sendable: the algorithm is
/// only read, and the context only used under the lock.
@safe
private struct SHA256Algorithm: @unchecked Sendable {
    private static let shared = SHA256Algorithm()
    private static let lock = Mutex(())
    /// More than a record takes; whoever hashes more brings a context and makes nobody wait.
    private static let sharedContextBytesMax = 16 * 1024

    private let algorithm: OpaquePointer
    private let context: OpaquePointer

    private init() {
        guard let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil),
            let context = unsafe EVP_MD_CTX_new()
        else { fatalError("OpenSSL has no SHA-256") }
        unsafe self.algorithm = algorithm
        unsafe self.context = context
    }

    static func hash(_ bytes: UnsafeRawBufferPointer, into hash: UnsafeMutableRawBufferPointer) {
        let start = unsafe hash.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let (algorithm, context) = unsafe (self.shared.algorithm, self.shared.context)
        let isDone: Bool
        if bytes.count > self.sharedContextBytesMax {
            let (base, count) = (bytes.baseAddress, bytes.count)
            isDone = unsafe EVP_Digest(base, count, start, nil, algorithm, nil) == 1
        } else {
            isDone = self.lock.withLock { _ in
                unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1
                    && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
                    && EVP_DigestFinal_ex(context, start, nil) == 1
            }
        }
        guard isDone else { fatalError("OpenSSL cannot compute a SHA-256") }
    }
}

/// A place in the chain: the last event and the hash of the record that ends with it.
package struct ChainHead: Hashable, Sendable {
    package var sequence: UInt64
    package var hash: ChainHash

    /// The place before the first record.
    package static let start = ChainHead(sequence: 0, hash: .zero)

    package init(sequence: UInt64, hash: ChainHash) {
        self.sequence = sequence
        self.hash = hash
    }
}

extension [UInt8] {
    /// In lower-case hexadecimal digits.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: self.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }

    /// Reads hexadecimal digits, or is nil where there are others or an odd count.
    package init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(ofDigit: digits[index]),
                let low = Self.value(ofDigit: digits[index + 1])
            else { return nil }
            self.append(high << 4 | low)
        }
    }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension FixedWidthInteger {
    /// The bytes, most significant first, so that keys sort like numbers.
    var bigEndianBytes: [UInt8] {
        (0..<(Self.bitWidth / 8)).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }

    /// Reads bytes back, most significant first; nil where they are not as many as they must be.
    init?(bigEndianBytes bytes: Span<UInt8>) {
        guard bytes.count == Self.bitWidth / 8 else { return nil }
        var value: Self = 0
        for index in bytes.indices { value = (value << 8) | Self(truncatingIfNeeded: bytes[index]) }
        self = value
    }
}
