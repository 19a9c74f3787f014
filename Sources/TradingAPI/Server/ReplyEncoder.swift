import CProtobufC
import CTradingProto
package import ProtobufArena
package import TradingCore

/// What goes back for a call: a payload, or a status with a refusal.
package enum EncodedReply {
    /// Valid until the encoder is used again.
    case payload(BuiltMessage)
    /// The refusal of a call that has no answer of its own, packed for the status's details.
    case refused(TradingCore.Refusal, details: [UInt8])
}

/// Turns the gateway's answers into the messages of the service.
@safe
package struct ReplyEncoder {
    let arena: ProtobufArena
    private let version: String

    /// - Parameters:
    ///   - arena: Where messages are built.
    ///   - version: The program's, for Health.
    package init(arena: ProtobufArena, version: String) {
        self.arena = arena
        self.version = version
    }

    /// Encodes the answer to a call.
    ///
    /// - Parameters:
    ///   - reply: The gateway's.
    ///   - method: What was called.
    ///   - secret: The token that the call made, which no reply holds.
    /// - Returns: What is sent; valid until the next use of this encoder.
    package func encode(
        _ reply: Reply,
        to method: TradingMethod,
        telling secret: BearerToken? = nil
    ) -> EncodedReply {
        self.arena.reset()
        switch reply {
        case .order(let order, let isRepeat):
            return .payload(self.order(order, isRepeat: isRepeat, to: method))
        case .orderShown(let order, let exits):
            return .payload(
                unsafe self.build(trading__v1__get_order_response__init) { message in
                    unsafe message.order = self.order(order, exits)
                }
            )
        case .positionReached(let reached):
            return .payload(self.nothingToDo(reached, to: method))
        case .session(let view):
            return .payload(self.session(view))
        case .sessions(let statuses):
            return .payload(self.sessions(statuses))
        case .orders(let orders, let exits):
            return .payload(
                unsafe self.build(trading__v1__list_orders_response__init) { message in
                    unsafe message.n_orders = orders.count
                    unsafe message.orders = self.arena.array(
                        orders.map { unsafe self.order($0, exits[$0.orderID]) }
                    )
                }
            )
        case .cancelsSent(let orderIDs):
            return .payload(
                unsafe self.build(trading__v1__cancel_all_response__init) { message in
                    unsafe message.n_order_ids = orderIDs.count
                    unsafe message.order_ids = self.arena.array(scalars: orderIDs.map(\.raw))
                }
            )
        case .positions(let view):
            return .payload(self.positions(view, to: method))
        case .mode(let view):
            return .payload(method == .setMode ? self.changedMode(view) : self.modes(view))
        case .killSwitch(let view):
            return .payload(self.killSwitch(view))
        case .health(let view):
            return .payload(self.health(view))
        case .risk(let view):
            return .payload(self.breaches(view, to: method))
        case .riskSummary(let summary):
            return .payload(self.summary(summary))
        case .limits(let view):
            return .payload(self.limits(view, to: method))
        case .tokens(let all, let changed):
            return .payload(self.tokens(all, changed: changed, to: method, telling: secret))
        case .approvals(let view):
            return .payload(self.approvals(view))
        case .refused(let refusal):
            return .refused(refusal, details: unsafe Protobuf.packed(self.refusal(refusal)))
        }
    }

    func build<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void,
        _ body: (inout Message) -> Void
    ) -> BuiltMessage {
        unsafe BuiltMessage(self.arena.make(initialize, body))
    }

    func pack<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void,
        _ body: (inout Message) -> Void
    ) -> [UInt8] {
        unsafe self.build(initialize, body).packed
    }

    // MARK: Orders

    private func order(_ order: Order, isRepeat: Bool, to method: TradingMethod) -> BuiltMessage {
        switch method {
        case .placeOrder:
            unsafe self.build(trading__v1__place_order_response__init) { message in
                unsafe message.order = self.order(order)
                unsafe message.is_repeat = isRepeat ? 1 : 0
            }
        case .closePosition:
            unsafe self.build(trading__v1__close_position_response__init) { message in
                unsafe message.order = self.order(order)
                unsafe message.is_repeat = isRepeat ? 1 : 0
            }
        case .adjustPosition:
            unsafe self.build(trading__v1__adjust_position_response__init) { message in
                unsafe message.order = self.order(order)
                unsafe message.is_repeat = isRepeat ? 1 : 0
            }
        case .cancel:
            unsafe self.build(trading__v1__cancel_response__init) { message in
                unsafe message.order = self.order(order)
            }
        case .amend:
            unsafe self.build(trading__v1__amend_response__init) { message in
                unsafe message.order = self.order(order)
            }
        case .resolveOrder:
            unsafe self.build(trading__v1__resolve_order_response__init) { message in
                unsafe message.order = self.order(order)
            }
        case .approve:
            unsafe self.build(trading__v1__approve_response__init) { message in
                unsafe message.order = self.order(order)
            }
        case .deny:
            unsafe self.build(trading__v1__deny_response__init) { message in
                unsafe message.order = self.order(order)
            }
        default:
            unsafe self.build(trading__v1__get_order_response__init) { message in
                unsafe message.order = self.order(order)
            }
        }
    }

    /// A decimal's text; an empty one for nil.
    func text(_ decimal: (some ExactDecimal)?) -> UnsafeMutablePointer<CChar> {
        guard let decimal else { return unsafe self.arena.string("") }
        return unsafe decimal.digits.withBytes { unsafe self.arena.string($0) }
    }

    func order(
        _ order: Order,
        _ exits: ExitsView? = nil
    ) -> UnsafeMutablePointer<Trading__V1__Order> {
        unsafe self.arena.make(trading__v1__order__init) { message in
            unsafe message.order_id = order.orderID.raw
            unsafe message.client_order_id = self.arena.string(order.intent.clientOrderID.text)
            unsafe message.venue_order_id = order.venueOrderID?.raw ?? 0
            unsafe message.mode = self.mode(order.intent.venue.mode)
            unsafe message.symbol = self.arena.string(order.terms.symbol.name)
            unsafe message.side = Trading__V1__Side(UInt32(order.terms.side.rawValue))
            let type = order.terms.type
            unsafe message.type = Trading__V1__OrderType(UInt32(type.venueType.rawValue))
            unsafe message.price = self.text(type.limitPrice)
            unsafe message.time_in_force = Trading__V1__TimeInForce(
                UInt32(type.timeInForce?.rawValue ?? 0)
            )
            unsafe message.stop_price = self.text(type.trigger?.stopPrice)
            unsafe message.quantity = self.text(order.quantity)
            unsafe message.quote_quantity = self.text(order.terms.quoteQuantity)
            unsafe message.status = order.status.message
            unsafe message.filled_quantity = self.text(order.filledQuantity)
            unsafe message.filled_notional = self.text(order.filledQuoteQuantity)
            unsafe message.average_price = self.text(order.averagePrice)
            unsafe message.n_fills = order.fills.count
            unsafe message.fills = self.arena.array(order.fills.map { unsafe self.fill($0) })
            if let refusal = order.refusal { unsafe message.refusal = self.refusal(refusal) }
            unsafe message.reason = self.arena.string(order.reason)
            unsafe message.is_cancel_pending = order.pendingCancel == nil ? 0 : 1
            unsafe message.tag = self.arena.string(order.intent.tag)
            unsafe message.created_at = order.createdAt.nanoseconds
            unsafe message.updated_at = order.updatedAt.nanoseconds
            unsafe message.predecessor_order_id = order.intent.predecessor?.raw ?? 0
            unsafe message.successor_order_id = order.successor?.raw ?? 0
            unsafe message.is_amend_pending = order.pendingAmend == nil ? 0 : 1
            unsafe message.original_quantity = self.text(order.intent.originalQuantity)
            unsafe message.strategy = self.arena.string(order.intent.strategy)
            unsafe self.addExits(of: order.intent, exits, to: &message)
        }
    }

    func fill(_ fill: Fill) -> UnsafeMutablePointer<Trading__V1__Fill> {
        unsafe self.arena.make(trading__v1__fill__init) { message in
            unsafe message.trade_id = fill.tradeID.raw
            unsafe message.price = self.text(fill.price)
            unsafe message.quantity = self.text(fill.quantity)
            unsafe message.fee = self.text(fill.fee)
            unsafe message.fee_asset = self.arena.string(fill.feeAsset?.name ?? "")
            unsafe message.is_maker = fill.isMaker ? 1 : 0
            unsafe message.time = fill.time.nanoseconds
        }
    }

    func refusal(
        _ refusal: TradingCore.Refusal
    ) -> UnsafeMutablePointer<Trading__V1__Refusal> {
        unsafe self.arena.make(trading__v1__refusal__init) { message in
            unsafe message.rule = self.arena.string(refusal.rule.name)
            unsafe message.limit = self.arena.string(refusal.limit)
            unsafe message.actual = self.arena.string(refusal.actual)
            unsafe message.message = self.arena.string(refusal.message)
            unsafe message.permitted = self.arena.string(refusal.permitted)
        }
    }

    // MARK: Control

    func mode(_ mode: TradingMode) -> Trading__V1__TradingMode {
        Trading__V1__TradingMode(UInt32(mode.rawValue))
    }

    private func killSwitch(_ view: KillSwitchView) -> BuiltMessage {
        unsafe self.build(trading__v1__kill_switch_response__init) { message in
            unsafe message.is_engaged = view.state.isEngaged ? 1 : 0
            unsafe message.level = Trading__V1__KillLevel(UInt32(view.state.level?.rawValue ?? 0))
            unsafe message.reason = self.arena.string(view.state.reason)
            unsafe message.changed_by = self.arena.string(view.state.principal.name)
            unsafe message.since = view.state.since.nanoseconds
            unsafe message.is_durable = view.isDurable ? 1 : 0
            unsafe message.n_in_flight_order_ids = view.inFlight.count
            unsafe message.in_flight_order_ids = self.arena.array(scalars: view.inFlight.map(\.raw))
            unsafe message.n_open_order_ids = view.open.count
            unsafe message.open_order_ids = self.arena.array(scalars: view.open.map(\.raw))
            unsafe message.canceled_count = UInt64(view.canceled.count)
            unsafe message.n_unconfirmed_order_ids = view.unconfirmed.count
            unsafe message.unconfirmed_order_ids = self.arena.array(
                scalars: view.unconfirmed.map(\.raw)
            )
            unsafe message.n_venues = view.venues.count
            unsafe message.venues = self.arena.array(
                view.venues.map { unsafe self.progress($0) }
            )
            unsafe message.is_done = view.isDone ? 1 : 0
        }
    }

    private func progress(
        _ venue: KillSwitchView.Venue
    ) -> UnsafeMutablePointer<Trading__V1__KillProgress> {
        unsafe self.arena.make(trading__v1__kill_progress__init) { message in
            unsafe message.mode = self.mode(venue.venue.mode)
            unsafe message.zero_since = venue.zeroSince?.nanoseconds ?? 0
            unsafe message.n_closings = venue.closings.count
            unsafe message.closings = self.arena.array(
                venue.closings.map { unsafe self.closing($0) }
            )
        }
    }

    private func closing(
        _ closing: KillSwitchView.Closing
    ) -> UnsafeMutablePointer<Trading__V1__Closing> {
        unsafe self.arena.make(trading__v1__closing__init) { message in
            unsafe message.symbol = self.arena.string(closing.symbol.name)
            unsafe message.quantity = self.text(closing.quantity)
            unsafe message.status = Trading__V1__ClosingStatus(UInt32(closing.status.rawValue))
            unsafe message.reason = self.arena.string(closing.reason)
            unsafe message.order_count = UInt64(closing.orderCount)
        }
    }

    func alert(_ alert: Alert) -> UnsafeMutablePointer<Trading__V1__Alert> {
        unsafe self.arena.make(trading__v1__alert__init) { message in
            unsafe message.kind = self.arena.string(alert.kind.rawValue)
            unsafe message.message = self.arena.string(alert.message)
        }
    }

    private func health(_ view: HealthView) -> BuiltMessage {
        unsafe self.build(trading__v1__health_response__init) { message in
            unsafe message.is_ready = view.notReadyReasons.isEmpty ? 1 : 0
            unsafe message.n_not_ready_reasons = view.notReadyReasons.count
            unsafe message.not_ready_reasons = self.arena.array(view.notReadyReasons)
            unsafe message.mode = self.mode(view.mode)
            unsafe message.version = self.arena.string(self.version)
            unsafe message.journal_sequence = view.journalSequence.raw
            unsafe message.open_order_count = UInt64(view.openOrderCount)
            unsafe message.unknown_order_count = UInt64(view.unknownOrderCount)
            unsafe message.started_at = view.startedAt.nanoseconds
            unsafe message.authentication_failure_count = view.authenticationFailureCount
            unsafe message.n_alerts = view.alerts.count
            unsafe message.alerts = self.arena.array(view.alerts.map { unsafe self.alert($0) })
        }
    }
}

