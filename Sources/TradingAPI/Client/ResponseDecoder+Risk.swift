import CTradingProto
import ProtobufArena
import TradingCore

extension ResponseDecoder {
    func riskSummary(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteRiskSummary {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__risk_summary_response__init),
            from: bytes.span
        ).pointee
        let level = KillLevel(
            rawValue: UInt8(truncatingIfNeeded: unsafe message.kill_level.rawValue)
        )
        return unsafe RemoteRiskSummary(
            mode: self.name(of: message.mode),
            isTradingDisabled: message.is_trading_disabled != 0,
            killLevel: level?.name ?? "",
            killReason: String(protobuf: message.kill_reason),
            gauges: Protobuf.elements(message.gauges, count: message.n_gauges).map { gauge in
                unsafe RemoteRiskGauge(
                    name: String(protobuf: gauge.pointee.name),
                    scope: String(protobuf: gauge.pointee.scope),
                    limit: String(protobuf: gauge.pointee.limit),
                    actual: String(protobuf: gauge.pointee.actual),
                    share: String(protobuf: gauge.pointee.share)
                )
            },
            accounts: Protobuf.elements(message.accounts, count: message.n_accounts)
                .map { unsafe self.account($0.pointee) },
            breaches: Protobuf.elements(message.breaches, count: message.n_breaches)
                .map { unsafe self.breach($0.pointee) },
            notReadyReasons: Protobuf.texts(
                message.not_ready_reasons,
                count: message.n_not_ready_reasons
            ),
            alerts: Protobuf.elements(message.alerts, count: message.n_alerts)
                .map { unsafe self.alert($0.pointee) }
        )
    }

    func decisions(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteDecisions {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__risk_decisions_response__init),
            from: bytes.span
        ).pointee
        return unsafe RemoteDecisions(
            decisions: Protobuf.elements(message.decisions, count: message.n_decisions)
                .map { unsafe self.decision($0.pointee) },
            nextBeforeSequence: message.next_before_sequence
        )
    }

    func breaches(_ bytes: [UInt8]) throws(ProtobufError) -> [RemoteBreach] {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__risk_breaches_response__init),
            from: bytes.span
        ).pointee
        return unsafe Protobuf.elements(message.breaches, count: message.n_breaches)
            .map { unsafe self.breach($0.pointee) }
    }

    func breachesLeft(_ bytes: [UInt8]) throws(ProtobufError) -> [RemoteBreach] {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__acknowledge_breach_response__init),
            from: bytes.span
        ).pointee
        return unsafe Protobuf.elements(message.breaches, count: message.n_breaches)
            .map { unsafe self.breach($0.pointee) }
    }

    func breachesHolding(_ bytes: [UInt8]) throws(ProtobufError) -> [RemoteBreach] {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__disable_trading_response__init),
            from: bytes.span
        ).pointee
        return unsafe Protobuf.elements(message.breaches, count: message.n_breaches)
            .map { unsafe self.breach($0.pointee) }
    }

    private func decision(_ message: Trading__V1__Decision) -> RemoteDecision {
        let side = Side(rawValue: UInt8(truncatingIfNeeded: unsafe message.side.rawValue))
        let verdict = Decision.Verdict(
            rawValue: UInt8(truncatingIfNeeded: unsafe message.verdict.rawValue)
        )
        return unsafe RemoteDecision(
            sequence: message.sequence,
            time: message.time,
            orderID: message.order_id,
            verdict: verdict?.name ?? "",
            mode: self.name(of: message.mode),
            symbol: String(protobuf: message.symbol),
            side: side?.name ?? "",
            quantity: String(protobuf: message.quantity),
            price: String(protobuf: message.price),
            principal: String(protobuf: message.principal),
            tag: String(protobuf: message.tag),
            refusal: message.refusal.map { unsafe self.refusal($0.pointee) }
        )
    }

    private func breach(_ message: Trading__V1__Breach) -> RemoteBreach {
        unsafe RemoteBreach(
            number: message.number,
            rule: String(protobuf: message.rule),
            mode: self.name(of: message.mode),
            asset: String(protobuf: message.asset),
            strategy: String(protobuf: message.strategy),
            limit: String(protobuf: message.limit),
            actual: String(protobuf: message.actual),
            message: String(protobuf: message.message),
            action: String(protobuf: message.action),
            time: message.time,
            acknowledgedAt: message.acknowledged_at,
            acknowledgedBy: String(protobuf: message.acknowledged_by),
            acknowledgementReason: String(protobuf: message.acknowledgement_reason)
        )
    }

    private func account(_ message: Trading__V1__RiskAccount) -> RemoteRiskAccount {
        unsafe RemoteRiskAccount(
            mode: self.name(of: message.mode),
            asset: String(protobuf: message.asset),
            dayStart: message.day_start,
            startEquity: String(protobuf: message.start_equity),
            equity: String(protobuf: message.equity),
            loss: String(protobuf: message.loss),
            highWater: String(protobuf: message.high_water),
            drawdown: String(protobuf: message.drawdown),
            realizedProfit: String(protobuf: message.realized_pnl),
            fees: Protobuf.elements(message.fees, count: message.n_fees).map { fee in
                unsafe RemoteFee(
                    asset: String(protobuf: fee.pointee.asset),
                    amount: String(protobuf: fee.pointee.total)
                )
            }
        )
    }
}
