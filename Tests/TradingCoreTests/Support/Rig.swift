@testable import TradingCore

/// What one turn of the loop let out.
struct Turn {
    var immediate: [ImmediateEffect] = []
    var placements: [OrderIntent] = []
    var effects: [Effect] = []
    var events: [Event] = []
    var needsSync = false

    var replies: [Reply] {
        self.effects.compactMap { effect in
            if case .reply(_, let reply) = effect { reply } else { nil }
        }
    }

    var requests: [VenueRequest] {
        self.immediate.compactMap { effect in
            if case .request(_, let request) = effect { request } else { nil }
        }
    }

    var alerts: [Alert.Kind] {
        self.immediate.compactMap { effect in
            if case .alert(let alert) = effect { alert.kind } else { nil }
        }
    }

    var opensGate: Bool { self.effects.contains { if case .openGate = $0 { true } else { false } } }

    var closesGate: Bool {
        self.immediate.contains { if case .closeGate = $0 { true } else { false } }
    }

    var engagesKillSwitch: Bool { self.immediate.contains(.engageKillSwitch) }

    var liftsKillSwitch: Bool { self.effects.contains(.liftKillSwitch) }

    /// The one order that was answered.
    var order: Order? {
        self.replies.lazy.compactMap(\.order).first
    }

    var refusal: Refusal? {
        for case .refused(let refusal) in self.replies { return refusal }
        return nil
    }
}

extension VenueRequest {
    var isOpenOrders: Bool { if case .openOrders = self { true } else { false } }
}

/// Where a process can end within a turn.
enum CrashPoint: CaseIterable {
    case beforeImmediate
    case beforeWrite
    case beforeRelease
}

/// A gateway with a journal in memory: the loop's receive, fetch, decide, persist, release.
final class Rig {
    var gateway: Gateway
    let journal = MemoryJournal()
    let settings: GatewaySettings
    static let begin = Instant(
        monotonic: MonotonicTime(nanoseconds: 5_000_000_000),
        wall: WallTime(milliseconds: 1_700_000_000_000)
    )
    var now = Rig.begin
    /// What the venue lists when it is connected to.
    var orderLimits = Make.wideLimits
    private var epochs = 0
    private var tokens: UInt64 = 0

    init(_ settings: GatewaySettings = Make.settings()) {
        self.settings = settings
        self.gateway = Gateway(recovered: State(), settings: settings)
    }

    /// Begins a process on whatever the journal holds.
    @discardableResult
    func start() -> Turn {
        self.gateway = Gateway(recovered: self.journal.fold(), settings: self.settings)
        self.epochs += 1
        let epoch = "e" + String(String(10_000_000 + self.epochs).dropFirst())
        var batch = OpenBatch(at: self.now)
        self.gateway.start(prefix: Make.prefix, epoch: epoch, version: "test", into: &batch)
        return self.finish(batch)
    }

    @discardableResult
    func turn(
        _ inputs: [Input],
        fetched given: Fetched? = nil,
        crash: CrashPoint? = nil
    ) -> Turn {
        var batch = OpenBatch(at: self.now)
        for input in inputs {
            let fetched = given ?? self.journal.fetch(self.gateway.needs(of: input))
            self.gateway.decide(input, fetched: fetched, into: &batch)
        }
        return self.finish(batch, crash: crash)
    }

    @discardableResult
    func turn(_ input: Input) -> Turn { self.turn([input]) }

    private func finish(_ batch: consuming OpenBatch, crash: CrashPoint? = nil) -> Turn {
        self.checkBooks()
        var turn = Turn()
        if crash == .beforeImmediate { return turn }
        turn.immediate = batch.takeImmediateEffects()
        if crash == .beforeWrite { return turn }
        turn.events = batch.events
        turn.needsSync = batch.needsSync
        let record = MemoryJournal.Record(
            wall: batch.instant.wall,
            events: batch.events,
            closed: batch.closedOrders
        )
        let isSynced = batch.needsSync
        let durable = batch.persisted { _ in
            self.journal.append(record, isSynced: isSynced)
        }
        if crash == .beforeRelease { return turn }
        var placements: [OrderIntent] = []
        var effects: [Effect] = []
        durable.release(
            place: { placements.append($0.intent) },
            perform: { effects.append($0) }
        )
        turn.placements = placements
        turn.effects = effects
        return turn
    }

