// What limits ask of an account as a whole, of its callers and of their strategies.

extension Gateway {
    /// A position against the limits of its symbol, and of each strategy that has one.
    func positionGauges(
        of symbol: Symbol,
        in asset: Asset?,
        _ worth: Notional?,
        on venue: VenueID
    ) -> [RiskSummary.Gauge] {
        let limits = self.settings.limits
        let share = limits.positionShareMillionths
        let own = RiskSummary.Gauge(
            "position_notional_max",
            of: symbol.name,
            limit: self.stricter(
                limits.bound(to: symbol, strategy: "").positionNotionalMax,
                share: share,
                in: asset,
                on: venue
            ),
            actual: worth
        )
        return [own]
            + self.strategyGauges("position_notional_max", of: symbol.name) { ofStrategy in
                (ofStrategy.positionNotionalMax, worth)
            }
    }

    /// All positions in a quote asset together, against the same.
    func exposureGauges(
        in asset: Asset,
        _ sum: Notional?,
        on venue: VenueID
    ) -> [RiskSummary.Gauge] {
        let limits = self.settings.limits
        let own = RiskSummary.Gauge(
            "exposure_notional_max",
            of: asset.name,
            limit: self.stricter(
                limits.exposureNotionalMax,
                share: limits.exposureShareMillionths,
                in: asset,
                on: venue
            ),
            actual: sum
        )
        return [own]
            + self.strategyGauges("exposure_notional_max", of: asset.name) { ofStrategy in
                (ofStrategy.exposureNotionalMax, sum)
            }
    }

    /// One gauge for each strategy that has a limit of its own, under the setting's name.
    private func strategyGauges(
        _ name: String,
        of scope: String,
        _ value: (StrategyLimits) -> (limit: Amount?, actual: Notional?)
    ) -> [RiskSummary.Gauge] {
        self.settings.limits.byStrategy.sorted { $0.key < $1.key }.compactMap { entry in
            let (limit, actual) = value(entry.value)
            guard let limit else { return nil }
            return RiskSummary.Gauge(
                "strategies.\(entry.key).\(name)",
                of: scope,
                limit: limit,
                actual: actual
            )
        }
    }

    /// The stricter of an amount and a share of equity; the amount where equity is not known.
    private func stricter(
        _ amount: Amount?,
        share: Int64?,
        in asset: Asset?,
        on venue: VenueID
    ) -> Amount? {
        guard let share, let asset, let equity = self.equity(in: asset, on: venue) else {
            return amount
        }
        return RiskLimits.stricter(amount, share: share, of: equity)
    }

    /// What the account does in a day, in how many symbols, and what of it stays free.
    func accountGauges(of venue: VenueID, at now: Instant) -> [RiskSummary.Gauge] {
        let limits = self.settings.limits
        let time = self.sessions[venue]?.venueTime(at: now) ?? now.wall
        var gauges = [
            RiskSummary.Gauge(
                "open_positions_max",
                of: venue.mode.name,
                limit: limits.openPositionsMax,
                actual: self.books[venue]?.openCount ?? 0
            ),
            RiskSummary.Gauge(
                "orders_per_day_max",
                of: self.mode.name,
                limit: limits.ordersPerDayMax,
                actual: self.state.orderDays[self.mode.venue]?.count(at: time) ?? 0
            ),
        ]
        gauges += self.dailyCapGauges(at: now)
        guard let least = limits.cashShareMillionths else { return gauges }
        for asset in self.books[venue]?.quoteAssets ?? [] {
            gauges.append(self.cashGauge(of: asset, atLeast: least, on: venue))
        }
        return gauges
    }

    /// What was placed today where orders go, against the cap there (B5) and, where its own go,
    /// against that of each strategy that has one (B6).
    private func dailyCapGauges(at now: Instant) -> [RiskSummary.Gauge] {
        let caps = self.settings.dailyNotionalCaps[self.mode.venue] ?? [:]
        let strategies = self.settings.strategies.sorted { $0.key < $1.key }
        return self.dailyCapGauges(of: nil, caps, at: now)
            + strategies.flatMap { name, settings in
                self.dailyCapGauges(of: name, settings.dailyNotionalCaps ?? [:], at: now)
            }
    }

    private func dailyCapGauges(
        of strategy: String?,
        _ caps: [Asset: Amount],
        at now: Instant
    ) -> [RiskSummary.Gauge] {
        let venue = self.mode(of: strategy ?? "").venue
        let time = self.sessions[self.settings.ruleVenue(for: venue)]?.venueTime(at: now)
        return caps.sorted { $0.key < $1.key }.map { asset, limit in
            RiskSummary.Gauge(
                strategy.map { "strategies.\($0).daily_notional_cap" } ?? "daily_notional_cap",
                of: asset.name,
                limit: limit,
                actual: self.state.placedOfDay(
                    in: asset,
                    by: strategy,
                    on: venue,
                    at: time ?? now.wall
                )
            )
        }
    }

    /// How much of equity is free; the limit is the least of it.
    private func cashGauge(
        of asset: Asset,
        atLeast least: Int64,
        on venue: VenueID
    ) -> RiskSummary.Gauge {
        let free = self.state.ledger(of: venue).available(of: asset)
        let share = self.equity(in: asset, on: venue).flatMap { equity in
            equity.isPositive
                ? Int64(clamping: (free.raw * 1_000_000).divided(by: equity.raw, rounding: .down))
                : nil
        }
        return RiskSummary.Gauge(
            "cash_share_min",
            of: asset.name,
            limit: LossLimits.share(least),
            actual: share.map(LossLimits.share)
        )
    }

    /// How many orders were placed of those that rates allow: a caller's, and each strategy's.
    func rateGauges(of principal: Principal, at now: Instant) -> [RiskSummary.Gauge] {
        let limits = self.settings.limits
        let rate = limits.orderRate
        var gauges = [
            RiskSummary.Gauge(
                "order_rate_max",
                of: principal.name,
                limit: rate?.countMax,
                actual: rate.map { self.orderTimes.count(principal, $0, at: now.monotonic) }
            )
        ]
        if let rate = self.tokenRate(of: principal) {
            gauges.append(
                RiskSummary.Gauge(
                    "token.order_rate_max",
                    of: principal.name,
                    limit: rate.countMax,
                    actual: self.tokenTimes.count(principal, rate, at: now.monotonic)
                )
            )
        }
        for name in limits.byStrategy.keys.sorted() {
            guard let rate = limits.orderRate(of: name) else { continue }
            gauges.append(
                RiskSummary.Gauge(
                    "strategies.\(name).order_rate_max",
                    of: name,
                    limit: rate.countMax,
                    actual: self.strategyTimes.count(Principal(name), rate, at: now.monotonic)
                )
            )
        }
        return gauges
    }
}
