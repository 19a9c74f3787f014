import Testing

@testable import TradingCore

/// B6: how much the orders of one strategy may place in one day, beside the venue's cap (B5).
@Suite struct StrategyCapTests {
    static let dollar = DailyCapTests.dollar

    static func settings(
        _ caps: [String: String] = ["grid": "300"],
        venue: String? = nil,
        _ change: (inout RiskLimits) -> Void = { _ in }
    ) -> GatewaySettings {
        var settings = ExposureTests.settings(change: change)
        for (name, cap) in caps {
            settings.strategies[name] = StrategySettings(
                dailyNotionalCaps: [Self.dollar: Make.amount(cap)]
            )
        }
        if let venue { settings.dailyNotionalCaps[.testnet] = [Self.dollar: Make.amount(venue)] }
        return settings
    }

    static func rig(_ settings: GatewaySettings = Self.settings()) -> Rig {
        ExposureTests.rig(settings)
    }

    /// An order on its way.
    static func submit(
        _ rig: Rig,
        _ strategy: String = "grid",
        _ terms: OrderTerms = Make.terms(.buy, "3")
    ) -> OrderIntent {
        let turn = StrategyLossTests.place(rig, strategy, terms)
        guard let intent = turn.placements.first else { fatalError("not placed: \(turn.replies)") }
        return intent
    }

    static func number(of intent: OrderIntent) -> Int64 {
        1_000 + Int64(clamping: intent.orderID.raw)
    }

    /// An order that the venue has taken.
    static func open(
        _ rig: Rig,
        _ strategy: String = "grid",
        _ terms: OrderTerms = Make.terms(.buy, "3")
    ) -> OrderIntent {
        let intent = Self.submit(rig, strategy, terms)
        rig.take(intent, venue: Self.number(of: intent))
        return intent
    }

    /// The venue tells what became of an order.
    static func tell(
        _ rig: Rig,
        _ intent: OrderIntent,
        _ status: VenueOrderStatus,
        executed: String = "0",
        trade: Int64 = 1
    ) {
        let fills = executed == "0" ? [] : [Make.fill(trade, executed)]
        rig.tell(
            .orderReported(
                Make.report(
                    intent,
                    status,
                    venue: Self.number(of: intent),
                    executed: executed,
                    fills: fills
                )
            )
        )
    }

    static func refusal(
        _ rig: Rig,
        _ quantity: String,
        of strategy: String = "grid",
        _ side: Side = .buy
    ) -> Refusal? {
        StrategyLossTests.place(rig, strategy, Make.terms(side, quantity)).order?.refusal
    }

    static func placed(_ rig: Rig, _ strategy: String = "grid", on venue: VenueID = .testnet)
        -> String
    {
        "\(rig.gateway.state.dayNotionals[venue]?.strategies[strategy]?.placed[dollar] ?? .zero)"
    }

    /// How an earlier order of two bitcoins at 100 stands when the next is decided on.
    enum Standing: CaseIterable {
        case open, inFlight, unknown, halfFilled, filled
        case halfCanceled
        case canceled, rejected, unsent, foundAndCanceled

        /// What it counts for.
        var counted: Int64 {
            switch self {
            case .open, .inFlight, .unknown, .halfFilled, .filled: 200
            case .halfCanceled: 100
            case .canceled, .rejected, .unsent, .foundAndCanceled: 0
            }
        }
    }

    static func stand(_ rig: Rig, _ standing: Standing) {
        let intent = Self.submit(rig, "grid", Make.terms(.buy, "2"))
        switch standing {
        case .inFlight: return
        case .rejected: rig.reject(intent)
        case .unsent: rig.tell(.placementAnswered(intent.orderID, .notSent(.gateClosed)))
        case .unknown, .foundAndCanceled:
            rig.tell(.placementAnswered(intent.orderID, .unknown("timeout")))
        case .open, .halfFilled, .filled, .halfCanceled, .canceled:
            rig.take(intent, venue: Self.number(of: intent))
        }
        switch standing {
        case .halfFilled: Self.tell(rig, intent, .partiallyFilled, executed: "1")
        case .filled: Self.tell(rig, intent, .filled, executed: "2")
        case .halfCanceled: Self.tell(rig, intent, .canceled, executed: "1")
        case .canceled, .foundAndCanceled: Self.tell(rig, intent, .canceled)
        case .open, .inFlight, .unknown, .rejected, .unsent: break
        }
    }