    // MARK: Shorthands

    func token() -> RequestToken {
        self.tokens += 1
        return RequestToken(raw: self.tokens)
    }

    func advance(milliseconds: Int64) {
        self.now = Instant(
            monotonic: self.now.monotonic.adding(milliseconds: milliseconds),
            wall: self.now.wall.adding(milliseconds: milliseconds)
        )
    }

    @discardableResult
    func ask(
        _ request: Request,
        deadline: MonotonicTime? = nil,
        fetched: Fetched? = nil
    ) -> Turn {
        self.turn([.request(self.token(), request, deadline: deadline)], fetched: fetched)
    }

    @discardableResult
    func tell(_ message: VenueInput, from venue: VenueID = .testnet) -> Turn {
        self.turn(.venue(venue, message))
    }

    @discardableResult
    func place(
        _ terms: OrderTerms = Make.terms(),
        key: String? = nil,
        deadline: MonotonicTime? = nil
    ) -> Turn {
        self.ask(.placeOrder(Make.wish(terms, key: key)), deadline: deadline)
    }

    /// A placed order that the venue has taken.
    func openOrder(
        _ terms: OrderTerms = Make.terms(),
        key: String? = nil,
        venue number: Int64 = 1_000
    ) -> OrderIntent {
        let intent = self.submitted(terms, key: key)
        self.tell(.placementAnswered(intent.orderID, .accepted(Make.report(intent, venue: number))))
        return intent
    }

    /// A placed order whose answer was lost.
    func unknownOrder(_ terms: OrderTerms = Make.terms(), key: String? = nil) -> OrderIntent {
        let intent = self.submitted(terms, key: key)
        self.tell(.placementAnswered(intent.orderID, .unknown("timeout")))
        return intent
    }

    func submitted(_ terms: OrderTerms = Make.terms(), key: String? = nil) -> OrderIntent {
        let turn = self.place(terms, key: key)
        guard let intent = turn.placements.first else {
            fatalError("not placed: \(turn.replies)")
        }
        return intent
    }

    func state(of intent: OrderIntent) -> Order? {
        self.gateway.state.orders[intent.orderID]
            ?? self.gateway.recent[intent.orderID] ?? self.journal.closedOrder(intent.orderID)
    }

    /// Answers everything that a reconciliation asks, with nothing open at the venue.
    @discardableResult
    func connect(
        _ account: AccountReport = Make.account(),
        open: [OrderReport] = [],
        history: [OrderReport]? = nil,
        venue: VenueID = .testnet
    ) -> Turn {
        self.tell(.streamOpened, from: venue)
        self.answerHistory(history ?? open, venue: venue)
        self.tell(.clockMeasured(offsetMilliseconds: 0, roundTripMilliseconds: 1), from: venue)
        let symbols = self.settings.limits.allowedSymbols
        self.tell(
            .answered(.rules(symbols), .rules(symbols.map { Make.rules($0) })),
            from: venue
        )
        self.tell(.orderLimitsReported(self.orderLimits), from: venue)
        self.tell(.answered(.orderCounts, .orderCounts([])), from: venue)
        self.tell(.answered(.account(Make.read), .account(account)), from: venue)
        let turn = self.tell(.answered(.openOrders(Make.read), .orders(open)), from: venue)
        self.tell(.marketStreamOpened, from: venue)
        self.tell(
            .quoted(Make.bitcoin, Quote(bid: Make.price("99"), ask: Make.price("101"))),
            from: venue
        )
        return turn
    }

    /// Answers what a start asks of the orders since the journal's last one.
    @discardableResult
    func answerHistory(_ reports: [OrderReport], venue: VenueID = .testnet) -> Turn {
        var turn = Turn()
        guard let history = self.gateway.sessions[venue]?.history else { return turn }
        for symbol in history.unread.sorted() {
            let request = VenueRequest.allOrders(symbol, since: history.since)
            let ofSymbol = reports.filter { $0.symbol == symbol }
            turn = self.tell(.answered(request, .orders(ofSymbol)), from: venue)
        }
        return turn
    }

    /// A rig that takes orders.
    static func ready(_ settings: GatewaySettings = Make.settings()) -> Rig {
        let rig = Rig(settings)
        rig.start()
        for venue in settings.exchanges { rig.connect(venue: venue) }
        return rig
    }
}
