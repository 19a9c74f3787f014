extension Gateway {
    mutating func decideKill(
        _ request: Request,
        _ token: RequestToken,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        switch request {
        case .killEngage(let level, let principal, let reason):
            // Never refused, and never weaker than before.
            let killSwitch = KillSwitch(
                level: max(level, self.state.killSwitch.level ?? level),
                principal: principal,
                reason: reason,
                since: batch.instant.wall
            )
            self.engage(killSwitch, into: &batch)
        case .killRelease(let principal, let reason, let release):
            let refusal =
                self.refusalToRelease(release)
                ?? self.refusal(ofCodeIn: release, principal, into: &batch)
            if let refusal {
                batch.perform(.reply(token, .refused(refusal)))
                return
            }
            self.release(by: principal, reason: self.text(reason, of: release), into: &batch)
            self.confirmStops(into: &batch)
        default:
            break
        }
        // What follows from an engagement is asked for before it is told.
        self.pursueKill(into: &batch)
        let view = self.killSwitchView(onTheWire: fetched.onTheWire, at: batch.instant)
        batch.perform(.reply(token, .killSwitch(view)), afterAllEarlierEvents: true)
    }

    /// Gates first, then the record (K2); then the cancels that the level asks for (K3).
    mutating func engage(_ killSwitch: KillSwitch, into batch: inout OpenBatch) {
        batch.performAtOnce(.engageKillSwitch)
        self.record(.killChanged(killSwitch), into: &batch)
        self.kill = KillProgress()
        self.kill.canceled.formUnion(
            self.dismissHeld("the kill switch was engaged: \(killSwitch.reason)", into: &batch)
        )
        guard let level = killSwitch.level, level >= .cancel else { return }
        self.kill.canceled.formUnion(self.cancelAll(nil, into: &batch))
        if level == .flatten { batch.perform(.letClosingsPass) }
    }

    /// Takes an engaged switch up again after a restart: gates, cancels, closings.
    mutating func resumeKill(into batch: inout OpenBatch) {
        guard let level = self.state.killSwitch.level else { return }
        batch.performAtOnce(.engageKillSwitch)
        guard level >= .cancel else { return }
        self.kill.canceled.formUnion(self.cancelAll(nil, into: &batch))
        if level == .flatten { batch.perform(.letClosingsPass) }
    }

    private mutating func release(
        by principal: Principal,
        reason: String,
        into batch: inout OpenBatch
    ) {
        guard self.state.killSwitch.isEngaged else { return }
        batch.performAtOnce(.stopClosings)
        let killSwitch = KillSwitch(
            level: nil,
            principal: principal,
            reason: reason,
            since: batch.instant.wall
        )
        self.record(.killChanged(killSwitch), into: &batch)
        self.kill = KillProgress()
        batch.perform(.liftKillSwitch)
    }

    /// A release is an operator's word on what stopped a venue; it is looked at anew all the same.
    private mutating func confirmStops(into batch: inout OpenBatch) {
        for venue in self.settings.exchanges { self.withCare(venue) { $0.rejects.acknowledge() } }
        for venue in self.settings.exchanges where self.sessions[venue]?.stopReason != nil {
            self.withSession(venue) { $0.stopReason = nil }
            guard case .offline? = self.sessions[venue]?.phase else {
                self.beginReconciliation(venue, into: &batch)
                continue
            }
        }
    }

    /// Why the switch may not be released while what engaged it lasts, or nil.
    private func refusalToRelease(_ release: KillRelease) -> Refusal? {
        guard self.state.killSwitch.isEngaged, !release.isForced else { return nil }
        let causes = self.causes(of: release)
        guard !causes.isEmpty else { return nil }
        let text = causes.joined(separator: "; ")
        return Refusal(
            .killCause,
            limit: "no cause",
            actual: text,
            message: "The kill switch is not released: \(text). Remove the cause, or force it."
        )
    }

    /// Why a release is refused that wants a code, or nil; one that releases nothing wants none.
    private mutating func refusal(
        ofCodeIn release: KillRelease,
        _ principal: Principal,
        into batch: inout OpenBatch
    ) -> Refusal? {
        guard self.state.killSwitch.isEngaged,
            self.settings.approvals.requiring.contains(.release)
        else { return nil }
        return self.take(release.code, of: principal, for: "kill release", into: &batch)
    }

    /// What still asks for the switch, outside of the gateway and within.
    private func causes(of release: KillRelease) -> [String] {
        release.causes + self.settings.exchanges.compactMap { self.sessions[$0]?.stopReason }
            + self.state.breaches.open.filter { $0.action.killLevel != nil }.map { breach in
                "breach \(breach.number) (\(breach.rule.name)) is not acknowledged"
            }
    }

    /// Why it is released, for the record: a release by force names what it passed over.
    private func text(_ reason: String, of release: KillRelease) -> String {
        let causes = self.causes(of: release)
        guard release.isForced, !causes.isEmpty else { return reason }
        return "\(reason) (forced while: \(causes.joined(separator: "; ")))"
    }

    // MARK: Seeing it through

    /// Goes on with what the engaged level asks for; called after every input.
    ///
    /// Everything here is derived from the state, so that it goes on after a restart (M3).
    mutating func pursueKill(into batch: inout OpenBatch) {
        guard let level = self.state.killSwitch.level, level >= .cancel else { return }
        // What was due is no reason to wake up again, whether or not it can be done now.
        let now = batch.instant.monotonic
        self.kill.closingRetries = self.kill.closingRetries.filter { now < $0.value.at }
        for venue in self.settings.exchanges {
            if level == .flatten { self.closePositions(on: venue, into: &batch) }
            self.verifyZero(on: venue, into: &batch)
        }
    }

    /// Asks the venue for its open orders once none of ours is left that we know of; only a read
    /// that began after the last of them was settled can confirm it (K3).
    private mutating func verifyZero(on venue: VenueID, into batch: inout OpenBatch) {
        guard self.state.openOrderCount(on: venue) == 0 else {
            self.kill.zeros[venue] = nil
            return
        }
        switch self.kill.zeros[venue] {
        case .asked, .confirmed: return
        case .retry(let at) where at > batch.instant.monotonic: return
        case .retry, nil:
            let read = self.nextRead()
            self.kill.zeros[venue] = .asked(read)
            batch.performAtOnce(.request(venue, .openOrders(read)))
        }
    }

    /// Takes a reading of the open orders as proof that none of ours is left, or asks again.
    mutating func noteZero(
        _ read: ReadID,
        _ answer: VenueAnswer,
        from venue: VenueID,
        at instant: Instant
    ) {
        guard case .asked(read) = self.kill.zeros[venue] else { return }
        guard case .orders(let reports) = answer,
            !reports.contains(where: { self.isNamedLikeOurs($0) })
        else {
            let interval = self.settings.timing.retryIntervalMilliseconds
            self.kill.zeros[venue] = .retry(instant.monotonic.adding(milliseconds: interval))
            return
        }
        self.kill.zeros[venue] = .confirmed(instant.wall)
    }

    /// When an engaged switch has something to do next.
    var nextKillWake: MonotonicTime? {
        guard let level = self.state.killSwitch.level, level >= .cancel else { return nil }
        var times: [MonotonicTime] = []
        for zero in self.kill.zeros.values {
            if case .retry(let at) = zero { times.append(at) }
        }
        times += self.kill.closingRetries.values.map(\.at)
        return times.min()
    }

    // MARK: Telling

    /// How far the cancels are that an engaged switch asks for.
    package enum CancelProgress: Hashable, Sendable {
        case notAskedFor
        case unconfirmed
        case confirmed
    }

    package func cancelProgress(at instant: Instant) -> CancelProgress {
        guard let level = self.state.killSwitch.level, level >= .cancel else { return .notAskedFor }
        let view = self.killSwitchView(onTheWire: nil, at: instant)
        return view.isCancelDone ? .confirmed : .unconfirmed
    }

    /// The switch as it is.
    ///
    /// - Parameters:
    ///   - wire: The placements that the venues have on the wire; nil where nobody looked: then
    ///     all that are not answered count.
    ///   - instant: Now.
    /// - Returns: What callers are told.
    func killSwitchView(onTheWire wire: Set<OrderID>?, at instant: Instant) -> KillSwitchView {
        let open = self.state.ordersByAge.filter(\.isAtVenue)
        let unanswered = open.map(\.orderID).filter { self.chases[$0]?.awaitsPlacement == true }
        let canceled = self.kill.canceled.sorted()
        let unconfirmed = canceled.filter {
            self.state.orders[$0].map { !$0.status.isTerminal } ?? false
        }
        let level = self.state.killSwitch.level
        return KillSwitchView(
            state: self.state.killSwitch,
            isDurable: !self.journal.isDamaged,
            inFlight: unanswered.filter { wire?.contains($0) ?? true },
            open: open.map(\.orderID),
            canceled: canceled,
            unconfirmed: unconfirmed,
            venues: self.settings.exchanges.map { venue in
                KillSwitchView.Venue(
                    venue: venue,
                    zeroSince: self.kill.zeroTime(on: venue),
                    closings: level == .flatten ? self.closings(on: venue, at: instant) : []
                )
            }
        )
    }
}

/// What an engaged kill switch has done since the process started or it was engaged; derived.
struct KillProgress: Hashable, Sendable {
    /// How far the proof is that no order of ours is open at a venue.
    enum Zero: Hashable, Sendable {
        case asked(ReadID)
        /// The reading failed or still showed one of ours.
        case retry(MonotonicTime)
        case confirmed(WallTime)
    }

    /// Orders that it cancelled.
    var canceled: Set<OrderID> = []
    var zeros: ByVenue<Zero> = [:]
    /// When a position whose last order failed is tried again.
    var closingRetries: [Holding: Retry] = [:]

    struct Retry: Hashable, Sendable {
        var at: MonotonicTime
        var reason: String
    }

    func zeroTime(on venue: VenueID) -> WallTime? {
        if case .confirmed(let time) = self.zeros[venue] { time } else { nil }
    }
}

/// One position of one venue.
struct Holding: Hashable, Sendable {
    var venue: VenueID
    var symbol: Symbol
}
