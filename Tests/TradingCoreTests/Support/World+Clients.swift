@testable import TradingCore

extension World {
    /// What some client asks for now.
    func clientInput() -> Input? {
        if let word = self.wordOnHeldOrder() {
            return .request(self.rig.token(), word, deadline: nil)
        }
        let orders = self.rig.gateway.state.ordersByAge
        let request: Request
        switch self.random.number(0...99) {
        // What exits hold is closed as well.
        case 0..<10 where !self.rig.gateway.state.exits.isEmpty:
            request = .position(self.positionWish())
        case 0..<55: request = .placeOrder(self.wish())
        case 55..<65: request = .placeOrder(self.repeatedWish())
        case 65..<73:
            guard let order = orders.randomElement(using: &self.random) else { return nil }
            request = .amend(self.amendment(of: order))
        case 73..<85:
            guard let order = orders.randomElement(using: &self.random) else { return nil }
            request = .cancel(order.orderID)
        // Without an end put to everything, orders live long enough for proofs of absence.
        case 85..<91 where self.isPatient: request = .placeOrder(self.wish())
        case 85..<88: request = .cancelAll(nil)
        case 88..<91:
            let level = KillLevel.allCases.randomElement(using: &self.random) ?? .block
            request = .killEngage(level, Principal("admin"), reason: "test")
        case 91..<96: request = .killRelease(Principal("admin"), reason: "test", KillRelease())
        case 96: request = .position(self.positionWish())
        case 97:
            guard let input = self.sessionInput() else { return nil }
            return input
        case 98: request = .order(OrderID(raw: UInt64(self.random.number(1...40))))
        default:
            request = .orders(
                OrderFilter(includesClosed: true, symbol: nil, countMax: 5, before: nil)
            )
        }
        let deadline =
            self.random.happens(30)
            ? self.rig.now.monotonic.adding(milliseconds: Int64(self.random.number(0...3_000)))
            : nil
        return .request(self.rig.token(), request, deadline: deadline)
    }

    /// What a person says to an order that is held, with codes that mostly count.
    private func wordOnHeldOrder() -> Request? {
        guard let held = self.rig.gateway.state.heldOrders.min(), self.random.happens(40) else {
            return nil
        }
        let person = Principal("admin")
        if self.random.happens(5) { return .deny(held, person, reason: "test") }
        if !self.random.happens(5) { self.codeStep += 1 }
        let code =
            self.random.happens(5) ? ShownCode.wrong : .matching(step: self.codeStep)
        return .approve(ApprovalRequest(orderID: held, principal: person, code: code))
    }

    private func wish() -> OrderRequest {
        let side: Side = self.random.happens(50) ? .buy : .sell
        let symbol = self.random.happens(80) ? Make.bitcoin : Make.ether
        let quantity = "\(self.random.number(1...3))"
        let timeInForce: TimeInForce =
            self.random.happens(70)
            ? .goodTillCanceled : self.random.happens(50) ? .immediateOrCancel : .fillOrKill
        let isMarket = self.random.happens(25) && symbol == Make.bitcoin
        var terms = Make.terms(
            side,
            quantity,
            at: isMarket ? nil : "\(self.random.number(95...105))",
            symbol: symbol,
            timeInForce: timeInForce
        )
        if self.random.happens(25) { terms.type = self.rareType(timeInForce) }
        if terms.type == .market, self.random.happens(40) {
            terms.quantity = .zero
            terms.quoteQuantity = Make.amount("\(self.random.number(50...350)).77")
        }
        var wish = Make.wish(terms)
        wish.resubmitsIfAbsent = self.random.happens(60)
        wish.connection = 1
        if self.wishes.count.isMultiple(of: 2) { wish.strategy = "grid" }
        if self.hasExits, side == .buy { wish.exits = self.someExits() }
        if self.random.happens(60) {
            wish.key = Make.key("k\(self.wishes.count)")
            self.wishes.append((wish.key?.text ?? "", terms))
        }
        return wish
    }

    /// A caller whose orders are to go with its connection, or the end of that.
    private func sessionInput() -> Input? {
        if self.random.happens(40) { return .connectionClosed(1) }
        let wish = SessionWish(
            name: SessionName("s", of: Principal("alice")),
            graceMilliseconds: self.random.happens(20)
                ? nil : Int64(self.random.number(0...2)) * 500,
            connection: 1
        )
        return .request(self.rig.token(), .cancelOnDisconnect(wish), deadline: nil)
    }

    /// What somebody wants of a position, mostly more than there is.
    private func positionWish() -> PositionRequest {
        let goals: [PositionGoal] = [
            .close, .closeShare(PositionShare(raw: 50_000_000)),
            .closeQuantity(Make.quantity("1")), .reach(.zero),
            .reach(Make.quantity("\(self.random.number(1...3))")),
        ]
        return PositionRequest(
            symbol: Make.bitcoin,
            goal: goals.randomElement(using: &self.random) ?? .close,
            principal: Principal("alice"),
            // Some come again, with the same content or another (M2).
            key: self.random.happens(50)
                ? Make.key("p\(self.random.number(1...20))") : nil
        )
    }

