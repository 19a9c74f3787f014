import CTradingProto
import ProtobufArena
import TradingCore

extension ResponseDecoder {
    func createdToken(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteNewToken {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__create_token_response__init),
            from: bytes.span
        ).pointee
        guard let token = unsafe message.token else { throw .malformed }
        return unsafe RemoteNewToken(
            bearerToken: String(protobuf: message.bearer_token),
            token: self.token(token.pointee)
        )
    }

    func tokens(_ bytes: [UInt8]) throws(ProtobufError) -> [RemoteToken] {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__list_tokens_response__init),
            from: bytes.span
        ).pointee
        return unsafe Protobuf.elements(message.tokens, count: message.n_tokens)
            .map { unsafe self.token($0.pointee) }
    }

    func revokedTokens(_ bytes: [UInt8]) throws(ProtobufError) -> [RemoteToken] {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__revoke_token_response__init),
            from: bytes.span
        ).pointee
        return unsafe Protobuf.elements(message.revoked, count: message.n_revoked)
            .map { unsafe self.token($0.pointee) }
    }

    private func token(_ message: Trading__V1__Token) -> RemoteToken {
        let role = Role(rawValue: UInt8(truncatingIfNeeded: unsafe message.role.rawValue))
        return unsafe RemoteToken(
            tokenID: String(protobuf: message.token_id),
            name: String(protobuf: message.name),
            role: role?.name ?? "",
            createdBy: String(protobuf: message.created_by),
            reason: String(protobuf: message.reason),
            createdAt: message.created_at,
            revokedAt: message.revoked_at,
            revokedBy: String(protobuf: message.revoked_by),
            revocationReason: String(protobuf: message.revocation_reason),
            orderRateMax: message.order_rate_max,
            orderNotionalMax: String(protobuf: message.order_notional_max)
        )
    }
}
