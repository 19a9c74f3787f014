extension Gateway {
    /// Everything that stands against a change, so that a person learns it at once (B4).
    func unmetConditions(
        of wish: ModeWish,
        _ shift: ModeShift,
        rights: VenueAnswer?
    ) -> [UnmetCondition] {
        // A strategy that may go live goes as far as the installation, whose mode was judged.
        let entered = wish.mode == .live ? shift.after.mode(of: wish.strategy) : wish.mode
        var unmet = self.unmetBySettings(entering: entered)
        guard shift.entersLive(wish.strategy) else {
            return unmet + self.unmetLeaving(wish, shift)
        }
        if wish.confirmation != ModeWish.liveConfirmation {
            unmet.append(
                UnmetCondition(
                    limit: "confirmed with \"\(ModeWish.liveConfirmation)\"",
                    actual: "\"\(wish.confirmation)\"",
                    message: "The change is not confirmed; type \"\(ModeWish.liveConfirmation)\"."
                )
            )
        }
        unmet += self.unmet(openOrdersOn: self.venuesOfOrders(leftBy: shift), of: wish)
        unmet += self.unmetPositions(leftBy: wish, shift)
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

    /// Why the mode may not be left without a word about what it leaves behind (M1).
    private func unmetLeaving(_ wish: ModeWish, _ shift: ModeShift) -> [UnmetCondition] {
        guard wish.openOrders == .refuse else { return [] }
        let unmet = self.unmet(openOrdersOn: self.venuesOfOrders(leftBy: shift), of: wish)
        guard shift.before.mode(of: wish.strategy) == .live else { return unmet }
        return unmet + self.unmetPositions(leftBy: wish, shift)
    }

    /// Where each order is that a change leaves behind, and each entry whose exits are watched from
    /// here and would place one; held orders die with it.
    private func venuesOfOrders(leftBy shift: ModeShift) -> [VenueID] {
        let orders = self.state.orders.values.filter { $0.status != .held }.map(\.intent)
        return (orders + self.state.exits.watched.map(\.entry)).filter(shift.leaves).map(\.venue)
    }

    /// One condition a venue where orders would be left behind.
    private func unmet(
        openOrdersOn venues: [VenueID],
        of wish: ModeWish
    ) -> [UnmetCondition] {
        let counts = venues.reduce(into: [:]) { counts, venue in counts[venue, default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }.map { venue, count in
            UnmetCondition(
                limit: "0 open orders",
                actual: "\(count)",
                message: "\(wish.owner(at: venue)) has \(count) open orders; cancel them, or say "
                    + "what becomes of them."
            )
        }
    }

    /// The positions that are left behind: those of the mode, or of the strategy in it.
    private func unmetPositions(leftBy wish: ModeWish, _ shift: ModeShift) -> [UnmetCondition] {
        let mode = shift.before.mode(of: wish.strategy)
        guard shift.after.mode(of: wish.strategy) != mode else { return [] }
        let staying = shift.staying(on: mode.venue)
        let positions =
            wish.strategy.isEmpty
            ? self.openPositions(on: mode.venue, without: staying)
            : self.openPositions(of: wish.strategy, on: mode.venue)
        guard !positions.isEmpty else { return [] }
        let names = positions.map(\.name).joined(separator: ", ")
        return [
            UnmetCondition(
                limit: "no open position",
                actual: names,
                message: "\(wish.owner(at: mode.venue)) has positions in \(names); close them, or "
                    + "say, where live is left, that they are kept."
            )
        ]
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

    /// Symbols of which the venue holds more than dust that nobody could sell, beside what some
    /// strategies hold there.
    private func openPositions(on venue: VenueID, without strategies: [String]) -> [Symbol] {
        let books = strategies.compactMap { self.state.strategies[venue]?.byName[$0] }
        let positions = self.state.ledger(of: venue).positionsBySymbol.map { position in
            let elsewhere = books.reduce(Amount.zero) { $0 + $1.held(position.symbol) }
            return (position.symbol, position.quantity - elsewhere)
        }
        return self.open(positions, on: venue)
    }

    /// Symbols of which a strategy's own fills left it more than dust.
    private func openPositions(of strategy: String, on venue: VenueID) -> [Symbol] {
        let ledger = self.state.strategies[venue]?.byName[strategy]?.ledger ?? Ledger()
        return self.open(ledger.positionsBySymbol.map { ($0.symbol, $0.quantity) }, on: venue)
    }

    private func open(_ holdings: [(Symbol, Amount)], on venue: VenueID) -> [Symbol] {
        holdings.filter { symbol, quantity in
            !quantity.isZero && !self.isDust(quantity, of: symbol, on: venue)
        }.map(\.0)
    }

    /// Whether a remainder is held that is too small for the venue to take an order of it.
    func isDust(_ held: Amount, of symbol: Symbol, on venue: VenueID) -> Bool {
        guard !held.isZero,
            let session = self.sessions[self.settings.ruleVenue(for: venue)],
            let instrument = session.book[symbol], let rules = instrument.rules
        else { return false }
        let size = max(held, -held)
        let quantity = Quantity(clamping: size).roundedDown(to: rules.stepSize)
        return !rules.takesMarketOrder(of: quantity, at: instrument.quote?.bid)
    }
}

extension ModeWish {
    /// What a condition is about: the mode, or the strategy in it.
    fileprivate func owner(at venue: VenueID) -> String {
        self.strategy.isEmpty
            ? "Mode \(venue.mode.name)" : "Strategy \(self.strategy) in mode \(venue.mode.name)"
    }
}
