import Testing

@testable import TradingCore

@Suite struct RateWindowTests {
    static let limit = RateLimit(.orders, intervalMilliseconds: 10_000, countMax: 50)

    static func times(_ milliseconds: Int64, plusMinus: Int64 = 0) -> ClosedRange<WallTime> {
        let time = WallTime(milliseconds: milliseconds)
        return time.adding(milliseconds: -plusMinus)...time.adding(milliseconds: plusMinus)
    }

    /// A sender that sends as fast as the window lets it, against the venue's own way to count.
    struct Race {
        struct Flight {
            var charge: RateWindow.Charge
            var arrivesAt: Int64
            var answeredAt: Int64
            var count: Int?
        }

        var window = RateWindow(RateWindowTests.limit)
        var venue = WindowModel(lengthMilliseconds: 10_000, countMax: 50)
        var random: SeededRandom
        var flights: [Flight] = []
        var sent = 0
        let uncertainty: Int64
        let error: Int64
        let delayMax: Int
        let fillsPercent: Int
        let tellsCounts: Bool

        init(seed: UInt64) {
            self.random = SeededRandom(seed: seed)
            self.uncertainty = Int64(self.random.number(0...400))
            self.error = Int64(self.random.number(Int(-self.uncertainty)...Int(self.uncertainty)))
            self.delayMax = self.random.happens(50) ? 5 : 3_000
            self.fillsPercent = self.random.happens(50) ? 0 : 40
            self.tellsCounts = self.random.happens(70)
        }

        /// What we believe the venue's time to be.
        func times(_ now: Int64) -> ClosedRange<WallTime> {
            RateWindowTests.times(now + self.error, plusMinus: self.uncertainty)
        }

        mutating func run(milliseconds: Int64) {
            for now in 0..<milliseconds {
                for index in self.flights.indices where self.flights[index].arrivesAt == now {
                    // An order that fills at once gives its place back.
                    let counted = self.random.happens(self.fillsPercent) ? 0 : 1
                    _ = self.venue.arrive(1, counting: counted, at: now)
                    if self.tellsCounts { self.flights[index].count = self.venue.count }
                }
                for flight in self.flights where flight.answeredAt == now {
                    self.window.complete(flight.charge, at: self.times(now), count: flight.count)
                }
                self.flights.removeAll { $0.answeredAt == now }
                while self.flights.count < 8, self.random.happens(60) {
                    guard self.send(now) else { break }
                }
            }
        }

        mutating func send(_ now: Int64) -> Bool {
            self.window.roll(to: self.times(now))
            guard self.window.hasRoom(for: 1, reserve: 0) else { return false }
            let arrivesAt = now + Int64(self.random.number(1...self.delayMax))
            let answeredAt = arrivesAt + Int64(self.random.number(1...self.delayMax))
            self.flights.append(
                Flight(
                    charge: self.window.charge(1),
                    arrivesAt: arrivesAt,
                    answeredAt: answeredAt
                )
            )
            self.sent += 1
            return true
        }
    }

    @Test func `whatever the delays and the clock's error, the venue never says too many`() {
        for seed in Seeds.range {
            var race = Race(seed: seed)
            race.run(milliseconds: 61_000)
            #expect(race.venue.refusals == 0, "seed \(seed): \(race.venue.refusals) refusals")
            // Slow answers and an unsure clock cost room at the edges of a window, not more.
            let least = race.delayMax == 5 ? 6 * (50 - 8) : 6 * 8
            #expect(race.sent >= least, "seed \(seed): only \(race.sent) were sent")
        }
    }

    @Test func `a window is full at its limit, the reserve left out, and empty when it has ended`()
    {
        var window = RateWindow(Self.limit)
        window.roll(to: Self.times(1_000))
        for _ in 0..<45 {
            #expect(window.hasRoom(for: 1, reserve: 5))
            let charge = window.charge(1)
            window.complete(charge, at: Self.times(1_001), count: nil)
        }
        #expect(!window.hasRoom(for: 1, reserve: 5) && window.hasRoom(for: 5, reserve: 0))
        #expect(!window.hasRoom(for: 6, reserve: 0))
        #expect(window.end == WallTime(milliseconds: 10_000))
        // The venue's clock may be 100 ms behind what we believe.
        window.roll(to: Self.times(10_099, plusMinus: 100))
        #expect(!window.hasRoom(for: 1, reserve: 5))
        window.roll(to: Self.times(10_100, plusMinus: 100))
        #expect(window.hasRoom(for: 50, reserve: 0))
    }

    @Test func `what is on its way when a window ends counts in the next one too`() {
        var window = RateWindow(Self.limit)
        window.roll(to: Self.times(9_990))
        let early = window.charge(1)
        _ = window.charge(1)
        window.complete(early, at: Self.times(9_995, plusMinus: 10), count: nil)
        window.roll(to: Self.times(10_010))
        #expect(window.used == 2)
        window.roll(to: Self.times(20_000))
        #expect(window.used == 1)
    }

    @Test func `the venue's count corrects ours both ways, what is on its way apart`() {
        var window = RateWindow(Self.limit)
        window.roll(to: Self.times(1_000))
        let charges = (0..<10).map { _ in window.charge(1) }
        window.complete(charges[0], at: Self.times(1_010), count: 1)
        #expect(window.used == 10, "nine may have arrived after it")
        for charge in charges[1...7] {
            window.complete(charge, at: Self.times(1_020), count: nil)
        }
        // Sent first and answered late: others may have arrived before and after it.
        window.complete(charges[8], at: Self.times(1_030), count: 2)
        #expect(window.used == 10)
        let late = window.charge(1)
        window.complete(late, at: Self.times(1_040), count: 3)
        #expect(window.used == 4, "seven orders have filled; one is on its way")
        let other = window.charge(1)
        window.complete(other, at: Self.times(1_050), count: 30)
        #expect(window.used == 30, "somebody else uses the account")
    }

    @Test func `a venue whose clock turns out to be behind gives no room twice`() {
        var window = RateWindow(Self.limit)
        window.roll(to: Self.times(3_600_000))
        for _ in 0..<50 { _ = window.charge(1) }
        window.roll(to: Self.times(1_000))
        #expect(!window.hasRoom(for: 1, reserve: 0))
    }
}
