import MarketReplay
import MatchingEngine
import NIOCore
import TradingCore

/// Where the paper venue's prices come from; everything happens on the gateway loop.
protocol PaperMarket: AnyObject {
    /// Begins to tell the venue; called once.
    func start(_ venue: PaperVenue)

    /// Tells nothing more.
    func stop() -> EventLoopFuture<Void>
}

/// A recording in place of a live market.
final class RecordedPaperMarket: PaperMarket {
    private let path: String
    private let symbols: [Symbol]
    private let loop: any EventLoop
    private var player: ReplayPlayer
    private let symbol: Symbol
    private let rules: MarketRules
    private var timer: Scheduled<Void>?

    /// How often what is due is played.
    private static let interval = TimeAmount.milliseconds(5)
    /// How many steps are played at a time at most, so that the loop stays short.
    private static let stepsMax = 2_000

    /// - Throws: A `RecordingError`.
    init(
        path: String,
        speed: ReplaySpeed,
        symbols: [Symbol],
        loop: any EventLoop
    ) throws(RecordingError) {
        let source = try ReplaySource(path: path)
        let name = source.symbol(path: path) ?? symbols.first?.name ?? ""
        guard let rules = MarketRules.standard(for: name) else {
            throw .unlistedSymbol(path: path, symbol: name)
        }
        self.path = path
        self.symbols = symbols
        self.loop = loop
        self.player = try ReplayPlayer(source, speed: speed)
        self.symbol = Symbol(name)
        self.rules = rules
    }

    func start(_ venue: PaperVenue) {
        let source = self.player.source
        venue.marketListed([PaperListing(rules: self.rules) { source.liquidity(market: $0) }])
        if !self.symbols.contains(self.symbol) {
            venue.marketNoted("the recording is of \(self.symbol), which is not among the symbols")
        }
        guard self.player.speed != .step else { return }
        self.schedule(on: venue, since: .now())
    }

    private func schedule(on venue: PaperVenue, since started: NIODeadline) {
        self.timer = self.loop.assumeIsolated().scheduleTask(in: Self.interval) {
            [unowned venue] in
            self.play(for: .now() - started, on: venue)
            guard !self.player.isAtEnd else {
                venue.marketNoted("the recording \(self.path) is at its end; its last book stays")
                return
            }
            self.schedule(on: venue, since: started)
        }
    }

    func stop() -> EventLoopFuture<Void> {
        self.timer?.cancel()
        return self.loop.makeSucceededVoidFuture()
    }

    private func play(for elapsed: TimeAmount, on venue: PaperVenue) {
        var played = 0
        while played < Self.stepsMax, let step = self.player.next(after: elapsed.nanoseconds) {
            self.tell(step, to: venue)
            played += 1
        }
    }

    /// Plays the next lines, as many as there are.
    func advance(lines: Int, on venue: PaperVenue) throws(RecordingError) {
        var remaining = lines
        while remaining > 0, let step = try self.player.next() {
            self.tell(step, to: venue)
            if step.endsLine { remaining -= 1 }
        }
    }

    private func tell(_ step: ReplayStep, to venue: PaperVenue) {
        guard let message = step.message else { return }
        venue.marketSaid(message, of: self.symbol, recorded: step.time)
    }
}

/// The live market of an exchange, by its public streams.
final class LivePaperMarket: PaperMarket {
    private let symbols: [Symbol]
    private let loop: any EventLoop
    private let source: BinanceVenue
    private unowned let owner: Owner
    private var isListed = false
    /// Books that are asked for.
    private var asked: Set<Symbol> = []

    /// Breaks the circle between the market and the source that it owns.
    final class Owner {
        fileprivate weak var venue: PaperVenue?
        fileprivate weak var market: LivePaperMarket?
    }

    private static let retryInterval = TimeAmount.seconds(2)

    /// - Throws: Where the source cannot be used.
    init(
        _ configuration: BinanceConfiguration,
        symbols: [Symbol],
        owner: Owner,
        loop: any EventLoop,
        note: @escaping (String) -> Void
    ) throws {
        var configuration = configuration
        configuration.quotedSymbols = symbols
        self.symbols = symbols
        self.loop = loop
        self.owner = owner
        self.source = try BinanceVenue(
            configuration: configuration,
            gate: Gate(),
            eventLoop: loop,
            note: note
        ) { [unowned owner] inputs in
            for input in inputs { owner.market?.receive(input) }
        }
        owner.market = self
        self.source.readMarket = { [unowned owner] frame in
            owner.market?.read(frame) ?? .taken
        }
    }

    func start(_ venue: PaperVenue) {
        self.owner.venue = venue
        self.source.start()
        self.source.perform(.rules(self.symbols))
    }

    func stop() -> EventLoopFuture<Void> { self.source.shutdown() }

    private func askForBook(of symbol: Symbol) {
        guard self.asked.insert(symbol).inserted else { return }
        self.source.perform(.depth(symbol))
    }

    private func read(_ frame: [UInt8]) -> StreamMessage {
        do throws(MalformedMessage) {
            guard let message = try MarketMessage(frame: frame) else { return .taken }
            let symbol = Symbol(message.symbol)
            let venue = self.owner.venue
            venue?.marketSaid(message.message, of: symbol, recorded: VenueClock.now().wall)
            if venue?.forgetBookWithGap(of: symbol) == true { self.askForBook(of: symbol) }
            return .taken
        } catch {
            return .unreadable(error.reason)
        }
    }

    private func receive(_ input: VenueInput) {
        switch input {
        case .clockMeasured(let sample): self.owner.venue?.marketMeasured(sample)
        case .marketStreamOpened:
            // What was asked for before may be older than the stream.
            self.asked = []
            if self.isListed { for symbol in self.symbols { self.askForBook(of: symbol) } }
        case .marketStreamLost(let reason): self.owner.venue?.marketLost(reason)
        case .answered(.rules, .rules(let rules)): self.list(rules)
        case .answered(.depth(let symbol), .depth(let report)):
            self.asked.remove(symbol)
            self.owner.venue?.marketSaid(
                .snapshot(
                    updateID: report.updateID,
                    bids: report.bids.map(\.recorded),
                    asks: report.asks.map(\.recorded)
                ),
                of: symbol,
                recorded: VenueClock.now().wall
            )
            if self.owner.venue?.forgetBookWithGap(of: symbol) == true {
                self.askForBook(of: symbol)
            }
        case .answered(let request, let answer):
            if case .depth(let symbol) = request { self.asked.remove(symbol) }
            self.retry(request, after: answer)
        default: break
        }
    }

    private func list(_ rules: [SymbolRules]) {
        guard !self.isListed else { return }
        self.isListed = true
        self.owner.venue?.marketListed(
            rules.map { rules in
                PaperListing(rules: MarketRules(symbol: rules)) { number in
                    .streams(RecordedLiquidity(market: number))
                }
            }
        )
        for symbol in rules.map(\.symbol) { self.askForBook(of: symbol) }
    }

    private func retry(_ request: VenueRequest, after answer: VenueAnswer) {
        self.owner.venue?.marketNoted("the market data's venue does not answer: \(answer)")
        self.loop.assumeIsolated().scheduleTask(in: Self.retryInterval) { [weak self] in
            switch request {
            case .rules: self?.source.perform(request)
            case .depth(let symbol): self?.askForBook(of: symbol)
            default: break
            }
        }
    }
}

extension DepthLevel {
    fileprivate var recorded: RecordedLevel {
        RecordedLevel(price: self.price, quantity: self.quantity)
    }
}
