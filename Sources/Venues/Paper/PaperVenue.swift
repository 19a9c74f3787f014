package import MarketReplay
import MatchingEngine
package import NIOCore
package import TradingCore

/// How the paper venue is set up.
package struct PaperConfiguration: Sendable {
    /// Where its prices come from.
    package enum Source: Sendable {
        /// The public side of an exchange.
        case live(BinanceConfiguration)
        /// A file of recorded streams, or a CSV file of trades or quotes.
        case recording(path: String, speed: ReplaySpeed)
    }

    package var source: Source
    package var symbols: [Symbol]
    /// The file of the account.
    package var bookPath: String
    /// What a new account holds.
    package var opening: [Asset: Amount]
    package var terms = PaperTerms()
    package var latency = PaperLatency()

    package init(
        source: Source,
        symbols: [Symbol],
        bookPath: String,
        opening: [Asset: Amount]
    ) {
        self.source = source
        self.symbols = symbols
        self.bookPath = bookPath
        self.opening = opening
    }
}

/// A market of the paper venue, before it is opened.
struct PaperListing {
    let rules: MarketRules
    /// Makes what turns messages into liquidity, for a market of the engine.
    let liquidity: (Int) -> ReplayLiquidity
}

/// The exchange inside of the process: says and hears what ``BinanceVenue`` does.
///
/// Everything happens on the gateway loop. What the account's orders did is on disk before it is
/// told, as an exchange remembers what it told.
package final class PaperVenue {
    private enum Job {
        case place(OrderIntent)
        case answer(VenueRequest)
    }

    private let gate: Gate
    private let loop: any EventLoop
    private let note: (String) -> Void
    private let deliver: ([VenueInput]) -> Void
    private let terms: PaperTerms
    private let market: any PaperMarket
    private let marketOwner = LivePaperMarket.Owner()
    /// Nil where the account cannot be read.
    private let log: PaperLog?
    private var exchange: PaperExchange
    private var outward: PaperDelay<Job>?
    private var homeward: PaperDelay<VenueInput>?
    private var placements: [OrderIntent] = []
    private var passed: Set<OrderID> = []
    private var clock = ClockEstimate()
    /// Whether the gateway was told that everything is open.
    private var isOpen = false
    /// Why nothing is taken any more.
    private var failure: PaperLogError?

    /// - Parameters:
    ///   - configuration: Which market, and on what terms.
    ///   - gate: The last door of every placement (K1); it starts closed.
    ///   - eventLoop: The gateway loop.
    ///   - note: Takes what only people may want to know.
    ///   - deliver: Takes what the venue says, in order, on the loop.
    /// - Throws: A `RecordingError`, or why the market cannot be reached.
    package init(
        _ configuration: PaperConfiguration,
        gate: Gate,
        eventLoop: any EventLoop,
        note: @escaping (String) -> Void,
        deliver: @escaping ([VenueInput]) -> Void
    ) throws {
        self.gate = gate
        self.loop = eventLoop
        self.note = note
        self.deliver = deliver
        self.terms = configuration.terms
        var book = PaperBook(accountID: 0)
        do throws(PaperLogError) {
            let (log, found) = try PaperLog.open(
                path: configuration.bookPath,
                opening: configuration.opening,
                accountID: Int64.random(in: 1...Int64(Int32.max))
            )
            self.log = log
            book = found
        } catch {
            // The other modes do not suffer from it (E6).
            self.log = nil
            self.failure = error
        }
        // Until the market is listed its orders can be cancelled and asked for.
        self.exchange = PaperExchange(book, markets: [], terms: configuration.terms)
        switch configuration.source {
        case .recording(let path, let speed):
            self.market = try RecordedPaperMarket(
                path: path,
                speed: speed,
                symbols: configuration.symbols,
                loop: eventLoop
            )
        case .live(let source):
            let held = book.pages.filter { !$0.value.open.isEmpty }.map(\.key).sorted()
            let symbols = configuration.symbols
            self.market = try LivePaperMarket(
                source,
                symbols: symbols + held.filter { !symbols.contains($0) },
                owner: self.marketOwner,
                loop: eventLoop,
                note: note
            )
        }
        self.outward = PaperDelay(configuration.latency, salt: 1, loop: eventLoop) {
            [unowned self] jobs in self.take(jobs)
        }
        self.homeward = PaperDelay(configuration.latency, salt: 2, loop: eventLoop) {
            [unowned self] inputs in self.handOver(inputs)
        }
    }

    /// Begins to follow the market; an account that cannot be read stays closed.
    package func start() {
        if let failure = self.failure {
            self.homeward?.put(.streamLost("\(failure)"))
        } else {
            self.market.start(self)
        }
    }

    /// Takes an order that is on disk; its fate comes back as
    /// ``VenueInput/placementAnswered(_:_:)``.
    package func place(_ placement: consuming DurablePlacement) {
        self.placements.append(placement.intent)
    }

    /// Takes a read, a cancel or an amendment.
    package func perform(_ request: VenueRequest) { self.outward?.put(.answer(request)) }

    /// Lets the placements of a batch through the gate, as far as it is open.
    package func flush() {
        let intents = self.placements
        self.placements.removeAll(keepingCapacity: true)
        for intent in intents {
            if self.gate.enter(intent.orderID, for: intent.purpose) {
                self.passed.insert(intent.orderID)
                self.outward?.put(.place(intent))
            } else {
                self.homeward?.put(.placementAnswered(intent.orderID, .notSent(.gateClosed)))
            }
        }
        self.gate.wire.noteAllWritten()
    }

    /// Tells the gateway to look again at all that it may have missed.
    package func renewStream(reason: String) {
        self.note("the gateway begins anew: \(reason)")
        if self.isOpen { self.homeward?.put(.streamOpened) }
    }

    /// Does what is on its way, and ends.
    package func shutdown() -> EventLoopFuture<Void> {
        self.gate.close()
        self.outward?.flush()
        self.homeward?.flush()
        return self.market.stop()
    }

    /// Plays lines of a recording that moves only when told to.
    package func advance(lines: Int) throws(RecordingError) {
        guard let market = self.market as? RecordedPaperMarket else {
            fatalError("invariant broken: a live market moves by itself")
        }
        try market.advance(lines: lines, on: self)
    }

    // MARK: The market

    func marketListed(_ listings: [PaperListing]) {
        self.exchange = PaperExchange(self.exchange.book, markets: listings, terms: self.terms)
        self.finishStep()
    }

    func marketSaid(_ message: RecordedMessage, of symbol: Symbol, recorded: WallTime) {
        self.exchange.follow(message, of: symbol, recorded: recorded, at: self.now)
        self.finishStep()
    }

    /// Gives a live book up whose stream left something out; false where it did not.
    func forgetBookWithGap(of symbol: Symbol) -> Bool {
        guard self.exchange.hasGap(symbol) else { return false }
        self.note("the stream of \(symbol) lacks updates; its book is read anew")
        self.exchange.forget(symbol)
        self.finishStep()
        return true
    }

    func marketLost(_ reason: String) {
        self.exchange.forgetAll()
        self.finishStep(reason: "the market stream is lost: \(reason)")
    }

    func marketMeasured(_ sample: ClockSample) {
        self.clock.take(sample)
        self.homeward?.put(.clockMeasured(sample))
    }

    func marketNoted(_ text: String) { self.note(text) }

    // MARK: Steps

    /// The venue's time: the market's where it has one, else our own.
    private var now: WallTime { self.clock.venueTime(at: VenueClock.now()) }

    private func take(_ jobs: [Job]) {
        var answers: [VenueInput] = []
        for job in jobs {
            switch job {
            case .place(let intent):
                let outcome = self.failure.map { PlacementOutcome.unknown("\($0)") }
                answers.append(
                    .placementAnswered(
                        intent.orderID,
                        outcome ?? self.exchange.place(intent, at: self.now)
                    )
                )
            case .answer(let request):
                if case .time = request { answers.append(.clockMeasured(self.ownSample)) }
                let failure = self.failure.map { VenueAnswer.failed("\($0)") }
                answers.append(
                    .answered(request, failure ?? self.exchange.answer(request, at: self.now))
                )
            }
        }
        self.finishStep(answers)
    }

    private var ownSample: ClockSample {
        let now = VenueClock.now()
        return ClockSample(
            venueTime: self.clock.venueTime(at: now),
            sentAt: now.monotonic,
            receivedAt: now
        )
    }

    /// Writes what changed, then lets everything be told that follows from it.
    private func finishStep(_ answers: [VenueInput] = [], reason: String = "its book is read") {
        let step = self.exchange.takeStep()
        guard self.failure == nil else {
            for answer in answers { self.homeward?.put(answer) }
            return
        }
        if !step.change.isEmpty {
            do throws(PaperLogError) {
                try self.log?.append(step.change)
            } catch {
                self.fail(error, answers)
                return
            }
        }
        self.tellWhetherOpen(reason)
        for report in step.reports + answers { self.homeward?.put(report) }
    }

    private func tellWhetherOpen(_ reason: String) {
        guard self.exchange.isOpen != self.isOpen else { return }
        self.isOpen.toggle()
        if self.isOpen {
            self.homeward?.put(.clockMeasured(self.ownSample))
            self.homeward?.put(.marketStreamOpened)
            self.homeward?.put(.streamOpened)
        } else {
            self.homeward?.put(.marketStreamLost(reason))
            self.homeward?.put(.streamLost(reason))
        }
    }

    /// What is not on disk is not told: it may be gone after the next start.
    private func fail(_ error: PaperLogError, _ answers: [VenueInput]) {
        self.failure = error
        self.note("\(error)")
        for answer in answers {
            switch answer {
            case .placementAnswered(let orderID, _):
                self.homeward?.put(.placementAnswered(orderID, .unknown("\(error)")))
            case .answered(let request, _):
                self.homeward?.put(.answered(request, .failed("\(error)")))
            default: continue
            }
        }
        self.homeward?.put(.streamLost("\(error)"))
    }

    private func handOver(_ inputs: [VenueInput]) {
        for case .placementAnswered(let orderID, _) in inputs
        where self.passed.remove(orderID) != nil {
            self.gate.leave(orderID)
        }
        self.deliver(inputs)
    }
}
