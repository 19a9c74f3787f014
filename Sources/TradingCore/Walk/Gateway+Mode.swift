extension Gateway {
    mutating func decideMode(
        _ wish: ModeWish,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        into batch: inout OpenBatch
    ) {
        guard wish.mode == .live, self.mode != .live, self.settings.exchanges.contains(.live) else {
            self.change(to: wish, token, rights: nil, into: &batch)
            return
        }
        // The key is proven for each change: what it may do can be changed at the venue.
        self.modeChanges.append(
            PendingModeChange(
                wish: wish,
                token: token,
                deadline: deadline,
                seen: self.state.mode
            )
        )
        batch.performAtOnce(.request(.live, .keyRights))
    }

    /// The venue has said what our key may do, or has not: the oldest change that waits goes on.
    mutating func keyRightsAnswered(_ answer: VenueAnswer, into batch: inout OpenBatch) {
        guard !self.modeChanges.isEmpty else { return }
        let pending = self.modeChanges.removeFirst()
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
        if self.mode != .live, self.state.mode != pending.seen {
            let refusal = self.refusal(ofChangeAfter: self.modeRecord)
            batch.perform(.reply(pending.token, .refused(refusal)), afterAllEarlierEvents: true)
            return
        }
        self.change(to: pending.wish, pending.token, rights: answer, into: &batch)
    }

    /// Whoever set a mode while the key was being proven had the last word.
    private func refusal(ofChangeAfter record: ModeRecord) -> Refusal {
        Refusal(
            .modeGate,
            limit: "the mode that was seen",
            actual: "\(record.mode.name), set by \(record.principal)",
            message: "While the key was being proven, \(record.principal) set the mode to "
                + "\(record.mode.name); ask again if live is still meant."
        )
    }

    private mutating func change(
        to wish: ModeWish,
        _ token: RequestToken,
        rights: VenueAnswer?,
        into batch: inout OpenBatch
    ) {
        let previous = self.mode
        if wish.mode != previous {
            var unmet = self.unmetConditions(of: wish, rights: rights)
            if wish.mode == .live, self.settings.approvals.requiring.contains(.live),
                let refusal = self.take(wish.code, of: wish.principal, for: "live", into: &batch)
            {
                unmet.append(UnmetCondition(refusal))
            }
            if let refusal = Refusal(unmet) {
                batch.perform(.reply(token, .refused(refusal)))
                return
            }
            if wish.openOrders == .cancel {
                _ = self.cancelAll(nil, on: previous.venue, into: &batch)
            }
            self.changeMode(
                to: wish.mode,
                by: wish.principal,
                reason: wish.reason,
                into: &batch
            )
        }
        batch.perform(.reply(token, .mode(self.modeRecord, previous: previous, history: [])))
    }

    var modeRecord: ModeRecord {
        self.state.mode
            ?? ModeRecord(
                mode: .monitor,
                principal: Principal(""),
                reason: "",
                since: self.startedAt
            )
    }

    mutating func changeMode(
        to mode: TradingMode,
        by principal: Principal,
        reason: String,
        into batch: inout OpenBatch
    ) {
        let record = ModeRecord(
            mode: mode,
            principal: principal,
            reason: reason,
            since: batch.instant.wall
        )
        // They die with their mode (M1).
        _ = self.dismissHeld(
            "mode \(self.recordedMode.name) was left for \(mode.name) (M1)",
            into: &batch
        )
        self.record(.modeChanged(record), into: &batch)
    }

    // MARK: Conditions

    /// Everything that stands against a change, so that a person learns it at once (B4).
    private func unmetConditions(of wish: ModeWish, rights: VenueAnswer?) -> [UnmetCondition] {
        var unmet = self.unmetBySettings(entering: wish.mode)
        guard wish.mode == .live else { return unmet + self.unmetLeaving(wish.openOrders) }
        if wish.confirmation != ModeWish.liveConfirmation {
            unmet.append(
                UnmetCondition(
                    limit: "confirmed with \"\(ModeWish.liveConfirmation)\"",
                    actual: "\"\(wish.confirmation)\"",
                    message: "The change is not confirmed; type \"\(ModeWish.liveConfirmation)\"."
                )
            )
        }
        let count = self.state.openOrderCount(on: self.mode.venue)
        if count > 0 { unmet.append(self.unmet(openOrders: count)) }
        let positions = self.openPositions(on: self.mode.venue)
        if !positions.isEmpty { unmet.append(self.unmet(positions: positions)) }
        if let rights, let condition = self.unmet(rights) { unmet.append(condition) }
        return unmet
    }

    /// What the configuration says against a mode; it also counts at a start (M1).
    func unmetBySettings(entering mode: TradingMode) -> [UnmetCondition] {
        var unmet: [UnmetCondition] = []
        switch mode {
        case .monitor: break
        case .dryRun:
            if self.settings.marketVenue == .paper {
                unmet.append(
                    UnmetCondition(
                        limit: "market_data: testnet or live",
                        actual: "paper",
                        message: "A dry run signs with the key of the market data's venue, and "
                            + "paper has none."
                    )
                )
            }
        case .paper, .testnet, .live:
            if mode == .live, !self.settings.allowsLiveTrading {
                unmet.append(
                    UnmetCondition(
                        limit: "allow_live_trading: true",
                        actual: "false",
                        message: "Live trading is not allowed by the configuration; set "
                            + "allow_live_trading and restart."
                    )
                )
            }
            if mode == .live, (self.settings.dailyNotionalCaps[.live] ?? [:]).isEmpty {
                unmet.append(
                    UnmetCondition(
                        limit: "a daily cap",
                        actual: "none",
                        message: "No cap bounds what may be placed live in one day; set "
                            + "venues.live.daily_notional_cap and restart."
                    )
                )
            }
            if !self.settings.exchanges.contains(mode.venue) {
                unmet.append(
                    UnmetCondition(
                        limit: "a configured venue",
                        actual: "none",
                        message: "No venue for mode \(mode.name) is configured."
                    )
                )
            }
        }
        return unmet
    }

    /// Why the current mode may not be left without a word about what it leaves behind (M1).
    private func unmetLeaving(_ policy: OpenOrdersPolicy) -> [UnmetCondition] {
        guard policy == .refuse else { return [] }
        var unmet: [UnmetCondition] = []
        let count =
            self.state.openOrderCount(on: self.mode.venue)
            + self.state.exits.watchedCount(on: self.mode.venue)
        if count > 0 { unmet.append(self.unmet(openOrders: count)) }
        let positions = self.mode == .live ? self.openPositions(on: .live) : []
        if !positions.isEmpty { unmet.append(self.unmet(positions: positions)) }
        return unmet
    }

    private func unmet(openOrders count: Int) -> UnmetCondition {
        UnmetCondition(
            limit: "0 open orders",
            actual: "\(count)",
            message: "Mode \(self.mode.name) has \(count) open orders; cancel them, or say what "
                + "becomes of them."
        )
    }

    private func unmet(positions: [Symbol]) -> UnmetCondition {
        let names = positions.map(\.name).joined(separator: ", ")
        return UnmetCondition(
            limit: "no open position",
            actual: names,
            message: "Mode \(self.mode.name) has positions in \(names); close them, or say, where "
                + "live is left, that they are kept."
        )
    }

    private func unmet(_ rights: VenueAnswer) -> UnmetCondition? {
        let limit = "a key that may trade and not withdraw"
        switch rights {
        case .keyRights(let rights):
            if !rights.canTrade {
                return UnmetCondition(
                    limit: limit,
                    actual: "it may not trade",
                    message: "The live key may not trade."
                )
            }
            guard rights.canWithdraw, !self.settings.allowsWithdrawingKeys else { return nil }
            return UnmetCondition(
                limit: limit,
                actual: "it may withdraw",
                message: "The live key may withdraw; take that right away at the venue, or set "
                    + "venues.live.key_may_withdraw."
            )
        case .refused(let error):
            return UnmetCondition(
                limit: limit,
                actual: "refused by the venue",
                message: "The venue does not take the live key: \(error.message) (\(error.code))."
            )
        case .failed(let reason):
            return UnmetCondition(
                limit: limit,
                actual: "unknown",
                message: "What the live key may do is unknown: \(reason)."
            )
        case .order, .orders, .trades, .account, .rules, .quotes, .depth, .time, .orderCounts:
            fatalError("invariant broken: the question for the key's rights has another answer")
        }
    }

    // MARK: Positions

    /// Symbols of which the venue holds more than dust that nobody could sell.
    private func openPositions(on venue: VenueID) -> [Symbol] {
        self.state.ledger(of: venue).positionsBySymbol
            .filter { !$0.quantity.isZero && !self.isDust($0, on: venue) }
            .map(\.symbol)
    }

    /// Whether a remainder is held that is too small for the venue to take an order of it.
    func isDust(_ position: Position, on venue: VenueID) -> Bool {
        guard !position.quantity.isZero,
            let session = self.sessions[self.settings.ruleVenue(for: venue)],
            let instrument = session.book[position.symbol], let rules = instrument.rules
        else { return false }
        let size = max(position.quantity, -position.quantity)
        let quantity = Quantity(clamping: size).roundedDown(to: rules.stepSize)
        return !rules.takesMarketOrder(of: quantity, at: instrument.quote?.bid)
    }
}
