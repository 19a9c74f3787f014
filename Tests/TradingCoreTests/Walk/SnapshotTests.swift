import Journal
import Testing

@testable import TradingCore

@Suite struct SnapshotTests {
    /// Takes a state to the disk's form and back.
    static func roundTrip(_ state: State) throws -> State {
        let hash = try #require(ChainHash(hex: String(repeating: "5a", count: 32)))
        let head = ChainHead(sequence: state.sequence.raw, hash: hash)
        let snapshot = Snapshot(of: state, at: head, time: WallTime(nanoseconds: 7))
        let read = try Snapshot(fileBytes: snapshot.fileBytes.span)
        #expect(read == snapshot)
        return read.state
    }

    @Test func `a snapshot equals the fold from zero, wherever it is taken (J4)`() throws {
        for seed in Seeds.range.prefix(40) {
            let world = SimulationTests.world(seed: seed)
            var random = SeededRandom(seed: seed)
            var folded = State()
            var resumed = State()
            for record in world.rig.journal.records {
                for event in record.events {
                    let closed = folded.apply(event, at: record.wall)
                    #expect(resumed.apply(event, at: record.wall) == closed)
                }
                if random.happens(10) { resumed = try Self.roundTrip(resumed) }
                if folded != resumed {
                    Issue.record("seed \(seed): they differ at event \(folded.sequence)")
                    break
                }
            }
            #expect(folded.digest == resumed.digest, "seed \(seed)")
        }
    }

