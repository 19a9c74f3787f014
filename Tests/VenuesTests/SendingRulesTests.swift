import Testing
import TradingCore

@testable import Venues

/// The decisions of the venue thread, as values.
@Suite
struct SendingRulesTests {
    private let now = MonotonicTime(nanoseconds: 1_000_000_000_000)

    // MARK: One transmission (S2)

    private func openGate() -> Gate {
        let gate = Gate()
        gate.open()
        return gate
    }

    @Test func `the first transmission passes and the second is stopped (S2)`() {
        let gate = self.openGate()
        var guardian = TransmissionGuard(.sample(), gate: gate, clock: ClockEstimate())
        let first = guardian.mayTransmit(at: TestClock.instant)
        let second = guardian.mayTransmit(at: TestClock.instant)
        let third = guardian.mayTransmit(at: TestClock.instant)
        #expect([first, second, third] == [true, false, false])
        #expect(gate.inFlightCount == 1)
        #expect(gate.wire.orderIDs == [OrderIntent.sample().orderID])
        #expect(gate.wire.isBeingWritten)
        gate.wire.noteAllWritten()
        #expect(!gate.wire.isBeingWritten)
        #expect(gate.wire.orderIDs.count == 1)
        let body = HTTPAnswer(status: 200, body: Array(Sample.placed.utf8))
        guard case .unknown = guardian.finish(answer: body, failure: "") else {
            Issue.record("an answer to a second transmission was believed")
            return
        }
        #expect(gate.inFlightCount == 0)
        #expect(gate.wire.orderIDs.isEmpty)
    }

    @Test func `a gate that closes after the hand-over still stops the bytes (K1)`() {
        let gate = self.openGate()
        var guardian = TransmissionGuard(.sample(), gate: gate, clock: ClockEstimate())
        #expect(guardian.refusal(at: TestClock.instant) == nil)
        #expect(gate.close(.killSwitch) == 0)
        let mayTransmit = guardian.mayTransmit(at: TestClock.instant)
        #expect(!mayTransmit)
        #expect(gate.wire.orderIDs.isEmpty, "what never left is not on the wire")
        #expect(!gate.wire.isBeingWritten)
        gate.open(.killSwitch)
        let mayStillTransmit = guardian.mayTransmit(at: TestClock.instant)
        #expect(!mayStillTransmit, "a refusal is final")
        #expect(guardian.finish(answer: nil, failure: "") == .notSent(.gateClosed))
        #expect(gate.inFlightCount == 0)
    }

    @Test(arguments: [(0, -1, true), (0, 0, false), (500, -501, true), (500, -500, false)])
    func `the window is over in the venue's clock, to the millisecond (S1)`(
        offset: Int64,
        relativeToEnd: Int64,
        isOpen: Bool
    ) {
        let start = WallTime(nanoseconds: 1_763_000_000_000_400_000)
        let end = 1_763_000_002_000 + relativeToEnd
        var clock = ClockEstimate()
        clock.take(
            ClockSample(
                offsetMilliseconds: offset,
                roundTripMilliseconds: 0,
                at: Instant(monotonic: self.now, wall: WallTime(milliseconds: end))
            )
        )
        var guardian = TransmissionGuard(
            .sample(timestamp: start, receiveWindowMilliseconds: 2_000),
            gate: self.openGate(),
            clock: clock
        )
        let now = Instant(monotonic: self.now, wall: WallTime(milliseconds: end))
        let mayTransmit = guardian.mayTransmit(at: now)
        #expect(mayTransmit == isOpen)
        if !isOpen {
            #expect(guardian.finish(answer: nil, failure: "x") == .notSent(.windowOver))
        }
    }

    @Test func `a connection that never came is proof that nothing was sent (E1)`() {
        let guardian = TransmissionGuard(.sample(), gate: Gate(), clock: ClockEstimate())
        let outcome = guardian.finish(answer: nil, failure: "refused")
        #expect(outcome == .notSent(.notConnected("refused")))
    }

    // MARK: The order of sending

