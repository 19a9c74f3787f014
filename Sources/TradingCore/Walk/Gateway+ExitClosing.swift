/// A part of a position that exits hold, and whose exits then sell it.
struct ExitRelease: Hashable, Sendable {
    var entry: OrderID
    var quantity: Amount
}

extension Gateway {
    /// Closes what exits hold: each sells its part at the market once nothing of it rests any more.
    ///
    /// It is journaled before anything is cancelled, so that it goes on after a restart, and no
    /// position is left without both its exits and its sale.
    mutating func closeExits(
        _ parts: [ExitRelease],
        _ wish: PositionRequest,
        beside direct: OrderRequest?,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        into batch: inout OpenBatch
    ) {
        for (index, part) in parts.enumerated() {
            let closing = ExitClosing(
                part.quantity,
                by: wish.principal,
                // A key names one order.
                key: direct == nil && index == 0 ? wish.key : nil,
                tag: wish.tag,
                strategy: wish.strategy,
                goal: wish.goal
            )
            self.record(.exitsChanged(part.entry, .closing(closing)), into: &batch)
            self.exitDesk.touched.insert(part.entry)
        }
        if let direct {
            let orderID = self.admit(direct, into: &batch)
            self.answerPlacement(of: orderID, token, deadline: deadline, into: &batch)
        } else if let first = parts.first {
            self.waitForCloser(of: first.entry, isRepeat: false, token, deadline, at: batch.instant)
        }
    }

    /// Answers a repeated call whose order waits for the end of what rests (M2).
    ///
    /// - Returns: Whether it is one.
    mutating func answerRepeat(
        of wish: PositionRequest,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        into batch: inout OpenBatch
    ) -> Bool {
        guard let plan = self.closer(under: wish.key) else { return false }
        guard plan.closing?.goal == wish.goal, plan.entry.terms.symbol == wish.symbol else {
            return self.refusesKeyOfClosing(wish.key, token, into: &batch)
        }
        self.waitForCloser(
            of: plan.entry.orderID,
            isRepeat: true,
            token,
            deadline,
            at: batch.instant
        )
        return true
    }

    /// The exits whose order is to carry a key and is not placed yet.
    private func closer(under key: IdempotencyKey?) -> ExitPlan? {
        guard let key else { return nil }
        return self.state.exits.plans.values.first { $0.closing?.key == key }
    }

    /// Refuses a call under the key of an order that exits are about to place (M2).
    ///
    /// - Returns: Whether it is one.
    mutating func refusesKeyOfClosing(
        _ key: IdempotencyKey?,
        _ token: RequestToken,
        into batch: inout OpenBatch
    ) -> Bool {
        guard let entry = self.closer(under: key)?.entry.orderID else { return false }
        let refusal = Refusal(
            .idempotencyKey,
            limit: "the exits of order \(entry)",
            actual: "different content",
            message: "The key was used to close what order \(entry) bought; use a new key for "
                + "something else."
        )
        batch.perform(.reply(token, .refused(refusal)))
        return true
    }

    /// Lets a call wait for the order by which exits close a position: by the one that rests.
    private mutating func waitForCloser(
        of entry: OrderID,
        isRepeat: Bool,
        _ token: RequestToken,
        _ deadline: MonotonicTime?,
        at now: Instant
    ) {
        let resting = self.state.exits[entry]?.working.max() ?? entry
        self.wait(
            for: resting,
            token,
            .close(entry, isRepeat: isRepeat),
            deadline: deadline,
            at: now
        )
    }

    /// The order that calls waited for is placed: they wait for its answer.
    mutating func showClosers(of plan: ExitPlan, _ orderID: OrderID) {
        if let key = plan.closing?.key { self.keys[key] = orderID }
        for (earlier, waiting) in self.waiters.sorted(by: { $0.key < $1.key }) {
            var rest: [Waiter] = []
            for var waiter in waiting {
                guard case .close(plan.entry.orderID, let isRepeat) = waiter.purpose else {
                    rest.append(waiter)
                    continue
                }
                waiter.purpose = .placement(isRepeat: isRepeat)
                self.waiters[orderID, default: []].append(waiter)
            }
            self.waiters[earlier] = rest.isEmpty ? nil : rest
        }
    }

    /// No order comes any more for the calls that wait for one.
    mutating func answerClosers(of entry: OrderID, into batch: inout OpenBatch) {
        let waited = self.waiters.filter { _, waiting in
            waiting.contains { waiter in
                if case .close(entry, _) = waiter.purpose { true } else { false }
            }
        }
        for orderID in waited.keys.sorted() { self.answerWaiters(of: orderID, into: &batch) }
    }
}

extension OrderRequest {
    /// Becomes the order of the caller who closes what exits hold.
    mutating func take(_ closing: ExitClosing) {
        self.principal = closing.principal
        self.key = closing.key
        self.tag = closing.tag
        self.strategy = closing.strategy
        self.goal = closing.goal
    }
}
