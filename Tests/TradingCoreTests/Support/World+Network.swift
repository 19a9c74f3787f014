@testable import TradingCore

extension World {
    /// Carries out what a turn of the gateway let out.
    func release(_ turn: Turn) {
        for effect in turn.immediate {
            switch effect {
            case .request(_, let request):
                self.schedule(
                    .requestArrives(incarnation: self.incarnation, request),
                    inMilliseconds: self.delay()
                )
            case .closeGate: self.isGateOpen = false
            case .restrain: self.break_("nobody asked for patience")
            case .renewStream: self.renewStream()
            case .alert: break
            case .engageKillSwitch: self.isKilled = true
            case .stopClosings: self.letsClosingsPass = false
            }
        }
        self.watch(turn)
        for intent in turn.placements {
            self.schedule(
                .turn(incarnation: self.incarnation, intent),
                inMilliseconds: self.random.happens(self.faults.slowMessages)
                    ? Int64(self.random.number(0...3_000)) : 0
            )
        }
        for effect in turn.effects {
            switch effect {
            case .openGate: self.isGateOpen = true
            case .letClosingsPass: self.letsClosingsPass = true
            case .liftKillSwitch:
                self.isKilled = false
                if self.rig.gateway.state.killSwitch.isEngaged {
                    self.break_("K1: the kill switch was lifted while it was engaged")
                }
            case .reply(_, let reply): self.watch(reply)
            }
        }
    }

    // MARK: Placements

    /// The venue thread's last look before the first byte (K1, S1).
    func takeTurn(_ incarnation: Int, _ intent: OrderIntent) {
        guard incarnation == self.incarnation, self.isUp else { return }
        let isClosing = intent.purpose == .flatten
        if !self.isGateOpen || (isClosing ? !self.letsClosingsPass : self.isKilled) {
            self.answer(
                incarnation,
                .venue(
                    .testnet,
                    .placementAnswered(
                        intent.orderID,
                        .notSent(.gateClosed)
                    )
                ),
                inMilliseconds: 1
            )
            return
        }
        if self.venueNow > intent.windowEnd {
            self.answer(
                incarnation,
                .venue(
                    .testnet,
                    .placementAnswered(
                        intent.orderID,
                        .notSent(.windowOver)
                    )
                ),
                inMilliseconds: 1
            )
            return
        }
        let level = self.rig.gateway.state.killSwitch.level
        if isClosing ? level != .flatten : level != nil {
            self.break_("K1: order \(intent.orderID) left while the kill switch was engaged")
        }
        let isOnDisk = self.rig.journal.records.prefix(self.rig.journal.syncedCount)
            .contains { $0.events.contains { $0.sent == intent } }
        if !isOnDisk {
            self.break_("S1: order \(intent.orderID) left before its intent was synced")
        }
        self.schedule(
            .placementArrives(incarnation: incarnation, intent),
            inMilliseconds: self.delay()
        )
    }

    func arrive(_ incarnation: Int, _ intent: OrderIntent) {
        if self.random.happens(self.faults.lostAnswers / 3) {
            self.lose(incarnation, intent)
            return
        }
        if self.venue.entries.contains(where: { $0.name == intent.clientOrderID.text }) {
            self.break_("S2: \(intent.clientOrderID) reached the venue twice")
        }
        if intent.purpose == .flatten,
            intent.terms.quantity.amount
                > self.venue.held(of: intent.terms.symbol, before: intent.orderID)
        {
            self.break_("K4: order \(intent.orderID) sells more than our fills bought")
        }
        self.watchExit(intent)
        let outcome: PlacementOutcome
        switch self.venue.place(intent, at: self.venueNow) {
        case .accepted(let report):
            if self.absent.contains(intent.orderID) {
                self.break_("E2: order \(intent.orderID) was called absent and then executed")
            }
            self.snapshot()
            let index = self.venue.entries.count - 1
            self.announce(index)
            self.fillAtOnce(index)
            outcome =
                self.random.happens(50)
                ? .accepted(report)
                : .accepted(
                    self.venue.report(
                        index,
                        isREST: true,
                        trades: self.venue.entries[index].trades
                    )
                )
        case .rejected(let error): outcome = .rejected(error)
        }
        if self.random.happens(self.faults.lostAnswers) {
            self.lose(incarnation, intent)
        } else {
            self.answer(
                incarnation,
                .venue(
                    .testnet,
                    .placementAnswered(intent.orderID, outcome)
                ),
                inMilliseconds: self.delay()
            )
        }
    }

