import Testing
import TradingCore

@testable import Venues

@Suite struct StreamRotationTests {
    private let timing = StreamTiming()

    private func time(_ milliseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: 1_000_000_000_000).adding(milliseconds: milliseconds)
    }

    private static let event = VenueInput.balancesReported([], time: WallTime(milliseconds: 1))

    /// A rotation whose first connection is open since the beginning.
    private func opened() -> Driver {
        let rotation = Driver(self.timing)
        #expect(rotation.start() == [.open(1)])
        #expect(
            rotation.receive(.streamOpened, from: 1, at: self.time(0))
                == [.deliver(.streamOpened)]
        )
        return rotation
    }

    @Test func `a stream is replaced before the venue ends it, and no event falls between`() {
        let rotation = self.opened()
        let due = self.timing.rotateAfterMilliseconds
        #expect(due < 24 * 3_600_000)
        #expect(rotation.wakeAt == self.time(due))
        #expect(rotation.tick(at: self.time(due - 1)).isEmpty)
        #expect(rotation.tick(at: self.time(due)) == [.open(2)])
        // Until the new one is subscribed, the old one speaks.
        #expect(
            rotation.receive(Self.event, from: 1, at: self.time(due + 1)) == [.deliver(Self.event)]
        )
        #expect(rotation.receive(.streamOpened, from: 2, at: self.time(due + 2)).isEmpty)
        // Both are heard for a while; the gateway counts an event once (E4).
        for connection in [1, 2] {
            #expect(
                rotation.receive(Self.event, from: connection, at: self.time(due + 3))
                    == [.deliver(Self.event)]
            )
        }
        let end = due + 2 + self.timing.overlapMilliseconds
        #expect(rotation.wakeAt == self.time(end))
        #expect(rotation.tick(at: self.time(end)) == [.close(1)])
        #expect(rotation.wakeAt == self.time(due + 2 + due))
    }

    @Test func `a successor that fails is no loss while the stream itself lives`() {
        let rotation = self.opened()
        #expect(rotation.ending(1) == [.open(2)])
        #expect(rotation.ending(1).isEmpty, "announced twice")
        #expect(rotation.receive(.streamLost("x"), from: 2, at: self.time(1)).isEmpty)
        #expect(rotation.receive(.streamOpened, from: 2, at: self.time(2)).isEmpty)
        #expect(
            rotation.receive(.streamLost("shut down"), from: 1, at: self.time(3)) == [.close(1)]
        )
        #expect(
            rotation.receive(.streamLost("y"), from: 2, at: self.time(4))
                == [.deliver(.streamLost("y"))]
        )
    }

    @Test func `a stream that ends before its successor is open is a loss, made good by it`() {
        let rotation = self.opened()
        _ = rotation.ending(1)
        #expect(
            rotation.receive(.streamLost("shut down"), from: 1, at: self.time(1))
                == [.close(1), .deliver(.streamLost("shut down"))]
        )
        #expect(
            rotation.receive(.streamOpened, from: 2, at: self.time(2)) == [.deliver(.streamOpened)]
        )
        #expect(rotation.wakeAt == self.time(2 + self.timing.rotateAfterMilliseconds))
    }

    @Test func `a dead stream is given up with everything beside it`() {
        let rotation = self.opened()
        _ = rotation.ending(1)
        #expect(
            rotation.renew("dead") == [
                .close(1), .close(2), .deliver(.streamLost("dead")), .open(3),
            ]
        )
        #expect(
            rotation.receive(.streamOpened, from: 3, at: self.time(5)) == [.deliver(.streamOpened)]
        )
    }

    @Test func `before the first start there is nothing to give up`() {
        let rotation = Driver(self.timing)
        #expect(rotation.renew("dead").isEmpty)
        #expect(rotation.wakeAt == nil)
    }
}

/// Drives a rotation; a class, so that a step can stand in an expectation.
private final class Driver {
    private var rotation: StreamRotation

    init(_ timing: StreamTiming) { self.rotation = StreamRotation(timing: timing) }

    var wakeAt: MonotonicTime? { self.rotation.wakeAt }

    func start() -> [RotationAction] { self.rotation.start() }

    func receive(
        _ input: VenueInput,
        from connection: Int,
        at now: MonotonicTime
    ) -> [RotationAction] {
        self.rotation.receive(input, from: connection, at: now)
    }

    func ending(_ connection: Int) -> [RotationAction] { self.rotation.ending(connection) }

    func renew(_ reason: String) -> [RotationAction] { self.rotation.renew(reason) }

    func tick(at now: MonotonicTime) -> [RotationAction] { self.rotation.tick(at: now) }
}
