import Foundation
import Journal
import Testing

@testable import TradingCore

/// A folder that goes away with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        self.path = NSTemporaryDirectory() + "journal-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: self.path,
            withIntermediateDirectories: true
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }

    /// Damages the first file with the suffix that holds the text.
    func replaceOnce(_ text: String, by other: String, suffix: String) throws {
        let isFound = try FolderOfFiles(self.path).replaceOnce(text, by: other, suffix: suffix)
        if !isFound { Issue.record("no \(suffix) file holds \(text)") }
    }
}

/// The files of a store, as somebody with an editor sees them.
struct FolderOfFiles {
    let path: String

    init(_ path: String) throws { self.path = path }

    /// Damages the first file with the suffix that holds the text.
    ///
    /// - Returns: False where there is none.
    func replaceOnce(_ text: String, by other: String, suffix: String) throws -> Bool {
        for name in try FileManager.default.contentsOfDirectory(atPath: self.path)
        where name.hasSuffix(suffix) {
            let url = URL(fileURLWithPath: self.path + "/" + name)
            var data = try Data(contentsOf: url)
            guard let range = data.range(of: Data(text.utf8)) else { continue }
            data.replaceSubrange(range, with: Data(other.utf8))
            try data.write(to: url)
            return true
        }
        return false
    }
}

extension Journal {
    /// Writes events as one batch, as the walk does.
    func write(events: [Event], at instant: Instant) throws {
        var batch = OpenBatch(at: instant)
        for event in events { batch.append(event) }
        _ = try batch.persisted { (batch) throws(JournalError) in try self.write(batch) }
    }

    /// Writes a finished order.
    func write(closed order: Order, at instant: Instant) throws {
        var batch = OpenBatch(at: instant)
        batch.append(closed: order)
        _ = try batch.persisted { (batch) throws(JournalError) in try self.write(batch) }
    }
}

enum Samples {
    static let instant = Instant(
        monotonic: MonotonicTime(nanoseconds: 5),
        wall: WallTime(nanoseconds: 1_700_000_000_123_456_789)
    )

    static var cancelName: ClientOrderID {
        ClientOrderIDScheme.cancelName(of: self.intent(1, type: .market).clientOrderID)
    }

    static let goals: [PositionGoal?] = [
        nil, .close, .closeShare(PositionShare(raw: 7)), .closeQuantity(Quantity(raw: 8)),
        .reach(Quantity(raw: 9)),
    ]

    static func intent(_ number: UInt64, type: OrderType) -> OrderIntent {
        let principal = Principal("uid:7")
        return OrderIntent(
            orderID: OrderID(raw: number),
            clientOrderID: ClientOrderIDScheme(prefix: "aaaaaaaa", epoch: "bbbbbbbb")
                .name(of: OrderID(raw: number)),
            venue: .testnet,
            terms: OrderTerms(
                symbol: Symbol("BTCUSDT"),
                side: .sell,
                type: type,
                quantity: Quantity(raw: 123_456_789)
            ),
            baseAsset: Asset("BTC"),
            quoteAsset: Asset("USDT"),
            timestamp: WallTime(milliseconds: 1_700_000_000_001),
            receiveWindowMilliseconds: 2_000,
            reservePrice: Price(raw: 6_000_000_000_000),
            principal: principal,
            key: IdempotencyKey(principal: principal, text: "key-\(number)"),
            tag: "täg 🙂",
            resubmitsIfAbsent: number % 2 == 0,
            predecessor: number % 3 == 0 ? OrderID(raw: number - 1) : nil,
            goal: self.goals[Int(number) % self.goals.count],
            session: number % 2 == 0 ? "s1" : ""
        )
    }

    static func fill(_ number: Int64) -> Fill {
        Fill(
            tradeID: TradeID(raw: number),
            price: Price(raw: 1),
            quantity: Quantity(raw: 2),
            quoteQuantity: Amount(raw: 12_345_678_901_234_567_890),
            fee: Amount(raw: -3),
            feeAsset: number % 2 == 0 ? nil : Asset("BNB"),
            isMaker: number % 2 == 0,
            time: WallTime(milliseconds: 1_700_000_000_002)
        )
    }

    static func closedOrder(_ number: UInt64) -> Order {
        var order = Order(
            intent: self.intent(
                number,
                type: .limit(Price(raw: 7), .immediateOrCancel)
            ),
            status: .submitting,
            createdAt: self.instant.wall
        )
        order.apply(
            .reported(
                .canceled,
                VenueOrderID(raw: -1),
                executed: Quantity(raw: 4),
                reason: "why"
            ),
            at: self.instant.wall
        )
        order.apply(.filled(self.fill(1)), at: self.instant.wall)
        order.apply(.filled(self.fill(2)), at: self.instant.wall)
        return order
    }

