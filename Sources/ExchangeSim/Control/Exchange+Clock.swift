import TradingCore

/// When a clock that only requests move has to do its regular work next.
struct VirtualTimers {
    var market: Int64
    var fastDepth: Int64
    var slowDepth: Int64

    init(start: Int64, marketInterval: Int64?) {
        self.market = marketInterval.map { start + $0 } ?? .max
        self.fastDepth = start + 100
        self.slowDepth = start + 1000
    }

    /// Keeps the distances to what is due when the clock is set.
    mutating func shift(by milliseconds: Int64) {
        if self.market != .max { self.market += milliseconds }
        self.fastDepth += milliseconds
        self.slowDepth += milliseconds
    }

    var next: Int64 { min(self.market, self.fastDepth, self.slowDepth) }
}

extension Exchange {
    /// The longest way that one request may move the clock.
    private static let advanceMillisecondsMax: Int64 = 86_400_000

    /// `GET /sim/clock` and `POST /sim/clock/advance?ms=N`.
    func controlClock(
        advances: Bool,
        _ parameters: inout Parameters,
        _ writer: inout JSONWriter
    ) throws {
        if advances {
            guard self.clock.isVirtual else {
                throw ControlError(message: "the clock runs by itself; start with --clock virtual")
            }
            guard let milliseconds = try parameters.integer("ms"),
                milliseconds <= Self.advanceMillisecondsMax
            else { throw ControlError(message: "ms is missing, or more than a day") }
            self.advanceClock(milliseconds)
        }
        self.writeClock(to: &writer)
    }

    /// `POST /sim/clock/skew?ms=N`: tells times that are wrong by that much, before or after.
    func skewClock(_ parameters: inout Parameters, _ writer: inout JSONWriter) throws {
        guard let milliseconds = try Int64(parameters.mandatory("ms")),
            abs(milliseconds) <= Self.advanceMillisecondsMax
        else { throw ControlError(message: "ms is no number, or more than a day") }
        let change = milliseconds - self.clock.skewMilliseconds
        self.clock.skewMilliseconds = milliseconds
        self.virtualTimers?.shift(by: change)
        self.writeClock(to: &writer)
    }

    private func writeClock(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("now", self.now.milliseconds)
        writer.field("virtual", self.clock.isVirtual)
        writer.field("skew", self.clock.skewMilliseconds)
        writer.endObject()
    }

    /// Moves a virtual clock, and does on the way what would have been due.
    func advanceClock(_ milliseconds: Int64) {
        let end = self.now.milliseconds + milliseconds
        let interval = self.liquidity?.intervalMilliseconds
        var timers =
            self.virtualTimers
            ?? VirtualTimers(start: self.now.milliseconds, marketInterval: interval)
        while min(timers.next, self.fills.next) <= end {
            let due = min(timers.next, self.fills.next)
            self.clock.move(to: WallTime(milliseconds: due))
            self.performFills()
            if timers.market == due {
                self.liquidity?.step(self)
                timers.market += interval ?? .max - due
            }
            if timers.fastDepth == due {
                self.flushDepth(isFast: true)
                timers.fastDepth += 100
            }
            if timers.slowDepth == due {
                self.flushDepth(isFast: false)
                self.publishStatistics()
                self.tend()
                timers.slowDepth += 1000
            }
        }
        self.virtualTimers = timers
        self.clock.move(to: WallTime(milliseconds: end))
    }
}
