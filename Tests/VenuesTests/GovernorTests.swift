import Synchronization
import Testing
import TradingCore

@testable import Venues

/// What may leave when, for the venue's limits by weight and by number.
@Suite struct GovernorTests {
    /// Binance counts in minutes of its clock, refuses what is too much and bans who goes on.
    private struct Model {
        var minute: Int64 = -1
        var used = 0
        var refusals = 0

        mutating func take(_ weight: Int, isFree: Bool, at milliseconds: Int64) {
            if milliseconds / 60_000 != self.minute {
                self.minute = milliseconds / 60_000
                self.used = 0
            }
            guard self.used + weight <= 6_000 else {
                self.refusals += 1
                return
            }
            if !isFree { self.used += weight }
        }
    }

    private struct Flight {
        var charge: Governor.Charge
        var weight: Int
        var isFree: Bool
        var arrivesAt: Int64
        var answeredAt: Int64
        var used: Int?
    }

    private static func clocks(_ milliseconds: Int64) -> Instant {
        Instant(
            monotonic: MonotonicTime(nanoseconds: UInt64(milliseconds + 1_000) * 1_000_000),
            wall: WallTime(milliseconds: milliseconds)
        )
    }

    private static func times(_ milliseconds: Int64) -> ClosedRange<WallTime> {
        WallTime(milliseconds: milliseconds - 20)...WallTime(milliseconds: milliseconds + 20)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `under any load nothing is refused, and cancels are never kept waiting`(
        seed: UInt64
    ) {
        var random = Generator(state: seed)
        var governor = Governor()
        var venue = Model()
        var flights: [Flight] = []
        var held = 0
        let answerMax = Int64.random(in: 1...2_000, using: &random)
        for now in stride(from: Int64(0), to: 150_000, by: 10) {
            for index in flights.indices where flights[index].arrivesAt <= now {
                guard flights[index].used == nil else { continue }
                let flight = flights[index]
                venue.take(flight.weight, isFree: flight.isFree, at: now)
                flights[index].used = venue.used
            }
            for flight in flights where flight.answeredAt <= now {
                let count = RateCount(
                    .weight,
                    intervalMilliseconds: 60_000,
                    count: flight.used ?? 0
                )
                let answer = HTTPAnswer(status: 200, body: [], counts: [count])
                governor.complete(
                    flight.charge,
                    answer,
                    at: Self.clocks(now),
                    venue: Self.times(now)
                )
            }
            flights.removeAll { $0.answeredAt <= now }
            for (urgency, weight, isFree) in Self.wishes(&random) where flights.count < 8 {
                let until = governor.heldUntil(
                    urgency,
                    weight: weight,
                    at: Self.clocks(now),
                    venue: Self.times(now)
                )
                guard until == nil else {
                    held += 1
                    #expect(urgency == .read || urgency == .placement, "\(urgency) was held back")
                    continue
                }
                let arrivesAt = now + Int64.random(in: 1...answerMax, using: &random)
                flights.append(
                    Flight(
                        charge: governor.send(weight: weight),
                        weight: weight,
                        isFree: isFree,
                        arrivesAt: arrivesAt,
                        answeredAt: arrivesAt + Int64.random(in: 1...answerMax, using: &random)
                    )
                )
            }
        }
        #expect(venue.refusals == 0)
        #expect(answerMax > 300 || held > 0, "a load that nothing holds back proves nothing")
    }

    /// Reads without end, placements that cost nothing when they succeed, and now and then cancels
    /// and questions about orders.
    private static func wishes(
        _ random: inout Generator
    ) -> [(Governor.Urgency, weight: Int, isFree: Bool)] {
        var wishes: [(Governor.Urgency, weight: Int, isFree: Bool)] = [(.read, 80, false)]
        if random.happens(in: 3) { wishes.append((.placement, 1, !random.happens(in: 10))) }
        if random.happens(in: 200) { wishes.append((.inquiry, 4, false)) }
        if random.happens(in: 50) { wishes.append((.cancel, 1, random.happens(in: 2))) }
        return wishes.shuffled(using: &random)
    }

    @Test func `reads stop first, then placements, and cancels use the last unit`() {
        var governor = Governor()
        let now = Self.clocks(90_000)
        let times = Self.times(90_000)
        func isHeld(_ urgency: Governor.Urgency) -> Bool {
            governor.heldUntil(urgency, weight: 1, at: now, venue: times) != nil
        }
        let order: [(Governor.Urgency, upTo: Int)] = [
            (.read, 4_200), (.placement, 4_800), (.cancel, 6_000),
        ]
        var used = 0
        for (urgency, most) in order {
            while !isHeld(urgency) {
                governor.complete(governor.send(weight: 1), nil, at: now, venue: times)
                used += 1
            }
            #expect(used == most)
        }
        #expect(isHeld(.inquiry))
        // At the latest 20 ms after the next minute begins by our reckoning it has begun there.
        let until = governor.heldUntil(.read, weight: 1, at: now, venue: times)
        #expect(until == now.monotonic.adding(milliseconds: 30_020))
        let later = governor.heldUntil(
            .read,
            weight: 1,
            at: Self.clocks(120_020),
            venue: Self.times(120_020)
        )
        #expect(later == nil)
    }

    @Test func `the limits that the venue lists replace those that were published`() {
        var governor = Governor()
        governor.learn([
            RateLimit(.weight, intervalMilliseconds: 60_000, countMax: 100),
            RateLimit(.requests, intervalMilliseconds: 300_000, countMax: 3),
            RateLimit(.orders, intervalMilliseconds: 10_000, countMax: 0),
        ])
        var sent = 0
        while governor.heldUntil(
            .cancel,
            weight: 1,
            at: Self.clocks(1_000),
            venue: Self.times(1_000)
        ) == nil {
            _ = governor.send(weight: 1)
            sent += 1
        }
        #expect(sent == 3, "every request counts, whatever its weight")
    }

    @Test(arguments: [
        (VenueRestraint.Scope.placements, [Governor.Urgency.placement]),
        (.allButCancels, [.placement, .read, .inquiry]),
        (.everything, [.placement, .read, .inquiry, .cancel]),
    ])
    func `what a process before this one was asked for is kept`(
        scope: VenueRestraint.Scope,
        held: [Governor.Urgency]
    ) {
        let now = Self.clocks(1_000_000)
        let restraint = VenueRestraint(
            until: WallTime(milliseconds: 1_120_000),
            scope: scope,
            reason: "HTTP 418"
        )
        let governor = Governor(patience: VenuePatience(continuing: restraint, at: now))
        for urgency in Governor.Urgency.allCases {
            for (later, isOver) in [(119_999, false), (120_001, true)] {
                let time = now.monotonic.adding(milliseconds: Int64(later))
                let isHeld = governor.restraint(of: urgency, at: time) != nil
                #expect(isHeld == (held.contains(urgency) && !isOver), "\(urgency) \(later)")
            }
        }
    }

    @Test func `a ban holds cancels too, until it ends (S1)`() async throws {
        let bannedAt = Mutex<MonotonicTime?>(nil)
        let begin = TestClock.milliseconds
        let early = Mutex<[String]>([])
        let server = ScriptedServer { request in
            let now = VenueClock.monotonic()
            guard let then = bannedAt.withLock({ $0 }) else {
                bannedAt.withLock { $0 = now }
                return .json(
                    418,
                    #"{"code":-1003,"msg":"Way too much request weight used; IP banned."}"#,
                    headers: ["Retry-After: 1"]
                )
            }
            if now < then.adding(milliseconds: 1_000) {
                early.withLock { $0.append(request.path) }
            }
            return request.method == "DELETE" ? .ok(Sample.canceled) : .ok("[]")
        }
        let rig = try await VenueRig(restPort: try await server.start())
        rig.gate.open()
        let first = VenueRequest.openOrders(ReadID(raw: 1))
        try await rig.perform(first)
        guard case .failed = try await rig.answer(to: first) else {
            Issue.record("a ban is no answer")
            return
        }
        let second = VenueRequest.openOrders(ReadID(raw: 2))
        try await rig.perform(second)
        try await rig.place(.sample(1))
        try await rig.perform(OrderIntent.sample(2).cancel)
        #expect(try await rig.outcome(of: 1) == .notSent(.venueBackoff))
        guard case .order = try await rig.answer(to: OrderIntent.sample(2).cancel),
            case .orders = try await rig.answer(to: second)
        else {
            Issue.record("what waited was lost")
            return
        }
        // Both leave at once, on connections of their own: which arrives first is the network's.
        #expect(server.requests.map(\.method).sorted() == ["DELETE", "GET", "GET"])
        let tooEarly = early.withLock { $0 }
        #expect(tooEarly.isEmpty, "sent during the ban: \(tooEarly)")
        // What waited is signed when it leaves, not when it was asked for (S1).
        for request in server.requests.dropFirst() {
            let timestamp = request.parameters.first { $0.hasPrefix("timestamp=") }
                .flatMap { Int64($0.dropFirst("timestamp=".count)) }
            #expect((timestamp ?? 0) >= begin + 900)
        }
        try await rig.stop()
        try await server.stop()
    }

    @Test func `the venue's counts in the headers reach the gateway before the answer`()
        async throws
    {
        let rules = VenueRequest.rules([Symbol("BTCUSDT")])
        let server = ScriptedServer { request in
            guard request.method == "POST" else {
                return .ok(
                    """
                    {"symbols":[],"rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND",\
                    "intervalNum":10,"limit":50},{"rateLimitType":"REQUEST_WEIGHT",\
                    "interval":"MINUTE","intervalNum":1,"limit":6000}]}
                    """
                )
            }
            return .json(
                200,
                Sample.placed,
                headers: ["X-MBX-ORDER-COUNT-10S: 17", "X-MBX-USED-WEIGHT-1M: 3"]
            )
        }
        let rig = try await VenueRig(restPort: try await server.start())
        rig.gate.open()
        try await rig.perform(rules)
        _ = try await rig.answer(to: rules)
        try await rig.place(.sample(1))
        _ = try await rig.outcome(of: 1)
        let limit = RateLimit(.orders, intervalMilliseconds: 10_000, countMax: 50)
        let count = RateCount(.orders, intervalMilliseconds: 10_000, count: 17)
        let told = rig.inputs.filter { input in
            switch input {
            case .orderLimitsReported, .orderCountsReported, .placementAnswered: true
            default: false
            }
        }
        #expect(
            told.prefix(2) == [
                .orderLimitsReported([limit]), .orderCountsReported(OrderID(raw: 1), [count]),
            ]
        )
        #expect(told.count == 3)
        try await rig.stop()
        try await server.stop()
    }
}

/// A repeatable source of chance.
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state ^ (self.state >> 31)
    }

    mutating func happens(in times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }
}
