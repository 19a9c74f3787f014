import Glibc
import TradingCore

/// The only clock of the gateway loop; its monotonic reading is also NIO's.
struct SystemClock: Sendable {
    func now() -> Instant {
        Instant(
            monotonic: MonotonicTime(nanoseconds: UInt64(Self.nanoseconds(CLOCK_MONOTONIC))),
            wall: WallTime(nanoseconds: Self.nanoseconds(CLOCK_REALTIME))
        )
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
