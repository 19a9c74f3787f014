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
        /// How much of the limit is used, in millionths rounded up.
        ///
        /// Nil where one of both is not known or no number, or the limit is a least one.
        package var shareMillionths: Int64?

        package init(_ name: String, of scope: String, limit: String?, actual: String?) {
            self.name = name
            self.scope = scope
            self.limit = limit
            self.actual = actual
        }

        package init(_ name: String, of scope: String, limit: Amount?, actual: Notional?) {
            self.init(
                name,
                of: scope,
                limit: limit?.description,
                actual: actual?.description
            )
            self.use(actual?.raw, of: limit.map { Notional($0).raw })
        }

        package init(_ name: String, of scope: String, limit: Int?, actual: Int?) {
            self.init(
                name,
                of: scope,
                limit: limit?.description,
                actual: actual?.description
            )
            self.use(actual.map { Int128($0) }, of: limit.map { Int128($0) })
        }

        /// A limit on a share, in millionths.
        package init(
            _ name: String,
            of scope: String,
            limitMillionths: Int64?,
            actualMillionths: Int64?
        ) {
            self.init(
                name,
                of: scope,
                limit: limitMillionths.map(LossLimits.share),
                actual: actualMillionths.map(LossLimits.share)
            )
            self.use(
                actualMillionths.map { Int128($0) },
                of: limitMillionths.map { Int128($0) }
            )
        }

        /// What is used of a limit of zero cannot be said.
        private mutating func use(_ actual: Int128?, of limit: Int128?) {
            guard let actual, let limit, limit > 0 else { return }
            let (product, isBeyond) = max(actual, 0).multipliedReportingOverflow(by: 1_000_000)
            guard !isBeyond else { return }
            self.shareMillionths = Int64(clamping: product.divided(by: limit, rounding: .up))
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
            gauges: self.holdingGauges(of: venue) + self.accountGauges(of: venue, at: now)
                + self.lossGauges(risk) + self.strategyLossGauges()
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
            let asset = ledger.positions[symbol]?.quoteAsset ?? book?[symbol]?.rules?.quoteAsset
            gauges += self.positionGauges(of: symbol, in: asset, worth, on: venue)
            guard let asset else { continue }
            let sum = sums[asset] ?? .some(.zero)
            sums[asset] = .some(sum.flatMap { sum in worth.map { sum.adding($0) } })
        }
        for (asset, sum) in sums.sorted(by: { $0.key < $1.key }) {
            gauges += self.exposureGauges(in: asset, sum, on: venue)
        }
        gauges.append(
            RiskSummary.Gauge(
                "open_orders_max",
                of: self.mode.name,
                limit: limits.openOrdersMax,
                actual: self.state.openOrderCount(on: self.mode.venue)
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
                limit: loss.failuresMax,
                actual: risk.failureCount
            )
        ]
        for account in risk.accounts {
            gauges.append(
                RiskSummary.Gauge(
                    "daily_loss_max",
                    of: account.asset.name,
                    limit: loss.dailyLossMax(of: account.startEquity),
                    actual: account.loss.map { Notional($0) }
                )
            )
            gauges.append(
                RiskSummary.Gauge(
                    "drawdown_max",
                    of: account.asset.name,
                    limitMillionths: loss.drawdownMillionths,
                    actualMillionths: account.drawdownMillionths
                )
            )
        }
        return gauges
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
