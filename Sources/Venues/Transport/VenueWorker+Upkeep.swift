import TradingCore

extension VenueWorker {
    func tend(at now: MonotonicTime) {
        guard self.stopAt == nil, self.mayLeave(.read, weight: 1) else { return }
        if self.clockAt <= now, let keeper = self.idleKeepers.popLast() {
            self.clockAt = now.adding(
                milliseconds: self.settings.timing.clockIntervalMilliseconds
            )
            self.run(ReadProgress(.time), isOurs: true, on: keeper)
        }
        let missing = self.settings.connectionCount - self.multi.connections.openCount
        let count = self.warmth.start(
            missing: missing,
            of: self.settings.connectionCount,
            handles: self.idleKeepers.count,
            at: now
        )
        for keeper in self.idleKeepers.suffix(count) {
            let request = BinanceRequests.ping
            keeper.prepare(request, payload: request.query, isFresh: true)
            self.run(.warmUp, weight: 1, on: keeper)
        }
        self.idleKeepers.removeLast(count)
    }

    func measureClock(_ answer: VenueAnswer, on transfer: CurlTransfer) {
        guard case .time(let venueTime) = answer, let sentAt = transfer.sentAt else { return }
        let sample = ClockSample(
            venueTime: venueTime,
            sentAt: sentAt,
            receivedAt: VenueClock.now()
        )
        self.clock.take(sample)
        self.results.append(.clockMeasured(sample))
    }

    /// How many readings the first estimate is made of: one alone may have met a pause.
    static let samplesAtStart = 4

    func scheduleClock(after answer: VenueAnswer) {
        if case .time = answer {
            self.samplesLeft = max(0, self.samplesLeft - 1)
            if self.samplesLeft > 0 { self.clockAt = VenueClock.monotonic() }
            return
        }
        self.clockAt = VenueClock.monotonic().adding(
            milliseconds: self.settings.timing.clockRetryMilliseconds
        )
    }
}
