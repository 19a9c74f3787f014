import CTradingProto
import ProtobufArena
import TradingCore

extension EventEncoder {
    func fillApproval(_ message: inout Trading__Journal__V1__Event, with event: Event) {
        switch event {
        case .orderHeld(let intent, let refusal):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_ORDER_HELD
            unsafe message.order_held = self.arena.make(
                trading__journal__v1__order_refused__init
            ) {
                unsafe $0.intent = self.intent(intent)
                unsafe $0.refusal = self.refusal(refusal)
            }
        case .orderApproved(let intent, let principal):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_ORDER_APPROVED
            unsafe message.order_approved = self.arena.make(
                trading__journal__v1__order_approved__init
            ) {
                unsafe $0.intent = self.intent(intent)
                unsafe $0.principal = self.arena.string(principal.name)
            }
        case .codeShown(let outcome, let principal, let purpose):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_CODE_SHOWN
            unsafe message.code_shown = self.code(outcome, of: principal, for: purpose)
        default: fatalError("invariant broken: \(event) is encoded elsewhere")
        }
    }

    private func code(
        _ outcome: CodeOutcome,
        of principal: Principal,
        for purpose: String
    ) -> UnsafeMutablePointer<Trading__Journal__V1__CodeShown> {
        unsafe self.arena.make(trading__journal__v1__code_shown__init) { message in
            switch outcome {
            case .taken(let step): unsafe message.taken_step = step
            case .refused(let count): unsafe message.failure_count = UInt32(clamping: count)
            }
            unsafe message.principal = self.arena.string(principal.name)
            unsafe message.purpose = self.arena.string(purpose)
        }
    }

    func dismissed(
        _ dismissal: Dismissal
    ) -> UnsafeMutablePointer<Trading__Journal__V1__Dismissed> {
        unsafe self.arena.make(trading__journal__v1__dismissed__init) { message in
            switch dismissal {
            case .refused(let refusal, let principal):
                unsafe message.kind = 1
                unsafe message.refusal = self.refusal(refusal)
                unsafe message.principal = self.arena.string(principal.name)
            case .expired(let reason):
                unsafe message.kind = 2
                unsafe message.reason = self.arena.string(reason)
            case .canceled(let reason):
                unsafe message.kind = 3
                unsafe message.reason = self.arena.string(reason)
            }
        }
    }
}

extension EventDecoder {
    static func approvalEvent(
        _ message: Trading__Journal__V1__Event
    ) throws(DecodingProblem) -> Event {
        switch unsafe message.kind_case {
        case TRADING__JOURNAL__V1__EVENT__KIND_ORDER_HELD:
            let part = try unsafe self.present(message.order_held)
            return .orderHeld(
                try unsafe self.intent(self.present(part.intent)),
                try unsafe self.refusal(self.present(part.refusal))
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_ORDER_APPROVED:
            let part = try unsafe self.present(message.order_approved)
            return .orderApproved(
                try unsafe self.intent(self.present(part.intent)),
                by: Principal(unsafe self.text(part.principal))
            )
        case TRADING__JOURNAL__V1__EVENT__KIND_CODE_SHOWN:
            return try unsafe self.codeShown(self.present(message.code_shown))
        default:
            return try unsafe self.sessionEvent(message)
        }
    }

    static func codeShown(
        _ message: Trading__Journal__V1__CodeShown
    ) throws(DecodingProblem) -> Event {
        let step = unsafe message.taken_step
        let count = unsafe message.failure_count
        guard (step > 0) != (count > 0) else {
            throw DecodingProblem("a code that was neither taken nor refused")
        }
        return .codeShown(
            step > 0 ? .taken(step: step) : .refused(failureCount: Int(count)),
            by: Principal(unsafe self.text(message.principal)),
            purpose: unsafe self.text(message.purpose)
        )
    }

    static func dismissal(
        _ message: Trading__Journal__V1__Dismissed
    ) throws(DecodingProblem) -> Dismissal {
        let reason = unsafe self.text(message.reason)
        switch unsafe message.kind {
        case 1:
            return .refused(
                try unsafe self.refusal(self.present(message.refusal)),
                by: Principal(unsafe self.text(message.principal))
            )
        case 2: return .expired(reason: reason)
        case 3: return .canceled(reason: reason)
        default: throw DecodingProblem("no such dismissal: \(unsafe message.kind)")
        }
    }
}
