import CZlib

/// Unpacks gzip data and the entries of zip archives; nil where they are damaged or cut off.
package enum Inflate {
    /// Whether bytes begin as gzip data does.
    static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// The most that a file may hold unpacked: more is no recording but a trap.
    static let unpackedBytesMax = 1 << 32

    /// Unpacks gzip data, all members of it.
    static func unpackGzip(_ packed: [UInt8], bytesMax: Int = unpackedBytesMax) -> [UInt8]? {
        // 15 bits of window, 16 for the gzip header.
        self.unpack(packed, windowBits: 15 + 16, bytesMax: bytesMax)
    }

    /// Unpacks a bare deflate stream, which ends where the bytes end.
    static func unpackRaw(_ packed: [UInt8], bytesMax: Int) -> [UInt8]? {
        // A negative window tells zlib that there is no header.
        self.unpack(packed, windowBits: -15, bytesMax: bytesMax)
    }

    /// The checksum of zip archives.
    package static func checksum(_ bytes: [UInt8]) -> UInt32 {
        UInt32(
            truncatingIfNeeded: unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe crc32_z(0, bytes.baseAddress, bytes.count)
            }
        )
    }

    private static func unpack(_ packed: [UInt8], windowBits: Int32, bytesMax: Int) -> [UInt8]? {
        // zlib counts its input in 32 bits.
        guard packed.count <= Int(UInt32.max) else { return nil }
        var stream = unsafe z_stream()
        guard unsafe CZlib_inflateInit2(&stream, windowBits) == Z_OK else { return nil }
        defer { unsafe inflateEnd(&stream) }
        var input = packed
        var unpacked: [UInt8] = []
        unpacked.reserveCapacity(min(packed.count * 4, bytesMax))
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        let isWhole = unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe stream.next_in = input.baseAddress
            unsafe stream.avail_in = UInt32(input.count)
            while true {
                let status = unsafe chunk.withUnsafeMutableBufferPointer { output in
                    unsafe stream.next_out = output.baseAddress
                    unsafe stream.avail_out = UInt32(output.count)
                    return unsafe inflate(&stream, Z_NO_FLUSH)
                }
                let written = unsafe chunk.count - Int(stream.avail_out)
                guard unpacked.count + written <= bytesMax else { return false }
                unpacked.append(contentsOf: chunk[..<written])
                if status == Z_STREAM_END {
                    guard unsafe stream.avail_in > 0 else { return true }
                    guard windowBits > 0 else { return false }
                    // Another member follows.
                    guard unsafe inflateReset(&stream) == Z_OK else { return false }
                } else if status != Z_OK {
                    return false
                }
            }
        }
        return isWhole ? unpacked : nil
    }
}
