import TradingCore

/// The waits of a stream.
package struct StreamTiming: Hashable, Sendable {
    /// From the first packet to the subscription's answer.
    package var openMillisecondsMax: Int64 = 10_000
    /// How often we ping by ourselves; Binance allows five messages a second.
    package var pingIntervalMilliseconds: Int64 = 10_000
    /// A stream without a single frame for this long is dead, whatever TCP says.
    package var silenceMillisecondsMax: Int64 = 30_000
    package var reconnectMillisecondsMin: Int64 = 250
    package var reconnectMillisecondsMax: Int64 = 30_000
    /// Open for this long, a stream counts as sound, and the next loss as the first.
    package var soundAfterMilliseconds: Int64 = 60_000
    /// A user stream is replaced when it is this old: Binance ends it after 24 hours.
    package var rotateAfterMilliseconds: Int64 = 23 * 3_600_000
    /// How long the replaced one goes on beside the new one; its last events are still underway.
    package var overlapMilliseconds: Int64 = 5_000

    package init() {}
}

/// What the shell of a stream is to do.
enum StreamAction: Hashable, Sendable {
    case connect
    case subscribe
    case ping
    case close
    case deliver(VenueInput)
    /// The venue announced that it will end the stream, which still works.
    case announceEnd
    /// The venue's clock is not what the subscription was signed by.
    case measureClock
    /// For people: something was ignored, or a market stream was lost.
    case note(String)
}

/// The life of one stream: connect, subscribe, watch, and start again after every loss.
///
/// Pure: time and chance come in as values.
struct StreamMachine: ~Copyable {
    enum Purpose: Hashable, Sendable {
        /// Needs a subscription, and its losses are the gateway's business.
        case user
        /// The URL says what is wanted.
        case market
    }

    enum State: Hashable, Sendable {
        case idle
        case connecting(deadline: MonotonicTime)
        case subscribing(deadline: MonotonicTime)
        case open(since: MonotonicTime)
        case waiting(until: MonotonicTime)
        case stopped
    }

    private let purpose: Purpose
    private let timing: StreamTiming
    private(set) var state = State.idle
    private var failures = 0
    /// The kinds of events that were ignored so far.
    private var ignored: Set<String> = []
    private var lastFrameAt = MonotonicTime(nanoseconds: 0)
    private var pingAt = MonotonicTime(nanoseconds: 0)

    init(_ purpose: Purpose, timing: StreamTiming) {
        self.purpose = purpose
        self.timing = timing
    }

    /// When ``tick(at:chance:)`` has something to do.
    var wakeAt: MonotonicTime? {
        switch self.state {
        case .idle, .stopped: nil
        case .connecting(let time), .subscribing(let time), .waiting(let time): time
        case .open: min(self.pingAt, self.silenceEnd)
        }
    }

    private var silenceEnd: MonotonicTime {
        self.lastFrameAt.adding(milliseconds: self.timing.silenceMillisecondsMax)
    }

    mutating func start(at now: MonotonicTime) -> [StreamAction] {
        guard self.state == .idle else { return [] }
        return self.connect(at: now)
    }

    /// The connection stands and speaks WebSocket.
    mutating func connected(at now: MonotonicTime) -> [StreamAction] {
        guard case .connecting(let deadline) = self.state else { return [] }
        self.lastFrameAt = now
        switch self.purpose {
        case .user:
            self.state = .subscribing(deadline: deadline)
            return [.subscribe]
        case .market:
            self.open(at: now)
            return [.deliver(.marketStreamOpened)]
        }
    }

    /// Any frame at all shows that the other side lives.
    mutating func frameArrived(at now: MonotonicTime) { self.lastFrameAt = now }