    @Test(arguments: Standing.allCases, [-1, 0, 1])
    func `what a strategy places in a day stays within its cap: a step below, at and above it`(
        _ standing: Standing,
        steps: Int64
    ) {
        let rig = Self.rig()
        Self.stand(rig, standing)
        #expect(Self.placed(rig) == "\(standing.counted)")
        let room = Quantity(raw: (300 - standing.counted) * 1_000_000)
        let quantity = Quantity(raw: room.raw + steps * 1_000)
        let refusal = Self.refusal(rig, "\(quantity)")
        guard steps > 0 else {
            #expect(refusal == nil)
            return
        }
        #expect(refusal?.rule == .dailyNotional && refusal?.limit == "300")
        #expect(refusal?.actual == "300.001")
        #expect(refusal?.permitted == "a quantity of at most \(room)")
        #expect(refusal?.message.contains("strategy grid placed 300.001 USDT today") == true)
        #expect(rig.journal.fold() == rig.gateway.state)
    }

    @Test func `strategies do not share their caps, and who names none is bound by none`() {
        let rig = Self.rig(Self.settings(["grid": "300", "trend": "200"]))
        _ = Self.open(rig, "grid")
        #expect(Self.refusal(rig, "0.1", of: "grid")?.limit == "300")
        _ = Self.open(rig, "trend", Make.terms(.buy, "2"))
        #expect(Self.refusal(rig, "0.1", of: "trend")?.limit == "200")
        for name in ["", "other", "Grid"] { #expect(Self.refusal(rig, "9", of: name) == nil) }
        #expect(Self.placed(rig) == "300" && Self.placed(rig, "trend") == "200")
        #expect(rig.gateway.state.dayNotionals[.testnet]?.strategies[""] == nil)
    }

    struct Both: Sendable {
        /// What others placed, and what the strategy did, in bitcoins at 100.
        var others: String
        var own: String?
        var limit: String
        var actual: String
        var isOfStrategy: Bool
    }

    @Test(arguments: [
        Both(others: "0.1", own: nil, limit: "300", actual: "310", isOfStrategy: true),
        Both(others: "1.9", own: "1", limit: "300", actual: "410", isOfStrategy: true),
        // As much room in both: the venue's is told.
        Both(others: "2", own: "1", limit: "500", actual: "610", isOfStrategy: false),
        Both(others: "2.1", own: nil, limit: "500", actual: "520", isOfStrategy: false),
    ])
    func `of the venue's cap and the strategy's the stricter one refuses`(_ row: Both) {
        let rig = Self.rig(Self.settings(["grid": "300"], venue: "500"))
        _ = Self.open(rig, "", Make.terms(.buy, row.others))
        if let own = row.own { _ = Self.open(rig, "grid", Make.terms(.buy, own)) }
        let refusal = Self.refusal(rig, "3.1")
        #expect(refusal?.rule == .dailyNotional)
        #expect(refusal?.limit == row.limit && refusal?.actual == row.actual)
        #expect(refusal?.message.contains("strategy grid") == row.isOfStrategy)
    }

    @Test func `in an asset that its caps do not name a strategy may only reduce`() {
        var settings = Self.settings([:])
        settings.strategies["grid"] = StrategySettings(
            dailyNotionalCaps: [Asset("EUR"): Make.amount("300")]
        )
        let rig = Self.rig(settings)
        #expect(Self.refusal(rig, "0.1")?.limit == "0")
        let bought = Self.open(rig, "other")
        Self.tell(rig, bought, .filled, executed: "3")
        #expect(Self.refusal(rig, "3.00001", .sell)?.rule == .dailyNotional)
        #expect(Self.refusal(rig, "3", .sell) == nil)
        // It counted all the same.
        #expect(Self.placed(rig) == "300")
    }

    @Test func `orders that reduce a position pass beyond the cap`() {
        let rig = Self.rig()
        let bought = Self.open(rig)
        Self.tell(rig, bought, .filled, executed: "3")
        #expect(Self.refusal(rig, "3.00001", .sell)?.rule == .dailyNotional)
        #expect(Self.refusal(rig, "3", .sell) == nil)
        #expect(Self.placed(rig) == "600")
        #expect(Self.refusal(rig, "0.1")?.permitted == "")
    }

    @Test(arguments: Standing.allCases)
    func `the count survives restarts and snapshots`(_ standing: Standing) throws {
        let rig = Self.rig()
        Self.stand(rig, standing)
        let before = rig.gateway.state.dayNotionals
        let stored = try SnapshotTests.roundTrip(rig.gateway.state)
        #expect(stored.dayNotionals == before && stored == rig.gateway.state)
        rig.start()
        #expect(rig.gateway.state.dayNotionals == before)
    }

    @Test func `a strategy is refused after a restart as it was before it`() {
        let rig = Self.rig()
        let open = Self.open(rig)
        rig.start()
        ExposureTests.connect(rig, open: [Make.report(open, venue: Self.number(of: open))])
        #expect(Self.refusal(rig, "0.1")?.limit == "300")
        Self.tell(rig, open, .canceled)
        #expect(Self.refusal(rig, "3") == nil)
    }

    @Test func `an order counts when it is approved, not while it is held`() throws {
        let settings = Self.settings(["grid": "1500"]) {
            $0.sensitiveNotional = Make.amount("1000")
        }
        let rig = Self.rig(settings)
        var held: [OrderID] = []
        for _ in 0..<2 {
            let turn = StrategyLossTests.place(rig, "grid", ApprovalTests.large)
            held.append(try #require(turn.order?.orderID))
        }
        #expect(Self.placed(rig) == "0")
        #expect(rig.ask(ApprovalTests.approve(held[0])).placements.count == 1)
        #expect(Self.placed(rig) == "1001")
        let turn = rig.ask(ApprovalTests.approve(held[1], code: .matching(step: 2)))
        #expect(turn.order?.refusal?.rule == .dailyNotional)
        #expect(turn.order?.refusal?.message.contains("strategy grid") == true)
    }

    @Test func `a dry run counts on its own; in monitor nothing is placed that could count`() {
        for (mode, placesAgain) in [(TradingMode.dryRun, false), (.monitor, true)] {
            var settings = Self.settings()
            settings.initialMode = mode
            let rig = Self.rig(settings)
            #expect(Self.refusal(rig, "3.00001")?.rule == .dailyNotional)
            #expect(Self.refusal(rig, "3") == nil)
            #expect((Self.refusal(rig, "3") == nil) == placesAgain)
            #expect(rig.gateway.state.dayNotionals[.testnet] == nil)
            #expect(Self.placed(rig, on: mode.venue) == (placesAgain ? "0" : "300"))
        }
    }

    @Test func `each strategy's cap is measured`() {
        var settings = Self.settings(["grid": "300", "trend": "200"])
        settings.strategies["grid"]?.dailyNotionalCaps?[Asset("BTC")] = Make.amount("0.5")
        settings.strategies["other"] = StrategySettings()
        let rig = Self.rig(settings)
        _ = Self.open(rig, "grid", Make.terms(.buy, "1"))
        let gauges = RiskSummaryTests.gauges(rig)
        func told(_ name: String, _ asset: String) -> [String]? {
            RiskSummaryTests.told(gauges, "strategies.\(name).daily_notional_cap", asset)
        }
        #expect(told("grid", "USDT") == ["300", "100", "0.333334"])
        #expect(told("grid", "BTC") == ["0.5", "0", "0"])
        #expect(told("trend", "USDT") == ["200", "0", "0"])
        #expect(gauges.count { $0.name.hasSuffix("daily_notional_cap") } == 3)
    }
}
