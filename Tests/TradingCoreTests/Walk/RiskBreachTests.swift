import Testing

@testable import TradingCore

/// Limits on failures and on single fills, over the whole walk and over restarts.
@Suite struct RiskBreachTests {
    static func settings(_ change: (inout LossLimits) -> Void) -> GatewaySettings {
        var limits = Make.limits()
        limits.unknownBlocks = false
        limits.rejects.rejectsMax = 100
        change(&limits.loss)
        return Make.settings(limits: limits)
    }

    static let rejection = PlacementOutcome.rejected(
        VenueError(httpStatus: 400, code: -2010, message: "no funds")
    )

    static func fail(_ rig: Rig, _ outcome: PlacementOutcome = Self.rejection) -> Turn {
        let intent = rig.submitted()
        return rig.tell(.placementAnswered(intent.orderID, outcome))
    }

    static func acknowledge(_ rig: Rig, _ number: UInt64? = nil) -> Turn {
        rig.ask(.acknowledgeBreach(number, Principal("carol"), reason: "seen"))
    }

    @Test(arguments: [(1, false), (2, false), (3, true)])
    func `so many failures in a row disable trading, one fewer do not`(
        _ count: Int,
        _ isDisabled: Bool
    ) {
        let rig = Rig.ready(Self.settings { $0.failuresMax = 3 })
        let outcomes: [PlacementOutcome] = [
            Self.rejection, .notSent(.queueFull), .unknown("timeout"),
        ]
        for outcome in outcomes.prefix(count) { _ = Self.fail(rig, outcome) }
        #expect(rig.place().order?.refusal?.rule == (isDisabled ? .tradingDisabled : nil))
        #expect(rig.gateway.state.failureCounts == [.testnet: count])
        #expect(rig.gateway.state.killSwitch.level == nil)
    }

    @Test func `an order that the venue takes begins the count of failures anew`() {
        let rig = Rig.ready(Self.settings { $0.failuresMax = 3 })
        _ = Self.fail(rig)
        _ = Self.fail(rig)
        _ = rig.openOrder()
        #expect(rig.gateway.state.failureCounts.isEmpty)
        #expect(Self.fail(rig).alerts.isEmpty)
        #expect(Self.fail(rig).alerts.isEmpty)
        #expect(Self.fail(rig).alerts == [.riskBreached])
    }

    @Test func `a failure is counted once, whatever becomes of the order later`() {
        let rig = Rig.ready(Self.settings { $0.failuresMax = 3 })
        let unknown = rig.unknownOrder()
        rig.tell(.placementAnswered(unknown.orderID, Self.rejection))
        #expect(rig.gateway.state.failureCounts == [.testnet: 1])
    }

    @Test func `what a dead process left behind, and what a kill kept back, is no failure`() {
        let rig = Rig.ready(Self.settings { $0.failuresMax = 1 })
        let left = rig.submitted()
        rig.start()
        #expect(rig.state(of: left)?.status == .unknown)
        #expect(rig.gateway.state.failureCounts.isEmpty)
        let other = Rig.ready(Self.settings { $0.failuresMax = 1 })
        let held = other.submitted()
        other.ask(.killEngage(.block, Principal("me"), reason: "why"))
        other.tell(.placementAnswered(held.orderID, .notSent(.gateClosed)))
        #expect(other.gateway.state.failureCounts.isEmpty)
        #expect(other.gateway.state.breaches.open.isEmpty)
    }

    @Test func `trading stays disabled over a restart until a person acknowledges the breach`() {
        let rig = Rig.ready(Self.settings { $0.failuresMax = 2 })
        _ = Self.fail(rig)
        let broken = Self.fail(rig)
        let breach = rig.gateway.state.breaches.open.first
        #expect(broken.needsSync)
        #expect(breach?.rule == .consecutiveFailures)
        #expect(breach?.limit == "2" && breach?.actual == "2" && breach?.at == rig.now.wall)
        rig.start()
        rig.connect()
        let refusal = rig.place().order?.refusal
        #expect(refusal?.rule == .tradingDisabled)
        #expect(refusal?.actual == "breach 1: consecutive_failures")
        #expect(Self.acknowledge(rig, 2).refusal?.rule == .breachNotFound)
        let told = Self.acknowledge(rig, 1)
        guard case .risk(let view)? = told.replies.first else {
            Issue.record("\(told.replies)")
            return
        }
        #expect(!view.isTradingDisabled && view.failureCount == 0)
        #expect(view.breaches.first?.acknowledgement?.principal == Principal("carol"))
        #expect(rig.place().placements.count == 1)
        #expect(Self.acknowledge(rig, 1).refusal?.rule == .breachNotFound)
    }

