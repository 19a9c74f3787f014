import CTradingProto
import ProtobufArena
import TradingCore

extension RequestEncoder {
    func position(_ wish: PositionWish) -> [UInt8] {
        switch wish.goal {
        case .close: self.closing(wish)
        case .closeShare(let share): self.closing(wish, share: share)
        case .closeQuantity(let quantity): self.closing(wish, quantity: quantity)
        case .adjust(let target):
            unsafe self.pack(trading__v1__adjust_position_request__init) { message in
                unsafe message.symbol = self.arena.string(wish.symbol)
                unsafe message.target_quantity = self.arena.string(target)
                unsafe message.idempotency_key = self.arena.string(wish.idempotencyKey ?? "")
                if let mode = wish.expectedMode {
                    unsafe message.expected_mode = Trading__V1__TradingMode(UInt32(mode.rawValue))
                }
                unsafe message.tag = self.arena.string(wish.tag ?? "")
                unsafe message.strategy = self.arena.string(wish.strategy ?? "")
            }
        }
    }

    private func closing(
        _ wish: PositionWish,
        share: String = "",
        quantity: String = ""
    ) -> [UInt8] {
        unsafe self.pack(trading__v1__close_position_request__init) { message in
            unsafe message.symbol = self.arena.string(wish.symbol)
            unsafe message.share = self.arena.string(share)
            unsafe message.quantity = self.arena.string(quantity)
            unsafe message.idempotency_key = self.arena.string(wish.idempotencyKey ?? "")
            if let mode = wish.expectedMode {
                unsafe message.expected_mode = Trading__V1__TradingMode(UInt32(mode.rawValue))
            }
            unsafe message.tag = self.arena.string(wish.tag ?? "")
            unsafe message.strategy = self.arena.string(wish.strategy ?? "")
        }
    }

    func cancelOnDisconnect(_ session: String, graceMilliseconds: UInt32?) -> [UInt8] {
        unsafe self.pack(trading__v1__cancel_on_disconnect_request__init) { message in
            unsafe message.session = self.arena.string(session)
            unsafe message.grace_milliseconds = graceMilliseconds ?? 0
            unsafe message.end = graceMilliseconds == nil ? 1 : 0
        }
    }

    func positions(of mode: TradingMode?) -> [UInt8] {
        unsafe self.pack(trading__v1__positions_request__init) { message in
            unsafe message.mode = self.mode(mode)
        }
    }

    func balances(of mode: TradingMode?) -> [UInt8] {
        unsafe self.pack(trading__v1__balances_request__init) { message in
            unsafe message.mode = self.mode(mode)
        }
    }

    private func mode(_ mode: TradingMode?) -> Trading__V1__TradingMode {
        Trading__V1__TradingMode(UInt32(mode?.rawValue ?? 0))
    }
}
