import Testing

@testable import TradingCore

/// What keeps new orders from a venue that is not fit for them: S1, S5, M3, budgets and breakers.
@Suite struct CareTests {
    /// A rig whose venue lists Binance's own limits.
    private func limited() -> Rig {
        let rig = Rig()
        rig.orderLimits = [
            RateLimit(.orders, intervalMilliseconds: 10_000, countMax: 50),
            RateLimit(.orders, intervalMilliseconds: 86_400_000, countMax: 160_000),
        ]
        // In the middle of a window: at its edges what was sent may count in either.
        rig.advance(milliseconds: 1_000)
        rig.start()
        rig.connect()
        return rig
    }

    private let small = Make.terms(.buy, "0.1")

    private func place(_ count: Int, on rig: Rig, firstNumber: Int64) -> Refusal? {
        for index in 0..<count {
            let turn = rig.place(self.small)
            guard let intent = turn.placements.first else { return turn.order?.refusal }
            let number = firstNumber + Int64(index)
            let report = Make.report(intent, venue: number)
            rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
        }
        return nil
    }

    private func health(_ rig: Rig) -> [String] {
        for case .health(let view) in rig.ask(.health).replies { return view.notReadyReasons }
        return ["no answer"]
    }

    // MARK: The budget of new orders

    @Test func `the order that the venue would not take is refused, with the time to try again`() {
        let rig = self.limited()
        #expect(self.place(45, on: rig, firstNumber: 1_000) == nil)
        let refusal = self.place(1, on: rig, firstNumber: 2_000)
        #expect(refusal?.rule == .orderBudget)
        #expect(refusal?.limit == "50 orders per 10 s, 5 of them for the kill switch")
        #expect(refusal?.actual == "45")
        // A second of the window is over; how well its end is known costs some milliseconds.
        #expect(refusal?.message.contains("try again in 9013 ms") == true, "\(refusal as Any)")
        #expect(self.health(rig).contains { $0.contains("50 orders per 10 s") })
        rig.advance(milliseconds: 9_000)
        #expect(self.place(1, on: rig, firstNumber: 2_000)?.rule == .orderBudget)
        rig.advance(milliseconds: 13)
        #expect(self.place(45, on: rig, firstNumber: 3_000) == nil)
    }

    @Test func `cancels need no budget`() {
        let rig = self.limited()
        #expect(self.place(45, on: rig, firstNumber: 1_000) == nil)
        #expect(self.place(1, on: rig, firstNumber: 2_000)?.rule == .orderBudget)
        let cancels = rig.ask(.cancelAll(nil)).requests
        #expect(cancels.count == 45)
    }

    @Test func `what others placed on the account counts, and what filled does not`() {
        let rig = self.limited()
        let intent = rig.submitted(self.small)
        let count = RateCount(.orders, intervalMilliseconds: 10_000, count: 44)
        rig.tell(.orderCountsReported(intent.orderID, [count]))
        rig.tell(.placementAnswered(intent.orderID, .accepted(Make.report(intent))))
        #expect(self.place(1, on: rig, firstNumber: 2_000) == nil)
        #expect(self.place(1, on: rig, firstNumber: 2_001)?.rule == .orderBudget)
    }

    @Test func `the counts of the process before this one are asked for before orders leave`() {
        let rig = self.limited()
        #expect(self.place(3, on: rig, firstNumber: 1_000) == nil)
        rig.start()
        let asked = rig.tell(.streamOpened).requests
        #expect(asked.contains(.orderCounts))
        let count = RateCount(.orders, intervalMilliseconds: 10_000, count: 45)
        rig.connect(
            open: rig.gateway.state.ordersByAge.map { order in
                Make.report(order.intent, venue: order.venueOrderID?.raw ?? 0)
            }
        )
        rig.tell(.answered(.orderCounts, .orderCounts([count])))
        #expect(self.place(1, on: rig, firstNumber: 2_000)?.rule == .orderBudget)
    }

