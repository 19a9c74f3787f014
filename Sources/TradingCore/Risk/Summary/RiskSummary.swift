/// What is held and done now, against the limits: one look at all of it.
package struct RiskSummary: Hashable, Sendable {
    /// One value beside the limit on it.
    package struct Gauge: Hashable, Sendable {
        /// The limit's name; see ``LimitTable``.
        package var name: String
        /// A symbol, an asset, a principal or a mode: what the value is of.
        package var scope: String
        /// Nil while the limit is switched off.
        package var limit: String?
        /// Nil while it is not known.
        package var actual: String?

        package init(_ name: String, of scope: String, limit: String?, actual: String?) {
            self.name = name
            self.scope = scope
            self.limit = limit
            self.actual = actual
        }
    }

    package var risk: RiskView
    package var killSwitch: KillSwitch
    package var gauges: [Gauge]
    /// Every reason why new orders are not taken, in words.
    package var notReadyReasons: [String]
    package var alerts: [Alert]
}

extension Gateway {
    /// Everything that is limited, for a caller whose rate of orders is looked at as well.
    mutating func riskSummary(for principal: Principal, at now: Instant) -> RiskSummary {
        let venue = self.riskVenue
        let health = self.health(at: now)
        let risk = self.riskView()
        let condition = self.condition(of: venue, at: now)
        return RiskSummary(
            risk: risk,
            killSwitch: self.state.killSwitch,
            gauges: self.holdingGauges(of: venue) + self.lossGauges(risk)
                + self.rateGauges(of: principal, at: now)
                + self.venueGauges(of: venue, condition),
            notReadyReasons: health.notReadyReasons,
            alerts: health.alerts
        )
    }

    /// Positions, each at its worst, and what they come to by quote asset.
    private func holdingGauges(of venue: VenueID) -> [RiskSummary.Gauge] {
        let limits = self.settings.limits
        let ledger = self.state.ledger(of: venue)
        let book = self.books[venue]
        let symbols = Set(ledger.positions.keys).union(ledger.pending.keys)
        var gauges: [RiskSummary.Gauge] = []
        var sums: [Asset: Notional?] = [:]
        for symbol in symbols.sorted() {
            let held = ledger.positions[symbol]?.quantity ?? .zero
            let worst = max(
                held + ledger.pending(symbol, .buy),
                ledger.pending(symbol, .sell) - held
            )
            guard worst.isPositive else { continue }
            let worth = book?[symbol]?.quote.map { Notional(worth: worst, at: $0.ask) }
            gauges.append(
                RiskSummary.Gauge(
                    "position_notional_max",
                    of: symbol.name,
                    limit: limits.bound(to: symbol, strategy: "").positionNotionalMax?.description,
                    actual: worth?.description
                )
            )
            let asset = ledger.positions[symbol]?.quoteAsset ?? book?[symbol]?.rules?.quoteAsset
            guard let asset else { continue }
            let sum = sums[asset] ?? .some(.zero)
            sums[asset] = .some(sum.flatMap { sum in worth.map { sum.adding($0) } })
        }
        gauges += sums.sorted { $0.key < $1.key }.map { asset, sum in
            RiskSummary.Gauge(
                "exposure_notional_max",
                of: asset.name,
                limit: limits.exposureNotionalMax?.description,
                actual: sum?.description
            )
        }
        gauges.append(
            RiskSummary.Gauge(
                "open_orders_max",
                of: self.mode.name,
                limit: "\(limits.openOrdersMax)",
                actual: "\(self.state.openOrderCount(on: self.mode.venue))"
            )
        )
        return gauges
    }

    private func lossGauges(_ risk: RiskView) -> [RiskSummary.Gauge] {
        let loss = self.settings.limits.loss
        var gauges = [
            RiskSummary.Gauge(
                "consecutive_failures_max",
                of: self.riskVenue.mode.name,
                limit: loss.failuresMax?.description,
                actual: "\(risk.failureCount)"
            )
        ]
        for account in risk.accounts {
            gauges.append(
                RiskSummary.Gauge(
                    "daily_loss_max",
                    of: account.asset.name,
                    limit: loss.dailyLossMax(of: account.startEquity)?.description,
                    actual: account.loss?.description
                )
            )
            gauges.append(
                RiskSummary.Gauge(
                    "drawdown_max",
                    of: account.asset.name,
                    limit: loss.drawdownMillionths.map(LossLimits.share),
                    actual: account.drawdownMillionths.map(LossLimits.share)
                )
            )
        }
        return gauges
    }

    private func rateGauges(of principal: Principal, at now: Instant) -> [RiskSummary.Gauge] {
        let rate = self.settings.limits.orderRate
        let count = rate.map { self.orderTimes.count(principal, $0, at: now.monotonic) }
        return [
            RiskSummary.Gauge(
                "order_rate_max",
                of: principal.name,
                limit: rate.map { "\($0.countMax)" },
                actual: count.map { "\($0)" }
            )
        ]
    }

    private func venueGauges(
        of venue: VenueID,
        _ condition: VenueCondition
    ) -> [RiskSummary.Gauge] {
        let limits = self.settings.limits
        guard let care = self.sessions[venue]?.care else { return [] }
        let failures: String
        switch care.circuit.state {
        case .closed(let count): failures = "\(count)"
        case .open, .halfOpen: failures = "open: \(care.circuit.reason)"
        }
        let rejects = condition.rejects.map { "stopped: \($0.reason)" }
        let skew = condition.skew.map { skew in
            "\(abs(skew.milliseconds) + skew.uncertaintyMilliseconds)"
        }
        let name = venue.mode.name
        return [
            RiskSummary.Gauge(
                "breakers.circuit_failures_max",
                of: name,
                limit: "\(limits.circuit.failuresMax)",
                actual: failures
            ),
            RiskSummary.Gauge(
                "breakers.rejects_max",
                of: name,
                limit: "\(limits.rejects.rejectsMax)",
                actual: rejects ?? "\(care.rejects.rejectCount)"
            ),
            RiskSummary.Gauge(
                "clock_skew_ms_max",
                of: name,
                limit: "\(limits.clockSkewMaxMilliseconds)",
                actual: skew
            ),
        ]
    }
}
