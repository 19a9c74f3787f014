/// What a venue asked us not to send, and until when (429, 418, 403).
package struct VenueRestraint: Hashable, Sendable {
    /// What it is about; a wider scope has the larger number.
    package enum Scope: UInt8, Hashable, Sendable, CaseIterable, Comparable {
        /// New orders.
        case placements = 1
        case allButCancels = 2
        /// A ban of the address: whatever is sent makes it longer, cancels too.
        case everything = 3

        package static func < (left: Scope, right: Scope) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// By our wall clock.
    package var until: WallTime
    package var scope: Scope
    package var reason: String

    package init(until: WallTime, scope: Scope, reason: String) {
        self.until = until
        self.scope = scope
        self.reason = reason
    }

    /// This one and an earlier one as one, on the side of caution.
    ///
    /// - Parameters:
    ///   - earlier: What was asked before.
    ///   - now: The time; what is over by then is forgotten.
    /// - Returns: The wider scope until the later end.
    package func merged(with earlier: VenueRestraint?, at now: WallTime) -> VenueRestraint {
        guard let earlier, now < earlier.until else { return self }
        var merged = self
        merged.scope = max(self.scope, earlier.scope)
        if earlier.until > self.until {
            merged.until = earlier.until
            merged.reason = earlier.reason
        }
        return merged
    }
}