    private func lose(_ incarnation: Int, _ intent: OrderIntent) {
        self.answer(
            incarnation,
            .venue(
                .testnet,
                .placementAnswered(intent.orderID, .unknown("timeout"))
            ),
            inMilliseconds: Int64(self.random.number(1...3_000))
        )
    }

    private func answer(_ incarnation: Int, _ input: Input, inMilliseconds delay: Int64) {
        self.schedule(.input(incarnation: incarnation, input), inMilliseconds: delay)
    }

    // MARK: Requests

    func arrive(_ incarnation: Int, _ request: VenueRequest) {
        let delay = self.delay()
        if case .time = request {
            self.schedule(.clock(incarnation: incarnation), inMilliseconds: delay)
            return
        }
        let isFailing = self.random.happens(self.faults.failedRequests)
        var answer: VenueAnswer = .failed("timeout")
        if case .cancel(let orderID, _, let target, let cancelID) = request {
            if !isFailing || self.random.happens(50) {
                answer = self.cancel(orderID, target: target, cancelID: cancelID)
            }
            if isFailing { answer = .failed("timeout") }
        } else if case .amend(_, _, let client, let quantity) = request {
            if !isFailing || self.random.happens(50) {
                answer = self.amend(client, to: quantity)
            }
            if isFailing { answer = .failed("timeout") }
        } else if !isFailing {
            answer = self.source(delay: delay).read(request)
        }
        self.watch(answer)
        self.answer(
            incarnation,
            .venue(.testnet, .answered(request, answer)),
            inMilliseconds: delay
        )
    }

    /// The venue, or a replica of it that lags by less than ten seconds when the answer arrives.
    private func source(delay: Int64) -> ModelVenue {
        guard self.random.happens(self.faults.staleReads) else { return self.venue }
        let lag = UInt64(self.random.number(0...Int(max(0, 9_500 - delay)))) * 1_000_000
        let time = self.now > lag ? self.now - lag : 0
        return self.snapshots.last { $0.at <= time }?.venue ?? self.venue
    }

    private func amend(_ name: ClientOrderID, to quantity: Quantity) -> VenueAnswer {
        let refused = { (text: String) in
            VenueAnswer.refused(VenueError(httpStatus: 400, code: -2038, message: text))
        }
        guard let index = self.venue.index(named: name.text, number: nil),
            self.venue.entries[index].isOpen
        else { return refused("Unknown order sent.") }
        let entry = self.venue.entries[index]
        if quantity == entry.terms.quantity {
            return refused("The requested action would change no state; rejecting")
        }
        guard quantity < entry.terms.quantity else {
            return refused("Order amend (quantity increase) is not supported.")
        }
        self.venue.entries[index].terms.quantity = max(quantity, entry.executed)
        if quantity <= entry.executed {
            self.venue.end(index, .expired, renamed: nil, at: self.venueNow)
        }
        self.snapshot()
        self.announce(index)
        return .order(self.venue.report(index, isREST: true))
    }

    private func cancel(
        _ orderID: OrderID,
        target: ClientOrderID,
        cancelID: ClientOrderID
    ) -> VenueAnswer {
        guard let index = self.venue.index(named: target.text, number: nil),
            self.venue.entries[index].isOpen
        else { return .refused(VenueError(httpStatus: 400, code: -2011, message: "unknown order")) }
        self.venue.end(index, .canceled, renamed: cancelID.text, at: self.venueNow)
        self.snapshot()
        self.announce(index)
        return .order(self.venue.report(index, isREST: true))
    }

    // MARK: The stream and the market

