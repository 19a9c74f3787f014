import CTradingProto
import ProtobufArena
package import TradingCore

extension RequestDecoder {
    /// Which decisions a call asks for; they are read beside the gateway.
    ///
    /// - Throws: What is wrong, naming the field.
    package func decisions(_ payload: Span<UInt8>) throws(BadRequest) -> DecisionFilter {
        self.arena.reset()
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__risk_decisions_request__init)
        )
        let countMax = unsafe message.limit
        guard countMax <= Limits.listCountMax else {
            throw BadRequest("limit: \(countMax) is above \(Limits.listCountMax)")
        }
        let symbol = try unsafe self.text(message.symbol, "symbol", bytesMax: 32)
        let rule = try unsafe self.text(message.rule, "rule", bytesMax: 64)
        guard rule.isEmpty || Rule.allCases.contains(where: { $0.name == rule }) else {
            throw BadRequest("rule: there is no rule \"\(rule)\"")
        }
        let since = unsafe message.since
        let before = unsafe message.before_sequence
        return DecisionFilter(
            since: since == 0 ? nil : WallTime(nanoseconds: since),
            symbol: symbol.isEmpty ? nil : Symbol(symbol),
            rule: rule.isEmpty ? nil : rule,
            isRefusedOnly: unsafe message.refused_only != 0,
            countMax: Int(countMax == 0 ? Limits.listCountDefault : countMax),
            before: before == 0 ? nil : before
        )
    }

    func acknowledgement(_ payload: Span<UInt8>) throws(BadRequest) -> Request {
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__acknowledge_breach_request__init)
        )
        let number = unsafe message.number
        return .acknowledgeBreach(
            number == 0 ? nil : number,
            self.principal,
            reason: try unsafe self.reason(message.reason)
        )
    }

    func disabling(_ payload: Span<UInt8>) throws(BadRequest) -> Request {
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__disable_trading_request__init)
        )
        return .disableTrading(
            strategy: try unsafe self.text(message.strategy, "strategy", bytesMax: 64),
            self.principal,
            reason: try unsafe self.reason(message.reason)
        )
    }
}
