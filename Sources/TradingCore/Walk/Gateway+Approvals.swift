extension Gateway {
    mutating func decideApprovals(
        _ request: Request,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        switch request {
        case .approve(let approval):
            self.approve(approval, token, deadline: deadline, fetched: fetched, into: &batch)
        case .deny(let orderID, let principal, let reason):
            if let refusal = self.refusalOfWord(on: orderID, fetched: fetched) {
                batch.perform(.reply(token, .refused(refusal)), afterAllEarlierEvents: true)
                return
            }
            let refusal = Refusal(
                .approvalDenied,
                limit: "approved",
                actual: "denied",
                message: "\(principal) denied it: \(reason)"
            )
            self.dismiss(orderID, .refused(refusal, by: principal), into: &batch)
            self.answerClosed(orderID, token, into: &batch)
        default:
            let view = self.approvals(at: batch.instant)
            batch.perform(.reply(token, .approvals(view)), afterAllEarlierEvents: true)
        }
    }

    // MARK: Holding

    /// Keeps an order until a person approves it; its key is bound and nothing of it is sent.
    mutating func hold(_ intent: OrderIntent, _ refusal: Refusal, into batch: inout OpenBatch) {
        let now = batch.instant.monotonic
        self.noteOrder(intent, at: batch.instant)
        self.record(.orderHeld(intent, refusal), into: &batch)
        if let key = intent.key { self.keys[key] = intent.orderID }
        self.holds[intent.orderID] = now.adding(
            milliseconds: self.settings.approvals.expiryMilliseconds
        )
    }

    /// Ends a held order unsent.
    mutating func dismiss(
        _ orderID: OrderID,
        _ dismissal: Dismissal,
        into batch: inout OpenBatch
    ) {
        self.record(.orderChanged(orderID, .dismissed(dismissal)), into: &batch)
    }

    /// Ends all held orders, or some of them.
    mutating func dismissHeld(
        _ reason: String,
        into batch: inout OpenBatch,
        where isMeant: (OrderIntent) -> Bool = { _ in true }
    ) -> [OrderID] {
        let held = self.state.heldOrders.sorted().filter { orderID in
            self.state.orders[orderID].map { isMeant($0.intent) } ?? false
        }
        for orderID in held { self.dismiss(orderID, .canceled(reason: reason), into: &batch) }
        return held
    }

    /// Ends the held orders that nobody approved in time.
    mutating func expireHeld(into batch: inout OpenBatch) {
        let now = batch.instant.monotonic
        for (orderID, end) in self.holds.sorted(by: { $0.key < $1.key }) where end <= now {
            self.expire(orderID, into: &batch)
        }
    }

    private mutating func expire(_ orderID: OrderID, into batch: inout OpenBatch) {
        let seconds = self.settings.approvals.expiryMilliseconds / 1_000
        let reason = "nobody approved it within \(seconds) s"
        self.dismiss(orderID, .expired(reason: reason), into: &batch)
    }

    /// Takes the clocks of approvals up again: what is left of each time, and never more than all
    /// of it, whatever became of the wall clock meanwhile (M3).
    mutating func resumeApprovals(at now: Instant) {
        let settings = self.settings.approvals
        for orderID in self.state.heldOrders {
            guard let order = self.state.orders[orderID] else { continue }
            let rest = now.rest(of: settings.expiryMilliseconds, since: order.createdAt)
            self.holds[orderID] = now.monotonic.adding(milliseconds: rest)
        }
        guard self.state.secondFactor.failureCount >= settings.failuresMax else { return }
        let rest = now.rest(of: settings.lockMilliseconds, since: self.state.secondFactor.failedAt)
        self.codesLockedUntil = now.monotonic.adding(milliseconds: rest)
    }

    // MARK: A person's word

    /// Why nothing can be said about an order, or nil where it is held.
    private func refusalOfWord(on orderID: OrderID, fetched: Fetched) -> Refusal? {
        guard let order = self.order(orderID, fetched: fetched) else {
            return Self.notFound(orderID)
        }
        guard order.status != .held else { return nil }
        return Refusal(
            .orderNotHeld,
            limit: OrderStatus.held.name,
            actual: order.status.name,
            message: "Order \(orderID) is \(order.status.name); only a held order is approved or "
                + "denied."
        )
    }

    /// Lets a held order go, through the whole gate of this moment and with a time of its own (S1).
    private mutating func approve(
        _ approval: ApprovalRequest,
        _ token: RequestToken,
        deadline: MonotonicTime?,
        fetched: Fetched,
        into batch: inout OpenBatch
    ) {
        self.expireHeld(into: &batch)
        let orderID = approval.orderID
        if let refusal = self.refusalOfWord(on: orderID, fetched: fetched)
            ?? Self.refusal(of: deadline, at: batch.instant)
            ?? self.take(
                approval.code,
                of: approval.principal,
                for: "approve order \(orderID)",
                into: &batch
            )
        {
            batch.perform(.reply(token, .refused(refusal)), afterAllEarlierEvents: true)
            return
        }
        guard let order = self.state.orders[orderID] else {
            fatalError("invariant broken: order \(orderID) is held and not in memory")
        }
        self.readmit(order, approvedBy: approval.principal, into: &batch)
        self.answerPlacement(of: orderID, token, deadline: deadline, into: &batch)
    }

    private static func refusal(of deadline: MonotonicTime?, at now: Instant) -> Refusal? {
        guard let deadline, deadline <= now.monotonic else { return nil }
        return Refusal(
            .deadline,
            limit: "in time",
            actual: "too late",
            message: "The deadline passed before the approval was looked at; the order is held."
        )
    }

    private mutating func readmit(
        _ order: Order,
        approvedBy principal: Principal,
        into batch: inout OpenBatch
    ) {
        let earlier = order.intent
        var wish = OrderRequest(
            terms: earlier.terms,
            principal: earlier.principal,
            key: earlier.key,
            expectedMode: earlier.venue.mode,
            tag: earlier.tag,
            strategy: earlier.strategy,
            resubmitsIfAbsent: earlier.resubmitsIfAbsent,
            predecessor: earlier.predecessor,
            exits: earlier.exits
        )
        wish.originalQuantity = earlier.originalQuantity
        wish.goal = earlier.goal
        wish.session = earlier.session
        var context = self.riskContext(for: wish, .client, on: earlier.venue, at: batch.instant)
        context.isApproved = true
        wish.terms = context.terms
        // It was counted among its principal's orders when it came, and among the held ones.
        context.rateWaitMilliseconds = nil
        context.strategyWaitMilliseconds = nil
        context.account.duplicateWaitMilliseconds = nil
        context.openOrderCount -= 1
        let admission = RiskGate.admit(context) { rules, worstPrice in
            self.intent(
                earlier.orderID,
                wish,
                venue: earlier.venue,
                rules: rules,
                reservePrice: worstPrice,
                at: batch.instant
            )
        }
        switch consume admission {
        case .held: fatalError("invariant broken: an approved order is held again")
        case .refused(let refusal):
            self.dismiss(order.orderID, .refused(refusal, by: principal), into: &batch)
        case .approved(let approved):
            self.holds[order.orderID] = nil
            self.record(.orderApproved(approved.intent, by: principal), into: &batch)
            guard earlier.venue != .monitor else { return }
            self.chases[order.orderID] = Chase(awaitsPlacement: true)
            batch.place(approved)
        }
    }

    // MARK: Codes

    /// Takes a code of the second factor, once; a wrong or used one is counted up to the lock.
    ///
    /// - Returns: Why it does not count; nil where it does.
    mutating func take(
        _ code: ShownCode,
        of principal: Principal,
        for purpose: String,
        into batch: inout OpenBatch
    ) -> Refusal? {
        let settings = self.settings.approvals
        let now = batch.instant.monotonic
        switch code {
        case .none: return Self.codeRefusal("none", "This needs the code of the second factor.")
        case .typed:
            return Self.codeRefusal(
                "no second factor",
                "No second factor is configured; set approvals.totp_secret_file and restart."
            )
        case .wrong, .matching: break
        }
        if let end = self.codesLockedUntil {
            guard end <= now else {
                let seconds = (end.nanoseconds - now.nanoseconds) / 1_000_000_000 + 1
                return Self.codeRefusal(
                    "locked",
                    "After \(settings.failuresMax) wrong codes none is looked at for another "
                        + "\(seconds) s."
                )
            }
            self.codesLockedUntil = nil
        }
        if case .matching(let step) = code, step > self.state.secondFactor.lastStep {
            let taken = Event.codeShown(.taken(step: step), by: principal, purpose: purpose)
            self.record(taken, into: &batch)
            return nil
        }
        let earlier = self.state.secondFactor.failureCount
        let count = earlier >= settings.failuresMax ? 1 : earlier + 1
        self.record(
            .codeShown(.refused(failureCount: count), by: principal, purpose: purpose),
            into: &batch
        )
        if count >= settings.failuresMax {
            self.codesLockedUntil = now.adding(milliseconds: settings.lockMilliseconds)
            batch.performAtOnce(.alert(self.lockAlert(of: principal)))
        }
        return code == .wrong
            ? Self.codeRefusal("a wrong code", "The code is not that of the second factor now.")
            : Self.codeRefusal("a used code", "The code was used already; wait for the next.")
    }

    private static func codeRefusal(_ actual: String, _ message: String) -> Refusal {
        Refusal(.secondFactor, limit: "the code of now", actual: actual, message: message)
    }

    // MARK: Telling

    private func lockAlert(of principal: Principal) -> Alert {
        let settings = self.settings.approvals
        return Alert(
            .codesLocked,
            "\(settings.failuresMax) codes of the second factor did not count, the last one from "
                + "\(principal); none is looked at for \(settings.lockMilliseconds / 1_000) s"
        )
    }

    /// What a person should look at of the approvals.
    var approvalAlerts: [Alert] {
        self.state.heldOrders.sorted().compactMap { orderID in
            self.state.orders[orderID].map { order in
                Alert(
                    .approvalWanted,
                    "order \(orderID) (\(order.terms.side.name) \(order.terms.quantity) "
                        + "\(order.terms.symbol)) waits for approval: "
                        + (order.refusal?.message ?? "")
                )
            }
        }
    }

    private func approvals(at now: Instant) -> ApprovalsView {
        ApprovalsView(
            held: self.state.heldOrders.sorted().compactMap { orderID in
                guard let order = self.state.orders[orderID], let end = self.holds[orderID] else {
                    return nil
                }
                return ApprovalsView.HeldOrder(order: order, expiresAt: now.wallTime(of: end))
            },
            codesLockedUntil: self.codesLockedUntil.flatMap { end in
                end > now.monotonic ? now.wallTime(of: end) : nil
            }
        )
    }
}

extension Instant {
    /// What is left of a duration that began at a wall-clock time: from nothing to all of it.
    fileprivate func rest(of milliseconds: Int64, since begin: WallTime) -> Int64 {
        let passed = self.wall.milliseconds - begin.milliseconds
        return min(max(milliseconds - passed, 0), milliseconds)
    }

    /// The date of a time that is still to come.
    fileprivate func wallTime(of time: MonotonicTime) -> WallTime {
        let rest = Int64(time.nanoseconds) - Int64(self.monotonic.nanoseconds)
        return WallTime(nanoseconds: self.wall.nanoseconds + rest)
    }
}
