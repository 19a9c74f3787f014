import CTradingProto
import ProtobufArena
package import TradingCore

extension ReplyEncoder {
    /// Packs decisions, which no reply of the gateway holds.
    package func encode(_ page: DecisionPage) -> [UInt8] {
        self.arena.reset()
        return unsafe self.pack(trading__v1__risk_decisions_response__init) { message in
            unsafe message.n_decisions = page.decisions.count
            unsafe message.decisions = self.arena.array(
                page.decisions.map { unsafe self.decision($0) }
            )
            unsafe message.next_before_sequence = page.next ?? 0
        }
    }

    private func decision(
        _ decision: Decision
    ) -> UnsafeMutablePointer<Trading__V1__Decision> {
        let terms = decision.intent.terms
        return unsafe self.arena.make(trading__v1__decision__init) { message in
            unsafe message.sequence = decision.sequence
            unsafe message.time = decision.time.nanoseconds
            unsafe message.order_id = decision.intent.orderID.raw
            unsafe message.verdict = Trading__V1__DecisionVerdict(
                UInt32(decision.verdict.rawValue)
            )
            unsafe message.mode = self.mode(decision.intent.venue.mode)
            unsafe message.symbol = self.arena.string(terms.symbol.name)
            unsafe message.side = Trading__V1__Side(UInt32(terms.side.rawValue))
            unsafe message.type = Trading__V1__OrderType(UInt32(terms.type.venueType.rawValue))
            unsafe message.quantity = self.text(terms.quantity)
            unsafe message.price = self.text(terms.type.limitPrice)
            unsafe message.principal = self.arena.string(decision.intent.principal.name)
            unsafe message.tag = self.arena.string(decision.intent.tag)
            if let refusal = decision.refusal {
                unsafe message.refusal = self.refusal(refusal)
            }
        }
    }

    func breaches(_ view: RiskView, to method: TradingMethod) -> BuiltMessage {
        let open = view.breaches.filter(\.isOpen)
        switch method {
        case .acknowledgeBreach:
            return unsafe self.build(trading__v1__acknowledge_breach_response__init) { message in
                unsafe message.n_breaches = open.count
                unsafe message.breaches = self.arena.array(open.map { unsafe self.breach($0) })
            }
        case .disableTrading:
            return unsafe self.build(trading__v1__disable_trading_response__init) { message in
                unsafe message.n_breaches = open.count
                unsafe message.breaches = self.arena.array(open.map { unsafe self.breach($0) })
            }
        default:
            return unsafe self.build(trading__v1__risk_breaches_response__init) { message in
                unsafe message.n_breaches = view.breaches.count
                unsafe message.breaches = self.arena.array(
                    view.breaches.map { unsafe self.breach($0) }
                )
            }
        }
    }

    private func breach(_ breach: RiskBreach) -> UnsafeMutablePointer<Trading__V1__Breach> {
        unsafe self.arena.make(trading__v1__breach__init) { message in
            unsafe message.number = breach.number
            unsafe message.rule = self.arena.string(breach.rule.name)
            unsafe message.mode = self.mode(breach.venue.mode)
            unsafe message.asset = self.arena.string(breach.asset?.name ?? "")
            unsafe message.strategy = self.arena.string(breach.strategy)
            unsafe message.limit = self.arena.string(breach.limit)
            unsafe message.actual = self.arena.string(breach.actual)
            unsafe message.message = self.arena.string(breach.message)
            unsafe message.action = self.arena.string(breach.action.name)
            unsafe message.time = breach.at.nanoseconds
            guard let acknowledgement = breach.acknowledgement else { return }
            unsafe message.acknowledged_at = acknowledgement.at.nanoseconds
            unsafe message.acknowledged_by = self.arena.string(acknowledgement.principal.name)
            unsafe message.acknowledgement_reason = self.arena.string(acknowledgement.reason)
        }
    }

    func summary(_ summary: RiskSummary) -> BuiltMessage {
        let open = summary.risk.breaches.filter(\.isOpen)
        return unsafe self.build(trading__v1__risk_summary_response__init) { message in
            unsafe message.mode = self.mode(summary.risk.mode)
            unsafe message.is_trading_disabled = summary.risk.isTradingDisabled ? 1 : 0
            unsafe message.kill_level = Trading__V1__KillLevel(
                UInt32(summary.killSwitch.level?.rawValue ?? 0)
            )
            unsafe message.kill_reason = self.arena.string(summary.killSwitch.reason)
            unsafe message.n_gauges = summary.gauges.count
            unsafe message.gauges = self.arena.array(summary.gauges.map { unsafe self.gauge($0) })
            unsafe message.n_accounts = summary.risk.accounts.count
            unsafe message.accounts = self.arena.array(
                summary.risk.accounts.map { unsafe self.account($0) }
            )
            unsafe message.n_breaches = open.count
            unsafe message.breaches = self.arena.array(open.map { unsafe self.breach($0) })
            unsafe message.n_not_ready_reasons = summary.notReadyReasons.count
            unsafe message.not_ready_reasons = self.arena.array(summary.notReadyReasons)
            unsafe message.n_alerts = summary.alerts.count
            unsafe message.alerts = self.arena.array(summary.alerts.map { unsafe self.alert($0) })
        }
    }

    private func gauge(
        _ gauge: RiskSummary.Gauge
    ) -> UnsafeMutablePointer<Trading__V1__RiskGauge> {
        unsafe self.arena.make(trading__v1__risk_gauge__init) { message in
            unsafe message.name = self.arena.string(gauge.name)
            unsafe message.scope = self.arena.string(gauge.scope)
            unsafe message.limit = self.arena.string(gauge.limit ?? "")
            unsafe message.actual = self.arena.string(gauge.actual ?? "")
            unsafe message.share = self.arena.string(
                gauge.shareMillionths.map(LossLimits.share) ?? ""
            )
        }
    }

    private func account(
        _ account: RiskView.Account
    ) -> UnsafeMutablePointer<Trading__V1__RiskAccount> {
        unsafe self.arena.make(trading__v1__risk_account__init) { message in
            unsafe message.mode = self.mode(account.venue.mode)
            unsafe message.asset = self.arena.string(account.asset.name)
            unsafe message.day_start = account.dayStart.nanoseconds
            unsafe message.start_equity = self.text(account.startEquity)
            unsafe message.equity = self.text(account.equity)
            unsafe message.loss = self.text(account.loss)
            unsafe message.high_water = self.text(account.highWater)
            unsafe message.drawdown = self.arena.string(
                account.drawdownMillionths.map(LossLimits.share) ?? ""
            )
            unsafe message.realized_pnl = self.text(account.realizedProfit.amount(rounding: .down))
            unsafe message.n_fees = account.fees.count
            unsafe message.fees = self.arena.array(
                account.fees.map { fee in
                    unsafe self.balance(
                        fee.asset,
                        total: fee.amount,
                        reserved: .zero,
                        available: .zero
                    )
                }
            )
        }
    }
}
