/// Names one call of a client, so that its answer finds the way back.
package struct RequestToken: Hashable, Sendable {
    package let raw: UInt64

    package init(raw: UInt64) { self.raw = raw }
}

/// What may happen outside only once the batch that decided it is on disk.
///
/// Placements are not among them: they have a type of their own, ``DurablePlacement``.
package enum Effect: Hashable, Sendable {
    /// Answers a client's call.
    case reply(RequestToken, Reply)
    /// Lets placements pass again; closing needs no durability and is an ``ImmediateEffect``.
    case openGate(VenueID)
    /// Lifts the kill switch's own latch from every gate: it was released.
    case liftKillSwitch
    /// Lets the orders pass by which the kill switch closes positions, and no others (K4).
    case letClosingsPass
}

/// What needs no durability: it may leave before, or without, the batch's write (J1, K2).
package enum ImmediateEffect: Hashable, Sendable {
    /// A read or a cancel.
    case request(VenueID, VenueRequest)
    /// No placement byte of the venue is written from now on (K1).
    case closeGate(VenueID)
    /// No placement byte is written to any venue until the kill switch is released (K1).
    case engageKillSwitch
    /// Nor any of those by which it closes positions.
    case stopClosings
    /// Nothing within the restraint's scope is sent before it ends: a process before this one was
    /// asked for patience.
    case restrain(VenueID, VenueRestraint)
    /// The user stream is dead, whatever it says of itself: a new one is opened in its place.
    case renewStream(VenueID, reason: String)
    /// Tells people.
    case alert(Alert)
}
