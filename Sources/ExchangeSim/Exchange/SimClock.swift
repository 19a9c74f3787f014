import MarketReplay
import TradingCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The time that the venue tells and stamps: the machine's, or one that only requests move.
struct SimClock {
    private var fixed: WallTime?
    /// How far it is ahead of the truth, for tests of clients.
    var skewMilliseconds: Int64 = 0

    /// The machine's clock.
    static let real = SimClock()

    /// A clock that stands until it is moved.
    static func virtual(_ start: WallTime) -> SimClock {
        var clock = SimClock()
        clock.fixed = start
        return clock
    }

    /// Whether the clock stands between requests.
    var isVirtual: Bool { self.fixed != nil }

    var now: WallTime { self.truth.adding(milliseconds: self.skewMilliseconds) }

    private var truth: WallTime {
        if let fixed = self.fixed { return fixed }
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Moves a virtual clock, forward only; the machine's clock ignores it.
    mutating func move(to time: WallTime) {
        guard let fixed = self.fixed else { return }
        self.fixed = max(fixed, time.adding(milliseconds: -self.skewMilliseconds))
    }
}

extension SeededGenerator {
    /// An id of 22 letters and digits, as the venue makes them.
    mutating func nextClientOrderID() -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8
        )
        var bytes: [UInt8] = []
        for _ in 0..<22 { bytes.append(alphabet[Int(self.next() % 62)]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
