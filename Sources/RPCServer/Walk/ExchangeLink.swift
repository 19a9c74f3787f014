import Logging
import NIOCore
import TradingCore
import Venues

/// The walk's way to an exchange.
final class ExchangeLink: ExchangeLinking {
    let gate = Gate()
    private let venue: BinanceVenue

    /// - Throws: A ``BinanceConfigurationError``, or why the secret cannot be read.
    init(
        _ settings: Configuration.ExchangeSettings,
        symbols: [Symbol],
        walk: GatewayLoop,
        loop: any EventLoop,
        log: Logger,
        keep: @escaping ([Receipt]) -> Void
    ) throws {
        let id = settings.venue
        self.venue = try BinanceVenue(
            configuration: try settings.binance(quoting: symbols),
            gate: self.gate,
            eventLoop: loop,
            note: { log.info("venue note", metadata: ["venue": "\(id)", "note": "\($0)"]) },
            keep: keep
        ) { [unowned walk] inputs in
            for input in inputs {
                if case .streamLost(let reason) = input {
                    log.warning(
                        "the user stream is lost",
                        metadata: ["venue": "\(id)", "reason": "\(reason)"]
                    )
                }
                walk.receive(.venue(id, input))
            }
        }
    }

    func start() { self.venue.start() }

    func shutdown() -> EventLoopFuture<Void> { self.venue.shutdown() }

    func place(_ placement: consuming DurablePlacement) { self.venue.place(placement) }

    func perform(_ request: VenueRequest) { self.venue.perform(request) }

    func restrain(_ restraint: VenueRestraint) { self.venue.restrain(restraint) }

    func renewStream(reason: String) { self.venue.renewStream(reason: reason) }

    func flush() { self.venue.flush() }

    func close(_ latch: Gate.Latch) { self.gate.close(latch) }

    func open(_ latch: Gate.Latch) { self.gate.open(latch) }
}

/// Builds and signs what would have been sent, and sends nothing.
final class DryRunLink: VenueLink {
    private let venue: DryRunVenue

    init(
        _ settings: Configuration.ExchangeSettings,
        walk: GatewayLoop,
        loop: any EventLoop
    ) throws {
        self.venue = try DryRunVenue(secret: try settings.secretPlace.secret(), eventLoop: loop) {
            [unowned walk] inputs in
            for input in inputs { walk.receive(.venue(.dryRun, input)) }
        }
    }

    func place(_ placement: consuming DurablePlacement) { self.venue.place(placement) }

    func perform(_ request: VenueRequest) { self.venue.perform(request) }

    func flush() { self.venue.flush() }

    // Nobody restrains it, and it has no stream.
    func restrain(_ restraint: VenueRestraint) {}
    func renewStream(reason: String) {}

    // Nothing leaves, so there is nothing to keep from leaving.
    func close(_ latch: Gate.Latch) {}
    func open(_ latch: Gate.Latch) {}
}

extension Configuration.ExchangeSettings {
    /// The public side of the exchange, for whoever needs its prices only.
    func market() throws -> BinanceConfiguration {
        try BinanceConfiguration(
            marketOf: self.venue,
            restURL: self.restURL,
            streamURL: self.streamURL
        )
    }

    /// The venue's own configuration, with the secret read from its place.
    fileprivate func binance(quoting symbols: [Symbol]) throws -> BinanceConfiguration {
        var configuration = try BinanceConfiguration(
            venue: self.venue,
            restURL: self.restURL,
            websocketAPIURL: self.websocketAPIURL,
            streamURL: self.streamURL,
            apiKey: self.apiKey,
            secret: try self.secretPlace.secret()
        )
        configuration.connectionCount = self.connectionCount
        configuration.quotedSymbols = symbols
        return configuration
    }
}
