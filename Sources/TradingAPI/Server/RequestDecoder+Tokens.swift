import CTradingProto
import ProtobufArena
import TradingCore

extension RequestDecoder {
    private static let nameBytesMax = 32

    func newToken(_ payload: Span<UInt8>) throws(BadRequest) -> TokenRequest {
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__create_token_request__init)
        )
        guard let new = self.newToken else {
            fatalError("invariant broken: a token is asked for and none was drawn")
        }
        let name = try unsafe self.text(message.name, "name", bytesMax: Self.nameBytesMax)
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isOfName) else {
            throw BadRequest("name: expected lower-case letters, digits, '.', '_' and '-'")
        }
        guard let role = Role(rawValue: UInt8(truncatingIfNeeded: unsafe message.role.rawValue))
        else { throw BadRequest("role: expected VIEWER, TRADER, RISK or ADMIN") }
        return .create(
            tokenID: new.tokenID,
            name: name,
            role,
            hash: new.hash,
            self.principal,
            reason: try unsafe self.reason(message.reason),
            limits: try unsafe self.limits(message)
        )
    }

    private func limits(
        _ message: Trading__V1__CreateTokenRequest
    ) throws(BadRequest) -> TokenLimits {
        var limits = TokenLimits()
        let rate = Int(unsafe message.order_rate_max)
        if rate != 0 {
            guard TokenLimits.orderRateRange.contains(rate) else {
                throw BadRequest("order_rate_max: expected at most 10000")
            }
            limits.orderRateMax = rate
        }
        let notional = try unsafe self.text(
            message.order_notional_max,
            "order_notional_max",
            bytesMax: 64
        )
        guard !notional.isEmpty else { return limits }
        guard let amount = try? Amount(notional), amount.isPositive else {
            throw BadRequest("order_notional_max: expected an amount above zero")
        }
        limits.orderNotionalMax = amount
        return limits
    }

    func revocation(_ payload: Span<UInt8>) throws(BadRequest) -> TokenRequest {
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__revoke_token_request__init)
        )
        let named = try unsafe self.text(message.token, "token", bytesMax: 64)
        guard !named.isEmpty else { throw BadRequest("token is missing") }
        // Who pastes the whole token in place of its number must not find it in an answer.
        return .revoke(
            BearerToken(text: named)?.tokenID ?? named,
            self.principal,
            reason: try unsafe self.reason(message.reason)
        )
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
    }
}
