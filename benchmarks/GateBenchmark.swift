import CFloors
import TradingCore

/// How long the risk gate takes to decide on one order, with every limit switched on: everything
/// that it looks at is gathered, and every check is made.
///
/// Naming the order and writing it down are not part of it; they come after the decision.
enum GateBenchmark {
    private static let nanosecondsMax = 1_000
    private static let symbolCount = 100
    private static let openCount = 1_000
    private static let historyCount = 100_000
    private static let decisions = 50_000

    static func run() throws(Fault) {
        print("\none decision of the risk gate, every limit on")
        print("  symbols open orders past orders      p50 ns     p99 ns")
        let small = try Self.measure(symbols: 1, open: 0, history: 0)
        let full = try Self.measure(symbols: Self.symbolCount, open: Self.openCount, history: 0)
        let old = try Self.measure(
            symbols: Self.symbolCount,
            open: Self.openCount,
            history: Self.historyCount
        )
        Self.judge("at most \(Self.nanosecondsMax) ns", full <= Self.nanosecondsMax)
        Self.judge("history adds less than a tenth", Double(old) <= Double(full) * 1.1)
        Self.judge("orders and symbols at most double it", full <= small * 2)
    }

    private static func judge(_ text: String, _ isMet: Bool) {
        print("  \(text): \(isMet ? "pass" : "FAIL")")
    }

    private static func measure(
        symbols: Int,
        open: Int,
        history: Int
    ) throws(Fault) -> Int {
        var desk = GateDesk(symbolCount: symbols)
        try desk.connect()
        for number in 0..<history { try desk.place(number, cancels: true) }
        for number in 0..<open { try desk.place(number, cancels: false) }
        // What was counted in a while is let go, so that an order passes.
        desk.advance(milliseconds: 86_500_000)
        try desk.refresh()
        for number in 0..<1_000 { _ = try desk.decide(number) }
        var samples: [Int] = []
        for number in 0..<Self.decisions { samples.append(try desk.decide(number)) }
        samples.sort()
        let p50 = samples[samples.count / 2]
        let p99 = samples[samples.count * 99 / 100]
        let cells = [symbols, open, history].map { Text.right("\($0)", 11) }
        print("\(cells.joined())\(Text.right("\(p50)", 12))\(Text.right("\(p99)", 11))")
        return p50
    }
}

/// A gateway in memory whose venue takes everything.
private struct GateDesk: ~Copyable {
    private var gateway: Gateway
    private let symbols: [Symbol]
    private var now = Instant(
        monotonic: MonotonicTime(nanoseconds: 5_000_000_000),
        wall: WallTime(milliseconds: 1_700_000_000_000)
    )
    private var token: UInt64 = 0
    private var venueNumber: Int64 = 0
    private var placed: [OrderIntent] = []

    init(symbolCount: Int) {
        self.symbols = (0..<symbolCount).map { number in
            Symbol("S\(String(1_000 + number))USDT")
        }
        self.gateway = Gateway(
            recovered: State(),
            settings: GatewaySettings(
                initialMode: .testnet,
                allowsLiveTrading: false,
                exchanges: [.testnet],
                marketVenue: .testnet,
                limits: Self.limits(self.symbols)
            )
        )
    }

    private static func limits(_ symbols: [Symbol]) -> RiskLimits {
        var limits = RiskLimits(
            allowedSymbols: symbols,
            orderNotionalMax: Amount(raw: 1_000_000 * 100_000_000),
            openOrdersMax: 10_000
        )
        let much = Amount(raw: 1_000_000_000_000 * 100_000_000)
        limits.positionNotionalMax = much
        limits.exposureNotionalMax = much
        limits.positionShareMillionths = 900_000
        limits.exposureShareMillionths = 900_000
        limits.openPositionsMax = 1_000
        limits.cashShareMillionths = 10_000
        limits.duplicateMilliseconds = 1_000
        limits.ordersPerDayMax = 1_000_000
        limits.priceCollarMillionths = 500_000
        limits.orderRateMax = 10_000
        limits.loss.dailyLossMax = much
        limits.loss.drawdownMillionths = 900_000
        limits.loss.failuresMax = 100
        limits.loss.slippageMillionths = 500_000
        var grid = StrategyLimits()
        grid.orderNotionalMax = much
        grid.orderRateMax = 10_000
        limits.byStrategy = ["grid": grid]
        for symbol in symbols {
            var ofSymbol = SymbolLimits()
            ofSymbol.positionNotionalMax = much
            ofSymbol.priceCollarMillionths = 400_000
            limits.bySymbol[symbol] = ofSymbol
        }
        return limits
    }

    // MARK: The venue