    /// Every stored property that a state reaches, as `Type.property`.
    ///
    /// A new one appears here and in the test below; before it is added to the list it must be
    /// written by the store's `StateEncoder` and read by its `StateDecoder`.
    static let covered: Set<String> = [
        "State.sequence", "State.clientIDPrefix", "State.epoch", "State.lastOrderID",
        "State.orders", "State.modes", "ModeBook.installation", "ModeBook.ofStrategies",
        "ModeBook.history", "ModeRecord.strategy", "State.killSwitch", "State.ledgers",
        "State.closings", "State.secondFactor", "SecondFactor.lastStep",
        "SecondFactor.failureCount", "SecondFactor.failedAt",
        "State.dayNotionals", "DayNotional.day", "DayNotional.placed", "UTCDay.number",
        "DayNotional.strategies", "StrategyNotional.placed", "StrategyNotional.firstAt",
        "StrategyNotional.lastAt",
        "State.restraints", "State.lastTrades", "State.createdAt", "State.lastPlacements",
        "State.orderLogs", "OrderLogs.principals", "OrderLogs.strategies",
        "NamedOrderLogs.byName", "OrderLog.stored", "OrderLog.first",
        "State.orderDays", "OrderDay.start", "OrderDay.count", "OrderIntent.strategy",
        "OrderIntent.originalQuantity", "OrderIntent.goal", "OrderIntent.session",
        "State.cancelSessions", "CancelSession.name", "CancelSession.graceMilliseconds",
        "CancelSession.openedAt", "SessionName.principal", "SessionName.text", "State.equities",
        "EquityRecord.dayStart",
        "EquityRecord.startEquity",
        "EquityRecord.baseEquity", "EquityRecord.highWater", "EquityRecord.bids",
        "EquityRecord.realizedProfit", "EquityRecord.fees", "EquityRecord.foreignFees",
        "State.breaches", "State.failureCounts", "BreachList.breaches", "BreachList.lastNumber",
        "BreachList.openCount",
        "RiskBreach.number", "RiskBreach.rule", "RiskBreach.venue", "RiskBreach.asset",
        "RiskBreach.strategy", "RiskBreach.limit", "RiskBreach.actual", "RiskBreach.message",
        "RiskBreach.action", "RiskBreach.at", "RiskBreach.acknowledgement",
        "Acknowledgement.principal", "Acknowledgement.reason", "Acknowledgement.at",
        "State.tokens", "TokenList.tokens", "AccessToken.tokenID", "AccessToken.name",
        "AccessToken.role", "AccessToken.hash", "AccessToken.createdBy", "AccessToken.reason",
        "AccessToken.createdAt", "AccessToken.revocation", "AccessToken.limits",
        "TokenLimits.orderRateMax", "TokenLimits.orderNotionalMax", "Revocation.principal",
        "Revocation.reason", "Revocation.at", "State.limitChanges", "LimitKey.name",
        "LimitKey.symbol", "LimitKey.strategy", "LimitChange.key",
        "LimitChange.setting", "LimitChange.previous", "LimitChange.principal",
        "LimitChange.reason", "LimitChange.at",
        "VenueRestraint.until", "VenueRestraint.scope",
        "VenueRestraint.reason", "TradeMark.tradeID", "TradeMark.time",
        "Closing.orderCount", "Closing.failureCount",
        "State.exits", "ExitBook.plans", "ExitPlan.entry", "ExitPlan.bought", "ExitPlan.sold",
        "ExitPlan.working", "ExitPlan.reached", "ExitPlan.failureCount", "ExitPlan.problem",
        "ExitPlan.closing", "ExitClosing.quantity", "ExitClosing.principal", "ExitClosing.key",
        "ExitClosing.tag", "ExitClosing.strategy", "ExitClosing.goal",
        "ExitClosing.resting", "State.strategies", "StrategyBooks.byName", "StrategyBook.ledger",
        "StrategyBook.equities", "StrategyBook.filledAt",
        "OrderIntent.exits", "OrderIntent.entry", "ExitTerms.stopLoss", "ExitTerms.takeProfit",
        "StopLoss.stopPrice", "StopLoss.limitPrice",
        // Derived again from the plans.
        "ExitBook.bySymbol",
        // Derived again from the orders.
        "State.ordersInDoubt", "State.heldOrders", "State.openCounts", "Ledger.pending",
        "AmountBySide.buying", "AmountBySide.selling",
        "OpenCounts.total", "OpenCounts.bySymbol", "OpenCounts.stopsBySymbol",
        // Derived again from the tokens.
        "TokenList.limits",
        "ModeRecord.mode", "ModeRecord.principal", "ModeRecord.reason", "ModeRecord.since",
        "KillSwitch.level", "KillSwitch.principal", "KillSwitch.reason", "KillSwitch.since",
        "Ledger.accountID", "Ledger.totals", "Ledger.reserved", "Ledger.positions",
        "Position.symbol", "Position.baseAsset", "Position.quoteAsset", "Position.quantity",
        "Position.cost", "Position.realizedProfit", "Position.fees", "Position.fillCount",
        "Fee.asset", "Fee.amount",
        "Order.intent", "Order.status", "Order.venueOrderID", "Order.executedQuantity",
        "Order.fills", "Order.pendingCancel", "Order.pendingAmend", "Order.quantity",
        "Order.successor", "Order.refusal", "Order.reason",
        "Order.createdAt", "Order.updatedAt",
        "Refusal.reason", "Shared<Reason>.storage", "Reason.rule", "Reason.limit", "Reason.actual",
        "Reason.message", "Reason.permitted",
        // Sums over the fills.
        "Order.filledQuantity", "Order.filledQuoteQuantity",
        "PendingCancel.cancelID",
        "OrderIntent.orderID", "OrderIntent.clientOrderID", "OrderIntent.venue",
        "OrderIntent.terms", "OrderIntent.baseAsset", "OrderIntent.quoteAsset",
        "OrderIntent.timestamp", "OrderIntent.receiveWindowMilliseconds",
        "OrderIntent.reservePrice", "OrderIntent.principal", "OrderIntent.key",
        "OrderIntent.tag", "OrderIntent.purpose", "OrderIntent.resubmitsIfAbsent",
        "OrderIntent.predecessor", "OrderIntent.referencePrice",
        "IdempotencyKey.principal", "IdempotencyKey.text",
        "OrderTerms.symbol", "OrderTerms.side", "OrderTerms.type", "OrderTerms.quantity",
        "OrderTerms.quoteQuantity", "Trigger.aim", "Trigger.stopPrice",
        "Fill.tradeID", "Fill.price", "Fill.quantity", "Fill.quoteQuantity", "Fill.fee",
        "Fill.feeAsset", "Fill.isMaker", "Fill.time",
    ]

    /// Types that are one value, whatever they keep it in.
    static let scalars: Set<String> = [
        "Sequence", "OrderID", "ClientOrderID", "VenueOrderID", "TradeID", "Symbol", "Asset",
        "Amount", "Notional", "Price", "Quantity", "WallTime", "Principal",
        "PositionShare",
    ]

    static func properties(of value: Any, into found: inout Set<String>) {
        let mirror = Mirror(reflecting: value)
        let name = "\(mirror.subjectType)"
        if Self.scalars.contains(name) { return }
        for child in mirror.children {
            let isOwn = mirror.displayStyle == .struct && !name.hasPrefix("ByVenue<")
            if isOwn { found.insert("\(name).\(child.label ?? "?")") }
            Self.properties(of: child.value, into: &found)
        }
    }

