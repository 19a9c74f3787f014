package import TradingCore

/// An event in words: a kind and named values, the same in exports and stories of orders.
package struct EventView: Hashable, Sendable {
    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String

        init(_ name: String, _ value: some CustomStringConvertible) {
            self.name = name
            self.value = value.description
        }
    }

    package var kind: String
    /// The order that the event is about.
    package var orderID: OrderID?
    package var fields: [Field]

    private init(_ kind: String, _ orderID: OrderID? = nil, _ fields: [Field]) {
        self.kind = kind
        self.orderID = orderID
        self.fields = fields
    }

    package init(_ event: Event) {
        switch event {
        case .storeCreated(let prefix):
            self.init("store_created", nil, [Field("client_id_prefix", prefix)])
        case .started(let epoch, let version):
            self.init("started", nil, [Field("epoch", epoch), Field("version", version)])
        case .stopped: self.init("stopped", nil, [])
        case .orderSubmitted(let intent):
            self.init("order_submitted", intent.orderID, Self.fields(of: intent))
        case .orderSimulated(let intent):
            self.init("order_simulated", intent.orderID, Self.fields(of: intent))
        case .orderRefused(let intent, let refusal):
            self.init("order_refused", intent.orderID, Self.fields(of: refusal, of: intent))
        case .orderHeld(let intent, let refusal):
            self.init("order_held", intent.orderID, Self.fields(of: refusal, of: intent))
        case .orderApproved(let intent, let principal):
            self.init(
                "order_approved",
                intent.orderID,
                [Field("approved_by", principal)] + Self.fields(of: intent)
            )
        case .codeShown(let outcome, let principal, let purpose):
            self.init("code_shown", nil, Self.fields(of: outcome, by: principal, for: purpose))
        case .orderChanged(let orderID, let change):
            self.init(orderID, change)
        case .orderReopened(let order):
            self.init(
                "order_reopened",
                order.orderID,
                [Field("status", order.status.name)] + Self.fields(of: order.intent)
            )
        case .cancelRequested(let orderID, let cancelID):
            self.init("cancel_requested", orderID, [Field("cancel_id", cancelID)])
        case .amendRequested(let orderID, let amend, let principal):
            let fields = [Field("to", amend.name), Field("by", principal)]
            self.init("amend_requested", orderID, fields)
        case .modeChanged(let record), .strategyModeChanged(let record):
            self.init(Self.kind(of: record), nil, Self.fields(of: record))
        case .killChanged(let state):
            self.init("kill_changed", nil, Self.fields(of: state))
        case .ledgerBound(let venue, let accountID):
            let fields = [Field("venue", venue.mode.name), Field("account", accountID)]
            self.init("ledger_bound", nil, fields)
        case .balanceMoved(let venue, let asset, let delta, let isOpening):
            self.init(
                "balance_moved",
                nil,
                [
                    Field("venue", venue.mode.name), Field("asset", asset), Field("delta", delta),
                    Field("opening", isOpening),
                ]
            )
        case .venueRestrained(let venue, let restraint):
            self.init("venue_restrained", nil, Self.fields(of: restraint, at: venue))
        case .riskBreached(let breach):
            self.init("risk_breached", nil, Self.fields(of: breach))
        case .breachAcknowledged(let number, let acknowledgement):
            let fields = [Field("number", number)] + Self.fields(of: acknowledgement)
            self.init("breach_acknowledged", nil, fields)
        case .equityMarked(let venue, let asset, let mark):
            self.init("equity_marked", nil, Self.fields(of: mark, in: asset, at: venue))
        case .strategyMarked: self.init(strategy: event)
        case .exitsChanged(let entry, let change): self.init(entry, change)
        case .limitChanged(let change): self.init("limit_changed", nil, Self.fields(of: change))
        case .tokenChanged(let token):
            let kind = token.isRevoked ? "token_revoked" : "token_created"
            self.init(kind, nil, Self.fields(of: token))
        case .sessionOpened, .sessionEnded: self.init(session: event)
        }
    }

    private init(strategy event: Event) {
        guard case .strategyMarked(let venue, let name, let asset, let mark) = event else {
            fatalError("not about a strategy: \(event)")
        }
        let fields = [Field("strategy", name)] + Self.fields(of: mark, in: asset, at: venue)
        self.init("strategy_marked", nil, fields)
    }

    private init(session event: Event) {
        switch event {
        case .sessionOpened(let session):
            let grace = Field("grace_ms", session.graceMilliseconds)
            self.init("session_opened", nil, Self.fields(of: session.name) + [grace])
        case .sessionEnded(let name, let end, let orders):
            let canceled = orders.map(\.description).joined(separator: " ")
            let outcome = [Field("end", end.name), Field("canceled_orders", canceled)]
            self.init("session_ended", nil, Self.fields(of: name) + outcome)
        default: fatalError("invariant broken: \(event) is no session's")
        }
    }

    private static func fields(of session: SessionName) -> [Field] {
        [Field("session", session.text), Field("by", session.principal)]
    }

    private static func fields(of refusal: Refusal, of intent: OrderIntent) -> [Field] {
        Self.fields(of: refusal) + Self.fields(of: intent)
    }

    private static func fields(of refusal: Refusal) -> [Field] {
        [
            Field("rule", refusal.rule.name), Field("limit", refusal.limit),
            Field("actual", refusal.actual), Field("message", refusal.message),
            Field("permitted", refusal.permitted),
        ]
    }

    private static func fields(of acknowledgement: RiskBreach.Acknowledgement) -> [Field] {
        [
            Field("by", acknowledgement.principal), Field("reason", acknowledgement.reason),
            Field("at", acknowledgement.at.text),
        ]
    }

    private static func fields(
        of outcome: CodeOutcome,
        by principal: Principal,
        for purpose: String
    ) -> [Field] {
        let who = [Field("by", principal), Field("for", purpose)]
        switch outcome {
        case .taken(let step): return [Field("taken", true), Field("step", step)] + who
        case .refused(let count): return [Field("taken", false), Field("failures", count)] + who
        }
    }

    private static func fields(of dismissal: Dismissal) -> [Field] {
        let ended = Field("status", dismissal.status.name)
        switch dismissal {
        case .refused(let refusal, let principal):
            return [ended, Field("by", principal)] + Self.fields(of: refusal)
        case .expired(let reason), .canceled(let reason): return [ended, Field("reason", reason)]
        }
    }

    private static func fields(
        of mark: EquityMark,
        in asset: Asset,
        at venue: VenueID
    ) -> [Field] {
        [
            Field("venue", venue.mode.name), Field("asset", asset),
            Field("day_start", mark.dayStart.text), Field("start_equity", mark.startEquity),
            Field("base_equity", mark.baseEquity?.description ?? ""),
            Field("high_water", mark.highWater),
        ]
    }

    private static func fields(of breach: RiskBreach) -> [Field] {
        [
            Field("number", breach.number), Field("rule", breach.rule.name),
            Field("venue", breach.venue.mode.name), Field("asset", breach.asset?.name ?? ""),
            Field("strategy", breach.strategy), Field("limit", breach.limit),
            Field("actual", breach.actual), Field("message", breach.message),
            Field("action", breach.action.name), Field("at", breach.at.text),
        ]
    }

    private static func kind(of record: ModeRecord) -> String {
        record.strategy.isEmpty ? "mode_changed" : "strategy_mode_changed"
    }

    private static func fields(of record: ModeRecord) -> [Field] {
        [
            Field("mode", record.mode.name), Field("by", record.principal),
            Field("reason", record.reason), Field("since", record.since.text),
        ] + (record.strategy.isEmpty ? [] : [Field("strategy", record.strategy)])
    }

    private static func fields(of token: AccessToken) -> [Field] {
        [
            Field("token", token.tokenID), Field("name", token.name),
            Field("role", token.role.name),
            Field("by", token.revocation?.principal ?? token.createdBy),
            Field("reason", token.revocation?.reason ?? token.reason),
            Field("since", (token.revocation?.at ?? token.createdAt).text),
        ]
            + (token.limits.orderRateMax.map { [Field("order_rate_max", "\($0)")] } ?? [])
            + (token.limits.orderNotionalMax.map { [Field("order_notional_max", "\($0)")] } ?? [])
    }

    private static func fields(of change: LimitChange) -> [Field] {
        let new =
            switch change.setting {
            case .value(let text): text
            case .off: "off"
            case .configuration: "configuration"
            }
        return [
            Field("limit", change.key.name), Field("symbol", change.key.symbol?.name ?? ""),
            Field("strategy", change.key.strategy ?? ""),
            Field("from", change.previous ?? "off"), Field("to", new),
            Field("by", change.principal), Field("reason", change.reason),
            Field("since", change.at.text),
        ]
    }

    private static func fields(of state: KillSwitch) -> [Field] {
        [
            Field("level", state.level?.name ?? "released"), Field("by", state.principal),
            Field("reason", state.reason), Field("since", state.since.text),
        ]
    }

    private static func fields(of restraint: VenueRestraint, at venue: VenueID) -> [Field] {
        [
            Field("venue", venue.mode.name), Field("until", restraint.until.text),
            Field("scope", "\(restraint.scope)"), Field("reason", restraint.reason),
        ]
    }

    private init(_ orderID: OrderID, _ change: OrderChange) {
        switch change {
        case .reported(let status, let venueOrderID, let executed, let reason):
            self.init(
                "order_reported",
                orderID,
                [
                    Field("status", "\(status)"), Field("venue_order_id", venueOrderID),
                    Field("executed", executed), Field("reason", reason),
                ]
            )
        case .filled(let fill):
            self.init(
                "order_filled",
                orderID,
                [
                    Field("trade_id", fill.tradeID), Field("price", fill.price),
                    Field("quantity", fill.quantity), Field("quote_quantity", fill.quoteQuantity),
                    Field("fee", fill.fee), Field("fee_asset", fill.feeAsset?.name ?? ""),
                    Field("maker", fill.isMaker), Field("trade_time", fill.time.text),
                ]
            )
        case .simulated(let request):
            self.init("order_not_sent", orderID, [Field("request", request)])
        case .rejected(let code, let reason):
            self.init("order_rejected", orderID, [Field("code", code), Field("reason", reason)])
        case .notPlaced(let reason):
            self.init("order_not_placed", orderID, [Field("reason", reason)])
        case .outcomeUnknown(let reason):
            self.init("order_outcome_unknown", orderID, [Field("reason", reason)])
        case .needsOperator(let reason):
            self.init("order_needs_operator", orderID, [Field("reason", reason)])
        case .resolved(let resolution, let principal, let reason):
            self.init(
                "order_resolved",
                orderID,
                [
                    Field("as", resolution.name), Field("by", principal),
                    Field("reason", reason),
                ]
            )
        case .dismissed(let dismissal):
            self.init("order_dismissed", orderID, Self.fields(of: dismissal))
        case .succeeded(let successor):
            self.init("order_succeeded", orderID, [Field("by_order", successor)])
        case .amended(let quantity):
            self.init("order_amended", orderID, [Field("quantity", quantity)])
        case .amendFailed(let reason):
            self.init("order_not_amended", orderID, [Field("reason", reason)])
        }
    }

    private init(_ entry: OrderID, _ change: ExitChange) {
        switch change {
        case .reached(let aim):
            let name = aim == .stopLoss ? "stop_loss" : "take_profit"
            self.init("exit_reached", entry, [Field("exit", name)])
        case .needsOperator(let reason):
            self.init("exits_need_operator", entry, [Field("reason", reason)])
        case .ended(let reason):
            self.init("exits_ended", entry, [Field("reason", reason)])
        case .closing(let closing):
            self.init(
                "exits_closing",
                entry,
                [
                    Field("quantity", closing.quantity), Field("position_goal", closing.goal),
                    Field("by", closing.principal), Field("key", closing.key?.text ?? ""),
                ]
            )
        case .closingEnded(let reason):
            self.init("exits_closing_ended", entry, [Field("reason", reason)])
        }
    }

    private static func exits(of intent: OrderIntent) -> [Field] {
        let stop = intent.exits?.stopLoss
        return [
            stop.map { Field("exit_stop_price", $0.stopPrice) },
            stop?.limitPrice.map { Field("exit_stop_limit", $0) },
            intent.exits?.takeProfit.map { Field("take_profit", $0) },
            intent.entry.map { Field("exit_of", $0) },
        ].compactMap(\.self)
    }

    private static func fields(of intent: OrderIntent) -> [Field] {
        var fields = [
            Field("client_order_id", intent.clientOrderID), Field("venue", intent.venue.mode.name),
            Field("symbol", intent.terms.symbol), Field("side", intent.terms.side.name),
        ]
        let type = intent.terms.type
        fields.append(Field("type", type.venueType.name.lowercased()))
        if let price = type.limitPrice { fields.append(Field("price", price)) }
        if let force = type.timeInForce { fields.append(Field("time_in_force", force.name)) }
        if let trigger = type.trigger { fields.append(Field("stop_price", trigger.stopPrice)) }
        if let quote = intent.terms.quoteQuantity { fields.append(Field("quote_quantity", quote)) }
        if !intent.session.isEmpty { fields.append(Field("session", intent.session)) }
        if let goal = intent.goal { fields.append(Field("position_goal", goal)) }
        return fields + [
            Field("quantity", intent.terms.quantity), Field("reserve_price", intent.reservePrice),
            Field("timestamp", intent.timestamp.text),
            Field("receive_window_ms", intent.receiveWindowMilliseconds),
            Field("by", intent.principal), Field("key", intent.key?.text ?? ""),
            Field("tag", intent.tag), Field("purpose", "\(intent.purpose)"),
            Field("resubmits_if_absent", intent.resubmitsIfAbsent),
            Field("instead_of", intent.predecessor?.description ?? ""),
        ] + Self.exits(of: intent)
    }
}
