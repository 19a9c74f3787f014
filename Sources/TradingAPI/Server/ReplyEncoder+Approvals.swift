import CTradingProto
import ProtobufArena
import TradingCore

extension ReplyEncoder {
    func approvals(_ view: ApprovalsView) -> BuiltMessage {
        unsafe self.build(trading__v1__list_approvals_response__init) { message in
            unsafe message.codes_locked_until = view.codesLockedUntil?.nanoseconds ?? 0
            unsafe message.n_orders = view.held.count
            unsafe message.orders = self.arena.array(
                view.held.map { held in
                    unsafe self.arena.make(trading__v1__held_order__init) {
                        unsafe $0.order = self.order(held.order)
                        unsafe $0.expires_at = held.expiresAt.nanoseconds
                    }
                }
            )
        }
    }
}
