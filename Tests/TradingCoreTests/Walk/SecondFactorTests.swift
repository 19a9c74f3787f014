import Testing

@testable import TradingCore

/// Codes count once, wrong ones lock, and both survive a restart.
@Suite struct SecondFactorTests {
    static func approve(_ rig: Rig, _ code: ShownCode) throws -> Turn {
        let order = try #require(rig.gateway.state.heldOrders.min())
        return rig.ask(ApprovalTests.approve(order, code: code))
    }

    @Test func `without a code, or without a second factor, nothing is approved or counted`() throws
    {
        let (rig, _) = try ApprovalTests.held()
        let missing = try Self.approve(rig, .none)
        #expect(missing.refusal?.rule == .secondFactor && missing.events.isEmpty)
        let unset = try Self.approve(rig, .typed("123456"))
        #expect(unset.refusal?.actual == "no second factor" && unset.events.isEmpty)
    }

    @Test func `a code counts once, an older one not at all, after a restart neither`() throws {
        let (rig, _) = try ApprovalTests.held()
        rig.place(ApprovalTests.large)
        #expect(try Self.approve(rig, .matching(step: 50)).placements.count == 1)
        for _ in 0..<2 {
            for step in [50, 49] as [Int64] {
                let turn = try Self.approve(rig, .matching(step: step))
                #expect(turn.refusal?.actual == "a used code" && turn.placements.isEmpty)
                #expect(turn.needsSync)
            }
            rig.start()
            rig.connect()
        }
        #expect(try Self.approve(rig, .matching(step: 51)).refusal == nil)
        #expect(rig.gateway.state.secondFactor.lastStep == 51)
        #expect(rig.gateway.state.secondFactor.failureCount == 0)
    }

    @Test func `after five codes that do not count none is looked at for a while`() throws {
        let (rig, _) = try ApprovalTests.held(Self.patient)
        for number in 1...5 {
            let turn = try Self.approve(rig, .wrong)
            #expect(turn.refusal?.actual == "a wrong code")
            #expect(turn.alerts == (number == 5 ? [.codesLocked] : []))
        }
        let locked = try Self.approve(rig, .matching(step: 9))
        #expect(locked.refusal?.actual == "locked" && locked.events.isEmpty)
        #expect(try ApprovalTests.view(rig).codesLockedUntil != nil)
        // A restart does not help,
        rig.advance(milliseconds: 600_000)
        rig.start()
        rig.connect()
        rig.advance(milliseconds: 299_000)
        #expect(try Self.approve(rig, .matching(step: 9)).refusal?.actual == "locked")
        // and when it is over, as many may be wrong again.
        rig.advance(milliseconds: 1_000)
        for _ in 1...4 { #expect(try Self.approve(rig, .wrong).alerts.isEmpty) }
        rig.tell(.quoted(Make.bitcoin, Quote(bid: Make.price("99"), ask: Make.price("101"))))
        rig.tell(.clockMeasured(offsetMilliseconds: 0, roundTripMilliseconds: 1))
        #expect(try Self.approve(rig, .matching(step: 9)).refusal == nil)
        #expect(try ApprovalTests.view(rig).codesLockedUntil == nil)
        #expect(rig.gateway.state.secondFactor.failureCount == 0)
    }

    /// Holds orders for longer than a lock lasts.
    static var patient: GatewaySettings {
        var settings = ApprovalTests.settings()
        settings.approvals.expiryMilliseconds = 3_600_000
        return settings
    }

    @Test func `a lock holds for live and for the release as well`() throws {
        var settings = ApprovalTests.settings(exchanges: ModeTests.bothExchanges)
        settings.approvals.requiring = [.live, .release]
        let (rig, _) = try ApprovalTests.held(settings)
        for _ in 1...5 { _ = try Self.approve(rig, .wrong) }
        #expect(ModeTests.goLive(rig, code: .matching(step: 3)).refusal?.actual == "locked")
        rig.ask(.killEngage(.block, ApprovalTests.person, reason: "x"))
        #expect(Self.release(rig, .matching(step: 3)).refusal?.actual == "locked")
        #expect(rig.gateway.state.killSwitch.isEngaged)
    }

    static func release(_ rig: Rig, _ code: ShownCode, forced: Bool = false) -> Turn {
        let release = KillRelease(isForced: forced, code: code)
        return rig.ask(.killRelease(ApprovalTests.person, reason: "over", release))
    }

    @Test func `the kill switch is released with a code where the configuration wants one`() {
        var settings = Make.settings()
        settings.approvals.requiring = [.release]
        let rig = Rig.ready(settings)
        // Nothing is engaged: nothing wants a code.
        #expect(Self.release(rig, .none).refusal == nil)
        // Engaging never wants one.
        rig.ask(.killEngage(.cancel, ApprovalTests.person, reason: "x"))
        for isForced in [false, true] {
            let refused = Self.release(rig, .none, forced: isForced)
            #expect(refused.refusal?.rule == .secondFactor && !refused.liftsKillSwitch)
        }
        #expect(rig.gateway.state.killSwitch.level == .cancel)
        #expect(Self.release(rig, .matching(step: 4)).liftsKillSwitch)
        rig.ask(.killEngage(.cancel, ApprovalTests.person, reason: "x"))
        #expect(Self.release(rig, .matching(step: 4)).refusal?.actual == "a used code")
    }

    @Test func `a cause that persists is named before a code is spent`() throws {
        var settings = Make.settings()
        settings.approvals.requiring = [.release]
        let rig = Rig.ready(settings)
        rig.ask(.killEngage(.cancel, ApprovalTests.person, reason: "x"))
        let release = KillRelease(causes: ["the file is there"], code: .matching(step: 4))
        let turn = rig.ask(.killRelease(ApprovalTests.person, reason: "over", release))
        #expect(turn.refusal?.rule == .killCause && turn.events.isEmpty)
    }

    @Test func `live wants a code beside all else, and a code is spent even where more is missing`()
        throws
    {
        let (rig, turn) = ModeTests.tryLive(["confirmation"])
        #expect(turn.refusal?.rule == .modeGate)
        #expect(rig.gateway.state.secondFactor.lastStep == 1)
        let again = ModeTests.goLive(rig, code: .matching(step: 1))
        #expect(again.refusal?.message.contains("was used already") == true)
        #expect(ModeTests.goLive(rig, code: .matching(step: 2)).refusal == nil)
        #expect(rig.gateway.mode == .live)
    }
}
