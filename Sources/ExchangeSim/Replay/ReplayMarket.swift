import MarketReplay
import MatchingEngine
import NIOCore
import TradingCore

/// A market that follows a recording.
final class ReplayMarket: LiquiditySource {
    private var player: ReplayPlayer
    private let path: String
    private let listing: Listing
    private var liquidity: ReplayLiquidity
    private var started: NIODeadline?

    /// How many steps are played at a time at most, so that the loop stays short.
    private static let stepsMax = 2_000

    init(
        _ source: ReplaySource,
        path: String,
        _ listing: Listing,
        speed: ReplaySpeed
    ) throws(RecordingError) {
        self.player = try ReplayPlayer(source, speed: speed)
        self.path = path
        self.listing = listing
        self.liquidity = source.liquidity(market: listing.market)
    }

    var speed: ReplaySpeed { self.player.speed }
    /// How many lines were played.
    var line: Int { self.player.line }
    /// The receive time of the last line played, or of the first line before that.
    var time: WallTime { self.player.time }
    var intervalMilliseconds: Int64? { self.speed == .step ? nil : 5 }
    var isAtEnd: Bool { self.player.isAtEnd }
    var isSynchronized: Bool { self.liquidity.isSynchronized }
    var gaps: Int { self.liquidity.gaps }

    /// Plays what is due by now.
    func step(_ exchange: Exchange) {
        let now = NIODeadline.now()
        let started = self.started ?? now
        self.started = started
        let elapsed = (now - started).nanoseconds
        var played = 0
        while played < Self.stepsMax, let next = self.player.next(after: elapsed) {
            self.play(next, exchange)
            played += 1
        }
    }

    /// Plays the next lines, as many as there are.
    func advance(lines: Int64, _ exchange: Exchange) throws(RecordingError) {
        var remaining = lines
        while remaining > 0, let next = try self.player.next() {
            self.play(next, exchange)
            if next.endsLine { remaining -= 1 }
        }
        exchange.flushDepth(isFast: true)
        exchange.flushDepth(isFast: false)
    }

    func didTrade(_ exchange: Exchange, _ listing: Listing) {}

    private func play(_ step: ReplayStep, _ exchange: Exchange) {
        exchange.clock.move(to: step.time)
        guard let message = step.message else { return }
        let now = exchange.now
        self.liquidity.apply(message, to: &exchange.engine, recorded: step.time, at: now)
        exchange.commit(self.listing, at: now)
    }

    func writeStatus(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("file", self.path)
        writer.field("symbol", self.listing.name)
        switch self.speed {
        case .real: writer.field("speed", "real")
        case .fast(let factor): writer.field("speed", "fast:\(factor)")
        case .step: writer.field("speed", "step")
        }
        writer.field("line", Int64(self.line))
        writer.field("lines", Int64(self.player.source.lineCount))
        writer.field("time", self.time.nanoseconds)
        writer.field("end", self.isAtEnd)
        writer.field("synchronized", self.isSynchronized)
        writer.field("gaps", Int64(self.gaps))
        writer.endObject()
    }
}

extension Exchange {
    /// Brings liquidity: the recording where one is given, else the seeded market.
    func openMarkets() throws {
        guard let path = self.configuration.replayPath else {
            let market = SeededMarket(
                self.configuration.symbols,
                self.listings,
                seed: self.configuration.seed,
                intervalMilliseconds: self.configuration.marketIntervalMilliseconds
            )
            market.open(self)
            self.liquidity = market
            return
        }
        let source = try ReplaySource(path: path)
        let symbol = source.symbol(path: path)
        guard
            let listing = self.listings.first(where: { symbol == nil || $0.name == symbol })
        else { throw RecordingError.unlistedSymbol(path: path, symbol: symbol ?? "") }
        let replay = try ReplayMarket(
            source,
            path: path,
            listing,
            speed: self.configuration.replaySpeed
        )
        if self.configuration.isClockRecorded { self.clock = .virtual(replay.time) }
        self.liquidity = replay
    }

    /// `GET /sim/replay` and `POST /sim/replay/advance?lines=N`.
    func controlReplay(
        advances: Bool,
        _ parameters: inout Parameters,
        _ writer: inout JSONWriter
    ) throws {
        guard let replay = self.liquidity as? ReplayMarket else {
            throw ControlError(message: "nothing is being replayed; start with --replay")
        }
        guard advances else { return replay.writeStatus(to: &writer) }
        guard replay.speed == .step else {
            throw ControlError(message: "this replay moves by itself; use --replay-speed step")
        }
        guard let lines = try parameters.integer("lines"), lines >= 0 else {
            throw ControlError(message: "lines is missing")
        }
        try replay.advance(lines: lines, self)
        writer.beginObject()
        writer.field("line", Int64(replay.line))
        writer.field("time", replay.time.nanoseconds)
        writer.field("end", replay.isAtEnd)
        writer.endObject()
    }
}
