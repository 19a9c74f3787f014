/// Reads numbers of variable length, refusing what goes beyond the bytes.
struct VariableReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.rest = bytes }

    /// A number that counts or places something: up to 42 bits, so that sums of a few do not
    /// overflow.
    mutating func number() -> Int? {
        var value = 0
        for shift in stride(from: 0, to: 42, by: 7) {
            guard let byte = self.rest.popFirst() else { return nil }
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    /// Passes over a number of up to 64 bits; false where there is none.
    mutating func skipNumber() -> Bool {
        for _ in 0..<10 {
            guard let byte = self.rest.popFirst() else { return false }
            if byte < 0x80 { return true }
        }
        return false
    }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= self.rest.count else { return nil }
        defer { self.rest = self.rest.dropFirst(count) }
        return self.rest.prefix(count)
    }

    /// Passes over bytes that their count stands before; false where they are not all there.
    mutating func skipBytes() -> Bool {
        guard let count = self.number() else { return false }
        return self.bytes(count) != nil
    }
}
