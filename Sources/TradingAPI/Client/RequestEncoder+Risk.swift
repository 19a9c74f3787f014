import CTradingProto
import ProtobufArena
import TradingCore

extension RequestEncoder {
    func decisions(_ filter: DecisionFilter) -> [UInt8] {
        unsafe self.pack(trading__v1__risk_decisions_request__init) { message in
            unsafe message.since = filter.since?.nanoseconds ?? 0
            unsafe message.symbol = self.arena.string(filter.symbol?.name ?? "")
            unsafe message.rule = self.arena.string(filter.rule ?? "")
            unsafe message.refused_only = filter.isRefusedOnly ? 1 : 0
            unsafe message.limit = UInt32(clamping: filter.countMax)
            unsafe message.before_sequence = filter.before ?? 0
        }
    }

    func acknowledgeBreach(_ number: UInt64?, reason: String) -> [UInt8] {
        unsafe self.pack(trading__v1__acknowledge_breach_request__init) { message in
            unsafe message.number = number ?? 0
            unsafe message.reason = self.arena.string(reason)
        }
    }

    func disableTrading(strategy: String, reason: String) -> [UInt8] {
        unsafe self.pack(trading__v1__disable_trading_request__init) { message in
            unsafe message.strategy = self.arena.string(strategy)
            unsafe message.reason = self.arena.string(reason)
        }
    }
}