    mutating func receive(
        _ message: StreamMessage,
        at now: MonotonicTime,
        chance: UInt64
    ) -> [StreamAction] {
        var actions: [StreamAction] = []
        switch self.state {
        case .connecting where self.purpose == .market:
            // The server may speak in the very packet that accepts the connection.
            self.open(at: now)
            actions = [.deliver(.marketStreamOpened)]
        case .idle, .connecting, .waiting, .stopped:
            return []
        case .subscribing, .open:
            break
        }
        switch message {
        case .subscribed:
            guard case .subscribing = self.state else { return [] }
            self.open(at: now)
            return [.deliver(.streamOpened)]
        case .input(let input):
            return actions + [.deliver(input)]
        case .ending(let text):
            guard self.purpose == .user, case .open = self.state else {
                return self.lost(text, at: now, chance: chance)
            }
            return [.note(text), .announceEnd]
        case .refused(let error):
            let text = "the venue refused the subscription: \(error.message) (\(error.code))"
            let isClockWrong = error.code == VenueError.outsideWindow
            return (isClockWrong ? [.measureClock] : [])
                + self.lost(text, at: now, chance: chance)
        case .taken:
            return actions
        case .ended(let text):
            return self.lost(text, at: now, chance: chance)
        case .unreadable(let text):
            return self.lost("a message could not be read: \(text)", at: now, chance: chance)
        case .ignored(let name):
            // Once a kind: the venue decides how often it says something new.
            guard self.ignored.count < 64, self.ignored.insert(name).inserted else {
                return actions
            }
            return actions + [.note("ignored a stream event of type \(name)")]
        }
    }

    /// The connection is gone, or must go.
    mutating func lost(
        _ reason: String,
        at now: MonotonicTime,
        chance: UInt64
    ) -> [StreamAction] {
        switch self.state {
        case .idle, .waiting, .stopped:
            return []
        case .open(let since):
            let soundAt = since.adding(milliseconds: self.timing.soundAfterMilliseconds)
            if soundAt <= now { self.failures = 0 }
        case .connecting, .subscribing:
            break
        }
        self.state = .waiting(until: now.adding(milliseconds: self.delay(chance)))
        self.failures = min(self.failures + 1, 30)
        switch self.purpose {
        case .user: return [.close, .deliver(.streamLost(reason))]
        case .market: return [.close, .deliver(.marketStreamLost(reason))]
        }
    }

    mutating func tick(at now: MonotonicTime, chance: UInt64) -> [StreamAction] {
        switch self.state {
        case .idle, .stopped:
            return []
        case .waiting(let until):
            return until <= now ? self.connect(at: now) : []
        case .connecting(let deadline), .subscribing(let deadline):
            guard deadline <= now else { return [] }
            return self.lost("it did not open in time", at: now, chance: chance)
        case .open:
            if self.silenceEnd <= now {
                let seconds = self.timing.silenceMillisecondsMax / 1_000
                return self.lost("silent for \(seconds) s", at: now, chance: chance)
            }
            guard self.pingAt <= now else { return [] }
            self.pingAt = now.adding(milliseconds: self.timing.pingIntervalMilliseconds)
            return [.ping]
        }
    }

    mutating func stop() -> [StreamAction] {
        self.state = .stopped
        return [.close]
    }

    private mutating func connect(at now: MonotonicTime) -> [StreamAction] {
        self.state = .connecting(
            deadline: now.adding(milliseconds: self.timing.openMillisecondsMax)
        )
        return [.connect]
    }

    private mutating func open(at now: MonotonicTime) {
        self.state = .open(since: now)
        self.pingAt = now.adding(milliseconds: self.timing.pingIntervalMilliseconds)
    }

    /// Doubles with each failure; chance takes up to half off, so that many clients that were
    /// thrown out together do not come back together.
    private func delay(_ chance: UInt64) -> Int64 {
        let shift = Int64(min(self.failures, 20))
        let full = min(
            self.timing.reconnectMillisecondsMin << shift,
            self.timing.reconnectMillisecondsMax
        )
        return full - Int64(chance % UInt64(full / 2 + 1))
    }
}
