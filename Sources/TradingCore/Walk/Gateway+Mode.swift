extension Gateway {
    /// The installation's mode, but monitor where the journal takes nothing.
    ///
    /// An order's own is that of its strategy, see ``mode(of:)``.
    var mode: TradingMode { self.journal.isDamaged ? .monitor : self.recordedMode }

    /// The mode that the journal says, whose positions are shown also where nothing is traded.
    var recordedMode: TradingMode { self.state.modes.installation?.mode ?? .monitor }

    /// The mode that orders of a strategy are placed in: the lower of its own and the
    /// installation's (M1, B6).
    ///
    /// Every order asks for it: inlined, it is not handed a copy of the gateway.
    @inline(__always)
    func mode(of strategy: String) -> TradingMode {
        let ofStrategies = self.state.modes.ofStrategies
        guard !ofStrategies.isEmpty else { return self.mode }
        return EffectiveModes(installation: self.mode, ofStrategies: ofStrategies)
            .mode(of: strategy)
    }

    /// All modes as the journal says them.
    private var recordedModes: EffectiveModes {
        EffectiveModes(
            installation: self.recordedMode,
            ofStrategies: self.state.modes.ofStrategies
        )
    }

    // MARK: Changing

    mutating func decideMode(
        _ wish: ModeWish,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        into batch: inout OpenBatch
    ) {
        let shift = ModeShift(self.recordedModes, ModeRecord(wish, at: batch.instant.wall))
        guard shift.entersLive(wish.strategy), self.settings.exchanges.contains(.live) else {
            self.change(to: wish, token, rights: nil, into: &batch)
            return
        }
        // The key is proven for each change: what it may do can be changed at the venue.
        self.modeChanges.append(
            PendingModeChange(
                wish: wish,
                token: token,
                deadline: deadline,
                seen: self.modesSeen(by: wish)
            )
        )
        batch.performAtOnce(.request(.live, .keyRights))
    }

    /// The venue has said what our key may do, or has not: the oldest change that waits goes on.
    mutating func keyRightsAnswered(_ answer: VenueAnswer, into batch: inout OpenBatch) {
        guard !self.modeChanges.isEmpty else { return }
        let pending = self.modeChanges.removeFirst()
        if let refusal = self.refusalOfDamage(.setMode(pending.wish)) {
            batch.perform(.reply(pending.token, .refused(refusal)))
            return
        }
        if let deadline = pending.deadline, deadline <= batch.instant.monotonic {
            let refusal = Refusal(
                .deadline,
                limit: "in time",
                actual: "too late",
                message: "The deadline passed before the key was proven; the mode is unchanged."
            )
            batch.perform(.reply(pending.token, .refused(refusal)))
            return
        }
        let wish = pending.wish
        let now = self.modesSeen(by: wish)
        if self.ownMode(of: wish.strategy) != .live, now != pending.seen {
            let changed = now.strategy == pending.seen.strategy ? now.installation : now.strategy
            let refusal = self.refusal(ofChangeAfter: changed ?? self.modeRecord)
            batch.perform(.reply(pending.token, .refused(refusal)), afterAllEarlierEvents: true)
            return
        }
        self.change(to: wish, pending.token, rights: answer, into: &batch)
    }

    private func modesSeen(by wish: ModeWish) -> PendingModeChange.Seen {
        PendingModeChange.Seen(
            installation: self.state.modes.installation,
            strategy: self.state.modes.ofStrategies[wish.strategy]
        )
    }

    /// Whoever set a mode while the key was being proven had the last word.
    private func refusal(ofChangeAfter record: ModeRecord) -> Refusal {
        Refusal(
            .modeGate,
            limit: "the mode that was seen",
            actual: "\(record.mode.name), set by \(record.principal)",
            message: "While the key was being proven, \(record.principal) set \(record.scope) to "
                + "\(record.mode.name); ask again if live is still meant."
        )
    }

    private mutating func change(
        to wish: ModeWish,
        _ token: RequestToken,
        rights: VenueAnswer?,
        into batch: inout OpenBatch
    ) {
        let previous = self.ownMode(of: wish.strategy)
        if wish.mode != previous {
            let record = ModeRecord(wish, at: batch.instant.wall)
            let shift = ModeShift(self.recordedModes, record)
            var unmet = self.unmetConditions(of: wish, shift, rights: rights)
            if shift.entersLive(wish.strategy), self.settings.approvals.requiring.contains(.live),
                let refusal = self.take(wish.code, of: wish.principal, for: "live", into: &batch)
            {
                unmet.append(UnmetCondition(refusal))
            }
            if let refusal = Refusal(unmet) {
                batch.perform(.reply(token, .refused(refusal)))
                return
            }
            if wish.openOrders == .cancel {
                self.cancelOpen("canceled with all orders", into: &batch, where: shift.leaves)
            }
            self.change(by: shift, to: record, into: &batch)
        }
        let view = ModeView(
            record: self.state.modes.ofStrategies[wish.strategy] ?? self.modeRecord,
            previous: previous,
            effective: self.mode(of: wish.strategy)
        )
        batch.perform(.reply(token, .mode(view)))
    }

    /// What was set for a strategy, or for the installation; nil where nothing was for a strategy.
    private func ownMode(of strategy: String) -> TradingMode? {
        strategy.isEmpty ? self.mode : self.state.modes.ofStrategies[strategy]?.mode
    }

    /// Changes a mode by the gateway's own decision, at a start.
    mutating func changeMode(
        to mode: TradingMode,
        of strategy: String = "",
        by principal: Principal,
        reason: String,
        into batch: inout OpenBatch
    ) {
        let record = ModeRecord(
            mode: mode,
            strategy: strategy,
            principal: principal,
            reason: reason,
            since: batch.instant.wall
        )
        self.change(by: ModeShift(self.recordedModes, record), to: record, into: &batch)
    }

    private mutating func change(
        by shift: ModeShift,
        to record: ModeRecord,
        into batch: inout OpenBatch
    ) {
        let strategy = record.strategy
        // They die with their mode (M1).
        _ = self.dismissHeld(
            "mode \(shift.before.mode(of: strategy).name) was left for "
                + "\(shift.after.mode(of: strategy).name) (M1)",
            into: &batch,
            where: shift.leaves
        )
        let changed: Event =
            strategy.isEmpty ? .modeChanged(record) : .strategyModeChanged(record)
        self.record(changed, into: &batch)
    }

    // MARK: Telling

    var modeRecord: ModeRecord {
        self.state.modes.installation
            ?? ModeRecord(
                mode: .monitor,
                principal: Principal(""),
                reason: "",
                since: self.startedAt
            )
    }

    /// The modes as they are, and their last changes.
    func modeView() -> ModeView {
        ModeView(
            record: self.modeRecord,
            previous: self.mode,
            effective: self.mode,
            strategies: self.state.modes.ofStrategies.values.sorted { $0.strategy < $1.strategy }
                .map { record in
                    ModeView.Strategy(record: record, effective: self.mode(of: record.strategy))
                },
            history: self.state.modes.history.reversed()
        )
    }
}

extension ModeRecord {
    /// What a wish comes to where nothing stands against it.
    fileprivate init(_ wish: ModeWish, at time: WallTime) {
        self.init(
            mode: wish.mode,
            strategy: wish.strategy,
            principal: wish.principal,
            reason: wish.reason,
            since: time
        )
    }

    /// Whose mode it is, in words.
    fileprivate var scope: String {
        self.strategy.isEmpty ? "the mode" : "the mode of strategy \(self.strategy)"
    }
}
