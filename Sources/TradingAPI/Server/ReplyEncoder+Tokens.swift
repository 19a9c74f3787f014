import CTradingProto
import ProtobufArena
import TradingCore

extension ReplyEncoder {
    func tokens(
        _ all: [AccessToken],
        changed: [AccessToken],
        to method: TradingMethod,
        telling secret: BearerToken?
    ) -> BuiltMessage {
        switch method {
        case .createToken:
            return unsafe self.build(trading__v1__create_token_response__init) { message in
                unsafe message.bearer_token = self.arena.string(secret?.bearerText ?? "")
                if let token = changed.first { unsafe message.token = self.token(token) }
            }
        case .revokeToken:
            return unsafe self.build(trading__v1__revoke_token_response__init) { message in
                unsafe message.n_revoked = changed.count
                unsafe message.revoked = self.arena.array(changed.map { unsafe self.token($0) })
            }
        default:
            return unsafe self.build(trading__v1__list_tokens_response__init) { message in
                unsafe message.n_tokens = all.count
                unsafe message.tokens = self.arena.array(all.map { unsafe self.token($0) })
            }
        }
    }

    private func token(_ token: AccessToken) -> UnsafeMutablePointer<Trading__V1__Token> {
        unsafe self.arena.make(trading__v1__token__init) { message in
            unsafe message.token_id = self.arena.string(token.tokenID)
            unsafe message.name = self.arena.string(token.name)
            unsafe message.role = Trading__V1__Role(UInt32(token.role.rawValue))
            unsafe message.created_by = self.arena.string(token.createdBy.name)
            unsafe message.reason = self.arena.string(token.reason)
            unsafe message.created_at = token.createdAt.nanoseconds
            unsafe message.order_rate_max = UInt32(token.limits.orderRateMax ?? 0)
            let notional = token.limits.orderNotionalMax.map { "\($0)" } ?? ""
            unsafe message.order_notional_max = self.arena.string(notional)
            guard let revocation = token.revocation else { return }
            unsafe message.revoked_at = revocation.at.nanoseconds
            unsafe message.revoked_by = self.arena.string(revocation.principal.name)
            unsafe message.revocation_reason = self.arena.string(revocation.reason)
        }
    }
}