    @Test func `what only reduces passes while trading is disabled`() {
        let rig = Rig.ready(Self.settings { _ in })
        rig.hold("2")
        rig.ask(.disableTrading(strategy: "", Principal("carol"), reason: "lunch"))
        #expect(rig.place(Make.terms(.sell, "2")).placements.count == 1)
        #expect(rig.place(Make.terms(.sell, "1")).order?.refusal?.rule == .tradingDisabled)
        #expect(rig.place(Make.terms(.buy, "1")).order?.refusal?.rule == .tradingDisabled)
        _ = Self.acknowledge(rig)
        #expect(rig.place(Make.terms(.buy, "1")).placements.count == 1)
    }

    @Test(arguments: [
        (BreachAction.killBlock, KillLevel.block), (.killCancel, .cancel), (.killFlatten, .flatten),
    ])
    func `a breach may engage the kill switch, which is not released before it is acknowledged`(
        _ action: BreachAction,
        _ level: KillLevel
    ) {
        let rig = Rig.ready(
            Self.settings {
                $0.failuresMax = 1
                $0.onFailures = action
            }
        )
        let turn = Self.fail(rig)
        #expect(turn.engagesKillSwitch)
        #expect(rig.gateway.state.killSwitch.level == level)
        #expect(rig.gateway.state.killSwitch.reason.hasPrefix("consecutive_failures: "))
        let release = Request.killRelease(Principal("me"), reason: "on", KillRelease())
        #expect(rig.ask(release).refusal?.rule == .killCause)
        _ = Self.acknowledge(rig)
        rig.ask(release)
        #expect(rig.gateway.state.killSwitch.level == nil)
    }

    @Test func `a weaker breach leaves a stronger kill switch as it is`() {
        let rig = Rig.ready(
            Self.settings {
                $0.failuresMax = 1
                $0.onFailures = .killBlock
            }
        )
        let intent = rig.submitted()
        rig.ask(.killEngage(.cancel, Principal("me"), reason: "first"))
        rig.tell(.placementAnswered(intent.orderID, Self.rejection))
        #expect(rig.gateway.state.breaches.open.count == 1)
        #expect(rig.gateway.state.killSwitch.level == .cancel)
        #expect(rig.gateway.state.killSwitch.reason == "first")
    }

    /// The best prices are 99 and 101 when the orders are decided.
    @Test(arguments: [
        (Side.buy, "100", false), (.buy, "102.01", false), (.buy, "102.010001", true),
        (.sell, "99", false), (.sell, "98.01", false), (.sell, "98.009999", true),
    ])
    func `a fill far worse than the price at its decision disables trading`(
        _ side: Side,
        _ price: String,
        _ isBreach: Bool
    ) {
        let rig = Rig.ready(Self.settings { $0.slippageMillionths = 10_000 })
        let intent = rig.openOrder(Make.terms(side, "1", at: nil))
        #expect(intent.referencePrice == Make.price(side == .buy ? "101" : "99"))
        let fill = Make.fill(1, "1", at: price)
        let turn = rig.tell(
            .orderReported(Make.report(intent, .filled, executed: "1", fills: [fill]))
        )
        #expect(turn.alerts == (isBreach ? [.riskBreached] : []))
        #expect(rig.gateway.state.breaches.open.map(\.rule) == (isBreach ? [.slippage] : []))
        #expect(rig.gateway.state.breaches.open.first?.limit == (isBreach ? "0.01" : nil))
    }

    @Test func `acknowledged breaches beyond the last hundred are in the journal alone`() {
        var list = BreachList()
        let seen = RiskBreach.Acknowledgement(
            principal: Principal("me"),
            reason: "seen",
            at: Rig.begin.wall
        )
        for number in UInt64(1)...105 {
            list.append(Make.breach(number))
            if number != 3 { _ = list.acknowledge(number, seen) }
        }
        #expect(list.breaches.count == 101 && list.lastNumber == 105)
        #expect(list.open.map(\.number) == [3])
        #expect(list.breaches.map(\.number).prefix(3) == [3, 6, 7])
    }
}
