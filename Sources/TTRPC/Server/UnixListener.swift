import Glibc

/// The socket file of a server: made, found stale, and removed.
enum UnixListener {
    /// What a path may take in a socket's address, in bytes, without the final NUL.
    static let pathBytesMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// A socket bound to `path` with mode 0600, not yet listening.
    ///
    /// The file of a dead server, which refuses connections, is replaced. Two servers starting at
    /// the same moment are not told apart; whoever owns the store keeps the second one out.
    static func bind(path: String) throws(ServerStartError) -> CInt {
        guard !path.isEmpty, path.utf8.count <= pathBytesMax else {
            throw .pathTooLong(path: path, bytesMax: pathBytesMax)
        }
        try removeStale(path: path)
        let descriptor = try makeSocket()
        do throws(ServerStartError) {
            // Linux gives the file the mode of the socket, so there is no moment in which others
            // could connect, as there would be between bind and chmod.
            guard fchmod(descriptor, 0o600) == 0 else {
                throw .system(call: "fchmod", errno: errno)
            }
            guard unsafe withAddress(path, { unsafe Glibc.bind(descriptor, $0, $1) }) == 0 else {
                throw errno == EADDRINUSE
                    ? .inUse(.unix(path: path)) : .system(call: "bind", errno: errno)
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// The identity of the file at `path`, to recognise it later; nil if there is none.
    static func identity(path: String) -> FileIdentity? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return FileIdentity(device: status.st_dev, inode: status.st_ino, mode: status.st_mode)
    }

    /// Removes the file at `path` if it still is the one that was bound.
    static func remove(path: String, ifStill identity: FileIdentity?) {
        guard let identity, Self.identity(path: path) == identity else { return }
        unsafe unlink(path)
    }

    struct FileIdentity: Equatable {
        let device: dev_t
        let inode: ino_t
        let mode: mode_t

        var isSocket: Bool { mode & S_IFMT == S_IFSOCK }
    }

    private static func removeStale(path: String) throws(ServerStartError) {
        guard let found = identity(path: path) else { return }
        guard found.isSocket else { throw .notASocket(path: path) }
        let probe = try makeSocket()
        defer { close(probe) }
        if unsafe withAddress(path, { unsafe connect(probe, $0, $1) }) == 0 {
            throw .inUse(.unix(path: path))
        }
        switch errno {
        case ECONNREFUSED:
            remove(path: path, ifStill: found)
        case ENOENT:
            return
        case EAGAIN:
            // Its queue of connections is full: it lives.
            throw .inUse(.unix(path: path))
        default:
            throw .system(call: "connect", errno: errno)
        }
    }

    private static func makeSocket() throws(ServerStartError) -> CInt {
        let type = CInt(SOCK_STREAM.rawValue) | SOCK_CLOEXEC_FLAG | SOCK_NONBLOCK_FLAG
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .system(call: "socket", errno: errno) }
        return descriptor
    }

    private static let SOCK_CLOEXEC_FLAG = CInt(SOCK_CLOEXEC.rawValue)
    private static let SOCK_NONBLOCK_FLAG = CInt(SOCK_NONBLOCK.rawValue)

    /// Calls `body` with the address of `path`, which must fit.
    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            unsafe room.copyBytes(from: path.utf8)
        }
        return unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
