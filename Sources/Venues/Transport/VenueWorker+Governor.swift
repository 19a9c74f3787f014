import TradingCore

extension VenueWorker {
    /// Whether the governor lets a request go now; if not, the loop wakes up when it will.
    func mayLeave(_ urgency: Governor.Urgency, weight: Int) -> Bool {
        let now = VenueClock.now()
        let times = self.clock.venueTimes(at: now)
        guard let time = self.governor.heldUntil(urgency, weight: weight, at: now, venue: times)
        else { return true }
        self.heldUntil = min(self.heldUntil ?? time, time)
        return false
    }

    func turnPage(_ progress: ReadProgress, on transfer: CurlTransfer) {
        let request = progress.request
        if self.stopAt == nil, self.mayLeave(request.urgency, weight: request.weight) {
            self.run(progress, isOurs: false, on: transfer)
            return
        }
        self.idle.append(transfer)
        self.count(progress, -1)
        if self.stopAt == nil {
            self.queue.putBack(progress)
        } else {
            self.finish(request, .failed("the list could not be read to its end"))
        }
    }

    /// Tells the gateway what an answer says about how much may be sent, before what it answers.
    func report(_ answer: HTTPAnswer, to job: Job, at now: Instant) {
        if let restraint = Self.restraint(askedBy: answer, at: now) {
            self.results.append(.restrained(restraint))
        }
        // Until the next measuring, everything that is signed would be refused like this.
        if answer.error?.code == VenueError.outsideWindow { self.clockAt = now.monotonic }
        guard case .placement(let intent) = job else { return }
        let counts = answer.counts.filter { $0.kind == .orders }
        guard !counts.isEmpty else { return }
        self.results.append(.orderCountsReported(intent.orderID, counts))
    }

    /// What the answer asks not to send, for the gateway, which keeps it over restarts.
    static func restraint(askedBy answer: HTTPAnswer, at now: Instant) -> VenueRestraint? {
        guard let seconds = VenuePatience.seconds(askedBy: answer) else { return nil }
        let scope: VenueRestraint.Scope =
            switch answer.status {
            case 418: .everything
            case 429 where answer.error?.code == VenuePatience.tooManyOrders: .placements
            default: .allButCancels
            }
        return VenueRestraint(
            until: now.wall.adding(milliseconds: seconds * 1_000),
            scope: scope,
            reason: "HTTP \(answer.status), wait \(seconds) s"
        )
    }

    /// Takes in the limits that `exchangeInfo` listed.
    func learn(_ limits: [RateLimit]) {
        guard !limits.isEmpty else { return }
        self.governor.learn(limits)
        let orders = limits.filter { $0.kind == .orders }
        guard orders != self.orderLimits else { return }
        self.orderLimits = orders
        self.results.append(.orderLimitsReported(orders))
    }

    /// Answers a placement that may not leave now; the gateway refuses the next ones itself.
    func holdBack(_ intent: OrderIntent) {
        let now = VenueClock.now()
        if self.governor.restraint(of: .placement, at: now.monotonic) == nil,
            let time = self.heldUntil, now.monotonic < time
        {
            let wait = Int64(time.nanoseconds - now.monotonic.nanoseconds)
            let restraint = VenueRestraint(
                until: WallTime(nanoseconds: now.wall.nanoseconds + wait),
                scope: .placements,
                reason: "the request weight of this minute is used up"
            )
            self.results.append(.restrained(restraint))
        }
        self.results.append(.placementAnswered(intent.orderID, .notSent(.venueBackoff)))
    }
}
