import Testing
import TradingCore

@testable import Venues

@Suite
struct StreamMachineTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private func time(_ milliseconds: Int64) -> MonotonicTime {
        self.start.adding(milliseconds: milliseconds)
    }

    @Test func `a user stream is open only when its subscription is answered`() {
        var machine = StreamMachine(.user, timing: StreamTiming())
        let started = machine.start(at: self.time(0))
        let connected = machine.connected(at: self.time(5))
        let opened = machine.receive(.subscribed, at: self.time(9), chance: 0)
        let again = machine.receive(.subscribed, at: self.time(10), chance: 0)
        #expect(started == [.connect])
        #expect(connected == [.subscribe])
        #expect(opened == [.deliver(.streamOpened)])
        #expect(again.isEmpty)
    }

    @Test func `a stream that does not open in time is given up and tried again`() {
        var machine = StreamMachine(.user, timing: StreamTiming())
        _ = machine.start(at: self.time(0))
        #expect(machine.wakeAt == self.time(10_000))
        let early = machine.tick(at: self.time(9_999), chance: 0)
        let late = machine.tick(at: self.time(10_000), chance: 0)
        #expect(early.isEmpty)
        #expect(late == [.close, .deliver(.streamLost("it did not open in time"))])
        #expect(machine.wakeAt == self.time(10_250))
        let retry = machine.tick(at: self.time(10_250), chance: 0)
        #expect(retry == [.connect])
    }

    @Test(arguments: [-1021, -1022])
    func `a subscription whose time was refused has the clock measured`(code: Int) {
        var machine = StreamMachine(.user, timing: StreamTiming())
        _ = machine.start(at: self.time(0))
        _ = machine.connected(at: self.time(5))
        let error = VenueError(httpStatus: 400, code: code, message: "no")
        let actions = machine.receive(.refused(error), at: self.time(9), chance: 0)
        let text = "the venue refused the subscription: no (\(code))"
        let lost: [StreamAction] = [.close, .deliver(.streamLost(text))]
        #expect(actions == (code == -1021 ? [.measureClock] + lost : lost))
    }

    @Test func `losses wait twice as long each time, up to a bound, less some chance`() {
        var machine = StreamMachine(.user, timing: StreamTiming())
        var now = self.time(0)
        _ = machine.start(at: now)
        var delays: [UInt64] = []
        for _ in 0..<12 {
            _ = machine.lost("x", at: now, chance: 0)
            guard let wakeAt = machine.wakeAt else { break }
            delays.append((wakeAt.nanoseconds - now.nanoseconds) / 1_000_000)
            now = wakeAt
            _ = machine.tick(at: now, chance: 0)
        }
        #expect(
            delays == [
                250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000,
                30_000,
            ]
        )
        for chance in [UInt64.max, 1, 14_999, 15_000, 15_001] {
            _ = machine.lost("x", at: now, chance: chance)
            let delay = ((machine.wakeAt?.nanoseconds ?? 0) - now.nanoseconds) / 1_000_000
            #expect((15_000...30_000).contains(delay))
            now = machine.wakeAt ?? now
            _ = machine.tick(at: now, chance: 0)
        }
    }

    @Test func `a subscription that is cut at once does not reset the waiting`() {
        var machine = StreamMachine(.user, timing: StreamTiming())
        var now = self.time(0)
        _ = machine.start(at: now)
        var delays: [UInt64] = []
        for openMilliseconds in [0, 0, 59_999, 60_000, 0] as [Int64] {
            _ = machine.connected(at: now)
            _ = machine.receive(.subscribed, at: now, chance: 0)
            now = now.adding(milliseconds: openMilliseconds)
            _ = machine.lost("x", at: now, chance: 0)
            guard let wakeAt = machine.wakeAt else { break }
            delays.append((wakeAt.nanoseconds - now.nanoseconds) / 1_000_000)
            now = wakeAt
            _ = machine.tick(at: now, chance: 0)
        }
        #expect(delays == [250, 500, 1_000, 250, 500])
    }

    @Test func `silence is measured from the last frame of any kind`() {
        var machine = StreamMachine(.user, timing: StreamTiming())
        _ = machine.start(at: self.time(0))
        _ = machine.connected(at: self.time(0))
        _ = machine.receive(.subscribed, at: self.time(0), chance: 0)
        #expect(machine.wakeAt == self.time(10_000))
        let ping = machine.tick(at: self.time(10_000), chance: 0)
        #expect(ping == [.ping])
        machine.frameArrived(at: self.time(15_000))
        _ = machine.tick(at: self.time(20_000), chance: 0)
        _ = machine.tick(at: self.time(30_000), chance: 0)
        let quiet = machine.tick(at: self.time(44_999), chance: 0)
        #expect(quiet == [.ping])
        let dead = machine.tick(at: self.time(45_000), chance: 0)
        #expect(dead == [.close, .deliver(.streamLost("silent for 30 s"))])
    }

    @Test func `a stopped stream stays stopped`() {
        var machine = StreamMachine(.user, timing: StreamTiming())
        _ = machine.start(at: self.time(0))
        let stopped = machine.stop()
        let lost = machine.lost("closed", at: self.time(1), chance: 0)
        let ticked = machine.tick(at: self.time(100_000), chance: 0)
        #expect(stopped == [.close])
        #expect(lost.isEmpty)
        #expect(ticked.isEmpty)
        #expect(machine.wakeAt == nil)
    }

    @Test func `a market stream needs no subscription, and tells when prices age`() {
        var machine = StreamMachine(.market, timing: StreamTiming())
        _ = machine.start(at: self.time(0))
        let connected = machine.connected(at: self.time(1))
        let lost = machine.lost("closed", at: self.time(2), chance: 0)
        #expect(connected == [.deliver(.marketStreamOpened)])
        #expect(lost == [.close, .deliver(.marketStreamLost("closed"))])
    }
}
