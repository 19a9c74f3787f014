import Testing

@testable import TradingCore

/// What is known of the venue's clock (S1, M3).
@Suite struct ClockEstimateTests {
    static func instant(_ milliseconds: Int64, wallStep: Int64 = 0) -> Instant {
        Instant(
            monotonic: MonotonicTime(nanoseconds: 7_000_000_000).adding(milliseconds: milliseconds),
            wall: WallTime(milliseconds: 1_700_000_000_000 + milliseconds + wallStep)
        )
    }

    static func sample(offset: Int64, roundTrip: Int64, at milliseconds: Int64) -> ClockSample {
        ClockSample(
            offsetMilliseconds: offset,
            roundTripMilliseconds: roundTrip,
            at: Self.instant(milliseconds)
        )
    }

    @Test func `whatever the way there and back, the venue's time is within the bounds`() {
        for seed in Seeds.range {
            var random = SeededRandom(seed: seed)
            let skew = Int64(random.number(-3_600_000...3_600_000))
            var estimate = ClockEstimate()
            var now: Int64 = 0
            for _ in 0..<20 {
                now += Int64(random.number(1...60_000))
                let there = Int64(random.number(0...300))
                let back = Int64(random.number(0...300))
                let sentAt = Self.instant(now).monotonic
                let venueTime = Self.instant(now + there).wall.adding(milliseconds: skew)
                now += there + back
                estimate.take(
                    ClockSample(
                        venueTime: venueTime,
                        sentAt: sentAt,
                        receivedAt: Self.instant(now)
                    )
                )
                let later = now + Int64(random.number(0...30_000))
                let truth = Self.instant(later).wall.adding(milliseconds: skew)
                // The wall clock may be set at any time; the estimate has nothing to do with it.
                let wallStep = Int64(random.number(-7_200_000...7_200_000))
                let times = estimate.venueTimes(at: Self.instant(later, wallStep: wallStep))
                #expect(times.contains(truth), "seed \(seed)")
            }
        }
    }

    @Test func `the best of several readings counts, until its age makes it worse than a new one`()
    {
        var estimate = ClockEstimate()
        #expect(!estimate.isMeasured)
        #expect(estimate.reading(at: Self.instant(0))?.uncertaintyMilliseconds == nil)
        estimate.take(Self.sample(offset: 10, roundTrip: 4, at: 0))
        estimate.take(Self.sample(offset: 60, roundTrip: 200, at: 1_000))
        #expect(estimate.reading(at: Self.instant(1_000))?.skewMilliseconds == 10)
        #expect(estimate.reading(at: Self.instant(1_000))?.uncertaintyMilliseconds == 4)
        // A hundred millionths of half an hour are 180 ms.
        let later = Self.instant(1_800_000)
        #expect(estimate.reading(at: later)?.uncertaintyMilliseconds == 183)
        estimate.take(Self.sample(offset: 40, roundTrip: 100, at: 1_800_000))
        #expect(estimate.reading(at: Self.instant(1_800_000))?.skewMilliseconds == 40)
    }

    @Test func `a reading that contradicts all earlier ones is the truth from then on`() {
        var estimate = ClockEstimate()
        estimate.take(Self.sample(offset: 0, roundTrip: 2, at: 0))
        estimate.take(Self.sample(offset: 3_600_000, roundTrip: 100, at: 1_000))
        #expect(estimate.reading(at: Self.instant(1_000))?.skewMilliseconds == 3_600_000)
        #expect(estimate.reading(at: Self.instant(1_000))?.uncertaintyMilliseconds == 51)
    }
}
