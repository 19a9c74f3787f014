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

    /// What is rarely there.
    private struct Stops: Hashable, Sendable {
        var circuit: Stop?
        var rejects: Stop?
        var restraint: Stop?
        var shortage: OrderBudget.Shortage?
    }

    private var stops: Shared<Stops>?

    /// The venue does not answer.
    package var circuit: Stop? {
        get { self.stops?.value.circuit }
        set { self.change { $0.circuit = newValue } }
    }

    /// The venue rejects one order after the other.
    package var rejects: Stop? {
        get { self.stops?.value.rejects }
        set { self.change { $0.rejects = newValue } }
    }

    /// The venue asked for patience.
    package var restraint: Stop? {
        get { self.stops?.value.restraint }
        set { self.change { $0.restraint = newValue } }
    }

    /// The venue takes no more orders for now.
    package var shortage: OrderBudget.Shortage? {
        get { self.stops?.value.shortage }
        set { self.change { $0.shortage = newValue } }
    }

    private mutating func change(_ body: (inout Stops) -> Void) {
        var stops = self.stops?.value ?? Stops()
        body(&stops)
        self.stops = stops == Stops() ? nil : Shared(stops)
    }

    /// Nil while the clock was never measured: the session waits for that.
    package var skew: Skew?
    /// How old the best price is; nil where a stream keeps it current.
    package var quoteAgeMilliseconds: Int64?

    package init() {}
}
