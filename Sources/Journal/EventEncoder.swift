import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

/// Builds the messages of the journal in an arena, which must outlive them.
@safe
struct EventEncoder {
    let arena: ProtobufArena

    func event(_ event: Event) -> UnsafeMutablePointer<Trading__Journal__V1__Event> {
        unsafe self.arena.make(trading__journal__v1__event__init) { message in
            switch event {
            case .storeCreated(let prefix):
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_STORE_CREATED
                unsafe message.store_created = self.arena.make(
                    trading__journal__v1__store_created__init
                ) { unsafe $0.client_id_prefix = self.arena.string(prefix) }
            case .started(let epoch, let version):
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_STARTED
                unsafe message.started = self.arena.make(trading__journal__v1__started__init) {
                    unsafe $0.epoch = self.arena.string(epoch)
                    unsafe $0.version = self.arena.string(version)
                }
            case .stopped:
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_STOPPED
                unsafe message.stopped = self.arena.make(trading__journal__v1__stopped__init) { _ in
                }
            case .orderSubmitted(let intent):
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_ORDER_SUBMITTED
                unsafe message.order_submitted = self.intent(intent)
            case .orderSimulated(let intent):
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_ORDER_SIMULATED
                unsafe message.order_simulated = self.intent(intent)
            case .orderRefused(let intent, let refusal):
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_ORDER_REFUSED
                unsafe message.order_refused = self.arena.make(
                    trading__journal__v1__order_refused__init
                ) {
                    unsafe $0.intent = self.intent(intent)
                    unsafe $0.refusal = self.refusal(refusal)
                }
            case .orderChanged(let orderID, let change):
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_ORDER_CHANGED
                unsafe message.order_changed = self.change(orderID, change)
            case .orderReopened(let order):
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_ORDER_REOPENED
                unsafe message.order_reopened = self.order(order)
            case .cancelRequested, .amendRequested, .killChanged, .ledgerBound, .balanceMoved,
                .venueRestrained, .riskBreached, .breachAcknowledged, .equityMarked,
                .strategyMarked, .limitChanged, .tokenChanged:
                unsafe self.fill(&message, with: event)
            case .modeChanged(let record):
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_MODE_CHANGED
                unsafe message.mode_changed = self.mode(record)
            case .strategyModeChanged(let record):
                unsafe message.kind_case =
                    TRADING__JOURNAL__V1__EVENT__KIND_STRATEGY_MODE_CHANGED
                unsafe message.strategy_mode_changed = self.mode(record)
            case .orderHeld, .orderApproved, .codeShown:
                unsafe self.fillApproval(&message, with: event)
            case .sessionOpened, .sessionEnded:
                unsafe self.fillSession(&message, with: event)
            case .exitsChanged(let entry, let change):
                unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_EXITS_CHANGED
                unsafe message.exits_changed = self.exits(entry, change)
            }
        }
    }

