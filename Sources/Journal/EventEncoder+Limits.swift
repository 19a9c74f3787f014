import CTradingProto
import ProtobufArena
import TradingCore

extension EventEncoder {
    func limitChange(
        _ change: LimitChange
    ) -> UnsafeMutablePointer<Trading__Journal__V1__LimitChanged> {
        unsafe self.arena.make(trading__journal__v1__limit_changed__init) { message in
            unsafe message.name = self.arena.string(change.key.name)
            unsafe message.symbol = self.arena.string(change.key.symbol?.name ?? "")
            unsafe message.strategy = self.arena.string(change.key.strategy ?? "")
            switch change.setting {
            case .value(let text):
                unsafe message.setting = StoredLimitSetting.value.rawValue
                unsafe message.value = self.arena.string(text)
            case .off: unsafe message.setting = StoredLimitSetting.off.rawValue
            case .configuration:
                unsafe message.setting = StoredLimitSetting.configuration.rawValue
            }
            unsafe message.previous = self.arena.string(change.previous ?? "")
            unsafe message.principal = self.arena.string(change.principal.name)
            unsafe message.reason = self.arena.string(change.reason)
            unsafe message.at = change.at.nanoseconds
        }
    }
}

extension EventDecoder {
    static func limitChange(
        _ message: Trading__Journal__V1__LimitChanged
    ) throws(DecodingProblem) -> LimitChange {
        let symbol = unsafe self.text(message.symbol)
        let strategy = unsafe self.text(message.strategy)
        let previous = unsafe self.text(message.previous)
        let setting: LimitSetting
        switch StoredLimitSetting(rawValue: unsafe message.setting) {
        case .value: setting = .value(unsafe self.text(message.value))
        case .off: setting = .off
        case .configuration: setting = .configuration
        case nil: throw DecodingProblem("limit set in an unknown way")
        }
        return unsafe LimitChange(
            key: LimitKey(
                self.text(message.name),
                symbol: symbol.isEmpty ? nil : Symbol(symbol),
                strategy: strategy.isEmpty ? nil : strategy
            ),
            setting: setting,
            previous: previous.isEmpty ? nil : previous,
            principal: Principal(self.text(message.principal)),
            reason: self.text(message.reason),
            at: WallTime(nanoseconds: message.at)
        )
    }
}

/// How the store spells what a limit is set to.
private enum StoredLimitSetting: UInt32 {
    case value = 1
    case off = 2
    case configuration = 3
}
