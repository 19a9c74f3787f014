import Logging
import NIOCore
import TradingCore
import Venues

/// The walk's way to the exchange inside of the process.
final class PaperLink: ExchangeLinking {
    let gate = Gate()
    private let venue: PaperVenue

    /// - Throws: Why the account or the market cannot be used.
    init(
        _ configuration: PaperConfiguration,
        walk: GatewayLoop,
        loop: any EventLoop,
        log: Logger
    ) throws {
        self.venue = try PaperVenue(
            configuration,
            gate: self.gate,
            eventLoop: loop,
            note: { log.info("venue note", metadata: ["venue": "paper", "note": "\($0)"]) }
        ) { [unowned walk] inputs in
            for input in inputs {
                if case .streamLost(let reason) = input {
                    log.warning("the paper market is closed", metadata: ["reason": "\(reason)"])
                }
                walk.receive(.venue(.paper, input))
            }
        }
    }

    func start() { self.venue.start() }

    func shutdown() -> EventLoopFuture<Void> { self.venue.shutdown() }

    func place(_ placement: consuming DurablePlacement) { self.venue.place(placement) }

    func perform(_ request: VenueRequest) { self.venue.perform(request) }

    // Nobody restrains it.
    func restrain(_ restraint: VenueRestraint) {}

    func renewStream(reason: String) { self.venue.renewStream(reason: reason) }

    func flush() { self.venue.flush() }

    func close(_ latch: Gate.Latch) { self.gate.close(latch) }

    func open(_ latch: Gate.Latch) { self.gate.open(latch) }

    /// Plays lines of a recording that moves only when told to.
    func advance(lines: Int) throws { try self.venue.advance(lines: lines) }
}
