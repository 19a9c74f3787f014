import CTradingProto
import ProtobufArena
public import TradingCore

/// Turns a client's wishes into the messages of the service.
@safe
struct RequestEncoder {
    let arena = ProtobufArena()

    func place(_ wish: OrderWish) -> [UInt8] {
        unsafe self.pack(trading__v1__place_order_request__init) { message in
            unsafe message.symbol = self.arena.string(wish.symbol)
            unsafe message.side = Trading__V1__Side(UInt32(wish.side.rawValue))
            unsafe message.quantity = self.arena.string(wish.quantity)
            unsafe message.type = Trading__V1__OrderType(UInt32(wish.impliedType.rawValue))
            unsafe message.price = self.arena.string(wish.limitPrice ?? "")
            unsafe message.stop_price = self.arena.string(wish.stopPrice ?? "")
            unsafe message.quote_quantity = self.arena.string(wish.quoteQuantity ?? "")
            if let force = wish.timeInForce {
                unsafe message.time_in_force = Trading__V1__TimeInForce(UInt32(force.rawValue))
            }
            unsafe message.idempotency_key = self.arena.string(wish.idempotencyKey ?? "")
            if let mode = wish.expectedMode {
                unsafe message.expected_mode = Trading__V1__TradingMode(UInt32(mode.rawValue))
            }
            unsafe message.tag = self.arena.string(wish.tag ?? "")
            unsafe message.strategy = self.arena.string(wish.strategy ?? "")
            unsafe message.resubmit_if_absent = wish.resubmitsIfAbsent ? 1 : 0
            unsafe message.stop_loss_price = self.arena.string(wish.stopLossPrice ?? "")
            unsafe message.stop_loss_limit = self.arena.string(wish.stopLossLimit ?? "")
            unsafe message.take_profit_price = self.arena.string(wish.takeProfitPrice ?? "")
        }
    }

    func cancel(_ orderID: UInt64) -> [UInt8] {
        unsafe self.pack(trading__v1__cancel_request__init) { unsafe $0.order_id = orderID }
    }

    func amend(_ orderID: UInt64, quantity: String?, price: String?) -> [UInt8] {
        unsafe self.pack(trading__v1__amend_request__init) { message in
            unsafe message.order_id = orderID
            unsafe message.quantity = self.arena.string(quantity ?? "")
            unsafe message.price = self.arena.string(price ?? "")
        }
    }

    func cancelAll(symbol: String?) -> [UInt8] {
        unsafe self.pack(trading__v1__cancel_all_request__init) { message in
            unsafe message.symbol = self.arena.string(symbol ?? "")
        }
    }

    func order(_ orderID: UInt64) -> [UInt8] {
        unsafe self.pack(trading__v1__get_order_request__init) { unsafe $0.order_id = orderID }
    }

    func resolve(_ orderID: UInt64, as resolution: Resolution, reason: String) -> [UInt8] {
        unsafe self.pack(trading__v1__resolve_order_request__init) { message in
            unsafe message.order_id = orderID
            unsafe message.reason = self.arena.string(reason)
            switch resolution {
            case .absent:
                unsafe message.resolution = TRADING__V1__RESOLUTION__RESOLUTION_ABSENT
            case .canceled:
                unsafe message.resolution = TRADING__V1__RESOLUTION__RESOLUTION_CANCELED
            case .filled(let price):
                unsafe message.resolution = TRADING__V1__RESOLUTION__RESOLUTION_FILLED
                unsafe message.price = self.arena.string(price.description)
            case .identified(let venueOrderID):
                unsafe message.resolution = TRADING__V1__RESOLUTION__RESOLUTION_IDENTIFIED
                unsafe message.venue_order_id = venueOrderID.raw
            }
        }
    }

    func orders(
        includesClosed: Bool,
        symbol: String?,
        countMax: UInt32,
        before: UInt64
    ) -> [UInt8] {
        unsafe self.pack(trading__v1__list_orders_request__init) { message in
            unsafe message.include_closed = includesClosed ? 1 : 0
            unsafe message.symbol = self.arena.string(symbol ?? "")
            unsafe message.limit = countMax
            unsafe message.before_order_id = before
        }
    }

    func setMode(
        _ mode: TradingMode,
        _ policy: OpenOrdersPolicy,
        strategy: String,
        reason: String,
        confirmation: String,
        code: String
    ) -> [UInt8] {
        unsafe self.pack(trading__v1__set_mode_request__init) { message in
            unsafe message.mode = Trading__V1__TradingMode(UInt32(mode.rawValue))
            unsafe message.open_orders = Trading__V1__OpenOrdersPolicy(UInt32(policy.rawValue))
            unsafe message.reason = self.arena.string(reason)
            unsafe message.confirmation = self.arena.string(confirmation)
            unsafe message.code = self.arena.string(code)
            unsafe message.strategy = self.arena.string(strategy)
        }
    }

    func approve(_ orderID: UInt64, code: String) -> [UInt8] {
        unsafe self.pack(trading__v1__approve_request__init) { message in
            unsafe message.order_id = orderID
            unsafe message.code = self.arena.string(code)
        }
    }

    func deny(_ orderID: UInt64, reason: String) -> [UInt8] {
        unsafe self.pack(trading__v1__deny_request__init) { message in
            unsafe message.order_id = orderID
            unsafe message.reason = self.arena.string(reason)
        }
    }

    func kill(_ action: KillAction) -> [UInt8] {
        unsafe self.pack(trading__v1__kill_switch_request__init) { message in
            switch action {
            case .status:
                unsafe message.action = TRADING__V1__KILL_ACTION__KILL_ACTION_STATUS
            case .engage(let level, let reason):
                unsafe message.action = TRADING__V1__KILL_ACTION__KILL_ACTION_ENGAGE
                unsafe message.level = Trading__V1__KillLevel(UInt32(level.rawValue))
                unsafe message.reason = self.arena.string(reason)
            case .release(let reason, let isForced, let code):
                unsafe message.code = self.arena.string(code)
                unsafe message.force = isForced ? 1 : 0
                unsafe message.action = TRADING__V1__KILL_ACTION__KILL_ACTION_RELEASE
                unsafe message.reason = self.arena.string(reason)
            }
        }
    }

    func pack<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void,
        _ body: (inout Message) -> Void
    ) -> [UInt8] {
        self.arena.reset()
        return unsafe Protobuf.packed(self.arena.make(initialize, body))
    }
}

/// What a client can do with the kill switch.
public enum KillAction: Hashable, Sendable {
    /// Only looks at it.
    case status
    /// Pulls it; pulling it again, or further, does no harm.
    case engage(KillLevel, reason: String)
    /// Lets it go; forced also while something is not confirmed. The code is that of the second
    /// factor, where the server wants one; empty for none.
    case release(reason: String, isForced: Bool, code: String = "")
}
