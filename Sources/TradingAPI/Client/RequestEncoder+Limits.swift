import CTradingProto
import ProtobufArena
import TradingCore

extension RequestEncoder {
    func setLimits(
        _ assignments: [LimitsWish.Assignment],
        resetsAll: Bool,
        reason: String
    ) -> [UInt8] {
        unsafe self.pack(trading__v1__set_limits_request__init) { message in
            unsafe message.n_assignments = assignments.count
            unsafe message.assignments = self.arena.array(
                assignments.map { unsafe self.assignment($0) }
            )
            unsafe message.reset_all = resetsAll ? 1 : 0
            unsafe message.reason = self.arena.string(reason)
        }
    }

    private func assignment(
        _ assignment: LimitsWish.Assignment
    ) -> UnsafeMutablePointer<Trading__V1__LimitAssignment> {
        unsafe self.arena.make(trading__v1__limit_assignment__init) { message in
            unsafe message.name = self.arena.string(assignment.key.name)
            unsafe message.symbol = self.arena.string(assignment.key.symbol?.name ?? "")
            unsafe message.strategy = self.arena.string(assignment.key.strategy ?? "")
            switch assignment.setting {
            case .value(let text):
                unsafe message.action = TRADING__V1__LIMIT_ACTION__LIMIT_ACTION_SET
                unsafe message.value = self.arena.string(text)
            case .off:
                unsafe message.action = TRADING__V1__LIMIT_ACTION__LIMIT_ACTION_SWITCH_OFF
            case .configuration:
                unsafe message.action = TRADING__V1__LIMIT_ACTION__LIMIT_ACTION_RESET
            }
        }
    }
}