    /// What histories do not have by themselves, possible one after the other.
    static func rareEvents(after state: State) -> [Event] {
        let first = state.lastOrderID.raw + 1
        let intents = (first..<(first + 6)).map { self.intent($0, type: .market) }
        let ids = intents.map(\.orderID)
        var reopened = self.closedOrder(first + 4)
        reopened.intent.clientOrderID = self.intent(first + 9, type: .market).clientOrderID
        return [
            .orderSimulated(intents[0]),
            .orderSubmitted(intents[1]),
            .orderChanged(ids[1], .rejected(code: -2010, reason: "no funds")),
            .orderSubmitted(intents[2]), .orderChanged(ids[2], .notPlaced(reason: "gone")),
            .orderSubmitted(intents[3]), .orderChanged(ids[3], .needsOperator(reason: "help")),
            .orderSubmitted(intents[4]), .orderChanged(ids[4], .simulated(request: "POST /")),
            .orderReopened(reopened),
            .orderChanged(reopened.orderID, .filled(self.fill(900))),
            .orderSubmitted(intents[5]), .orderChanged(ids[5], .outcomeUnknown(reason: "gone")),
        ] + self.heldEvents(after: first + 5)
            + self.events.filter { event in
                switch event {
                case .modeChanged, .strategyModeChanged, .killChanged, .ledgerBound,
                    .balanceMoved, .started, .venueRestrained, .riskBreached, .breachAcknowledged,
                    .equityMarked, .strategyMarked, .limitChanged, .tokenChanged, .codeShown,
                    .sessionOpened, .sessionEnded:
                    true
                case .storeCreated, .stopped, .orderSubmitted, .orderSimulated, .orderRefused,
                    .orderHeld, .orderApproved, .orderChanged, .orderReopened, .cancelRequested,
                    .amendRequested, .exitsChanged:
                    false
                }
            }
    }

    /// Held orders: one that is approved, one for each way to end unsent, one that stays.
    private static func heldEvents(after last: UInt64) -> [Event] {
        let refusal = Refusal(.sensitiveNotional, limit: "1", actual: "2", message: "large")
        let intents = (last + 1...last + 5).map { self.intent($0, type: .market) }
        return intents.map { .orderHeld($0, refusal) } + [
            .orderApproved(intents[0], by: Principal("me")),
            .orderChanged(
                intents[1].orderID,
                .dismissed(.refused(refusal, by: Principal("me")))
            ),
            .orderChanged(intents[2].orderID, .dismissed(.expired(reason: "late"))),
            .orderChanged(intents[3].orderID, .dismissed(.canceled(reason: "gone"))),
        ]
    }

