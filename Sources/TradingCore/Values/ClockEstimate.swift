/// One reading of the venue's clock, and how long it took to get it.
package struct ClockSample: Hashable, Sendable {
    /// The venue's clock less our wall clock, both as of `at`, in the middle of what is possible.
    package var offsetMilliseconds: Int64
    /// From the question's first byte to the answer's last, by the monotonic clock.
    package var roundTripMilliseconds: Int64
    /// Both clocks when the answer came.
    package var at: Instant

    package init(offsetMilliseconds: Int64, roundTripMilliseconds: Int64, at: Instant) {
        self.offsetMilliseconds = offsetMilliseconds
        self.roundTripMilliseconds = roundTripMilliseconds
        self.at = at
    }

    /// What an answer says that came just now.
    ///
    /// - Parameters:
    ///   - venueTime: The time in the answer, in whole milliseconds rounded down.
    ///   - sentAt: When the question left.
    ///   - receivedAt: When the answer was there.
    package init(venueTime: WallTime, sentAt: MonotonicTime, receivedAt: Instant) {
        let passed = Int64(receivedAt.monotonic.nanoseconds - sentAt.nanoseconds)
        // In the middle of its way the question was answered, as far as can be known.
        let middle = receivedAt.wall.nanoseconds - passed / 2
        self.offsetMilliseconds = (venueTime.nanoseconds - middle + 500_000)
            .divided(by: 1_000_000, rounding: .down)
        self.roundTripMilliseconds = passed.divided(by: 1_000_000, rounding: .up)
        self.at = receivedAt
    }

    /// The answer was given somewhere within the round trip, in a millisecond that was rounded.
    fileprivate var uncertaintyNanoseconds: Int64 {
        (self.roundTripMilliseconds + 1) / 2 * 1_000_000 + 1_000_000
    }

    /// The venue's time less the monotonic clock: unlike the wall clock, that is never set.
    fileprivate var venueLessMonotonic: Int64 {
        self.at.wall.nanoseconds + self.offsetMilliseconds * 1_000_000
            - Int64(self.at.monotonic.nanoseconds)
    }
}

/// What is known of the venue's clock: the best of the last readings, carried on by the monotonic
/// clock, and how far it can be off (S1, M3).
///
/// Our wall clock has no part in it, since it may be set at any moment.
package struct ClockEstimate: Hashable, Sendable {
    private var samples: [ClockSample] = []
    /// The one of them that says the most.
    private var best: ClockSample?

    /// Readings further back than this say less than the newest one.
    private static let countMax = 8
    /// By how much two quartz clocks drift apart at most: 100 ms in a thousand seconds.
    private static let driftMillionths: Int64 = 100

    package init() {}

    package var isMeasured: Bool { !self.samples.isEmpty }

    /// Takes in a reading.
    ///
    /// A reading that contradicts what was known shows that one of the clocks was set: all
    /// earlier ones are forgotten.
    ///
    /// - Returns: Whether it contradicts.
    @discardableResult
    package mutating func take(_ sample: ClockSample) -> Bool {
        let contradicts = self.samples.contains { earlier in
            let distance = (earlier.venueLessMonotonic - sample.venueLessMonotonic).magnitude
            let bound =
                Self.uncertainty(of: earlier, at: sample.at.monotonic)
                + sample.uncertaintyNanoseconds
            return distance > UInt64(bound)
        }
        if contradicts { self.samples = [] }
        if self.samples.count == Self.countMax { self.samples.removeFirst() }
        self.samples.append(sample)
        // They all grow alike from now on, so that the best one stays the best.
        self.best = self.samples.min { left, right in
            Self.uncertainty(of: left, at: sample.at.monotonic)
                < Self.uncertainty(of: right, at: sample.at.monotonic)
        }
        return contradicts
    }

    /// The venue's time; that of our own wall clock while it was never read.
    package func venueTime(at now: Instant) -> WallTime {
        guard let sample = self.best else { return now.wall }
        return WallTime(nanoseconds: sample.venueLessMonotonic + Int64(now.monotonic.nanoseconds))
    }

    /// The earliest and the latest time that it can be at the venue; both are our own wall clock's
    /// while the venue was never asked.
    package func venueTimes(at now: Instant) -> ClosedRange<WallTime> {
        self.reading(at: now)?.times ?? now.wall...now.wall
    }

    /// All that is known of the venue's clock at a moment, for who needs more than one part of it.
    struct Reading {
        var time: WallTime
        /// The earliest and the latest time that it can be at the venue.
        var times: ClosedRange<WallTime>
        /// How far the middle of `times` can be off, rounded up.
        var uncertaintyMilliseconds: Int64
        /// The venue's clock less our wall clock.
        var skewMilliseconds: Int64
    }

    /// Nil while the venue's clock was never read.
    func reading(at now: Instant) -> Reading? {
        guard let sample = self.best else { return nil }
        let time = WallTime(
            nanoseconds: sample.venueLessMonotonic + Int64(now.monotonic.nanoseconds)
        )
        let uncertainty = Self.uncertainty(of: sample, at: now.monotonic)
            .divided(by: 1_000_000, rounding: .up)
        return Reading(
            time: time,
            times: time.adding(milliseconds: -uncertainty)...time.adding(milliseconds: uncertainty),
            uncertaintyMilliseconds: uncertainty,
            skewMilliseconds: (time.nanoseconds - now.wall.nanoseconds + 500_000)
                .divided(by: 1_000_000, rounding: .down)
        )
    }

    private static func uncertainty(of sample: ClockSample, at now: MonotonicTime) -> Int64 {
        let then = sample.at.monotonic
        let age = now > then ? Int64(now.nanoseconds - then.nanoseconds) : 0
        return sample.uncertaintyNanoseconds + age / 1_000_000 * Self.driftMillionths
    }
}
