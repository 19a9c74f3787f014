import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

extension EventEncoder {
    func token(_ token: AccessToken) -> UnsafeMutablePointer<Trading__Journal__V1__AccessToken> {
        unsafe self.arena.make(trading__journal__v1__access_token__init) { message in
            unsafe message.token_id = self.arena.string(token.tokenID)
            unsafe message.name = self.arena.string(token.name)
            unsafe message.role = UInt32(token.role.rawValue)
            unsafe message.hash = self.arena.bytes(token.hash)
            unsafe message.created_by = self.arena.string(token.createdBy.name)
            unsafe message.reason = self.arena.string(token.reason)
            unsafe message.created_at = token.createdAt.nanoseconds
            unsafe message.order_rate_max = UInt32(token.limits.orderRateMax ?? 0)
            if let notional = token.limits.orderNotionalMax {
                unsafe message.order_notional_max = self.arena.string("\(notional)")
            }
            guard let revocation = token.revocation else { return }
            unsafe message.revoked_at = revocation.at.nanoseconds
            unsafe message.revoked_by = self.arena.string(revocation.principal.name)
            unsafe message.revocation_reason = self.arena.string(revocation.reason)
        }
    }
}

extension EventDecoder {
    static func token(
        _ message: Trading__Journal__V1__AccessToken
    ) throws(DecodingProblem) -> AccessToken {
        let hash = unsafe message.hash
        guard unsafe hash.len == ChainHash.byteCount else {
            throw DecodingProblem("the hash of a token is not a SHA-256")
        }
        var revocation: AccessToken.Revocation?
        if unsafe message.revoked_at != 0 {
            revocation = unsafe AccessToken.Revocation(
                principal: Principal(self.text(message.revoked_by)),
                reason: self.text(message.revocation_reason),
                at: WallTime(nanoseconds: message.revoked_at)
            )
        }
        var limits = TokenLimits()
        if unsafe message.order_rate_max != 0 {
            limits.orderRateMax = Int(unsafe message.order_rate_max)
        }
        if unsafe !self.text(message.order_notional_max).isEmpty {
            limits.orderNotionalMax = try unsafe self.amount(message.order_notional_max)
        }
        return unsafe AccessToken(
            tokenID: self.text(message.token_id),
            name: self.text(message.name),
            role: try self.known(Role.self, message.role),
            hash: Array(UnsafeBufferPointer(start: hash.data, count: hash.len)),
            createdBy: Principal(self.text(message.created_by)),
            reason: self.text(message.reason),
            createdAt: WallTime(nanoseconds: message.created_at),
            limits: limits,
            revocation: revocation
        )
    }
}