    /// One event of every kind, and of every kind of change.
    static var events: [Event] {
        let id = OrderID(raw: 1)
        let market = self.intent(1, type: .market)
        let limit = self.intent(2, type: .limit(Price(raw: 9), .fillOrKill))
        let changes: [OrderChange] = [
            .reported(.new, VenueOrderID(raw: 77), executed: .zero, reason: ""),
            .filled(self.fill(1)), .filled(self.fill(2)),
            .simulated(request: "POST /api/v3/order?symbol=BTCUSDT"),
            .rejected(code: -2010, reason: "no funds"),
            .notPlaced(reason: "gone"), .outcomeUnknown(reason: "timeout"),
            .needsOperator(reason: "help"),
            .resolved(.absent, by: Principal("me"), reason: "asked the venue"),
            .resolved(.canceled, by: Principal("me"), reason: "asked the venue"),
            .resolved(.filled(at: Price(raw: 7)), by: Principal("me"), reason: "asked"),
            .resolved(.identified(VenueOrderID(raw: 5)), by: Principal("me"), reason: "asked"),
            .succeeded(by: OrderID(raw: 9)), .amended(to: Quantity(raw: 5)),
            .amendFailed(reason: "no"), .dismissed(.expired(reason: "late")),
            .dismissed(.canceled(reason: "gone")),
            .dismissed(
                .refused(
                    Refusal(.orderRate, limit: "1", actual: "2", message: "no"),
                    by: Principal("me")
                )
            ),
        ]
        let refusal = Refusal(
            .orderNotional,
            limit: "1",
            actual: "2",
            message: "too much",
            permitted: "less"
        )
        return [
            .storeCreated(clientIDPrefix: "aaaaaaaa"), .started(epoch: "bbbbbbbb", version: "1"),
            .stopped, .orderSubmitted(market), .orderSubmitted(limit), .orderSimulated(limit),
            .orderRefused(market, refusal), .orderHeld(limit, refusal),
            .orderApproved(limit, by: Principal("me")),
            .codeShown(.taken(step: 58_000_000), by: Principal("me"), purpose: "live"),
            .codeShown(.refused(failureCount: 3), by: Principal("me"), purpose: "release"),
            .sessionOpened(
                CancelSession(
                    name: SessionName("s1", of: Principal("me")),
                    graceMilliseconds: 5_000,
                    openedAt: self.instant.wall
                )
            ),
            .sessionEnded(
                SessionName("s2", of: Principal("me")),
                .lost,
                orders: [id, OrderID(raw: 2)]
            ),
        ] + changes.map { .orderChanged(id, $0) } + [
            .orderReopened(self.closedOrder(3)),
            .cancelRequested(id, ClientOrderIDScheme.cancelName(of: market.clientOrderID)),
            .amendRequested(id, .reduction(to: Quantity(raw: 5)), by: Principal("me")),
            .amendRequested(
                id,
                .replacement(quantity: Quantity(raw: 5), price: Price(raw: 7)),
                by: Principal("me")
            ),
            .modeChanged(
                ModeRecord(
                    mode: .dryRun,
                    principal: Principal("me"),
                    reason: "why",
                    since: self.instant.wall
                )
            ),
            .strategyModeChanged(
                ModeRecord(
                    mode: .paper,
                    strategy: "grid",
                    principal: Principal("me"),
                    reason: "why",
                    since: self.instant.wall
                )
            ),
            .killChanged(
                KillSwitch(
                    level: .cancel,
                    principal: Principal("me"),
                    reason: "why",
                    since: self.instant.wall
                )
            ),
            .killChanged(
                KillSwitch(
                    level: nil,
                    principal: Principal("me"),
                    reason: "why",
                    since: self.instant.wall
                )
            ),
            .ledgerBound(.live, accountID: -5),
            .balanceMoved(
                .testnet,
                Asset("USDT"),
                delta: Amount(raw: -170_141_183_460_469_231_731),
                isOpening: true
            ),
            .venueRestrained(
                .live,
                VenueRestraint(
                    until: self.instant.wall,
                    scope: .everything,
                    reason: "HTTP 418"
                )
            ),
            .riskBreached(
                RiskBreach(
                    number: 1,
                    rule: .dailyLoss,
                    venue: .live,
                    asset: Asset("USDT"),
                    strategy: "grid",
                    limit: "100",
                    actual: "101",
                    message: "Too much.",
                    action: .killFlatten,
                    at: self.instant.wall
                )
            ),
            .breachAcknowledged(
                1,
                RiskBreach.Acknowledgement(
                    principal: Principal("me"),
                    reason: "seen",
                    at: self.instant.wall
                )
            ),
            .equityMarked(.live, Asset("USDT"), self.equityMark),
            .strategyMarked(.live, "grid", Asset("USDT"), self.equityMark),
        ] + self.limitChanges.map(Event.limitChanged) + self.tokens.map(Event.tokenChanged)
            + self.types.map { .orderSubmitted(self.intent(4, type: $0)) }
            + [.orderSubmitted(self.quoteIntent)]
            + self.exitIntents.map(Event.orderSubmitted)
            + [
                ExitChange.reached(.stopLoss), .reached(.takeProfit),
                .needsOperator(reason: "help"), .ended(reason: "sold"),
                .closing(self.closing(.closeShare(PositionShare(raw: 7)), key: "once")),
                .closing(self.closing(.reach(Quantity(raw: 8)), key: nil)),
                .closingEnded(reason: "dust"),
            ].map { .exitsChanged(OrderID(raw: 6), $0) }
    }

    static var equityMark: EquityMark {
        EquityMark(
            dayStart: self.instant.wall,
            startEquity: Amount(raw: -170_141_183_460_469_231_731),
            baseEquity: Amount(raw: 7),
            highWater: .zero,
            bids: [Symbol("BTCUSDT"): Price(raw: 9), Symbol("ETHUSDT"): Price(raw: 8)]
        )
    }

    static func closing(_ goal: PositionGoal, key: String?) -> ExitClosing {
        ExitClosing(
            Amount(raw: 9),
            by: Principal("carol"),
            key: key.map { IdempotencyKey(principal: Principal("token:carol"), text: $0) },
            tag: "t",
            strategy: "grid",
            goal: goal,
            resting: key.map { _ in OrderID(raw: 7) }
        )
    }

    /// Entries with every kind of exits, and an exit.
    static var exitIntents: [OrderIntent] {
        let stop = ExitTerms.StopLoss(at: Price(raw: 8))
        let limited = ExitTerms.StopLoss(at: Price(raw: 8), limit: Price(raw: 7))
        let terms = [
            ExitTerms(stopLoss: stop), ExitTerms(takeProfit: Price(raw: 9)),
            ExitTerms(stopLoss: limited, takeProfit: Price(raw: 9)),
        ]
        var intents = terms.map { exits in
            var intent = self.intent(6, type: .market)
            intent.exits = exits
            return intent
        }
        var exit = self.intent(7, type: .market)
        exit.purpose = .exit
        exit.entry = OrderID(raw: 6)
        intents.append(exit)
        return intents
    }

    /// An order that says how much of the quote asset it trades.
    static var quoteIntent: OrderIntent {
        var intent = self.intent(5, type: .market)
        intent.terms.quoteQuantity = Amount(raw: 12_345_678_901)
        return intent
    }

    /// Every type that an order can have.
    static var types: [OrderType] {
        VenueOrderType.allCases.compactMap { type in
            OrderType(
                type,
                limitPrice: Price(raw: 9),
                timeInForce: .immediateOrCancel,
                stopPrice: Price(raw: 8)
            )
        }
    }
}