    mutating func connect() throws(Fault) {
        var batch = OpenBatch(at: self.now)
        self.gateway.start(prefix: "pppppppp", epoch: "eeeeeeee", version: "1", into: &batch)
        self.finish(batch)
        self.tell(.streamOpened)
        self.tell(.answered(.rules(self.symbols), .rules(self.symbols.map(Self.rules))))
        self.tell(
            .orderLimitsReported([
                RateLimit(.orders, intervalMilliseconds: 10_000, countMax: 100_000_000)
            ])
        )
        self.tell(.answered(.orderCounts, .orderCounts([])))
        let read = ReadID(raw: .max)
        let balances = [Asset("USDT")].map { asset in
            BalanceReport(
                asset: asset,
                free: Amount(raw: 100_000_000 * 100_000_000),
                locked: .zero
            )
        }
        let account = AccountReport(accountID: 1, canTrade: true, balances: balances)
        self.tell(.answered(.account(read), .account(account)))
        self.tell(.answered(.openOrders(read), .orders([])))
        try self.refresh()
    }

    /// The venue's time and prices as of now.
    mutating func refresh() throws(Fault) {
        self.tell(
            .clockMeasured(
                ClockSample(offsetMilliseconds: 0, roundTripMilliseconds: 1, at: self.now)
            )
        )
        self.tell(.marketStreamOpened)
        for symbol in self.symbols {
            self.tell(.quoted(symbol, Quote(bid: Self.price(99), ask: Self.price(101))))
        }
        self.advance(milliseconds: 1)
    }

    mutating func advance(milliseconds: Int64) {
        self.now = Instant(
            monotonic: self.now.monotonic.adding(milliseconds: milliseconds),
            wall: self.now.wall.adding(milliseconds: milliseconds)
        )
    }

    private static func price(_ whole: Int64) -> Price { Price(raw: whole * 100_000_000) }

    private static func rules(_ symbol: Symbol) -> SymbolRules {
        var rules = SymbolRules(
            symbol: symbol,
            baseAsset: Asset(String(symbol.name.prefix(5))),
            quoteAsset: Asset("USDT")
        )
        rules.tickSize = Price(raw: 1_000_000)
        rules.stepSize = Quantity(raw: 1_000)
        rules.quantityMax = Quantity(raw: 9_000 * 100_000_000)
        rules.openOrdersMax = 200
        return rules
    }

    private mutating func tell(_ message: VenueInput) { self.turn(.venue(.testnet, message)) }

    private mutating func turn(_ input: Input) {
        var batch = OpenBatch(at: self.now)
        self.gateway.decide(input, fetched: Fetched(), into: &batch)
        self.finish(batch)
    }

    private mutating func finish(_ batch: consuming OpenBatch) {
        _ = batch.takeImmediateEffects()
        let durable = batch.persisted { _ in }
        var placed: [OrderIntent] = []
        durable.release(place: { placed.append($0.intent) }, perform: { _ in })
        self.placed += placed
    }

    // MARK: Orders

    private func wish(_ number: Int, quantity: Int64) -> OrderRequest {
        OrderRequest(
            terms: OrderTerms(
                symbol: self.symbols[number % self.symbols.count],
                side: .buy,
                type: .limit(Self.price(100), .goodTillCanceled),
                quantity: Quantity(raw: quantity * 1_000)
            ),
            principal: Principal("alice"),
            strategy: "grid"
        )
    }

    /// Places an order, and cancels it where it is to be history.
    mutating func place(_ number: Int, cancels: Bool) throws(Fault) {
        self.advance(milliseconds: 2)
        self.token += 1
        let wish = self.wish(number, quantity: 100 + Int64(number % 7))
        self.turn(.request(RequestToken(raw: self.token), .placeOrder(wish), deadline: nil))
        guard let intent = self.placed.popLast() else {
            let refusal = self.gateway.refusal(of: wish, at: self.now)
            throw Fault("the gate benchmark's order was refused: \(refusal?.message ?? "?")")
        }
        self.venueNumber += 1
        let open = self.report(intent, .new)
        self.tell(.placementAnswered(intent.orderID, .accepted(open)))
        if cancels { self.tell(.orderReported(self.report(intent, .canceled))) }
    }

    private func report(_ intent: OrderIntent, _ status: VenueOrderStatus) -> OrderReport {
        OrderReport(
            symbol: intent.terms.symbol,
            venueOrderID: VenueOrderID(raw: self.venueNumber),
            ownerID: intent.clientOrderID.text,
            side: intent.terms.side,
            quantity: intent.terms.quantity,
            price: Self.price(100),
            status: status,
            executedQuantity: .zero,
            trades: [],
            time: self.now.wall,
            reason: ""
        )
    }

    /// One decision, in nanoseconds.
    mutating func decide(_ number: Int) throws(Fault) -> Int {
        let wish = self.wish(number, quantity: 200)
        let start = floors_nanoseconds()
        let refusal = self.gateway.refusal(of: wish, at: self.now)
        let end = floors_nanoseconds()
        if let refusal { throw Fault("the gate benchmark's order was refused: \(refusal.message)") }
        return Int(end - start)
    }
}