    @Test func `orders rejected for their time stop no more than until the clock is measured`() {
        let rig = Rig.ready()
        for _ in 0..<3 {
            let intent = rig.submitted(self.small)
            let error = VenueError(httpStatus: 400, code: -1021, message: "outside")
            rig.tell(.placementAnswered(intent.orderID, .rejected(error)))
        }
        #expect(rig.place(self.small).order?.refusal?.rule == .rejectBreaker)
        rig.tell(.clockMeasured(offsetMilliseconds: 3_000, roundTripMilliseconds: 1))
        #expect(rig.place(self.small).placements.count == 1)
        // What was signed before may be answered after; what was signed after stops orders again.
        for delay in [0, 15_000] as [Int64] {
            rig.advance(milliseconds: delay)
            for _ in 0..<3 {
                let intent = rig.submitted(self.small)
                let error = VenueError(httpStatus: 400, code: -1021, message: "outside")
                rig.tell(.placementAnswered(intent.orderID, .rejected(error)))
            }
            #expect((rig.place(self.small).order?.refusal?.rule == .rejectBreaker) == (delay > 0))
        }
    }

    // MARK: Patience

    @Test func `what the venue asked for is kept over a restart, to the end`() {
        let rig = Rig.ready()
        let restraint = VenueRestraint(
            until: rig.now.wall.adding(milliseconds: 120_000),
            scope: .everything,
            reason: "HTTP 418, wait 120 s"
        )
        let told = rig.tell(.restrained(restraint))
        #expect(told.events == [.venueRestrained(.testnet, restraint)] && told.needsSync)
        #expect(rig.tell(.restrained(restraint)).events.isEmpty, "once is enough")
        #expect(rig.place().order?.refusal?.rule == .venueRestraint)
        rig.advance(milliseconds: 60_000)
        let turn = rig.start()
        #expect(turn.immediate.contains(.restrain(.testnet, restraint)))
        let opened = rig.tell(.streamOpened)
        #expect(opened.requests.isEmpty, "questions would pile up during the ban")
        rig.connect()
        let refusal = rig.place().order?.refusal
        #expect(refusal?.rule == .venueRestraint)
        #expect(refusal?.message.contains("try again in 60000 ms") == true)
        #expect(self.health(rig).contains { $0.contains("HTTP 418") })
        rig.advance(milliseconds: 60_000)
        #expect(rig.place().placements.count == 1)
        #expect(!rig.start().immediate.contains(.restrain(.testnet, restraint)))
    }

    @Test func `questions wait for the end of a ban and are asked then`() {
        let rig = Rig.ready()
        rig.tell(
            .restrained(
                VenueRestraint(
                    until: rig.now.wall.adding(milliseconds: 500_000),
                    scope: .everything,
                    reason: "x"
                )
            )
        )
        rig.tell(.streamLost("x"))
        rig.tell(.streamOpened)
        for _ in 0..<50 {
            rig.advance(milliseconds: 9_999)
            #expect(rig.turn(.wake).requests.isEmpty)
        }
        rig.advance(milliseconds: 50)
        #expect(rig.turn(.wake).requests.contains { $0.isOpenOrders })
    }

    // MARK: Breakers

    @Test func `a venue that does not answer gets no new orders until a probe shows that it does`()
    {
        let rig = Rig.ready()
        let intent = rig.openOrder()
        let failures = self.limits.circuit.failuresMax
        for _ in 0..<failures {
            rig.tell(.answered(.rules([]), .failed("connection refused")))
        }
        let refusal = rig.place().order?.refusal
        #expect(refusal?.rule == .circuitBreaker && refusal?.actual == "connection refused")
        #expect(self.health(rig).contains { $0.contains("does not answer") })
        // What ends or clears up something still goes out.
        #expect(!rig.ask(.cancel(intent.orderID)).requests.isEmpty)
        rig.advance(milliseconds: self.limits.circuit.openMilliseconds)
        #expect(rig.turn(.wake).requests.contains(.time))
        #expect(rig.place().order?.refusal?.rule == .circuitBreaker, "not before the answer")
        rig.tell(.answered(.time, .time(rig.now.wall)))
        #expect(rig.place(Make.terms(.sell, "1", at: "101")).placements.count == 1)
    }

