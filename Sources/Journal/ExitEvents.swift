import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

extension EventEncoder {
    func exits(
        _ entry: OrderID,
        _ change: ExitChange
    ) -> UnsafeMutablePointer<Trading__Journal__V1__ExitsChanged> {
        unsafe self.arena.make(trading__journal__v1__exits_changed__init) { message in
            unsafe message.order_id = entry.raw
            switch change {
            case .reached(let aim):
                unsafe message.change_case = TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_REACHED
                unsafe message.reached = UInt32(aim.rawValue)
            case .needsOperator(let reason):
                unsafe message.change_case =
                    TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_NEEDS_OPERATOR
                unsafe message.needs_operator = self.arena.string(reason)
            case .ended(let reason):
                unsafe message.change_case = TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_ENDED
                unsafe message.ended = self.arena.string(reason)
            case .closing(let closing):
                unsafe message.change_case = TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_CLOSING
                unsafe message.closing = self.closing(closing)
            case .closingEnded(let reason):
                unsafe message.change_case =
                    TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_CLOSING_ENDED
                unsafe message.closing_ended = self.arena.string(reason)
            }
        }
    }

    func closing(
        _ closing: ExitClosing
    ) -> UnsafeMutablePointer<Trading__Journal__V1__ExitsClosing> {
        let goal = StoredPositionGoal(closing.goal)
        return unsafe self.arena.make(trading__journal__v1__exits_closing__init) { message in
            unsafe message.quantity = self.arena.string(closing.quantity.description)
            unsafe message.principal = self.arena.string(closing.principal.name)
            unsafe message.key_principal = self.arena.string(closing.key?.principal.name ?? "")
            unsafe message.key = self.arena.string(closing.key?.text ?? "")
            unsafe message.tag = self.arena.string(closing.tag)
            unsafe message.strategy = self.arena.string(closing.strategy)
            unsafe message.position_goal = goal.kind
            unsafe message.position_goal_value = goal.value
            unsafe message.resting = closing.resting?.raw ?? 0
        }
    }

    func addExits(of intent: OrderIntent, to message: inout Trading__Journal__V1__Intent) {
        unsafe message.entry = intent.entry?.raw ?? 0
        guard let exits = intent.exits else { return }
        unsafe message.exit_stop_price = exits.stopLoss?.stopPrice.raw ?? 0
        unsafe message.exit_stop_limit = exits.stopLoss?.limitPrice?.raw ?? 0
        unsafe message.take_profit = exits.takeProfit?.raw ?? 0
    }
}

extension EventDecoder {
    static func exits(
        _ message: Trading__Journal__V1__ExitsChanged
    ) throws(DecodingProblem) -> Event {
        let change: ExitChange
        switch unsafe message.change_case {
        case TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_REACHED:
            change = .reached(try self.known(Trigger.Aim.self, unsafe message.reached))
        case TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_NEEDS_OPERATOR:
            change = .needsOperator(reason: unsafe self.text(message.needs_operator))
        case TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_ENDED:
            change = .ended(reason: unsafe self.text(message.ended))
        case TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_CLOSING:
            change = .closing(try unsafe self.closing(self.present(message.closing)))
        case TRADING__JOURNAL__V1__EXITS_CHANGED__CHANGE_CLOSING_ENDED:
            change = .closingEnded(reason: unsafe self.text(message.closing_ended))
        default: throw DecodingProblem("change of exits of unknown kind")
        }
        return .exitsChanged(OrderID(raw: unsafe message.order_id), change)
    }

    static func closing(
        _ message: Trading__Journal__V1__ExitsClosing
    ) throws(DecodingProblem) -> ExitClosing {
        guard let goal = try unsafe StoredPositionGoal(message).goal() else {
            throw DecodingProblem("exits that close a position for nothing")
        }
        let key = unsafe self.text(message.key)
        let keyPrincipal = Principal(unsafe self.text(message.key_principal))
        return ExitClosing(
            try unsafe self.amount(message.quantity),
            by: Principal(unsafe self.text(message.principal)),
            key: key.isEmpty ? nil : IdempotencyKey(principal: keyPrincipal, text: key),
            tag: unsafe self.text(message.tag),
            strategy: unsafe self.text(message.strategy),
            goal: goal,
            resting: unsafe message.resting == 0 ? nil : OrderID(raw: message.resting)
        )
    }

    static func exits(of message: Trading__Journal__V1__Intent) -> ExitTerms? {
        let price = { (raw: Int64) in raw == 0 ? nil : Price(raw: raw) }
        let stop = price(unsafe message.exit_stop_price).map { stopPrice in
            ExitTerms.StopLoss(at: stopPrice, limit: price(unsafe message.exit_stop_limit))
        }
        return ExitTerms(stopLoss: stop, takeProfit: price(unsafe message.take_profit)).orNil
    }
}

extension StateEncoder {
    func addExits(of state: State, to message: inout Trading__Journal__V1__StoredState) {
        let plans = state.exits.byAge
        unsafe message.n_exits = plans.count
        unsafe message.exits = self.arena.array(plans.map { unsafe self.exits($0) })
    }

    private func exits(
        _ plan: ExitPlan
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredExits> {
        let working = plan.working.sorted().map(\.raw)
        return unsafe self.arena.make(trading__journal__v1__stored_exits__init) { message in
            unsafe message.entry = self.events.intent(plan.entry)
            unsafe message.bought = self.arena.string(plan.bought.description)
            unsafe message.sold = self.arena.string(plan.sold.description)
            unsafe message.n_working = working.count
            unsafe message.working = self.arena.array(scalars: working)
            unsafe message.reached = UInt32(plan.reached?.rawValue ?? 0)
            unsafe message.failure_count = UInt32(clamping: plan.failureCount)
            unsafe message.problem = self.arena.string(plan.problem)
            if let closing = plan.closing {
                unsafe message.closing = self.events.closing(closing)
            }
        }
    }
}

extension StateDecoder {
    static func exits(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> [ExitPlan] {
        var plans: [ExitPlan] = []
        for index in 0..<(unsafe message.n_exits) {
            let part = try unsafe EventDecoder.present(message.exits?[index])
            plans.append(try unsafe self.exits(part))
        }
        return plans
    }

    private static func exits(
        _ message: Trading__Journal__V1__StoredExits
    ) throws(DecodingProblem) -> ExitPlan {
        var working: Set<OrderID> = []
        for index in 0..<(unsafe message.n_working) {
            if let raw = unsafe message.working?[index] { working.insert(OrderID(raw: raw)) }
        }
        var closing: ExitClosing?
        if let part = unsafe message.closing {
            closing = try unsafe EventDecoder.closing(part.pointee)
        }
        return ExitPlan(
            of: try unsafe EventDecoder.intent(EventDecoder.present(message.entry)),
            bought: try unsafe EventDecoder.amount(message.bought),
            sold: try unsafe EventDecoder.amount(message.sold),
            working: working,
            reached: unsafe message.reached == 0
                ? nil : try EventDecoder.known(Trigger.Aim.self, unsafe message.reached),
            failureCount: Int(unsafe message.failure_count),
            problem: unsafe EventDecoder.text(message.problem),
            closing: closing
        )
    }
}
