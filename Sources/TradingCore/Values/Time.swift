/// A wall-clock time in nanoseconds since 1970-01-01 UTC.
public struct WallTime: Hashable, Sendable, Comparable {
    /// Nanoseconds since the epoch.
    public let nanoseconds: Int64

    /// Wraps nanoseconds since the epoch.
    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Wraps milliseconds since the epoch, the unit of Binance's JSON.
    @inlinable
    public init(milliseconds: Int64) { self.nanoseconds = milliseconds * 1_000_000 }

    /// Whole milliseconds since the epoch, rounded down.
    @inlinable
    public var milliseconds: Int64 { self.nanoseconds.divided(by: 1_000_000, rounding: .down) }

    /// The time some duration later.
    @inlinable
    public func adding(milliseconds: Int64) -> WallTime {
        WallTime(nanoseconds: self.nanoseconds + milliseconds * 1_000_000)
    }

    /// Orders by time.
    @inlinable
    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

/// A reading of a clock that only moves forward, in nanoseconds since an arbitrary start.
public struct MonotonicTime: Hashable, Sendable, Comparable {
    /// Nanoseconds since the clock's start.
    public let nanoseconds: UInt64

    /// Wraps a reading.
    @inlinable
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// The time some duration later.
    @inlinable
    public func adding(milliseconds: Int64) -> MonotonicTime {
        invariant(milliseconds >= 0, "a monotonic time only moves forward")
        return MonotonicTime(nanoseconds: self.nanoseconds + UInt64(milliseconds) * 1_000_000)
    }

    /// Orders by time.
    @inlinable
    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

/// Both clocks at one instant: durations are measured by the one, dates by the other (M3).
public struct Instant: Hashable, Sendable {
    /// For durations and deadlines.
    public let monotonic: MonotonicTime
    /// For dates that people and the venue see.
    public let wall: WallTime

    /// Pairs two readings taken together.
    @inlinable
    public init(monotonic: MonotonicTime, wall: WallTime) {
        self.monotonic = monotonic
        self.wall = wall
    }
}
