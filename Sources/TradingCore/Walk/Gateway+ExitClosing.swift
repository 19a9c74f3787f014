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
                goal: wish.goal,
                resting: self.state.exits[part.entry]?.working.max()
            )
            self.record(.exitsChanged(part.entry, .closing(closing)), into: &batch)
            self.exitDesk.touched.insert(part.entry)
        }
        if let direct {
            let orderID = self.admit(direct, into: &batch)
            self.answerPlacement(of: orderID, token, deadline: deadline, into: &batch)
        } else if let first = parts.first, let plan = self.state.exits[first.entry] {
            self.wait(
                for: plan.shownOfClosing,
                token,
                .close(first.entry, isRepeat: false),
                deadline: deadline,
                at: batch.instant
            )
        }
    }

    /// Answers a repeated call whose order waits for the end of what rests (M2).
    ///
    /// It waits along with the first one while there is an order at the venue to wait for. Once
    /// that is settled and the sale still cannot be placed, nobody can tell when it will be: the
    /// repeat is told of the order that the first one was told of, from the disk where memory has
    /// forgotten it.
    ///
    /// - Returns: Whether it is one.
    mutating func answerRepeat(
        of wish: PositionRequest,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) -> Bool {
        guard let plan = self.closer(under: wish.key) else { return false }
        guard plan.closing?.goal == wish.goal, plan.closing?.strategy == wish.strategy,
            plan.entry.terms.symbol == wish.symbol
        else {
            return self.refusesKeyOfClosing(wish.key, token, into: &batch)
        }
        let shown = plan.shownOfClosing
        if self.state.orders[shown] != nil {
            let purpose = Waiter.Purpose.close(plan.entry.orderID, isRepeat: true)
            self.wait(for: shown, token, purpose, deadline: deadline, at: batch.instant)
        } else {
            let reply =
                self.order(shown, fetched: fetched).map { Reply.order($0, isRepeat: true) }
                ?? .refused(Self.notFound(shown))
            batch.perform(.reply(token, reply), afterAllEarlierEvents: true)
        }
        return true
    }

    /// The order that a repeated call is told of while the sale of its key is not placed yet; nil
    /// where the key names no such sale.
    func shownOfClosing(under key: IdempotencyKey?) -> OrderID? {
        self.closer(under: key)?.shownOfClosing
    }

    /// Answers the calls that wait for an order which memory is about to forget: it is settled, so
    /// nothing that is still learned of it would wake them.
    mutating func answerWaiters(ofForgotten order: Order, into batch: inout OpenBatch) {
        for waiter in self.waiters.removeValue(forKey: order.orderID) ?? [] {
            let isRepeat = waiter.purpose.isRepeat
            batch.perform(.reply(waiter.token, .order(order, isRepeat: isRepeat)))
        }
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

extension ExitPlan {
    /// The order that a call is told of which waits for the sale: the exit that is cancelled for
    /// it, or, after an older program, the one that still lives, or the entry.
    fileprivate var shownOfClosing: OrderID {
        self.closing?.resting ?? self.working.max() ?? self.entry.orderID
    }
}

extension OrderRequest {
    /// Becomes the order of the caller who closes what exits hold.
    ///
    /// It stays one of the entry's strategy: what that bought is sold.
    mutating func take(_ closing: ExitClosing) {
        self.principal = closing.principal
        self.key = closing.key
        self.tag = closing.tag
        self.goal = closing.goal
    }
}