    /// An order that waits for a person, and codes that were shown.
    static func hold(in state: inout State, at time: WallTime) {
        let held = Make.intent(state.lastOrderID.raw + 1, key: "held")
        let refusal = Refusal(.sensitiveNotional, limit: "1", actual: "2", message: "large")
        _ = state.apply(.orderHeld(held, refusal), at: time)
        _ = state.apply(.sessionOpened(Make.session()), at: time)
        for outcome in [CodeOutcome.taken(step: 7), .refused(failureCount: 3)] {
            let shown = Event.codeShown(outcome, by: Principal("me"), purpose: "live")
            _ = state.apply(shown, at: time)
        }
    }

    /// An entry whose exits have an order at the venue.
    static func enter(_ rig: Rig) -> OrderIntent {
        let entry = rig.enter(Make.exits(limit: "89"), venue: 1_002)
        rig.fill(entry, "0.5", of: "0.5", trade: 3, venue: 1_002)
        return entry
    }

    static func change(exitsOf entry: OrderIntent, in state: inout State) {
        let closing = ExitClosing(
            Make.amount("0.1"),
            by: Principal("me"),
            key: Make.key("close"),
            tag: "t",
            strategy: "s",
            goal: .closeQuantity(Make.quantity("0.1")),
            resting: OrderID(raw: 3)
        )
        for change in [
            ExitChange.reached(.takeProfit), .needsOperator(reason: "help"), .closing(closing),
        ] {
            _ = state.apply(.exitsChanged(entry.orderID, change), at: entry.timestamp)
        }
    }

    /// Days that began for the account and for a strategy.
    static func mark(in state: inout State, at time: WallTime) {
        for asset in ["USDT", "BTC"] {
            let mark = Make.equityMark()
            _ = state.apply(.equityMarked(.testnet, Asset(asset), mark), at: time)
            _ = state.apply(.strategyMarked(.testnet, "grid", Asset(asset), mark), at: time)
        }
    }

    @Test func `no stored property of the state is forgotten by the snapshot (J4)`() throws {
        let rig = Rig.ready()
        let filled = rig.openOrder()
        let whole = Make.fill(1, "1", fee: "0.001", in: "BNB")
        rig.tell(
            .orderReported(
                Make.report(filled, .filled, venue: 1_000, executed: "1", fills: [whole])
            )
        )
        let open = rig.submitted(Make.terms(), key: "key")
        rig.tell(.placementAnswered(open.orderID, .accepted(Make.report(open, venue: 1_001))))
        rig.tell(
            .orderReported(
                Make.report(
                    open,
                    .partiallyFilled,
                    venue: 1_001,
                    executed: "0.5",
                    fills: [Make.fill(2)]
                )
            )
        )
        rig.ask(.cancel(open.orderID))
        let entry = Self.enter(rig)
        rig.ask(.killEngage(.block, Principal("me"), reason: "why"))
        let key = LimitKey("price_collar", symbol: Make.bitcoin)
        rig.ask(.setLimits(Make.limitsWish([.init(key, .value("0.5"))])))
        rig.ask(.setLimits(Make.limitsWish([.init(LimitKey("order_rate_max"), .off)])))
        rig.ask(.tokens(Make.newToken()))
        rig.ask(.tokens(.revoke("alice", Principal("ada"), reason: "over")))
        rig.ask(.tokens(Make.newToken(number: 2)))
        var state = rig.gateway.state
        var closing = Make.intent(state.lastOrderID.raw + 1)
        closing.purpose = .flatten
        closing.strategy = "grid"
        _ = state.apply(.orderSubmitted(closing), at: closing.timestamp)
        let restraint = VenueRestraint(
            until: closing.timestamp,
            scope: .everything,
            reason: "banned"
        )
        _ = state.apply(.venueRestrained(.testnet, restraint), at: closing.timestamp)
        let seen = RiskBreach.Acknowledgement(
            principal: Principal("me"),
            reason: "seen",
            at: closing.timestamp
        )
        _ = state.apply(.riskBreached(Make.breach(1)), at: closing.timestamp)
        _ = state.apply(.riskBreached(Make.breach(2)), at: closing.timestamp)
        _ = state.apply(.breachAcknowledged(1, seen), at: closing.timestamp)
        _ = state.apply(
            .orderChanged(closing.orderID, .outcomeUnknown(reason: "gone")),
            at: closing.timestamp
        )
        Self.mark(in: &state, at: closing.timestamp)
        let paid = Make.fill(9, "0.5", fee: "0.001", in: "BNB")
        _ = state.apply(.orderChanged(closing.orderID, .filled(paid)), at: closing.timestamp)
        Self.hold(in: &state, at: closing.timestamp)
        Self.change(exitsOf: entry, in: &state)
        var found: Set<String> = []
        Self.properties(of: state, into: &found)
        #expect(
            found == Self.covered,
            "new, or not reached by this test: \(found.symmetricDifference(Self.covered).sorted())"
        )
        #expect(try Self.roundTrip(state) == state)
    }
}