    @Test func `cancels pass placements, placements pass reads, each in its own order (K3)`() {
        var queue = TransferQueue(.init(slots: 4))
        let placements = [OrderIntent.sample(1), .sample(2)]
        let isTaken = [
            queue.add(.account(ReadID(raw: 1))), queue.add(placements[0]), queue.add(placements[1]),
            queue.add(placements[0].cancel), queue.add(placements[1].cancel),
        ]
        #expect(isTaken.allSatisfy { $0 })
        var order: [TransferQueue.Item] = []
        while let item = queue.next(beside: .init()) { order.append(item) }
        #expect(
            order == [
                .cancel(ReadProgress(placements[0].cancel)),
                .cancel(ReadProgress(placements[1].cancel)),
                .placement(placements[0]), .placement(placements[1]),
                .read(ReadProgress(.account(ReadID(raw: 1)))),
            ]
        )
        #expect(queue.isEmpty)
    }

    @Test func `what the budget holds back waits in its order, and nothing else with it`() {
        var queue = TransferQueue(.init(slots: 4))
        let sample = OrderIntent.sample(1)
        _ = queue.add(.account(ReadID(raw: 1)))
        _ = queue.add(.openOrders(ReadID(raw: 2)))
        _ = queue.add(sample)
        _ = queue.add(sample.cancel)
        let banned = queue.next(beside: .init()) { _, _ in false }
        #expect(banned == .placement(sample), "placements do not wait, they are refused")
        let stillBanned = queue.next(beside: .init()) { _, _ in false }
        #expect(stillBanned == nil)
        let inquiry = queue.next(beside: .init()) { urgency, _ in urgency == .inquiry }
        #expect(inquiry == .read(ReadProgress(.openOrders(ReadID(raw: 2)))))
        if case .read(let progress) = inquiry { queue.putBack(progress) }
        var order: [TransferQueue.Item] = []
        while let item = queue.next(beside: .init()) { order.append(item) }
        #expect(
            order == [
                .cancel(ReadProgress(sample.cancel)),
                .read(ReadProgress(.openOrders(ReadID(raw: 2)))),
                .read(ReadProgress(.account(ReadID(raw: 1)))),
            ]
        )
    }

    @Test func `reads leave half of the slots, placements leave one for cancels (K3)`() {
        var queue = TransferQueue(.init(slots: 4))
        _ = queue.add(.account(ReadID(raw: 1)))
        #expect(queue.next(beside: .init(reads: 2)) == nil)
        #expect(
            queue.next(beside: .init(reads: 1)) == .read(ReadProgress(.account(ReadID(raw: 1))))
        )
        _ = queue.add(.sample(1))
        #expect(queue.next(beside: .init(placements: 3)) == nil)
        _ = queue.add(OrderIntent.sample(2).cancel)
        let cancel = ReadProgress(OrderIntent.sample(2).cancel)
        #expect(queue.next(beside: .init(placements: 3)) == .cancel(cancel))
        #expect(queue.next(beside: .init(cancels: 4)) == nil)
    }

    @Test func `a full queue says no`() {
        var queue = TransferQueue(.init(slots: 2, waitingMax: 2))
        var answers: [Bool] = []
        for number in 1...3 { answers.append(queue.add(.sample(UInt64(number)))) }
        for _ in 1...3 { answers.append(queue.add(.account(ReadID(raw: 1)))) }
        for _ in 1...3 { answers.append(queue.add(OrderIntent.sample().cancel)) }
        #expect(answers == [true, true, false, true, true, false, true, true, false])
    }

    @Test func `a long queue keeps its order`() {
        var queue = TransferQueue(.init(slots: 2))
        var sent: [UInt64] = []
        for number in 1...3_000 as ClosedRange<UInt64> {
            _ = queue.add(.sample(number))
            if number % 3 == 0, case .placement(let intent)? = queue.next(beside: .init()) {
                sent.append(intent.orderID.raw)
            }
        }
        while case .placement(let intent)? = queue.next(beside: .init()) {
            sent.append(intent.orderID.raw)
        }
        #expect(sent == Array(1...3_000))
    }

    @Test func `a placement does not wait for a slot to learn that its window is over (S1)`() {
        var queue = TransferQueue(.init(slots: 2))
        let start = WallTime(milliseconds: 1_000)
        _ = queue.add(.sample(1, timestamp: start, receiveWindowMilliseconds: 10))
        _ = queue.add(.sample(2, timestamp: start, receiveWindowMilliseconds: 20))
        let none = queue.removeExpiredPlacements(at: WallTime(milliseconds: 1_009))
        let one = queue.removeExpiredPlacements(at: WallTime(milliseconds: 1_010))
        #expect(none.isEmpty)
        #expect(one.map(\.orderID.raw) == [1])
    }

    @Test func `cancels still go out while the gateway stops (K2)`() {
        var queue = TransferQueue(.init(slots: 2))
        let cancel = OrderIntent.sample(1).cancel
        _ = queue.add(.sample(1))
        _ = queue.add(.account(ReadID(raw: 1)))
        _ = queue.add(cancel)
        let dropped = queue.removeAllButCancels()
        #expect(dropped.placements.map(\.orderID.raw) == [1])
        #expect(dropped.reads == [.account(ReadID(raw: 1))])
        #expect(queue.next(beside: .init()) == .cancel(ReadProgress(cancel)))
    }

    // MARK: Patience

    @Test(
        arguments: [
            // Status, code, Retry-After; then how long placement, read and cancel are held.
            (429, -1003, 7, 7, 7, 0), (429, -1015, 5, 5, 0, 0), (429, -1003, 0, 10, 10, 0),
            (418, -1003, 300, 300, 300, 300), (418, -1003, 0, 120, 120, 120),
            (403, 0, 0, 30, 30, 0),
            (400, -1013, 9, 0, 0, 0), (503, -1008, 9, 0, 0, 0),
            (418, -1003, 10_000_000, 259_200, 259_200, 259_200),
        ] as [(Int, Int, Int64, Int64, Int64, Int64)]
    )
    func `the venue's patience is kept to the end`(
        status: Int,
        code: Int,
        retryAfter: Int64,
        placement: Int64,
        read: Int64,
        cancel: Int64
    ) {
        var patience = VenuePatience()
        let body = Array(#"{"code":\#(code),"msg":"x"}"#.utf8)
        patience.note(
            HTTPAnswer(status: status, body: body, retryAfterSeconds: retryAfter),
            at: self.now
        )
        let kinds: [(VenuePatience.Kind, Int64)] = [
            (.placement, placement), (.read, read), (.cancel, cancel),
        ]
        for (kind, seconds) in kinds {
            #expect(patience.holds(kind, at: self.now) == (seconds > 0))
            let end = self.now.adding(milliseconds: seconds * 1_000)
            #expect(!patience.holds(kind, at: end))
            if seconds > 0 {
                let before = self.now.adding(milliseconds: seconds * 1_000 - 1)
                #expect(patience.holds(kind, at: before))
            }
        }
    }

    // MARK: Warm connections

    @Test func `missing connections are made, a few at a time`() {
        var warmth = Warmth()
        #expect(warmth.start(missing: 8, of: 8, handles: 2, at: self.now) == 2)
        #expect(warmth.start(missing: 8, of: 8, handles: 2, at: self.now) == 0)
        warmth.ended(isSuccess: true, at: self.now)
        warmth.ended(isSuccess: true, at: self.now)
        #expect(warmth.start(missing: 6, of: 8, handles: 2, at: self.now) == 2)
    }

    @Test func `failures wait longer each time, and a venue that always closes is not hammered`() {
        var warmth = Warmth()
        #expect(warmth.start(missing: 2, of: 2, handles: 1, at: self.now) == 1)
        warmth.ended(isSuccess: false, at: self.now)
        #expect(warmth.start(missing: 2, of: 2, handles: 1, at: self.now) == 0)
        var time = self.now.adding(milliseconds: 250)
        #expect(warmth.start(missing: 2, of: 2, handles: 1, at: time) == 1)
        warmth.ended(isSuccess: true, at: time)
        var attempts = 2
        for _ in 0..<1_000 {
            let count = warmth.start(missing: 2, of: 2, handles: 1, at: time)
            attempts += count
            for _ in 0..<count { warmth.ended(isSuccess: true, at: time) }
            time = time.adding(milliseconds: 1)
        }
        #expect(attempts == 4, "twice the wanted number in ten seconds")
    }
}
