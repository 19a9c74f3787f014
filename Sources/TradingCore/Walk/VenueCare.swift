/// What a session knows of its venue's health, and of the means by which it knows anything.
struct VenueCare: Sendable {
    var clock = ClockEstimate()
    /// When a reading last contradicted what was known of the venue's clock.
    var clockCorrectedAt: MonotonicTime?
    /// Since when the venue's time must confirm a wall clock that was set; nil where none was (M3).
    var clockDoubt: ClockDoubt?
    var budget = OrderBudget()
    var circuit: CircuitBreaker
    var rejects: RejectBreaker
    /// What the venue asked us not to send, by the clock that is never set.
    var restraint: Restraint?
    var stream = StreamWatch()
    /// The venue's time when the user stream was opened: only later changes are its to bring.
    var streamSince: WallTime?
    /// Since when the market stream tells each change; nil while it is lost.
    var marketSince: MonotonicTime?

    struct ClockDoubt: Hashable, Sendable {
        var since: MonotonicTime
        var stepMilliseconds: Int64
        /// When the venue's time is asked for again.
        var askAt: MonotonicTime
    }

    struct Restraint: Hashable, Sendable {
        var until: MonotonicTime
        var scope: VenueRestraint.Scope
        var reason: String
    }

    init(_ limits: RiskLimits) {
        self.circuit = CircuitBreaker(limits.circuit)
        self.rejects = RejectBreaker(limits.rejects)
    }

    /// What the venue asked for and is not over.
    func restraint(at now: MonotonicTime) -> Restraint? {
        self.restraint.flatMap { now < $0.until ? $0 : nil }
    }

    /// Until when reads are held back; nil where they are not.
    func readsHeldUntil(at now: MonotonicTime) -> MonotonicTime? {
        self.restraint(at: now).flatMap { $0.scope >= .allButCancels ? $0.until : nil }
    }

    /// When something here becomes due.
    var wakeTimes: [MonotonicTime] {
        [self.circuit.wakeAt, self.stream.wakeAt, self.clockDoubt?.askAt].compactMap(\.self)
    }

    /// How old is what the market stream tells, by when it was learned; nil where the stream has
    /// kept it current since, or there is none.
    func ageMilliseconds(of time: MonotonicTime?, at now: MonotonicTime) -> Int64? {
        guard let time else { return nil }
        if let since = self.marketSince, since <= time { return nil }
        return now.milliseconds(since: time)
    }

    /// What a decision on one order asks of a session's health.
    struct View {
        var condition: VenueCondition
        /// The venue's; our own wall clock's while the venue was never asked.
        var time: WallTime
        var clockDoubt: ClockDoubt?
    }

    /// Whether new orders may go out now, and why not.
    ///
    /// - Parameters:
    ///   - quotedAt: When the best price was learned that they are judged by; nil for none.
    ///   - usesReserve: Whether the kill switch closes a position with them.
    ///   - now: The time.
    /// - Returns: What keeps them back, how old the price is, and the venue's time.
    mutating func view(
        quotedAt: MonotonicTime?,
        usingReserve usesReserve: Bool,
        at now: Instant
    ) -> View {
        let monotonic = now.monotonic
        var condition = VenueCondition()
        if let until = self.circuit.wakeAt {
            condition.circuit = VenueCondition.Stop(
                reason: self.circuit.reason,
                waitMilliseconds: until.milliseconds(since: monotonic)
            )
        }
        if let until = self.rejects.stoppedUntil, monotonic < until {
            condition.rejects = VenueCondition.Stop(
                reason: self.rejects.reason,
                waitMilliseconds: until.milliseconds(since: monotonic)
            )
        }
        if let restraint = self.restraint(at: monotonic) {
            condition.restraint = VenueCondition.Stop(
                reason: restraint.reason,
                waitMilliseconds: restraint.until.milliseconds(since: monotonic)
            )
        }
        let clock = self.clock.reading(at: now)
        condition.skew = clock.map { reading in
            VenueCondition.Skew(
                milliseconds: reading.skewMilliseconds,
                uncertaintyMilliseconds: reading.uncertaintyMilliseconds
            )
        }
        let shortage = self.budget.shortage(
            usingReserve: usesReserve,
            at: clock?.times ?? now.wall...now.wall
        )
        if let shortage { condition.shortage = shortage }
        condition.quoteAgeMilliseconds = self.ageMilliseconds(of: quotedAt, at: monotonic)
        return View(
            condition: condition,
            time: clock?.time ?? now.wall,
            clockDoubt: self.clockDoubt
        )
    }
}

extension MonotonicTime {
    /// How long ago an earlier time was, in milliseconds rounded up; zero for a later one.
    func milliseconds(since earlier: MonotonicTime) -> Int64 {
        guard earlier < self else { return 0 }
        return Int64((self.nanoseconds - earlier.nanoseconds + 999_999) / 1_000_000)
    }
}
