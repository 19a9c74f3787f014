import Testing

@testable import TradingCore

/// What a person is told, and what the gateway does by itself at a start and on a difference.
@Suite struct AlertTests {
    @Test func `an outcome that stays unknown is told once, and stands in every health answer`() {
        let rig = Rig.ready()
        _ = rig.unknownOrder()
        rig.advance(milliseconds: 59_999)
        #expect(rig.turn(.wake).alerts.isEmpty)
        rig.advance(milliseconds: 1)
        #expect(rig.turn(.wake).alerts == [.unknownForLong])
        rig.advance(milliseconds: 60_000)
        #expect(rig.turn(.wake).alerts.isEmpty)
        let standing = rig.gateway.health(at: rig.now).alerts
        #expect(standing.map(\.kind) == [.unknownForLong])
        #expect(standing.first?.message.contains("order 1 (BUY 1 BTCUSDT)") == true)
    }

    @Test func `the wake-up for the alert comes even when nothing else is due`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.gateway.chases[intent.orderID]?.askAt = nil
        rig.gateway.chases[intent.orderID]?.isAsking = true
        let due = rig.now.monotonic.adding(milliseconds: 60_000)
        #expect(rig.gateway.nextWake.map { $0 <= due } == true)
        #expect(rig.gateway.chases[intent.orderID]?.alertAt == due)
    }

    @Test func `an outcome that was found out is not told`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.tell(.orderReported(Make.report(intent, .new)))
        rig.advance(milliseconds: 60_000)
        #expect(rig.turn(.wake).alerts.isEmpty)
        #expect(rig.gateway.health(at: rig.now).alerts.isEmpty)
    }

    @Test func `a restart does not forget to tell`() {
        let rig = Rig.ready()
        _ = rig.unknownOrder()
        rig.start()
        rig.advance(milliseconds: 60_000)
        #expect(rig.turn(.wake).alerts == [.unknownForLong])
    }

    @Test func `an order that is given up is told at once`() {
        let rig = Rig.ready()
        let intent = rig.unknownOrder()
        rig.advance(milliseconds: 12_001)
        #expect(AbsenceTests.askUntilProof(rig, intent) == 3)
        var row = Make.report(intent, .new, name: "web_1")
        row.quantity = Make.quantity("2")
        let turn = rig.tell(.answered(AbsenceTests.proofQuestion(intent), .orders([row])))
        #expect(turn.alerts == [.needsOperator])
        #expect(rig.gateway.health(at: rig.now).alerts.map(\.kind) == [.needsOperator])
    }

    // MARK: Restart policy

    static func restarted(_ policy: RestartPolicy) -> (rig: Rig, turn: Turn, intent: OrderIntent) {
        var settings = Make.settings()
        settings.restartPolicy = policy
        let rig = Rig.ready(settings)
        let intent = rig.openOrder()
        return (rig, rig.start(), intent)
    }

    @Test func `resume lets unfinished orders live`() {
        let (rig, turn, intent) = Self.restarted(.resume)
        #expect(turn.alerts.isEmpty)
        #expect(rig.state(of: intent)?.pendingCancel == nil)
        #expect(!rig.gateway.state.killSwitch.isEngaged)
    }

    @Test func `cancel cancels them once the venue is there, and orders pass again`() {
        let (rig, _, intent) = Self.restarted(.cancel)
        #expect(rig.state(of: intent)?.pendingCancel != nil)
        #expect(!rig.gateway.state.killSwitch.isEngaged)
        let cancels = rig.turn(.wake).requests.filter { request in
            if case .cancel(intent.orderID, _, _, _) = request { true } else { false }
        }
        #expect(cancels.count == 1)
    }

    @Test func `halt tells a person, and nothing new passes until the switch is released`() {
        let (rig, turn, intent) = Self.restarted(.halt)
        #expect(turn.alerts == [.haltedAtStart])
        #expect(rig.gateway.state.killSwitch.level == .block)
        #expect(rig.state(of: intent)?.pendingCancel == nil)
        rig.connect(open: [Make.report(intent)])
        #expect(rig.place().order?.refusal?.rule == .killSwitch)
    }

    @Test(arguments: RestartPolicy.allCases)
    func `with nothing unfinished no policy does anything`(policy: RestartPolicy) {
        var settings = Make.settings()
        settings.restartPolicy = policy
        let rig = Rig.ready(settings)
        let intent = rig.openOrder()
        rig.tell(.orderReported(Make.report(intent, .canceled)))
        #expect(rig.start().alerts.isEmpty)
        #expect(!rig.gateway.state.killSwitch.isEngaged)
    }

    // MARK: Balances

    static func differing(_ dollars: String, _ tolerance: BalanceTolerance) -> (Rig, Turn) {
        var settings = Make.settings()
        settings.balanceTolerance = tolerance
        let rig = Rig.ready(settings)
        rig.tell(.answered(.account(Make.read), .account(Make.account(dollars: dollars))))
        rig.advance(milliseconds: 10_000)
        let turn = rig.tell(
            .answered(.account(Make.read), .account(Make.account(dollars: dollars)))
        )
        return (rig, turn)
    }

    static let five = BalanceTolerance(byAsset: [Asset("USDT"): Make.amount("5")])

    @Test(arguments: [("100005", false), ("100005.00000001", true), ("99994.99999999", true)])
    func `a difference beyond the tolerance pauses trading, either way (E5)`(
        dollars: String,
        pauses: Bool
    ) {
        let (rig, turn) = Self.differing(dollars, Self.five)
        #expect(turn.alerts == [.balanceDiffers])
        #expect(rig.gateway.state.killSwitch.isEngaged == pauses)
        #expect(turn.engagesKillSwitch == pauses)
        // It is booked all the same: the ledger is what is there.
        #expect(
            rig.gateway.state.ledger(of: .testnet).total(of: Asset("USDT")) == Make.amount(dollars)
        )
    }

    @Test func `assets that are not listed have the tolerance of the others, if there is one`() {
        let others = BalanceTolerance(byAsset: [Asset("BTC"): .zero], others: .zero)
        #expect(Self.differing("100000.00000001", others).0.gateway.state.killSwitch.isEngaged)
        let none = BalanceTolerance(byAsset: [Asset("BTC"): .zero])
        #expect(!Self.differing("200000", none).0.gateway.state.killSwitch.isEngaged)
    }

    @Test func `orders pass beside one of unknown outcome where the settings let them (E3)`() {
        var limits = Make.limits()
        limits.unknownBlocks = false
        let rig = Rig.ready(Make.settings(limits: limits))
        _ = rig.unknownOrder()
        #expect(rig.place().placements.count == 1)
        let strict = Rig.ready()
        _ = strict.unknownOrder()
        #expect(strict.place().order?.refusal?.rule == .unknownOrder)
    }
}