    private func fill(_ message: inout Trading__Journal__V1__Event, with event: Event) {
        switch event {
        case .cancelRequested(let orderID, let cancelID):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_CANCEL_REQUESTED
            unsafe message.cancel_requested = self.arena.make(
                trading__journal__v1__cancel_requested__init
            ) {
                unsafe $0.order_id = orderID.raw
                unsafe $0.cancel_id = self.arena.string(cancelID.text)
            }
        case .amendRequested(let orderID, let amend, let principal):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_AMEND_REQUESTED
            unsafe message.amend_requested = self.arena.make(
                trading__journal__v1__amend_requested__init
            ) {
                unsafe $0.order_id = orderID.raw
                unsafe $0.amend = self.amend(amend)
                unsafe $0.principal = self.arena.string(principal.name)
            }
        case .killChanged(let state):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_KILL_CHANGED
            unsafe message.kill_changed = self.killSwitch(state)
        case .ledgerBound(let venue, let accountID):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_LEDGER_BOUND
            unsafe message.ledger_bound = self.arena.make(
                trading__journal__v1__ledger_bound__init
            ) {
                unsafe $0.venue = UInt32(venue.rawValue)
                unsafe $0.account_id = accountID
            }
        case .balanceMoved(let venue, let asset, let delta, let isOpening):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_BALANCE_MOVED
            unsafe message.balance_moved = self.arena.make(
                trading__journal__v1__balance_moved__init
            ) {
                unsafe $0.venue = UInt32(venue.rawValue)
                unsafe $0.asset = self.arena.string(asset.name)
                unsafe $0.delta = self.arena.string(delta.description)
                unsafe $0.is_opening = isOpening ? 1 : 0
            }
        case .venueRestrained(let venue, let restraint):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_VENUE_RESTRAINED
            unsafe message.venue_restrained = self.restraint(restraint, of: venue)
        case .riskBreached(let breach):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_RISK_BREACHED
            unsafe message.risk_breached = self.breach(breach)
        case .breachAcknowledged(let number, let acknowledgement):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_BREACH_ACKNOWLEDGED
            unsafe message.breach_acknowledged = self.acknowledgement(acknowledgement, of: number)
        case .equityMarked(let venue, let asset, let mark):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_EQUITY_MARKED
            unsafe message.equity_marked = self.mark(mark, of: asset, on: venue)
        case .strategyMarked(let venue, let name, let asset, let mark):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_STRATEGY_MARKED
            unsafe message.strategy_marked = self.mark(mark, of: asset, on: venue, strategy: name)
        case .limitChanged(let change):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_LIMIT_CHANGED
            unsafe message.limit_changed = self.limitChange(change)
        case .tokenChanged(let token):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_TOKEN_CHANGED
            unsafe message.token_changed = self.token(token)
        case .storeCreated, .started, .stopped, .orderSubmitted, .orderSimulated, .orderRefused,
            .orderHeld, .orderApproved, .codeShown, .orderChanged, .orderReopened, .modeChanged,
            .strategyModeChanged, .sessionOpened, .sessionEnded, .exitsChanged:
            fatalError("invariant broken: \(event) is encoded elsewhere")
        }
    }

    func mode(
        _ record: ModeRecord
    ) -> UnsafeMutablePointer<Trading__Journal__V1__ModeChanged> {
        unsafe self.arena.make(trading__journal__v1__mode_changed__init) {
            unsafe $0.mode = UInt32(record.mode.rawValue)
            unsafe $0.principal = self.arena.string(record.principal.name)
            unsafe $0.reason = self.arena.string(record.reason)
            unsafe $0.since = record.since.nanoseconds
            unsafe $0.strategy = self.arena.string(record.strategy)
        }
    }

    func killSwitch(
        _ state: KillSwitch
    ) -> UnsafeMutablePointer<Trading__Journal__V1__KillChanged> {
        unsafe self.arena.make(trading__journal__v1__kill_changed__init) {
            unsafe $0.level = UInt32(state.level?.rawValue ?? 0)
            unsafe $0.principal = self.arena.string(state.principal.name)
            unsafe $0.reason = self.arena.string(state.reason)
            unsafe $0.since = state.since.nanoseconds
        }
    }

