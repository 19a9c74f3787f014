import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

/// What is wrong with a stored message; the journal adds where it stands.
struct DecodingProblem: Error, Hashable {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Reads the journal's messages back; everything is checked, because files rot.
enum EventDecoder {
    static func event(
        _ message: Trading__Journal__V1__Event
    ) throws(DecodingProblem) -> Event {
        switch unsafe message.kind_case {
        case TRADING__JOURNAL__V1__EVENT__KIND_STORE_CREATED:
            let part = try unsafe self.present(message.store_created)
            return .storeCreated(clientIDPrefix: unsafe self.text(part.client_id_prefix))
        case TRADING__JOURNAL__V1__EVENT__KIND_STARTED:
            let part = try unsafe self.present(message.started)
            return unsafe .started(
                epoch: self.text(part.epoch),
                version: self.text(part.version)
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_STOPPED:
            return .stopped
        case TRADING__JOURNAL__V1__EVENT__KIND_ORDER_SUBMITTED:
            return .orderSubmitted(try unsafe self.intent(self.present(message.order_submitted)))
        case TRADING__JOURNAL__V1__EVENT__KIND_ORDER_SIMULATED:
            return .orderSimulated(try unsafe self.intent(self.present(message.order_simulated)))
        case TRADING__JOURNAL__V1__EVENT__KIND_ORDER_REFUSED:
            let part = try unsafe self.present(message.order_refused)
            return .orderRefused(
                try unsafe self.intent(self.present(part.intent)),
                try unsafe self.refusal(self.present(part.refusal))
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_ORDER_CHANGED:
            let part = try unsafe self.present(message.order_changed)
            return unsafe .orderChanged(OrderID(raw: part.order_id), try unsafe self.change(part))
        case TRADING__JOURNAL__V1__EVENT__KIND_ORDER_REOPENED:
            return .orderReopened(try unsafe self.order(self.present(message.order_reopened)))
        default:
            return try unsafe self.otherEvent(message)
        }
    }

    private static func otherEvent(
        _ message: Trading__Journal__V1__Event
    ) throws(DecodingProblem) -> Event {
        switch unsafe message.kind_case {
        case TRADING__JOURNAL__V1__EVENT__KIND_CANCEL_REQUESTED:
            let part = try unsafe self.present(message.cancel_requested)
            return unsafe .cancelRequested(
                OrderID(raw: part.order_id),
                try unsafe self.clientOrderID(part.cancel_id)
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_AMEND_REQUESTED:
            let part = try unsafe self.present(message.amend_requested)
            return unsafe .amendRequested(
                OrderID(raw: part.order_id),
                self.amend(try unsafe self.present(part.amend)),
                by: Principal(self.text(part.principal))
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_MODE_CHANGED:
            return .modeChanged(try unsafe self.mode(self.present(message.mode_changed)))
        case TRADING__JOURNAL__V1__EVENT__KIND_STRATEGY_MODE_CHANGED:
            let part = try unsafe self.present(message.strategy_mode_changed)
            return .strategyModeChanged(try unsafe self.mode(part))
        case TRADING__JOURNAL__V1__EVENT__KIND_KILL_CHANGED:
            return .killChanged(try unsafe self.killSwitch(self.present(message.kill_changed)))
        case TRADING__JOURNAL__V1__EVENT__KIND_LEDGER_BOUND:
            let part = try unsafe self.present(message.ledger_bound)
            return unsafe .ledgerBound(
                try self.known(VenueID.self, part.venue),
                accountID: part.account_id
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_BALANCE_MOVED:
            let part = try unsafe self.present(message.balance_moved)
            return unsafe .balanceMoved(
                try self.known(VenueID.self, part.venue),
                Asset(unsafe self.text(part.asset)),
                delta: try unsafe self.amount(part.delta),
                isOpening: part.is_opening != 0
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_VENUE_RESTRAINED:
            let part = try unsafe self.present(message.venue_restrained)
            return unsafe .venueRestrained(
                try self.known(VenueID.self, part.venue),
                try self.restraint(part)
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_RISK_BREACHED:
            return .riskBreached(try unsafe self.breach(self.present(message.risk_breached)))
        case TRADING__JOURNAL__V1__EVENT__KIND_BREACH_ACKNOWLEDGED:
            let part = try unsafe self.present(message.breach_acknowledged)
            return unsafe .breachAcknowledged(part.number, self.acknowledgement(part))
        case TRADING__JOURNAL__V1__EVENT__KIND_EQUITY_MARKED:
            let part = try unsafe self.present(message.equity_marked)
            return unsafe .equityMarked(
                try self.known(VenueID.self, part.venue),
                Asset(self.text(part.asset)),
                try self.mark(part)
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_STRATEGY_MARKED:
            return try unsafe self.strategyMark(self.present(message.strategy_marked))
        case TRADING__JOURNAL__V1__EVENT__KIND_LIMIT_CHANGED:
            return .limitChanged(try unsafe self.limitChange(self.present(message.limit_changed)))
        case TRADING__JOURNAL__V1__EVENT__KIND_TOKEN_CHANGED:
            return .tokenChanged(try unsafe self.token(self.present(message.token_changed)))
        case TRADING__JOURNAL__V1__EVENT__KIND_EXITS_CHANGED:
            return try unsafe self.exits(self.present(message.exits_changed))
        default:
            return try unsafe self.approvalEvent(message)
        }
    }

    static func restraint(
        _ message: Trading__Journal__V1__VenueRestrained
    ) throws(DecodingProblem) -> VenueRestraint {
        unsafe VenueRestraint(
            until: WallTime(nanoseconds: message.until),
            scope: try self.known(VenueRestraint.Scope.self, message.scope),
            reason: unsafe self.text(message.reason)
        )
    }

    static func mode(
        _ message: Trading__Journal__V1__ModeChanged
    ) throws(DecodingProblem) -> ModeRecord {
        unsafe ModeRecord(
            mode: try self.known(TradingMode.self, message.mode),
            strategy: unsafe self.text(message.strategy),
            principal: Principal(unsafe self.text(message.principal)),
            reason: unsafe self.text(message.reason),
            since: WallTime(nanoseconds: message.since)
        )
    }

    static func killSwitch(
        _ message: Trading__Journal__V1__KillChanged
    ) throws(DecodingProblem) -> KillSwitch {
        unsafe KillSwitch(
            level: message.level == 0 ? nil : try self.known(KillLevel.self, message.level),
            principal: Principal(unsafe self.text(message.principal)),
            reason: unsafe self.text(message.reason),
            since: WallTime(nanoseconds: message.since)
        )
    }

    static func order(
        _ message: Trading__Journal__V1__StoredOrder
    ) throws(DecodingProblem) -> Order {
        var order = Order(
            intent: try unsafe self.intent(self.present(message.intent)),
            status: try self.known(OrderStatus.self, unsafe message.status),
            createdAt: WallTime(nanoseconds: unsafe message.created_at)
        )
        if unsafe message.has_venue_order_id != 0 {
            order.venueOrderID = VenueOrderID(raw: unsafe message.venue_order_id)
        }
        order.executedQuantity = Quantity(raw: unsafe message.executed_quantity)
        for index in 0..<(unsafe message.n_fills) {
            let fill = try unsafe self.fill(self.present(message.fills?[index]))
            order.fills.append(fill)
            order.filledQuantity += fill.quantity
            order.filledQuoteQuantity += fill.quoteQuantity
        }
        if let refusal = unsafe message.refusal {
            order.refusal = try unsafe self.refusal(refusal.pointee)
        }
        order.reason = unsafe self.text(message.reason)
        order.updatedAt = WallTime(nanoseconds: unsafe message.updated_at)
        if unsafe !self.text(message.pending_cancel_id).isEmpty {
            order.pendingCancel = PendingCancel(
                cancelID: try unsafe self.clientOrderID(message.pending_cancel_id)
            )
        }
        order.successor = self.orderID(unsafe message.successor)
        if let amend = unsafe message.pending_amend {
            order.pendingAmend = unsafe self.amend(amend.pointee)
        }
        if unsafe message.quantity != 0 { order.quantity = Quantity(raw: unsafe message.quantity) }
        return order
    }

    static func intent(
        _ message: Trading__Journal__V1__Intent
    ) throws(DecodingProblem) -> OrderIntent {
        let key = unsafe self.text(message.key)
        return OrderIntent(
            orderID: OrderID(raw: unsafe message.order_id),
            clientOrderID: try unsafe self.clientOrderID(message.client_order_id),
            venue: try self.known(VenueID.self, unsafe message.venue),
            terms: OrderTerms(
                symbol: Symbol(unsafe self.text(message.symbol)),
                side: try self.known(Side.self, unsafe message.side),
                type: try unsafe self.type(message),
                quantity: Quantity(raw: unsafe message.quantity),
                quoteQuantity: unsafe self.text(message.quote_quantity).isEmpty
                    ? nil : try unsafe self.amount(message.quote_quantity)
            ),
            baseAsset: Asset(unsafe self.text(message.base_asset)),
            quoteAsset: Asset(unsafe self.text(message.quote_asset)),
            timestamp: WallTime(nanoseconds: unsafe message.timestamp),
            receiveWindowMilliseconds: unsafe message.receive_window_milliseconds,
            reservePrice: Price(raw: unsafe message.reserve_price),
            principal: Principal(unsafe self.text(message.principal)),
            key: key.isEmpty
                ? nil
                : IdempotencyKey(
                    principal: Principal(unsafe self.text(message.key_principal)),
                    text: key
                ),
            tag: unsafe self.text(message.tag),
            purpose: unsafe message.purpose == 0
                ? .client : try self.known(OrderPurpose.self, unsafe message.purpose),
            resubmitsIfAbsent: unsafe message.resubmits_if_absent != 0,
            predecessor: unsafe self.orderID(message.predecessor),
            referencePrice: Price(raw: unsafe message.reference_price),
            strategy: unsafe self.text(message.strategy),
            originalQuantity: unsafe message.original_quantity == 0
                ? nil : Quantity(raw: unsafe message.original_quantity),
            goal: try unsafe StoredPositionGoal(message).goal(),
            session: unsafe self.text(message.session),
            exits: unsafe self.exits(of: message),
            entry: self.orderID(unsafe message.entry)
        )
    }

    private static func type(
        _ message: Trading__Journal__V1__Intent
    ) throws(DecodingProblem) -> OrderType {
        let name = try self.known(VenueOrderType.self, unsafe message.type)
        let type = OrderType(
            name,
            limitPrice: Price(raw: unsafe message.price),
            timeInForce: name.hasTimeInForce
                ? try self.known(TimeInForce.self, unsafe message.time_in_force) : nil,
            stopPrice: Price(raw: unsafe message.stop_price)
        )
        guard let type else { fatalError("invariant broken: \(name.name) lacks a part it has") }
        return type
    }

    static func refusal(
        _ message: Trading__Journal__V1__Refusal
    ) throws(DecodingProblem) -> Refusal {
        Refusal(
            try self.known(Rule.self, unsafe message.rule),
            limit: unsafe self.text(message.limit),
            actual: unsafe self.text(message.actual),
            message: unsafe self.text(message.message),
            permitted: unsafe self.text(message.permitted)
        )
    }

    private static func fill(
        _ message: Trading__Journal__V1__Fill
    ) throws(DecodingProblem) -> Fill {
        let feeAsset = unsafe self.text(message.fee_asset)
        return Fill(
            tradeID: TradeID(raw: unsafe message.trade_id),
            price: Price(raw: unsafe message.price),
            quantity: Quantity(raw: unsafe message.quantity),
            quoteQuantity: try unsafe self.amount(message.quote_quantity),
            fee: try unsafe self.amount(message.fee),
            feeAsset: feeAsset.isEmpty ? nil : Asset(feeAsset),
            isMaker: unsafe message.is_maker != 0,
            time: WallTime(nanoseconds: unsafe message.time)
        )
    }

    private static func change(
        _ message: Trading__Journal__V1__OrderChanged
    ) throws(DecodingProblem) -> OrderChange {
        switch unsafe message.change_case {
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_REPORTED:
            let part = try unsafe self.present(message.reported)
            return unsafe .reported(
                try self.known(VenueOrderStatus.self, part.status),
                VenueOrderID(raw: part.venue_order_id),
                executed: Quantity(raw: part.executed_quantity),
                reason: unsafe self.text(part.reason)
            )
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_FILLED:
            return .filled(try unsafe self.fill(self.present(message.filled)))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_REJECTED:
            let part = try unsafe self.present(message.rejected)
            return unsafe .rejected(code: Int(part.code), reason: unsafe self.text(part.reason))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_NOT_PLACED:
            return .notPlaced(reason: unsafe self.text(message.not_placed))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_OUTCOME_UNKNOWN:
            return .outcomeUnknown(reason: unsafe self.text(message.outcome_unknown))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_NEEDS_OPERATOR:
            return .needsOperator(reason: unsafe self.text(message.needs_operator))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_RESOLVED:
            return try unsafe self.resolved(self.present(message.resolved))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_SIMULATED:
            return .simulated(request: unsafe self.text(message.simulated))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_SUCCEEDED:
            return .succeeded(by: OrderID(raw: unsafe message.succeeded))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_AMENDED:
            return .amended(to: Quantity(raw: unsafe message.amended))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_AMEND_FAILED:
            return .amendFailed(reason: unsafe self.text(message.amend_failed))
        case TRADING__JOURNAL__V1__ORDER_CHANGED__CHANGE_DISMISSED:
            return .dismissed(try unsafe self.dismissal(self.present(message.dismissed)))
        default:
            throw DecodingProblem("order change of unknown kind")
        }
    }

    private static func amend(_ message: Trading__Journal__V1__Amend) -> PendingAmend {
        let quantity = Quantity(raw: unsafe message.quantity)
        let price = Price(raw: unsafe message.price)
        return price.isPositive
            ? .replacement(quantity: quantity, price: price) : .reduction(to: quantity)
    }

    private static func resolved(
        _ message: Trading__Journal__V1__Resolved
    ) throws(DecodingProblem) -> OrderChange {
        let resolution: Resolution
        switch unsafe message.resolution {
        case 1: resolution = .absent
        case 2: resolution = .canceled
        case 3: resolution = .filled(at: Price(raw: unsafe message.price))
        case 4: resolution = .identified(VenueOrderID(raw: unsafe message.venue_order_id))
        default: throw DecodingProblem("resolution of unknown kind")
        }
        return .resolved(
            resolution,
            by: Principal(unsafe self.text(message.principal)),
            reason: unsafe self.text(message.reason)
        )
    }

    // MARK: Pieces

    static func present<Message>(
        _ pointer: UnsafeMutablePointer<Message>?
    ) throws(DecodingProblem) -> Message {
        guard let pointer = unsafe pointer else { throw DecodingProblem("a part is missing") }
        return unsafe pointer.pointee
    }

    static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
        unsafe pointer.map { unsafe String(cString: $0) } ?? ""
    }

    static func known<Value: RawRepresentable>(
        _ type: Value.Type,
        _ raw: UInt32
    ) throws(DecodingProblem) -> Value where Value.RawValue: FixedWidthInteger {
        guard let narrow = Value.RawValue(exactly: raw), let value = Value(rawValue: narrow) else {
            throw DecodingProblem("\(type) has no value \(raw)")
        }
        return value
    }

    /// Zero stands for no order.
    private static func orderID(_ raw: UInt64) -> OrderID? { raw == 0 ? nil : OrderID(raw: raw) }

    static func amount(
        _ pointer: UnsafeMutablePointer<CChar>?
    ) throws(DecodingProblem) -> Amount {
        let text = unsafe self.text(pointer)
        do {
            return try Amount(text)
        } catch {
            throw DecodingProblem("\"\(text)\" is not an amount")
        }
    }

    private static func clientOrderID(
        _ pointer: UnsafeMutablePointer<CChar>?
    ) throws(DecodingProblem) -> ClientOrderID {
        let text = unsafe self.text(pointer)
        guard let name = ClientOrderID(text) else {
            throw DecodingProblem("\"\(text)\" is not a client order id")
        }
        return name
    }
}