    func announce(_ index: Int, trades: [TradeReport] = []) {
        guard self.isStreamOpen else { return }
        if self.random.happens(self.faults.silences) { self.isStreamSilent = true }
        // It lives, answers pings and brings nothing.
        guard !self.isStreamSilent else { return }
        let report = self.venue.report(index, isREST: false, trades: trades)
        repeat {
            self.schedule(
                .stream(connection: self.connection, report),
                inMilliseconds: self.delay()
            )
        } while self.random.happens(self.faults.duplicates)
        if self.random.happens(self.faults.streamLosses) {
            self.schedule(.loseStream, inMilliseconds: self.delay())
        }
        if self.random.happens(self.faults.crashes) {
            self.schedule(.crash, inMilliseconds: self.delay())
        }
    }

    private func fillAtOnce(_ index: Int) {
        guard !self.venue.entries[index].isArmed else { return }
        switch self.venue.entries[index].terms.type.working {
        case .limitMaker, .stop, .stopLimit: break
        case .market:
            for _ in 0..<2 { self.trade(index, self.random.happens(50)) }
            self.trade(index, true)
        case .limit(_, .goodTillCanceled):
            if self.random.happens(20) { self.trade(index, self.random.happens(50)) }
        case .limit(_, .immediateOrCancel):
            if self.random.happens(60) { self.trade(index, false) }
            self.expire(index)
        case .limit(_, .fillOrKill):
            if self.random.happens(50) { self.trade(index, true) }
            self.expire(index)
        }
    }

    /// The price comes that an order waits for: it works, or it can no longer and expires.
    private func trigger(_ index: Int) {
        self.tally["triggered", default: 0] += 1
        self.venue.entries[index].isArmed = false
        if self.random.happens(10) { return self.expire(index) }
        if self.random.happens(50) { self.announce(index) }
        self.fillAtOnce(index)
    }

    private func expire(_ index: Int) {
        guard self.venue.entries[index].isOpen else { return }
        self.venue.end(index, .expired, renamed: nil, at: self.venueNow)
        self.snapshot()
        self.announce(index)
    }

    func trade(_ index: Int, _ isWhole: Bool) {
        let entry = self.venue.entries[index]
        guard entry.isOpen, !entry.isArmed, entry.rest.isPositive else { return }
        let part = Quantity(
            raw: max(1, entry.rest.raw / 1_000 * Int64(self.random.number(1...999)))
        )
        let assets = [Asset("BTC"), Asset("USDT"), Asset("BNB")]
        let trade = self.venue.trade(
            index,
            isWhole ? entry.rest : min(part, entry.rest),
            at: entry.terms.type.limitPrice ?? Make.price("100.5"),
            feeAsset: assets[self.random.number(0...2)],
            time: self.venueNow
        )
        self.snapshot()
        self.announce(index, trades: [trade])
    }

    func moveMarket() {
        if self.random.happens(self.faults.clockJumps) {
            // Somebody sets our wall clock (M3).
            self.clockStepMilliseconds = Int64(self.random.number(-7_200_000...7_200_000))
        }
        let open = self.venue.entries.indices.filter { self.venue.entries[$0].isOpen }
        if let index = open.randomElement(using: &self.random) {
            if self.venue.entries[index].isArmed {
                self.trigger(index)
            } else {
                self.trade(index, self.random.happens(40))
            }
        }
        guard self.faults.hasStrangers, self.random.happens(10) else { return }
        if self.random.happens(50), let index = open.randomElement(using: &self.random),
            self.venue.entries[index].isOpen
        {
            // Somebody cancels it by hand, which takes the name that REST knows it by (S4).
            self.venue.end(index, .canceled, renamed: "web_c\(index)", at: self.venueNow)
            self.snapshot()
            self.announce(index)
            return
        }
        let side: Side = self.random.happens(50) ? .buy : .sell
        let terms = Make.terms(side, "0.777", at: side == .buy ? "50" : "200")
        let name = "web_\(self.venue.entries.count)"
        if case .accepted = self.venue.add(terms, name: name, at: self.venueNow) {
            self.snapshot()
            self.announce(self.venue.entries.count - 1)
        }
    }
}

extension OrderType {
    /// What it is once the price came that it waits for.
    var working: OrderType {
        switch self {
        case .market, .limit, .limitMaker: self
        case .stop: .market
        case .stopLimit(_, let price, let timeInForce): .limit(price, timeInForce)
        }
    }
}
