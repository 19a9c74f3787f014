import Testing

@testable import TradingCore

/// B6: what losses and failures of one mode mean for another.
@Suite struct StrategyModeBreachTests {
    static let rejection = RiskBreachTests.rejection

    /// Live with a strategy on the testnet; one failed order is one too many.
    static func failing() -> Rig {
        var settings = StrategyModeTests.settings(strategies: ["grid": .testnet])
        settings.limits.rejects.rejectsMax = 100
        settings.limits.loss.failuresMax = 1
        settings.limits.loss.onFailures = .killCancel
        return Rig.ready(settings)
    }

    static func fail(_ strategy: String, on rig: Rig) throws -> Turn {
        let intent = try #require(rig.ask(StrategyModeTests.wish(strategy)).placements.first)
        return rig.tell(
            .placementAnswered(intent.orderID, Self.rejection),
            from: intent.venue
        )
    }

    /// Why an order of a strategy is refused now.
    static func rule(_ strategy: String, on rig: Rig) -> Rule? {
        rig.ask(StrategyModeTests.wish(strategy)).order?.refusal?.rule
    }

    @Test func `what fails on a test exchange stops those who trade there, not those who are live`()
        throws
    {
        let rig = Self.failing()
        #expect(try !Self.fail("grid", on: rig).engagesKillSwitch)
        #expect(rig.gateway.state.breaches.open.map(\.action) == [.disable])
        #expect(Self.rule("grid", on: rig) == .tradingDisabled)
        #expect(rig.ask(StrategyModeTests.wish("trend")).placements.first?.venue == .live)
        #expect(try Self.fail("trend", on: rig).engagesKillSwitch)
    }

    @Test func `what fails live engages the kill switch also when the installation is elsewhere`()
        throws
    {
        let rig = Self.failing()
        let intent = try #require(rig.ask(StrategyModeTests.wish("")).placements.first)
        #expect(intent.venue == .live)
        rig.ask(StrategyModeTests.set(.testnet, of: "", .keep))
        let failed = rig.tell(.placementAnswered(intent.orderID, Self.rejection), from: .live)
        #expect(failed.engagesKillSwitch)
    }

    @Test func `a test exchange that is emptied stops those who trade there, not who is live`() {
        var settings = StrategyModeTests.settings(strategies: ["grid": .testnet])
        settings.balanceTolerance = AlertTests.five
        let rig = Rig.ready(settings)
        let emptied = AccountReport(accountID: 7, canTrade: true, balances: [])
        for venue in [VenueID.testnet, .live] {
            for _ in 0..<2 {
                rig.tell(.answered(.account(Make.read), .account(emptied)), from: venue)
                rig.advance(milliseconds: 10_000)
            }
            guard venue == .testnet else { break }
            rig.tell(
                .quoted(Make.bitcoin, Quote(bid: Make.price("99"), ask: Make.price("101"))),
                from: .live
            )
            #expect(rig.gateway.state.breaches.open.map(\.rule) == [.balanceDifference])
            #expect(Self.rule("grid", on: rig) == .tradingDisabled)
            #expect(rig.gateway.refusal(of: Make.wish(), at: rig.now) == nil)
            rig.start()
            #expect(rig.gateway.state.breaches.open.map(\.rule) == [.balanceDifference])
            for venue in settings.exchanges { rig.connect(venue: venue) }
            #expect(!rig.gateway.state.killSwitch.isEngaged)
        }
        #expect(rig.gateway.state.killSwitch.level == .block)
    }

    @Test(arguments: ["", "grid"])
    func `what a person disables is disabled in every mode, also after a change`(
        _ disabled: String
    ) {
        let rig = Rig.ready(
            StrategyModeTests.settings(mode: .testnet, strategies: ["grid": .paper])
        )
        rig.ask(.disableTrading(strategy: disabled, Principal("rita"), reason: "lunch"))
        for mode in [TradingMode.paper, .testnet] {
            rig.ask(StrategyModeTests.set(mode))
            #expect(Self.rule("grid", on: rig) == .tradingDisabled)
        }
        let other = Self.rule("trend", on: rig)
        #expect(other == (disabled.isEmpty ? .tradingDisabled : nil))
        rig.ask(StrategyModeTests.set(.paper, of: ""))
        #expect(Self.rule("grid", on: rig) == .tradingDisabled)
    }

    @Test func `a strategy's loss is told of the account that it trades on`() throws {
        var settings = StrategyModeTests.settings(strategies: ["grid": .testnet])
        settings.limits.byStrategy["grid", default: StrategyLimits()].dailyLossMax =
            Make.amount("50")
        let rig = Rig.ready(settings)
        let intent = try StrategyModeTests.open("grid", on: rig)
        StrategyModeTests.fill(intent, on: rig)
        // Bought at 100, and the best bid is 99.
        let gauge = rig.gateway.strategyLossGauges().first { $0.scope == "USDT" }
        #expect(gauge?.actual == "1")
    }
}
