import Testing

@testable import TradingCore

/// M2: a key is one order, whatever happens in between.
@Suite struct KeyTests {
    @Test func `a repeated key of an open order gets that order`() {
        let rig = Rig.ready()
        let first = rig.submitted(key: "k")
        rig.tell(.placementAnswered(first.orderID, .accepted(Make.report(first))))
        let turn = rig.place(key: "k")
        #expect(turn.placements.isEmpty)
        #expect(turn.effects.count == 1)
        guard case .order(let order, let isRepeat)? = turn.replies.first else {
            return #expect(Bool(false))
        }
        #expect(order.orderID == first.orderID)
        #expect(isRepeat)
        #expect(turn.needsSync)
    }

    @Test func `a repeat while the first is on its way answers both calls with one order`() {
        let rig = Rig.ready()
        let first = rig.submitted(key: "k")
        #expect(rig.place(key: "k").effects.isEmpty)
        let turn = rig.tell(.placementAnswered(first.orderID, .accepted(Make.report(first))))
        #expect(
            turn.replies.map { reply in
                if case .order(let order, let isRepeat) = reply {
                    "\(order.orderID) \(isRepeat)"
                } else {
                    "?"
                }
            } == ["1 false", "1 true"]
        )
    }

    @Test func `the same key twice in one turn is one order`() {
        let rig = Rig.ready()
        let input = { Input.request(rig.token(), .placeOrder(Make.wish(key: "k")), deadline: nil) }
        let turn = rig.turn([input(), input()])
        #expect(turn.placements.count == 1)
    }

    @Test func `the same key with other content is refused and changes nothing`() {
        let rig = Rig.ready()
        _ = rig.submitted(key: "k")
        for terms in [
            Make.terms(.sell), Make.terms(.buy, "2"), Make.terms(at: "101"), Make.terms(at: nil),
            Make.terms(symbol: Make.ether), Make.terms(timeInForce: .fillOrKill),
        ] {
            let turn = rig.place(terms, key: "k")
            #expect(turn.refusal?.rule == .idempotencyKey)
            #expect(turn.placements.isEmpty && turn.events.isEmpty)
        }
    }

    @Test func `a key is not answered with the order of another strategy, in whatever mode (B6)`()
        throws
    {
        let rig = StrategyModeCaseTests.rig(.paper)
        var wish = StrategyModeCaseTests.wish()
        wish.key = Make.key("k")
        let paper = try #require(rig.ask(.placeOrder(wish)).placements.first)
        StrategyModeCaseTests.accept(paper, on: rig)
        rig.ask(StrategyModeTests.set(.monitor, .keep))
        #expect(rig.ask(.placeOrder(wish)).order?.orderID == paper.orderID)
        for strategy in ["trend", ""] {
            wish.strategy = strategy
            let turn = rig.ask(.placeOrder(wish))
            #expect(turn.refusal?.rule == .idempotencyKey && turn.placements.isEmpty)
        }
    }

    @Test func `a key of a closing is not answered with that of another strategy (B6)`() throws {
        let rig = StrategyModeCaseTests.rig()
        var wish = PositionRequest(
            symbol: Make.bitcoin,
            goal: .close,
            principal: Principal("alice"),
            key: Make.key("k"),
            strategy: "grid"
        )
        let (_, filled) = try StrategyModeCaseTests.entered(Make.exits(), on: rig)
        let stop = try #require(filled.placements.first)
        StrategyModeCaseTests.accept(stop, on: rig)
        // First the stop is to be cancelled, then it is sold.
        #expect(StrategyModeTests.cancels(of: rig.ask(.position(wish))) == [stop.orderID])
        wish.strategy = "trend"
        #expect(rig.ask(.position(wish)).refusal?.rule == .idempotencyKey)
        wish.strategy = "grid"
        #expect(rig.ask(.position(wish)).refusal == nil)
        let sold = StrategyModeCaseTests.end(stop, .canceled, on: rig).placements
        #expect(sold.map(\.key) == [Make.key("k")])
    }

    @Test func `before the gateway is ready a key is not spent, and what it named is found`() {
        let rig = Rig.ready()
        let first = rig.openOrder(key: "first")
        rig.start()
        let numbers = rig.gateway.state.sequence
        let early = rig.place(key: "second")
        #expect(early.refusal?.rule == .notReady && early.events.isEmpty, "\(early.replies)")
        #expect(rig.gateway.state.sequence == numbers)
        // What was told of is found all the same (M2).
        #expect(rig.place(key: "first").order?.orderID == first.orderID)
        // A refusal that comes before readiness is the order's, and the key is its name.
        rig.ask(.killEngage(.block, Principal("admin"), reason: "test"))
        #expect(rig.place(key: "third").order?.refusal?.rule == .killSwitch)
        let release = KillRelease(isForced: true)
        rig.ask(.killRelease(Principal("admin"), reason: "test", release))
        rig.connect(open: [Make.report(first, venue: 1_000)])
        let late = rig.place(key: "second")
        #expect(late.placements.count == 1, "\(late.replies)")
        #expect(rig.place(key: "third").order?.refusal?.rule == .killSwitch)
    }

    @Test func `a key binds when it is refused`() {
        let rig = Rig.ready()
        rig.ask(.killEngage(.block, Principal("admin"), reason: "test"))
        #expect(rig.place(key: "k").order?.refusal?.rule == .killSwitch)
        rig.ask(.killRelease(Principal("admin"), reason: "test", KillRelease()))
        let turn = rig.place(key: "k")
        #expect(turn.placements.isEmpty)
        #expect(turn.order?.status == .refused)
    }

    @Test func `a key binds in the batch that refused it, however many others are refused`() {
        let rig = Rig.ready()
        let bad = Make.terms(at: "0.001")
        let input = { (key: String) in
            Input.request(rig.token(), .placeOrder(Make.wish(bad, key: key)), deadline: nil)
        }
        let turn = rig.turn([input("k")] + (0..<300).map { input("other\($0)") } + [input("k")])
        #expect(turn.events.count == 301)
    }

    @Test func `a key binds across a restart and from the disk`() {
        let rig = Rig.ready()
        let first = rig.submitted(key: "k")
        rig.tell(
            .orderReported(
                Make.report(first, .filled, executed: "1", fills: [Make.fill(1, "1")])
            )
        )
        rig.ask(.mode)
        rig.start()
        rig.connect()
        let needs = rig.gateway.needs(
            of: .request(rig.token(), .placeOrder(Make.wish(key: "k")), deadline: nil)
        )
        #expect(needs.key == Make.key("k"))
        let turn = rig.place(key: "k")
        #expect(turn.order?.orderID == first.orderID)
        #expect(turn.order?.status == .filled)
        #expect(turn.placements.isEmpty)
    }

    @Test func `what was fetched before the batch decided otherwise does not make two orders (J6)`()
    {
        let rig = Rig.ready()
        let first = Input.request(rig.token(), .placeOrder(Make.wish(key: "k")), deadline: nil)
        let second = Input.request(rig.token(), .placeOrder(Make.wish(key: "k")), deadline: nil)
        // Both are looked up on the disk before either is decided: it knows neither.
        #expect(rig.gateway.needs(of: first).key == Make.key("k"))
        let fetched = rig.journal.fetch(rig.gateway.needs(of: second))
        var batch = OpenBatch(at: rig.now)
        rig.gateway.decide(first, fetched: fetched, into: &batch)
        rig.gateway.decide(second, fetched: fetched, into: &batch)
        let submitted = batch.events.count {
            if case .orderSubmitted = $0 { true } else { false }
        }
        #expect(submitted == 1)
    }

    @Test func `what left memory is asked of the disk, and nothing else is (J6)`() {
        let rig = Rig.ready()
        let intents = (0..<300).map { index in
            let intent = rig.submitted(Make.terms(.buy, "0.1"))
            let error = VenueError(httpStatus: 400, code: -1013, message: "filter")
            rig.tell(.placementAnswered(intent.orderID, .rejected(error)))
            rig.tell(.clockMeasured(offsetMilliseconds: 0, roundTripMilliseconds: 1))
            rig.advance(milliseconds: Int64(index % 2) * 61_000)
            return intent
        }
        let reports = intents.map { VenueInput.orderReported(Make.report($0)) }
        let needed = reports.flatMap { rig.gateway.needs(of: .venue(.testnet, $0)).orders }
        #expect(needed == intents.prefix(300 - 256).map { $0.orderID })
        #expect(rig.gateway.needs(of: .wake).isEmpty)
    }

    @Test func `what the disk says of a key is older than what memory says`() {
        let rig = Rig.ready()
        let first = rig.submitted(key: "k")
        rig.tell(.placementAnswered(first.orderID, .notSent(.gateClosed)))
        rig.start()
        rig.connect()
        // It was at the venue after all: memory has it open, the disk still has it absent.
        rig.tell(.orderReported(Make.report(first)))
        #expect(rig.state(of: first)?.status == .open)
        #expect(rig.place(key: "k").order?.status == .open)
    }

    @Test func `a passed deadline is refused, sends nothing and binds no key`() {
        let rig = Rig.ready()
        for deadline in [rig.now.monotonic, MonotonicTime(nanoseconds: 0)] {
            let turn = rig.place(key: "k", deadline: deadline)
            #expect(turn.refusal?.rule == .deadline)
            #expect(turn.events.isEmpty && turn.placements.isEmpty)
        }
        let alive = MonotonicTime(nanoseconds: rig.now.monotonic.nanoseconds + 1)
        #expect(rig.place(key: "k", deadline: alive).placements.count == 1)
    }

    @Test func `a call is answered shortly before its deadline, with the fate as it is then`() {
        let rig = Rig.ready()
        rig.place(deadline: rig.now.monotonic.adding(milliseconds: 1_000))
        rig.advance(milliseconds: 899)
        #expect(rig.turn(.wake).effects.isEmpty)
        rig.advance(milliseconds: 1)
        #expect(rig.gateway.nextWake.map { $0 <= rig.now.monotonic } == true)
        #expect(rig.turn(.wake).order?.status == .submitting)
        #expect(rig.gateway.waiters.isEmpty)
    }

    @Test func `keys belong to their principal`() {
        let rig = Rig.ready()
        _ = rig.submitted(key: "k")
        var wish = Make.wish(Make.terms(.sell))
        wish.key = Make.key("k", of: "bob")
        #expect(rig.ask(.placeOrder(wish)).placements.count == 1)
    }

    @Test func `a mode that is not the expected one is refused (M1)`() {
        let rig = Rig.ready()
        let turn = rig.ask(.placeOrder(Make.wish(expectedMode: .live)))
        #expect(turn.order?.refusal?.rule == .expectedMode)
        #expect(rig.ask(.placeOrder(Make.wish(expectedMode: .testnet))).placements.count == 1)
    }
}