    func restraint(
        _ restraint: VenueRestraint,
        of venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__VenueRestrained> {
        unsafe self.arena.make(trading__journal__v1__venue_restrained__init) {
            unsafe $0.venue = UInt32(venue.rawValue)
            unsafe $0.until = restraint.until.nanoseconds
            unsafe $0.scope = UInt32(restraint.scope.rawValue)
            unsafe $0.reason = self.arena.string(restraint.reason)
        }
    }

    func intent(_ intent: OrderIntent) -> UnsafeMutablePointer<Trading__Journal__V1__Intent> {
        unsafe self.arena.make(trading__journal__v1__intent__init) { message in
            unsafe message.order_id = intent.orderID.raw
            unsafe message.client_order_id = self.arena.string(intent.clientOrderID.text)
            unsafe message.venue = UInt32(intent.venue.rawValue)
            unsafe message.symbol = self.arena.string(intent.terms.symbol.name)
            unsafe message.base_asset = self.arena.string(intent.baseAsset.name)
            unsafe message.quote_asset = self.arena.string(intent.quoteAsset.name)
            unsafe message.side = UInt32(intent.terms.side.rawValue)
            let type = intent.terms.type
            unsafe message.type = UInt32(type.venueType.rawValue)
            unsafe message.price = type.limitPrice?.raw ?? 0
            unsafe message.time_in_force = UInt32(type.timeInForce?.rawValue ?? 0)
            unsafe message.stop_price = type.trigger?.stopPrice.raw ?? 0
            unsafe message.quote_quantity = self.arena.string(
                intent.terms.quoteQuantity?.description ?? ""
            )
            unsafe message.quantity = intent.terms.quantity.raw
            unsafe message.timestamp = intent.timestamp.nanoseconds
            unsafe message.receive_window_milliseconds = intent.receiveWindowMilliseconds
            unsafe message.reserve_price = intent.reservePrice.raw
            unsafe message.principal = self.arena.string(intent.principal.name)
            unsafe message.key_principal = self.arena.string(intent.key?.principal.name ?? "")
            unsafe message.key = self.arena.string(intent.key?.text ?? "")
            unsafe message.tag = self.arena.string(intent.tag)
            unsafe message.purpose = UInt32(intent.purpose.rawValue)
            unsafe message.resubmits_if_absent = intent.resubmitsIfAbsent ? 1 : 0
            unsafe message.predecessor = intent.predecessor?.raw ?? 0
            unsafe message.reference_price = intent.referencePrice.raw
            unsafe message.strategy = self.arena.string(intent.strategy)
            unsafe message.original_quantity = intent.originalQuantity?.raw ?? 0
            let goal = StoredPositionGoal(intent.goal)
            unsafe message.position_goal = goal.kind
            unsafe message.position_goal_value = goal.value
            unsafe message.session = self.arena.string(intent.session)
            unsafe self.addExits(of: intent, to: &message)
        }
    }

    func refusal(
        _ refusal: TradingCore.Refusal
    ) -> UnsafeMutablePointer<Trading__Journal__V1__Refusal> {
        unsafe self.arena.make(trading__journal__v1__refusal__init) { message in
            unsafe message.rule = UInt32(refusal.rule.rawValue)
            unsafe message.limit = self.arena.string(refusal.limit)
            unsafe message.actual = self.arena.string(refusal.actual)
            unsafe message.message = self.arena.string(refusal.message)
            unsafe message.permitted = self.arena.string(refusal.permitted)
        }
    }

    private func fill(_ fill: Fill) -> UnsafeMutablePointer<Trading__Journal__V1__Fill> {
        unsafe self.arena.make(trading__journal__v1__fill__init) { message in
            unsafe message.trade_id = fill.tradeID.raw
            unsafe message.price = fill.price.raw
            unsafe message.quantity = fill.quantity.raw
            unsafe message.quote_quantity = self.arena.string(fill.quoteQuantity.description)
            unsafe message.fee = self.arena.string(fill.fee.description)
            unsafe message.fee_asset = self.arena.string(fill.feeAsset?.name ?? "")
            unsafe message.is_maker = fill.isMaker ? 1 : 0
            unsafe message.time = fill.time.nanoseconds
        }
    }

    private func change(
        _ orderID: OrderID,
        _ change: OrderChange
    ) -> UnsafeMutablePointer<Trading__Journal__V1__OrderChanged> {
        unsafe self.arena.make(trading__journal__v1__order_changed__init) { message in
            unsafe message.order_id = orderID.raw
            switch change {
            case .reported(let status, let venueOrderID, let executed, let reason):
                unsafe message.change_case = TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_REPORTED
                unsafe message.reported = self.arena.make(trading__journal__v1__reported__init) {
                    unsafe $0.status = UInt32(status.rawValue)
                    unsafe $0.venue_order_id = venueOrderID.raw
                    unsafe $0.executed_quantity = executed.raw
                    unsafe $0.reason = self.arena.string(reason)
                }
            case .filled(let fill):
                unsafe message.change_case = TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_FILLED
                unsafe message.filled = self.fill(fill)
            case .rejected(let code, let reason):
                unsafe message.change_case = TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_REJECTED
                unsafe message.rejected = self.arena.make(trading__journal__v1__rejected__init) {
                    unsafe $0.code = Int32(clamping: code)
                    unsafe $0.reason = self.arena.string(reason)
                }
            case .notPlaced(let reason):
                unsafe message.change_case = TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_NOT_PLACED
                unsafe message.not_placed = self.arena.string(reason)
            case .outcomeUnknown(let reason):
                unsafe message.change_case =
                    TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_OUTCOME_UNKNOWN
                unsafe message.outcome_unknown = self.arena.string(reason)
            case .needsOperator(let reason):
                unsafe message.change_case =
                    TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_NEEDS_OPERATOR
                unsafe message.needs_operator = self.arena.string(reason)
            case .resolved(let resolution, let principal, let reason):
                unsafe message.change_case = TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_RESOLVED
                unsafe message.resolved = self.resolved(resolution, by: principal, reason)
            case .dismissed(let dismissal):
                unsafe message.change_case = TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_DISMISSED
                unsafe message.dismissed = self.dismissed(dismissal)
            case .simulated(let request):
                unsafe message.change_case = TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_SIMULATED
                unsafe message.simulated = self.arena.string(request)
            case .succeeded(let successor):
                unsafe message.change_case = TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_SUCCEEDED
                unsafe message.succeeded = successor.raw
            case .amended(let quantity):
                unsafe message.change_case = TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_AMENDED
                unsafe message.amended = quantity.raw
            case .amendFailed(let reason):
                unsafe message.change_case =
                    TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_AMEND_FAILED
                unsafe message.amend_failed = self.arena.string(reason)
            }
        }
    }

    private func amend(_ amend: PendingAmend) -> UnsafeMutablePointer<Trading__Journal__V1__Amend> {
        unsafe self.arena.make(trading__journal__v1__amend__init) { message in
            switch amend {
            case .reduction(let quantity): unsafe message.quantity = quantity.raw
            case .replacement(let quantity, let price):
                unsafe message.quantity = quantity.raw
                unsafe message.price = price.raw
            }
        }
    }

    private func resolved(
        _ resolution: Resolution,
        by principal: Principal,
        _ reason: String
    ) -> UnsafeMutablePointer<Trading__Journal__V1__Resolved> {
        unsafe self.arena.make(trading__journal__v1__resolved__init) { message in
            switch resolution {
            case .absent: unsafe message.resolution = 1
            case .canceled: unsafe message.resolution = 2
            case .filled(let price):
                unsafe message.resolution = 3
                unsafe message.price = price.raw
            case .identified(let venueOrderID):
                unsafe message.resolution = 4
                unsafe message.venue_order_id = venueOrderID.raw
            }
            unsafe message.principal = self.arena.string(principal.name)
            unsafe message.reason = self.arena.string(reason)
        }
    }

    func order(_ order: Order) -> UnsafeMutablePointer<Trading__Journal__V1__StoredOrder> {
        unsafe self.arena.make(trading__journal__v1__stored_order__init) { message in
            unsafe message.intent = self.intent(order.intent)
            unsafe message.status = UInt32(order.status.rawValue)
            unsafe message.has_venue_order_id = order.venueOrderID == nil ? 0 : 1
            unsafe message.venue_order_id = order.venueOrderID?.raw ?? 0
            unsafe message.executed_quantity = order.executedQuantity.raw
            unsafe message.n_fills = order.fills.count
            unsafe message.fills = self.arena.array(order.fills.map { unsafe self.fill($0) })
            if let refusal = order.refusal { unsafe message.refusal = self.refusal(refusal) }
            unsafe message.reason = self.arena.string(order.reason)
            unsafe message.created_at = order.createdAt.nanoseconds
            unsafe message.updated_at = order.updatedAt.nanoseconds
            unsafe message.pending_cancel_id = self.arena.string(
                order.pendingCancel?.cancelID.text ?? ""
            )
            unsafe message.successor = order.successor?.raw ?? 0
            if let amend = order.pendingAmend { unsafe message.pending_amend = self.amend(amend) }
            unsafe message.quantity =
                order.quantity == order.terms.quantity ? 0 : order.quantity.raw
        }
    }
}