    private var limits: RiskLimits { Make.limits() }

    @Test func `placements without an answer open the breaker, the venue's no does not`() {
        let rig = Rig.ready()
        for _ in 0..<self.limits.circuit.failuresMax {
            let intent = rig.submitted()
            rig.tell(
                .placementAnswered(intent.orderID, .notSent(.notConnected("connection refused")))
            )
        }
        #expect(rig.place().order?.refusal?.rule == .circuitBreaker)
    }

    @Test func `three rejections in a row stop new orders until an admin's word`() {
        let rig = Rig.ready()
        let error = VenueError(httpStatus: 400, code: -2010, message: "insufficient balance")
        for _ in 0..<3 {
            let intent = rig.submitted()
            rig.tell(.placementAnswered(intent.orderID, .rejected(error)))
        }
        let refusal = rig.place().order?.refusal
        #expect(refusal?.rule == .rejectBreaker)
        #expect(refusal?.actual == "insufficient balance (-2010)")
        #expect(self.health(rig).contains { $0.contains("rejected 3 orders") })
        rig.ask(.killRelease(Principal("admin"), reason: "seen", KillRelease()))
        #expect(rig.place().placements.count == 1)
    }

    // MARK: The clock

    @Test(arguments: [(4_990, true), (4_999, false), (-4_990, true), (-4_999, false)])
    func `the venue's clock must be near ours, its uncertainty included (S1)`(
        offset: Int64,
        passes: Bool
    ) {
        let rig = Rig.ready()
        // Half a round trip of 6 ms, and a millisecond that the venue rounds away.
        rig.tell(
            .clockMeasured(
                ClockSample(offsetMilliseconds: offset, roundTripMilliseconds: 6, at: rig.now)
            )
        )
        let refusal = rig.place().order?.refusal
        #expect((refusal == nil) == passes)
        guard let refusal else { return }
        #expect(refusal.rule == .clockSkew && refusal.limit == "5000 ms")
        #expect(refusal.actual == "\(offset) ms ± 4 ms")
    }

    @Test(arguments: [3_600_000, -3_600_000, 1_001, -1_002] as [Int64])
    func `a wall clock that was set closes the gate until the venue's time confirms (M3)`(
        step: Int64
    ) {
        let rig = Rig(World.settings)
        rig.start()
        rig.connect()
        rig.advance(milliseconds: 10)
        rig.now = Instant(
            monotonic: rig.now.monotonic,
            wall: rig.now.wall.adding(milliseconds: step)
        )
        let turn = rig.turn(.wake)
        #expect(turn.closesGate && turn.requests.contains(.time))
        #expect(rig.place().order?.refusal?.rule == .notReady)
        // A measurement from before the step confirms nothing.
        rig.tell(.clockMeasured(offsetMilliseconds: 0, roundTripMilliseconds: 1))
        #expect(rig.place().order?.refusal?.rule == .notReady)
        rig.advance(milliseconds: 2_000)
        #expect(rig.turn(.wake).requests.contains(.time), "asked again")
        let sample = ClockSample(
            offsetMilliseconds: -step,
            roundTripMilliseconds: 1,
            at: rig.now
        )
        #expect(rig.tell(.clockMeasured(sample)).opensGate)
        let intent = rig.place().placements.first
        // The order is timed by the venue's clock, whatever ours says.
        #expect(intent?.timestamp == rig.now.wall.adding(milliseconds: -step))
    }

    @Test func `clocks that are slewed close nothing`() {
        let rig = Rig.ready()
        for _ in 0..<10 {
            rig.now = Instant(
                monotonic: rig.now.monotonic.adding(milliseconds: 60_000),
                wall: rig.now.wall.adding(milliseconds: 60_030)
            )
            #expect(!rig.turn(.wake).closesGate)
        }
    }
}
