import Glibc
import TradingCore

/// The file whose existence engages the kill switch (K1), and which the gateway writes itself
/// where the journal does not take an engagement (K2).
///
/// Its first word may be a level; what follows is the reason. Nothing in it can keep it from
/// engaging: an empty file and one that cannot be read do so at the default level.
struct KillFile: Sendable {
    /// What tells one version of the file from another.
    struct Version: Hashable, Sendable {
        fileprivate var device: UInt64 = 0
        fileprivate var inode: UInt64 = 0
        fileprivate var bytes: Int64 = 0
        fileprivate var seconds: Int64 = 0
        fileprivate var nanoseconds: Int64 = 0
    }

    let path: String
    let defaultLevel: KillLevel

    /// Written by the gateway into a file of its own, which it takes back once the journal holds
    /// what the file says.
    private static let mark = "written by the gateway, the journal did not take it"
    private static let bytesMax = 512
    /// What the reserve holds.
    private static let blank = String(repeating: "\n", count: Self.bytesMax)

    /// The version that is there, or nil where none is.
    ///
    /// A path that cannot be looked at counts as a file: the switch fails towards safety.
    func version() -> Version? {
        var status = stat()
        if unsafe lstat(self.path, &status) == 0 {
            return Version(
                device: UInt64(status.st_dev),
                inode: UInt64(status.st_ino),
                bytes: Int64(status.st_size),
                seconds: Int64(status.st_mtim.tv_sec),
                nanoseconds: Int64(status.st_mtim.tv_nsec)
            )
        }
        return errno == ENOENT || errno == ENOTDIR ? nil : Version()
    }

    /// What the file asks for; read after the gates were closed.
    func content() -> Content {
        guard let text = self.text() else {
            return Content(level: self.defaultLevel, reason: "\(self.path): it cannot be read")
        }
        let words = text.split(maxSplits: 1) { " \n\r\t:".contains($0) }
        let level = words.first.flatMap { KillLevel(name: $0.lowercased()) }
        let rest = level == nil ? Substring(text) : (words.dropFirst().first ?? "")
        let reason = rest.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return Content(
            level: level ?? self.defaultLevel,
            reason: reason.isEmpty ? self.path : "\(self.path): \(reason)",
            isOurs: text.contains(Self.mark) || text == Self.blank
        )
    }

    struct Content: Hashable, Sendable {
        var level: KillLevel
        var reason: String
        var isOurs = false
    }

    /// The beginning of the file, white space around it and unprintable characters left out.
    private func text() -> String? {
        // A pipe in its place must not make the reader wait.
        let file = unsafe open(self.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Self.bytesMax)
        let count = unsafe read(file, &bytes, bytes.count)
        guard count >= 0 else { return nil }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        return String(text.unicodeScalars.filter { $0.value >= 32 || $0 == "\n" })
    }

    // MARK: Writing

    private var reservePath: String { self.path + ".reserve" }

    /// Takes room on the disk while there is some, for a file that is needed when it is full.
    func reserve() {
        _ = self.put(Array(Self.blank.utf8))
        _ = self.sync(self.reservePath, O_RDONLY)
    }

    /// Makes the file, unless one is there that asks for as much.
    ///
    /// - Returns: Whether a file is there now that engages the next start.
    func write(_ level: KillLevel, by principal: Principal, reason: String) -> Bool {
        var mark = Self.mark
        if self.version() != nil {
            let content = self.content()
            if content.level >= level { return true }
            // Somebody's own file stays a cause after the journal took the engagement.
            if !content.isOurs { mark = "raised by the gateway, the journal did not take it" }
        }
        let text = "\(level.name)\n\(mark)\nby \(principal): \(reason)\n"
        var bytes = Array(text.utf8.prefix(Self.bytesMax))
        bytes += [UInt8](repeating: UInt8(ascii: "\n"), count: Self.bytesMax - bytes.count)
        // A name needs less room than a content, and is enough: a blank reserve is ours, too.
        _ = self.put(bytes)
        if unsafe rename(self.reservePath, self.path) != 0 {
            let file = unsafe open(self.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { return false }
            close(file)
        }
        // Last, since it may hang: until then the file serves a start after a mere crash.
        return self.sync(self.path, O_RDONLY) && self.syncFolder()
    }

    /// Removes the file where the gateway wrote it.
    ///
    /// - Returns: Why it is still there, or nil.
    func takeBack() -> String? {
        guard self.version() != nil, self.content().isOurs else { return nil }
        guard unsafe unlink(self.path) == 0, self.syncFolder() else {
            return unsafe String(cString: strerror(errno))
        }
        self.reserve()
        return nil
    }

    /// Overwrites the reserve in place, which needs no new room.
    private func put(_ bytes: [UInt8]) -> Bool {
        let file = unsafe open(self.reservePath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        return unsafe pwrite(file, bytes, bytes.count, 0) == bytes.count
    }

    /// A name survives a power loss only once its folder is synced.
    private func syncFolder() -> Bool {
        let end = self.path.lastIndex(of: "/")
        let folder = end.map { $0 == self.path.startIndex ? "/" : String(self.path[..<$0]) } ?? "."
        return self.sync(folder, O_RDONLY | O_DIRECTORY)
    }

    private func sync(_ path: String, _ flags: CInt) -> Bool {
        let file = unsafe open(path, flags | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return fsync(file) == 0
    }
}