extension OrderStatus {
    /// The status in the service's messages.
    var message: Trading__V1__OrderStatus {
        switch self {
        case .refused: TRADING__V1__ORDER_STATUS__ORDER_STATUS_REFUSED
        case .simulated: TRADING__V1__ORDER_STATUS__ORDER_STATUS_SIMULATED
        case .submitting: TRADING__V1__ORDER_STATUS__ORDER_STATUS_SUBMITTING
        case .open: TRADING__V1__ORDER_STATUS__ORDER_STATUS_OPEN
        case .partiallyFilled: TRADING__V1__ORDER_STATUS__ORDER_STATUS_PARTIALLY_FILLED
        case .filled: TRADING__V1__ORDER_STATUS__ORDER_STATUS_FILLED
        case .canceled: TRADING__V1__ORDER_STATUS__ORDER_STATUS_CANCELED
        case .expired: TRADING__V1__ORDER_STATUS__ORDER_STATUS_EXPIRED
        case .rejected: TRADING__V1__ORDER_STATUS__ORDER_STATUS_REJECTED
        case .notPlaced: TRADING__V1__ORDER_STATUS__ORDER_STATUS_NOT_PLACED
        case .unknown: TRADING__V1__ORDER_STATUS__ORDER_STATUS_UNKNOWN
        case .needsOperator: TRADING__V1__ORDER_STATUS__ORDER_STATUS_NEEDS_OPERATOR
        case .held: TRADING__V1__ORDER_STATUS__ORDER_STATUS_HELD
        }
    }
}
