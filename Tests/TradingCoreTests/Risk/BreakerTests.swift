import Testing

@testable import TradingCore

@Suite struct BreakerTests {
    private func time(_ milliseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: 1_000_000_000).adding(milliseconds: milliseconds)
    }

    private var settings: CircuitBreaker.Settings {
        var settings = CircuitBreaker.Settings()
        settings.failuresMax = 3
        settings.openMilliseconds = 1_000
        settings.openMillisecondsMax = 3_000
        return settings
    }

    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker(self.settings)
        for _ in 0..<3 { breaker.failed("timeout", at: self.time(0)) }
        return breaker
    }

    @Test func `only failures in a row open the breaker`() {
        var breaker = CircuitBreaker(self.settings)
        for _ in 0..<5 {
            breaker.failed("x", at: self.time(0))
            breaker.failed("x", at: self.time(0))
            #expect(breaker.isClosed && breaker.wakeAt == nil)
            breaker.succeeded()
        }
        #expect(breaker.state == .closed(failures: 0))
        #expect(self.opened().state == .open(until: self.time(1_000)))
        #expect(self.opened().reason == "timeout")
    }

    @Test func `open, one answer among failures ends nothing; one probe is sent when it is time`() {
        var breaker = self.opened()
        breaker.succeeded()
        #expect(!breaker.isClosed)
        let asked1 = breaker.wantsProbe(at: self.time(999))
        #expect(!asked1)
        let asked2 = breaker.wantsProbe(at: self.time(1_000))
        #expect(asked2)
        let asked3 = breaker.wantsProbe(at: self.time(1_001))
        #expect(!asked3, "one probe at a time")
        #expect(!breaker.isClosed)
        breaker.succeeded()
        #expect(breaker.isClosed && breaker.wakeAt == nil)
    }

    @Test func `a probe that fails opens it for twice as long, up to a bound, until one succeeds`()
    {
        var breaker = self.opened()
        var now: Int64 = 0
        for open in [1_000, 2_000, 3_000, 3_000] as [Int64] {
            #expect(breaker.wakeAt == self.time(now + open))
            now += open
            let asked4 = breaker.wantsProbe(at: self.time(now))
            #expect(asked4)
            breaker.failed("refused", at: self.time(now))
        }
        #expect(breaker.reason == "refused")
        now += 3_000
        let asked5 = breaker.wantsProbe(at: self.time(now))
        #expect(asked5)
        breaker.succeeded()
        for _ in 0..<3 { breaker.failed("x", at: self.time(now)) }
        #expect(breaker.wakeAt == self.time(now + 1_000), "it begins anew")
    }

    @Test func `a probe that is never answered has failed`() {
        var breaker = self.opened()
        let asked6 = breaker.wantsProbe(at: self.time(1_000))
        #expect(asked6)
        let deadline = self.time(1_000 + self.settings.probeMillisecondsMax)
        #expect(breaker.wakeAt == deadline)
        let asked7 = breaker.wantsProbe(at: deadline)
        #expect(!asked7)
        #expect(breaker.state == .open(until: deadline.adding(milliseconds: 2_000)))
    }

    @Test func `rejections in a row within the period stop new orders for the cool-down`() {
        var breaker = RejectBreaker()
        breaker.rejected("a", at: self.time(0))
        breaker.rejected("b", at: self.time(1))
        #expect(!breaker.isStopped(at: self.time(2)))
        breaker.rejected("c", at: self.time(2))
        #expect(breaker.isStopped(at: self.time(60_001)))
        #expect(!breaker.isStopped(at: self.time(60_002)))
        #expect(breaker.reason == "c")
    }

    @Test(arguments: [0, 1, 2, 3])
    func `a corrected clock lifts what rejections for the time have stopped, and only that`(
        others: Int
    ) {
        var breaker = RejectBreaker()
        for index in 0..<3 {
            breaker.rejected("x", isUntimely: index >= others, at: self.time(Int64(index)))
        }
        #expect(breaker.isStopped(at: self.time(3)))
        breaker.clockCorrected()
        #expect(breaker.isStopped(at: self.time(3)) == (others > 0))
        breaker.rejected("y", isUntimely: true, at: self.time(100_000))
        breaker.rejected("y", at: self.time(100_000))
        breaker.clockCorrected()
        #expect(breaker.rejectCount == 1)
    }

    @Test func `an accepted order, time and a person's word begin the count anew`() {
        var breaker = RejectBreaker()
        for _ in 0..<10 {
            breaker.rejected("x", at: self.time(0))
            breaker.rejected("x", at: self.time(0))
            breaker.accepted()
        }
        #expect(breaker.stoppedUntil == nil)
        for index in 0..<10 { breaker.rejected("x", at: self.time(30_000 * Int64(index))) }
        #expect(breaker.stoppedUntil == nil, "never three within a minute")
        for _ in 0..<3 { breaker.rejected("x", at: self.time(400_000)) }
        #expect(breaker.isStopped(at: self.time(400_001)))
        breaker.acknowledge()
        #expect(!breaker.isStopped(at: self.time(400_001)))
    }

    @Test(
        arguments: [
            // The new one's scope and end, the known one's; the merged one's.
            (1, 10, 3, 20, 3, 20), (3, 10, 1, 20, 3, 20), (3, 30, 1, 20, 3, 30),
            // What is over is forgotten: now is 5.
            (1, 10, 3, 5, 1, 10), (1, 10, 3, 4, 1, 10),
        ] as [(UInt8, Int64, UInt8, Int64, UInt8, Int64)]
    )
    func `two restraints are one, on the side of caution`(
        scope: UInt8,
        until: Int64,
        knownScope: UInt8,
        knownUntil: Int64,
        mergedScope: UInt8,
        mergedUntil: Int64
    ) {
        func restraint(_ scope: UInt8, _ until: Int64) -> VenueRestraint {
            VenueRestraint(
                until: WallTime(milliseconds: until),
                scope: VenueRestraint.Scope(rawValue: scope) ?? .everything,
                reason: "until \(until)"
            )
        }
        let merged = restraint(scope, until)
            .merged(with: restraint(knownScope, knownUntil), at: WallTime(milliseconds: 5))
        #expect(merged == restraint(mergedScope, mergedUntil))
        #expect(restraint(1, 7).merged(with: nil, at: WallTime(milliseconds: 5)) == restraint(1, 7))
    }
}
