import CTradingProto
import ProtobufArena
import TradingCore

extension RequestDecoder {
    private static let assignmentsMax = 100

    func limits(_ payload: Span<UInt8>) throws(BadRequest) -> LimitsWish {
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__set_limits_request__init)
        )
        let parts = unsafe Protobuf.elements(message.assignments, count: message.n_assignments)
        guard unsafe parts.count <= Self.assignmentsMax else {
            throw BadRequest("assignments: more than \(Self.assignmentsMax)")
        }
        var assignments: [LimitsWish.Assignment] = []
        for index in unsafe parts.indices {
            assignments.append(try unsafe self.assignment(parts[index].pointee))
        }
        let resetsAll = unsafe message.reset_all != 0
        guard resetsAll || !assignments.isEmpty else {
            throw BadRequest("assignments: there is none, and no reset_all")
        }
        return LimitsWish(
            assignments,
            resetsAll: resetsAll,
            mayLoosen: self.caller.role >= AccessTable.access(to: .setLimits).role(.loosening),
            self.principal,
            reason: try unsafe self.reason(message.reason)
        )
    }

    private func assignment(
        _ message: Trading__V1__LimitAssignment
    ) throws(BadRequest) -> LimitsWish.Assignment {
        let name = try unsafe self.text(message.name, "name", bytesMax: 64)
        guard !name.isEmpty else { throw BadRequest("name is missing") }
        let symbol = try unsafe self.text(message.symbol, "symbol", bytesMax: 32)
        let strategy = try unsafe self.text(message.strategy, "strategy", bytesMax: 64)
        let value = try unsafe self.text(message.value, "value", bytesMax: 64)
        let setting: LimitSetting
        switch unsafe message.action {
        case TRADING__V1__LIMIT_ACTION__LIMIT_ACTION_SET:
            guard !value.isEmpty else { throw BadRequest("value is missing") }
            setting = .value(value)
        case TRADING__V1__LIMIT_ACTION__LIMIT_ACTION_SWITCH_OFF: setting = .off
        case TRADING__V1__LIMIT_ACTION__LIMIT_ACTION_RESET: setting = .configuration
        default: throw BadRequest("action: expected SET, SWITCH_OFF or RESET")
        }
        return LimitsWish.Assignment(
            LimitKey(
                name,
                symbol: symbol.isEmpty ? nil : Symbol(symbol),
                strategy: strategy.isEmpty ? nil : strategy
            ),
            setting
        )
    }
}
