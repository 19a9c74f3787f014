import CTradingProto
import ProtobufArena
import TradingCore

extension RequestEncoder {
    func createToken(
        _ name: String,
        _ role: Role,
        reason: String,
        limits: TokenLimits
    ) -> [UInt8] {
        unsafe self.pack(trading__v1__create_token_request__init) { message in
            unsafe message.name = self.arena.string(name)
            unsafe message.role = Trading__V1__Role(UInt32(role.rawValue))
            unsafe message.reason = self.arena.string(reason)
            unsafe message.order_rate_max = UInt32(limits.orderRateMax ?? 0)
            let notional = limits.orderNotionalMax.map { "\($0)" } ?? ""
            unsafe message.order_notional_max = self.arena.string(notional)
        }
    }

    func revokeToken(_ token: String, reason: String) -> [UInt8] {
        unsafe self.pack(trading__v1__revoke_token_request__init) { message in
            unsafe message.token = self.arena.string(token)
            unsafe message.reason = self.arena.string(reason)
        }
    }
}
