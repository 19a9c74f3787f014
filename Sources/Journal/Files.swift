import Glibc

/// The few things done with plain files, with the operating system's words where they fail.
package enum Files {
    /// The whole content; nil where there is no such file.
    static func read(_ path: String) throws(JournalError) -> [UInt8]? {
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            guard errno == ENOENT else { throw Self.failure("read", path) }
            return nil
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw Self.failure("read", path) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size) + 1)
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe Glibc.read(file, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure("read", path)
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// The size of a file and its last bytes; nil where there is no such file.
    static func end(
        of path: String,
        _ countMax: Int
    ) throws(JournalError) -> (size: Int, bytes: [UInt8])? {
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            guard errno == ENOENT else { throw Self.failure("read", path) }
            return nil
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw Self.failure("read", path) }
        let size = Int(status.st_size)
        var bytes = [UInt8](repeating: 0, count: min(size, countMax))
        let count = unsafe pread(file, &bytes, bytes.count, size - bytes.count)
        guard count == bytes.count else { throw Self.failure("read", path) }
        return (size, bytes)
    }

    /// Replaces a file as a whole, so that a crash leaves the old one or the new one.
    static func replace(
        _ path: String,
        with bytes: [UInt8],
        mode: mode_t = 0o600
    ) throws(JournalError) {
        let draft = path + ".new"
        try Self.write(bytes, to: draft, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        guard unsafe rename(draft, path) == 0 else { throw Self.failure("rename", draft) }
        try Self.syncFolder(of: path)
    }

    /// Adds to the end of a file, which is made where it is missing, and syncs it.
    static func append(_ bytes: [UInt8], to path: String) throws(JournalError) {
        try Self.write(bytes, to: path, flags: O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    }

    /// Makes a file that must not be there yet.
    ///
    /// - Throws: With the operating system's words.
    package static func create(
        _ bytes: [UInt8],
        at path: String,
        mode: UInt32
    ) throws(JournalError) {
        try Self.write(bytes, to: path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        try Self.syncFolder(of: path)
    }

    private static func write(
        _ bytes: [UInt8],
        to path: String,
        flags: CInt,
        mode: mode_t
    ) throws(JournalError) {
        let file = unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
        guard file >= 0 else { throw Self.failure("open", path) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                return unsafe Glibc.write(file, rest.baseAddress, rest.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure("write", path)
            }
            written += count
        }
        guard fsync(file) == 0 else { throw Self.failure("sync", path) }
    }

    /// A name survives a power loss only once its folder is synced.
    private static func syncFolder(of path: String) throws(JournalError) {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        let folder = end == path.startIndex ? "." : String(path[..<end])
        let file = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure("open", folder) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw Self.failure("sync", folder) }
    }

    /// The names in a folder, sorted; none where it is missing.
    static func names(in folder: String) -> [String] {
        guard let entries = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(entries) }
        var names: [String] = []
        while let entry = unsafe readdir(entries) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func failure(_ action: String, _ path: String) -> JournalError {
        let reason = unsafe String(cString: strerror(errno))
        return .storage("cannot \(action) \(path): \(reason)")
    }
}
