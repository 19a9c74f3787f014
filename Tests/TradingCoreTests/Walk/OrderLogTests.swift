import Testing

@testable import TradingCore

/// What a new process knows of the orders that an ended one placed.
@Suite struct OrderLogTests {
    static let day: Int64 = 86_400_000

    /// Whose rate is two orders a day.
    enum Bound: CaseIterable {
        case principal, token, strategy

        var settings: GatewaySettings {
            ExposureTests.settings { limits in
                limits.orderRateIntervalMilliseconds = OrderLogTests.day
                if self == .principal { limits.orderRateMax = 2 }
                guard self == .strategy else { return }
                var grid = StrategyLimits()
                grid.orderRateMax = 2
                limits.byStrategy = ["grid": grid]
            }
        }

        var order: Request {
            AccountLimitWalkTests.wish(
                strategy: self == .strategy ? "grid" : "",
                principal: self == .token ? "token:alice" : "alice"
            )
        }

        var ofAnother: Request {
            AccountLimitWalkTests.wish(
                strategy: "other",
                principal: self == .strategy ? "alice" : "bob"
            )
        }

        func rig() -> Rig {
            let rig = ExposureTests.rig(self.settings)
            if self == .token {
                rig.ask(.tokens(TokenLimitTests.make(1, TokenLimits(orderRateMax: 2))))
            }
            return rig
        }
    }

    /// Places an order that is cancelled at once; false where it does not pass.
    static func place(_ request: Request, on rig: Rig) -> Bool {
        guard let intent = rig.ask(request).placements.first else { return false }
        let number = 1_000 + Int64(clamping: intent.orderID.raw)
        rig.tell(
            .placementAnswered(intent.orderID, .accepted(Make.report(intent, venue: number)))
        )
        rig.tell(.orderReported(Make.report(intent, .canceled, venue: number)))
        return true
    }

    static func restart(_ rig: Rig) {
        rig.start()
        ExposureTests.connect(rig)
        // The reading that a connection begins with is as old as the rig.
        let sample = ClockSample(offsetMilliseconds: 0, roundTripMilliseconds: 1, at: rig.now)
        rig.tell(.clockMeasured(sample))
    }

    @Test(arguments: Bound.allCases)
    func `what was placed before a restart counts in the interval that it was placed in`(
        _ bound: Bound
    ) {
        let rig = bound.rig()
        #expect(Self.place(bound.order, on: rig))
        rig.advance(milliseconds: 3_600_000)
        Self.restart(rig)
        #expect(Self.place(bound.order, on: rig))
        var wait = Self.day - 3_600_000
        for step in [0, wait - 1] {
            rig.advance(milliseconds: step)
            wait -= step
            Self.restart(rig)
            let refusal = rig.ask(bound.order).order?.refusal
            #expect(refusal?.rule == .orderRate)
            #expect(refusal?.limit == "2 orders per 86400000 ms")
            #expect(refusal?.permitted == "the same order in \(wait) ms")
            #expect(Self.place(bound.ofAnother, on: rig))
        }
        rig.advance(milliseconds: 1)
        Self.restart(rig)
        #expect(Self.place(bound.order, on: rig))
        #expect(rig.ask(bound.order).order?.refusal?.rule == .orderRate)
    }

    /// How far the wall clock went meanwhile, and how long the next order must wait then.
    static let clocks: [(Int64, Int64)] = [
        (3_600_000, day - 3_600_000),
        // The clock was set back meanwhile: how long it was is not known, so it was just now.
        (-3_600_000, day),
    ]

    @Test(arguments: clocks)
    func `a machine that was started anew goes by the wall clock`(
        wallMilliseconds: Int64,
        wait: Int64
    ) {
        let rig = Bound.principal.rig()
        for _ in 0..<2 { #expect(Self.place(Bound.principal.order, on: rig)) }
        // Its monotonic clock is younger than the orders.
        rig.now = Instant(
            monotonic: MonotonicTime(nanoseconds: 1_000_000),
            wall: rig.now.wall.adding(milliseconds: wallMilliseconds)
        )
        Self.restart(rig)
        let refusal = rig.ask(Bound.principal.order).order?.refusal
        #expect(refusal?.rule == .orderRate)
        #expect(refusal?.permitted == "the same order in \(wait) ms")
    }

    @Test func `a held order counts once, when it came, over a restart and its approval`() throws {
        var settings = ApprovalTests.settings()
        settings.limits.orderRate = OrderRate(countMax: 2, intervalMilliseconds: 60_000)
        settings.limits.unknownBlocks = false
        let (rig, order) = try ApprovalTests.held(settings)
        rig.start()
        rig.connect()
        #expect(Self.place(ApprovalTests.approve(order.orderID), on: rig))
        rig.start()
        rig.connect()
        #expect(rig.place().placements.count == 1)
        #expect(rig.place().order?.refusal?.rule == .orderRate)
    }

    @Test func `no interval holds more than the rate allows, wherever the process began anew`() {
        let rate = OrderRate(countMax: 3, intervalMilliseconds: 100)
        let alice = Principal("alice")
        for seed in UInt64(1)...50 {
            var random = SeededRandom(seed: seed)
            var (times, log) = (OrderTimes(), OrderLog())
            var placed: [Int64] = []
            var now = Int64(0)
            for _ in 0..<200 {
                now += Int64(random.number(0...60))
                let instant = Instant(
                    monotonic: MonotonicTime(nanoseconds: UInt64(now) * 1_000_000),
                    wall: WallTime(milliseconds: 7_000_000 + now)
                )
                if random.happens(20) {
                    times = OrderTimes()
                    times.recall(log, of: alice, rate, at: instant)
                }
                let recent = placed.filter { $0 > now - 100 }
                let wait = times.waitMilliseconds(alice, rate, at: instant.monotonic)
                #expect((wait == nil) == (recent.count < 3), "seed \(seed) at \(now)")
                #expect(times.count(alice, rate, at: instant.monotonic) == recent.count)
                guard wait == nil else { continue }
                times.note(alice, rate, at: instant.monotonic)
                log.note(instant.wall)
                placed.append(now)
            }
        }
    }

    @Test func `a log keeps what the longest and the largest rate looks back on, and no more`() {
        var log = OrderLog()
        for number in Int64(0)..<10_001 { log.note(WallTime(milliseconds: number)) }
        #expect(log.times.count == 10_000 && log.times.first == WallTime(milliseconds: 1))
        log.note(WallTime(milliseconds: Self.day + 5_000))
        #expect(log.times.count == 5_001)
        #expect(log.times.first == WallTime(milliseconds: 5_001))
        #expect(log == OrderLog(Array(log.times)))
    }

    @Test func `of a thousand names the one that was silent for the longest makes room`() {
        var logs = NamedOrderLogs()
        let start = WallTime(milliseconds: 0)
        for number in 0..<NamedOrderLogs.namesMax {
            logs.note("\(number)", at: start.adding(milliseconds: Int64(number)))
        }
        logs.note("0", at: start.adding(milliseconds: 5_000))
        logs.note("new", at: start.adding(milliseconds: 5_001))
        #expect(logs.byName.count == NamedOrderLogs.namesMax)
        #expect(logs.byName["1"] == nil && logs.byName["0"] != nil && logs.byName["new"] != nil)
        // A day later none of them counts any more.
        logs.note("late", at: start.adding(milliseconds: Self.day + 5_001))
        #expect(Array(logs.byName.keys) == ["late"])
    }
}
