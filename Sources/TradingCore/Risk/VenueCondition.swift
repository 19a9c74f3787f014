/// Whether a venue can be traded with now, apart from its session: what keeps new orders back for
/// a while, and how well its clock and its prices are known.
package struct VenueCondition: Hashable, Sendable {
    /// Something that keeps new orders back until a time.
    package struct Stop: Hashable, Sendable {
        package var reason: String
        package var waitMilliseconds: Int64

        package init(reason: String, waitMilliseconds: Int64) {
            self.reason = reason
            self.waitMilliseconds = waitMilliseconds
        }
    }

    /// The venue's clock less ours.
    package struct Skew: Hashable, Sendable {
        package var milliseconds: Int64
        package var uncertaintyMilliseconds: Int64

        package init(milliseconds: Int64, uncertaintyMilliseconds: Int64) {
            self.milliseconds = milliseconds
            self.uncertaintyMilliseconds = uncertaintyMilliseconds
        }
    }

    package var circuit: Stop?
    package var rejects: Stop?
    package var restraint: Stop?
    package var shortage: OrderBudget.Shortage?
    /// Nil while the clock was never measured: the session waits for that.
    package var skew: Skew?
    /// How old the best price is; nil where a stream keeps it current.
    package var quoteAgeMilliseconds: Int64?

    package init() {}
}
