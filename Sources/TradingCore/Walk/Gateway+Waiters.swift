extension Gateway {
    /// Lets a call wait for an order's fate, until shortly before its deadline.
    mutating func wait(
        for orderID: OrderID,
        _ token: RequestToken,
        _ purpose: Waiter.Purpose,
        deadline: MonotonicTime?,
        at instant: Instant
    ) {
        let timing = self.settings.timing
        let latest = instant.monotonic.adding(milliseconds: timing.replyTimeoutMilliseconds)
        var limit = latest
        if let deadline {
            let margin = UInt64(timing.replyMarginMilliseconds) * 1_000_000
            let early = deadline.nanoseconds > margin ? deadline.nanoseconds - margin : 0
            limit = min(latest, MonotonicTime(nanoseconds: early))
        }
        self.waiters[orderID, default: []].append(
            Waiter(token: token, purpose: purpose, deadline: limit)
        )
    }

    /// Whether an answer about the order should wait: its placement may still be answered.
    func isAwaited(_ order: Order) -> Bool {
        switch order.status {
        case .submitting, .unknown: true
        case .open, .partiallyFilled:
            self.chases[order.orderID]?.awaitsPlacement == true || order.hasMissingFills
        case .refused, .simulated, .filled, .canceled, .expired, .rejected, .notPlaced,
            .needsOperator, .held:
            order.hasMissingFills
        }
    }

    /// Answers the calls that wait for the order, where it is time.
    mutating func answerWaiters(of orderID: OrderID, into batch: inout OpenBatch) {
        guard let waiting = self.waiters[orderID],
            let order = self.state.orders[orderID] ?? self.recent[orderID]
        else { return }
        let now = batch.instant.monotonic
        var rest: [Waiter] = []
        for waiter in waiting {
            let isDone: Bool
            switch waiter.purpose {
            case .placement: isDone = !self.isAwaited(order)
            case .cancel: isDone = order.pendingCancel == nil && !order.hasMissingFills
            case .amend: isDone = order.pendingAmend == nil && !self.isAwaited(order)
            case .close(let entry, _):
                isDone = order.isSettled && self.state.exits[entry]?.closing == nil
            }
            if isDone || waiter.deadline <= now {
                let isRepeat = waiter.purpose.isRepeat
                batch.perform(.reply(waiter.token, .order(order, isRepeat: isRepeat)))
            } else {
                rest.append(waiter)
            }
        }
        self.waiters[orderID] = rest.isEmpty ? nil : rest
    }

    /// Answers a call about an order that was closed in this batch.
    mutating func answerClosed(
        _ orderID: OrderID,
        _ token: RequestToken,
        into batch: inout OpenBatch
    ) {
        guard let order = self.recent[orderID] else {
            fatalError("invariant broken: order \(orderID) was closed and is not remembered")
        }
        batch.perform(.reply(token, .order(order, isRepeat: false)))
    }
}