    /// A type that rests only, or that waits for a price.
    private func rareType(_ timeInForce: TimeInForce) -> OrderType {
        let price = Make.price("\(self.random.number(95...105))")
        let aim: Trigger.Aim = self.random.happens(50) ? .stopLoss : .takeProfit
        let trigger = Trigger(aim, at: Make.price("\(self.random.number(90...110))"))
        switch self.random.number(0...2) {
        case 0: return .limitMaker(price)
        case 1: return .stop(trigger)
        default: return .stopLimit(trigger, price, timeInForce)
        }
    }

    private func amendment(of order: Order) -> AmendRequest {
        AmendRequest(
            orderID: order.orderID,
            quantity: self.random.happens(70)
                ? Quantity(
                    raw: order.quantity.raw / 100_000 * Int64(self.random.number(10...1_100)) * 100
                ).roundedDown(to: Make.quantity("0.001")) : nil,
            price: self.random.happens(30)
                ? Make.price("\(self.random.number(95...105))") : nil,
            principal: Principal("me")
        )
    }

    private func repeatedWish() -> OrderRequest {
        guard let wish = self.wishes.randomElement(using: &self.random) else {
            return self.wish()
        }
        return Make.wish(wish.terms, key: wish.key)
    }

    // MARK: What must always hold

    func watch(_ turn: Turn) {
        for event in turn.events {
            self.tally[event.kindForTally, default: 0] += 1
            switch event {
            case .balanceMoved(_, let asset, let delta, isOpening: false):
                if !self.hadStrangers {
                    self.break_("E5: \(delta) \(asset) moved, and nobody moved it")
                }
            case .orderChanged(let orderID, .notPlaced), .orderChanged(let orderID, .rejected):
                self.absent.insert(orderID)
                let isThere = self.venue.entries.contains {
                    ClientOrderIDScheme.owner(of: $0.name, prefix: Make.prefix) == .ours(orderID)
                }
                if isThere { self.break_("E2: order \(orderID) is at the venue: \(event)") }
            case .orderSubmitted(let intent):
                if intent.purpose == .flatten { self.tally["flatten", default: 0] += 1 }
                guard let key = intent.key else { break }
                if let earlier = self.keys.updateValue(intent.orderID, forKey: key.text) {
                    self.break_("M2: key \(key.text) made orders \(earlier) and \(intent.orderID)")
                }
            case .orderRefused(let intent, _), .orderHeld(let intent, _):
                guard let key = intent.key else { break }
                if self.keys.updateValue(intent.orderID, forKey: key.text) != nil {
                    self.break_("M2: key \(key.text) was decided twice")
                }
            default: break
            }
        }
    }

    func watch(_ reply: Reply) {
        guard let order = reply.order, order.isSettled else { return }
        if let earlier = self.repliedTerminal[order.orderID], earlier.status == .filled,
            order.status != .filled
        {
            self.break_("order \(order.orderID) was answered FILLED and then \(order.status.name)")
        }
        self.repliedTerminal[order.orderID] = order
    }

    func watch(_ order: VenueAnswer) {
        if case .refused(let error) = order { self.tally["answer \(error.code)", default: 0] += 1 }
    }

    // MARK: What must hold in the end

    func judge() {
        let state = self.rig.gateway.state
        if self.rig.journal.fold() != state { self.break_("the fold is not the state") }
        self.judgeTrades()
        if !state.heldOrders.isEmpty { self.break_("M1: orders are held under a kill switch") }
        let intents = self.rig.journal.events.compactMap(\.sent)
        for intent in intents { self.judge(intent) }
        self.judgeExits(of: intents)
        let names = Set(intents.map(\.clientOrderID.text))
        for entry in self.venue.entries where !entry.name.hasPrefix("web_") {
            if !names.contains(entry.name) { self.break_("the journal lost \(entry.name)") }
        }
        // While a person must decide about an order, the account is not compared.
        let isGivenUp = state.orders.values.contains { $0.status == .needsOperator }
        if isGivenUp, self.hadStrangers { return }
        self.judgeLedger(state)
    }

    private func judgeLedger(_ state: State) {
        let ledger = state.ledger(of: .testnet)
        for asset in Set(ledger.assets).union(self.venue.totals.keys).sorted() {
            if ledger.total(of: asset) != self.venue.totals[asset] ?? .zero {
                self.break_(
                    "the ledger has \(ledger.total(of: asset)) \(asset), the venue "
                        + "\(self.venue.totals[asset] ?? .zero)"
                )
            }
            if !ledger.reserved(of: asset).isZero, state.orders.isEmpty {
                self.break_("\(ledger.reserved(of: asset)) \(asset) stay reserved")
            }
        }
        if !self.rig.gateway.waiters.isEmpty { self.break_("a call was never answered") }
    }

