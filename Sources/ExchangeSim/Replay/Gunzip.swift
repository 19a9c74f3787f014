import CZlib

/// Unpacks gzip data; nil where it is damaged or cut off.
enum Gunzip {
    /// Whether bytes begin as gzip data does.
    static func isPacked(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    static func unpack(_ packed: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        // 15 bits of window, 16 for the gzip header.
        guard unsafe CZlib_inflateInit2(&stream, 15 + 16) == Z_OK else { return nil }
        defer { unsafe inflateEnd(&stream) }
        var input = packed
        var unpacked: [UInt8] = []
        unpacked.reserveCapacity(packed.count * 8)
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
                unpacked.append(contentsOf: chunk[..<written])
                if status == Z_STREAM_END {
                    guard unsafe stream.avail_in > 0 else { return true }
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
