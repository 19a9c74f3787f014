import CZlib
import Glibc
import TradingCore

/// Why the paper account's log cannot be used; the operator must act.
package enum PaperLogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operating system's refusal.
    case failed(path: String, action: String, code: Int32)
    /// Something before the end of the file is not what was written.
    case damaged(path: String, line: Int)

    package var description: String {
        switch self {
        case .failed(let path, let action, let code):
            unsafe "cannot \(action) the paper account \(path): \(String(cString: strerror(code)))"
        case .damaged(let path, let line):
            "the paper account \(path) is damaged at line \(line); restore it, or move it away and "
                + "begin a new store"
        }
    }
}

/// The paper account on disk: a file of what changed, each change synced before it is told.
///
/// An exchange's books survive our crash, so these must: they are not derived from the gateway's
/// journal, which therefore has something to be reconciled with after a restart. A change that a
/// crash cut off was never told to anybody, and is left out; it is rewritten at each start, so that
/// it holds what the account remembers and no more.
final class PaperLog {
    private let path: String
    private let descriptor: Int32

    /// Opens the log of an account, or begins one.
    ///
    /// - Parameters:
    ///   - path: The file; its folder must be there.
    ///   - opening: What a new account holds.
    ///   - accountID: The number of a new account.
    /// - Returns: The log, and the account as it is.
    /// - Throws: ``PaperLogError``.
    static func open(
        path: String,
        opening: [Asset: Amount],
        accountID: Int64
    ) throws(PaperLogError) -> (PaperLog, PaperBook) {
        var book: PaperBook
        if let bytes = try Self.read(path) {
            book = try Self.book(bytes, path: path)
        } else {
            book = PaperBook(accountID: accountID)
            book.balances = opening
        }
        let fresh = path + ".new"
        let descriptor = try Self.create(fresh)
        let log = PaperLog(path: path, descriptor: descriptor)
        try log.write(PaperText.account(book.accountID) + Self.sealed(book.whole))
        guard unsafe rename(fresh, path) == 0 else { throw Self.failure(path, "replace") }
        try Self.syncFolder(of: path)
        return (log, book)
    }

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { _ = close(self.descriptor) }

    /// Writes a change and waits until it is on disk.
    func append(_ change: PaperChange) throws(PaperLogError) {
        try self.write(Self.sealed(change))
    }

    private func write(_ text: String) throws(PaperLogError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(self.descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(self.path, "write") }
            rest = rest.dropFirst(count)
        }
        guard fdatasync(self.descriptor) == 0 else { throw Self.failure(self.path, "sync") }
    }

    // MARK: The file

    private static func sealed(_ change: PaperChange) -> String {
        let lines = PaperText.lines(of: change)
        return lines + "end \(Self.checksum(Array(lines.utf8)[...]))\n"
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        UInt32(
            truncatingIfNeeded: unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe crc32_z(0, bytes.baseAddress, bytes.count)
            }
        )
    }

    /// Reads every whole change; what comes after the last one was never finished.
    private static func book(
        _ bytes: [UInt8],
        path: String
    ) throws(PaperLogError) -> PaperBook {
        var book: PaperBook?
        var change = PaperChange()
        var changeStart = 0
        var start = 0
        var number = 0
        /// The first line that is wrong: allowed in the last, unfinished change only.
        var wrongLine: Int?
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            let line = Substring(decoding: bytes[start..<end], as: UTF8.self)
            if book == nil {
                guard line.hasPrefix("account "), let id = Int64(line.dropFirst(8)) else {
                    throw .damaged(path: path, line: number)
                }
                book = PaperBook(accountID: id)
                changeStart = end + 1
            } else if line.hasPrefix("end ") {
                let sum = UInt32(line.dropFirst(4))
                guard wrongLine == nil, sum == Self.checksum(bytes[changeStart..<start]) else {
                    throw .damaged(path: path, line: wrongLine ?? number)
                }
                book?.apply(change)
                change = PaperChange()
                changeStart = end + 1
            } else if !PaperText.read(line, into: &change), wrongLine == nil {
                wrongLine = number
            }
            start = end + 1
        }
        guard let book else { throw .damaged(path: path, line: 1) }
        return book
    }

    /// The file's bytes; nil where there is none.
    private static func read(_ path: String) throws(PaperLogError) -> [UInt8]? {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Self.failure(path, "open")
        }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(path, "read") }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    private static func create(_ path: String) throws(PaperLogError) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC
        let descriptor = unsafe Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path, "create") }
        return descriptor
    }

    private static func syncFolder(of path: String) throws(PaperLogError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(folder, "open") }
        defer { _ = close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure(folder, "sync") }
    }

    private static func failure(_ path: String, _ action: String) -> PaperLogError {
        .failed(path: path, action: action, code: errno)
    }
}
