import Foundation

/// A point in the server's code, recognised by the system call that is made there.
///
/// The numbers are those of `shim.c`.
package enum ShimPoint: Int64, Sendable {
    case journalWrite = 1
    case journalWritten = 2
    case journalSync = 3
    case journalSynced = 4
    case placementSend = 5
    case placementSent = 6
    case placementAnswered = 7
    case cancelSend = 8
    case cancelSent = 9
    case flushWrite = 10
    case compactionWrite = 11
    case manifestWrite = 12
    case manifestSynced = 13
    case rename = 14
    case snapshotWrite = 15
    case snapshotSync = 16
    case snapshotRename = 17
    case snapshotRenamed = 18
}

/// What happens when the point is reached.
package enum ShimAction: Int64, Sendable {
    case kill = 1
    case stop = 2
    /// The call fails as on a full disk, until it is disarmed.
    case refuse = 3
    /// The thread stays in the call until it is disarmed, as with a disk that hangs.
    case hang = 4
}

/// The page of numbers that steers the preloaded shim of one server.
package final class ShimControl: Sendable {
    package let path: String

    private enum Field: UInt64 {
        case clockOffset = 0
        case point = 8
        case action = 16
        case countdown = 24
        case fired = 32
        case placementSentAt = 40
        case placementsSent = 48
    }

    private static let pageBytes = 4_096

    package init() throws {
        self.path = NSTemporaryDirectory() + "fault-shim-" + UUID().uuidString
        try Data(count: Self.pageBytes).write(to: URL(fileURLWithPath: self.path))
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }

    /// The variables that make the server load and obey the shim.
    package func environment(library: String) -> [String: String] {
        [
            "LD_PRELOAD": library,
            "FAULT_SHIM_CONTROL": self.path,
            "FAULT_SHIM_STORE": "$DESK/store",
            "FAULT_SHIM_LOG": "$DESK/synced.log",
        ]
    }

    /// Acts when the point is reached for the given time, counted from now.
    package func arm(_ action: ShimAction, at point: ShimPoint, after count: Int64 = 1) throws {
        try self.set(.countdown, 0)
        try self.set(.fired, 0)
        try self.set(.point, point.rawValue)
        try self.set(.action, action.rawValue)
        try self.set(.countdown, count)
    }

    package func disarm() throws { try self.set(.countdown, 0) }

    /// Whether the action was taken since it was armed.
    package func hasFired() throws -> Bool { try self.value(of: .fired) > 0 }

    /// Sets the server's wall clock off by so much.
    package func stepClock(seconds: Int64) throws {
        try self.set(.clockOffset, seconds * 1_000_000_000)
    }

    /// How many placements the server has written to the exchange's sockets.
    package func placementsSent() throws -> Int64 { try self.value(of: .placementsSent) }

    /// When it began to write the last of them, by the machine's monotonic clock.
    package func lastPlacementNanoseconds() throws -> Int64 { try self.value(of: .placementSentAt) }

    private func set(_ field: Field, _ value: Int64) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: self.path))
        try file.seek(toOffset: field.rawValue)
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    private func value(of field: Field) throws -> Int64 {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: self.path))
        try file.seek(toOffset: field.rawValue)
        let bytes = try file.read(upToCount: 8) ?? Data()
        try file.close()
        return bytes.reversed().reduce(0) { ($0 << 8) | Int64($1) }
    }
}