    private func judgeTrades() {
        var seen: Set<String> = []
        for case .orderChanged(let orderID, .filled(let fill)) in self.rig.journal.events
        where !seen.insert("\(orderID) \(fill.tradeID)").inserted {
            self.break_("E4: trade \(fill.tradeID) of order \(orderID) is journaled twice")
        }
    }

    private func judge(_ intent: OrderIntent) {
        guard let order = self.rig.state(of: intent) else {
            self.break_("order \(intent.orderID) is nowhere")
            return
        }
        let entries = self.venue.entries.filter { $0.name == intent.clientOrderID.text }
        guard let entry = entries.first else {
            let isExplained =
                order.status == .notPlaced || order.status == .rejected
                || (self.hadStrangers && order.status == .needsOperator)
            if !isExplained { self.break_("\(order.status.name) \(intent.orderID) is not there") }
            return
        }
        let expected: OrderStatus =
            switch entry.status {
            case .new: .open
            case .partiallyFilled: .partiallyFilled
            case .filled: .filled
            case .canceled: .canceled
            case .expired: .expired
            case .rejected: .rejected
            }
        if order.status != expected {
            self.break_(
                "order \(intent.orderID) is \(order.status.name), should be \(expected.name)"
            )
        }
        if order.quantity != entry.terms.quantity {
            self.break_(
                "order \(intent.orderID) is for \(order.quantity), should be for "
                    + "\(entry.terms.quantity)"
            )
        }
        if order.pendingAmend != nil {
            self.break_("the amendment of order \(intent.orderID) never ends")
        }
        if Set(order.fills.map(\.tradeID)) != Set(entry.trades.map(\.tradeID))
            || order.filledQuantity != entry.executed
        {
            self.break_("order \(intent.orderID) has \(order.filledQuantity) of \(entry.executed)")
        }
    }
}

extension Event {
    /// The intent that may leave once the event is on disk.
    var sent: OrderIntent? {
        switch self {
        case .orderSubmitted(let intent), .orderApproved(let intent, _): intent
        default: nil
        }
    }

    /// What kind of event it is, for the count of what the storms contained.
    var kindForTally: String {
        switch self {
        case .storeCreated: "created"
        case .started: "started"
        case .stopped: "stopped"
        case .orderSubmitted: "submitted"
        case .orderSimulated: "simulated"
        case .orderRefused: "refused"
        case .orderHeld: "held"
        case .orderApproved: "approved"
        case .codeShown(.taken, _, _): "code taken"
        case .codeShown(.refused, _, _): "code refused"
        case .orderChanged(_, .dismissed(let dismissal)): "dismissed \(dismissal.status.name)"
        case .orderChanged(_, .reported(let status, _, _, _)): "reported \(status)"
        case .orderChanged(_, .filled): "filled"
        case .orderChanged(_, .simulated): "dry"
        case .orderChanged(_, .rejected): "rejected"
        case .orderChanged(_, .notPlaced(let reason)):
            reason.hasPrefix("proven") ? "proven absent" : "not sent"
        case .orderChanged(_, .outcomeUnknown): "unknown"
        case .orderChanged(_, .needsOperator): "needs operator"
        case .orderChanged(_, .resolved): "resolved"
        case .orderChanged(_, .succeeded): "succeeded"
        case .orderChanged(_, .amended): "amended"
        case .orderChanged(_, .amendFailed): "not amended"
        case .orderReopened: "reopened"
        case .cancelRequested: "cancel"
        case .amendRequested(_, .reduction, _): "reduction"
        case .amendRequested(_, .replacement, _): "replacement"
        case .modeChanged: "mode"
        case .strategyModeChanged: "strategy's mode"
        case .killChanged: "kill"
        case .ledgerBound: "bound"
        case .balanceMoved(_, _, _, let isOpening): isOpening ? "opening" : "moved"
        case .venueRestrained: "restrained"
        case .riskBreached: "breached"
        case .breachAcknowledged: "acknowledged"
        case .equityMarked: "equity"
        case .strategyMarked: "strategy's equity"
        case .limitChanged: "limit"
        case .tokenChanged: "token"
        case .sessionOpened: "session opened"
        case .sessionEnded(_, let end, _): "session \(end.name)"
        case .exitsChanged(_, .reached(let aim)): "reached \(aim)"
        case .exitsChanged(_, .needsOperator): "exits need operator"
        case .exitsChanged(_, .ended): "exits ended"
        case .exitsChanged(_, .closing): "exits closing"
        case .exitsChanged(_, .closingEnded): "exits closing ended"
        }
    }
}
