import CTradingProto
import ProtobufArena
import TradingCore

extension RequestDecoder {
    /// Reads SetMode.
    func modeChange(_ payload: Span<UInt8>) throws(BadRequest) -> Request {
        let message = try unsafe self.message(payload, MessageTypes.setMode)
        guard let mode = try self.optionalMode(unsafe message.mode, "mode") else {
            throw BadRequest("mode is missing")
        }
        let policy: OpenOrdersPolicy
        switch unsafe message.open_orders {
        case TRADING__V1__OPEN_ORDERS_POLICY__OPEN_ORDERS_POLICY_UNSPECIFIED,
            TRADING__V1__OPEN_ORDERS_POLICY__OPEN_ORDERS_POLICY_REFUSE:
            policy = .refuse
        case TRADING__V1__OPEN_ORDERS_POLICY__OPEN_ORDERS_POLICY_CANCEL: policy = .cancel
        case TRADING__V1__OPEN_ORDERS_POLICY__OPEN_ORDERS_POLICY_KEEP: policy = .keep
        default: throw BadRequest("open_orders: expected REFUSE, CANCEL or KEEP")
        }
        return .setMode(
            ModeWish(
                mode,
                policy,
                self.principal,
                strategy: try unsafe self.text(message.strategy, "strategy", bytesMax: 64),
                reason: try unsafe self.reason(message.reason),
                confirmation: try unsafe self.text(
                    message.confirmation,
                    "confirmation",
                    bytesMax: 64
                ),
                code: try unsafe self.code(message.code)
            )
        )
    }

    /// Reads whose account Positions or Balances asks for; nil for the installation's mode.
    func accountMode(
        _ payload: Span<UInt8>,
        of method: TradingMethod
    ) throws(BadRequest) -> TradingMode? {
        let mode =
            method == .balances
            ? try unsafe self.message(payload, MessageTypes.balances).mode
            : try unsafe self.message(payload, MessageTypes.positions).mode
        return try self.optionalMode(mode, "mode")
    }
}

/// The messages that are read here.
private enum MessageTypes {
    static let setMode = unsafe MessageType(trading__v1__set_mode_request__init)
    static let positions = unsafe MessageType(trading__v1__positions_request__init)
    static let balances = unsafe MessageType(trading__v1__balances_request__init)
}
