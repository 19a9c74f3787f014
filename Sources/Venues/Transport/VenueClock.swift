import Glibc
import TradingCore

/// The venue edge's only readings of the clocks.
enum VenueClock {
    static func now() -> Instant {
        Instant(
            monotonic: self.monotonic(),
            wall: WallTime(nanoseconds: self.nanoseconds(CLOCK_REALTIME))
        )
    }

    static func monotonic() -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(self.nanoseconds(CLOCK_MONOTONIC)))
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
