import NIOCore
import TradingCore
import Venues

/// What the walk needs of a venue; everything is called on the gateway loop.
protocol VenueLink: AnyObject {
    /// Sends an order; its fate comes back as ``VenueInput/placementAnswered(_:_:)``.
    func place(_ placement: consuming DurablePlacement)

    /// Sends a read or a cancel; the answer comes back as ``VenueInput/answered(_:_:)``.
    func perform(_ request: VenueRequest)

    /// Sends nothing within a restraint's scope before it ends; called before the venue starts.
    func restrain(_ restraint: VenueRestraint)

    /// Opens a new user stream in place of one that is dead, whatever it says of itself.
    func renewStream(reason: String)

    /// Hands over what ``place(_:)`` and ``perform(_:)`` have gathered since the last call.
    func flush()

    /// From now on no placement byte is written that the latch is for (K1).
    func close(_ latch: Gate.Latch)

    /// Lifts one latch; the others stay.
    func open(_ latch: Gate.Latch)
}

/// A link to an exchange, which takes time to begin and to end.
protocol ExchangeLinking: VenueLink {
    /// The last door of its placements (K1).
    var gate: Gate { get }

    func start()

    /// Ends once what is on its way has arrived, or after a while.
    func shutdown() -> EventLoopFuture<Void>
}
