import CTradingProto
import ProtobufArena
import TradingCore

extension ReplyEncoder {
    func limits(_ view: LimitsView, to method: TradingMethod) -> BuiltMessage {
        if method == .setLimits {
            return unsafe self.build(trading__v1__set_limits_response__init) { message in
                unsafe message.n_steps = view.steps.count
                unsafe message.steps = self.arena.array(view.steps.map { unsafe self.step($0) })
            }
        }
        return unsafe self.build(trading__v1__get_limits_response__init) { message in
            unsafe message.n_limits = view.limits.count
            unsafe message.limits = self.arena.array(view.limits.map { unsafe self.limit($0) })
        }
    }

    private func step(_ step: LimitStep) -> UnsafeMutablePointer<Trading__V1__LimitStep> {
        unsafe self.arena.make(trading__v1__limit_step__init) { message in
            unsafe message.name = self.arena.string(step.key.name)
            unsafe message.symbol = self.arena.string(step.key.symbol?.name ?? "")
            unsafe message.strategy = self.arena.string(step.key.strategy ?? "")
            unsafe message.old_value = self.arena.string(step.old ?? "")
            unsafe message.new_value = self.arena.string(step.new ?? "")
            unsafe message.direction = step.direction.message
        }
    }

    private func limit(_ limit: LimitsView.Limit) -> UnsafeMutablePointer<Trading__V1__Limit> {
        unsafe self.arena.make(trading__v1__limit__init) { message in
            unsafe message.name = self.arena.string(limit.key.name)
            unsafe message.symbol = self.arena.string(limit.key.symbol?.name ?? "")
            unsafe message.strategy = self.arena.string(limit.key.strategy ?? "")
            unsafe message.value = self.arena.string(limit.value ?? "")
            unsafe message.configured_value = self.arena.string(limit.configured ?? "")
            unsafe message.expected = self.arena.string(limit.expected)
            guard let change = limit.change else { return }
            unsafe message.is_changed = 1
            unsafe message.changed_by = self.arena.string(change.principal.name)
            unsafe message.reason = self.arena.string(change.reason)
            unsafe message.changed_at = change.at.nanoseconds
        }
    }
}

extension LimitDirection {
    /// The direction in the service's messages.
    var message: Trading__V1__LimitDirection {
        switch self {
        case .unchanged: TRADING__V1__LIMIT_DIRECTION__LIMIT_DIRECTION_UNCHANGED
        case .tightens: TRADING__V1__LIMIT_DIRECTION__LIMIT_DIRECTION_TIGHTENS
        case .loosens: TRADING__V1__LIMIT_DIRECTION__LIMIT_DIRECTION_LOOSENS
        }
    }
}
