/// Which sessions of cancel-on-disconnect a client keeps up, and whether a connection stands for
/// them; a pure value.
///
/// The last one that was named is that of the orders placed from then on, so they are named again
/// in that order.
struct SessionDuties {
    /// One session.
    struct Duty: Hashable, Sendable {
        var session: String
        var graceMilliseconds: UInt32
    }

    private(set) var duties: [Duty] = []
    /// The connection over which all of them were named.
    private var covered: ObjectIdentifier?

    /// What must be named over a connection before orders are placed over it.
    func missing(over connection: ObjectIdentifier) -> [Duty] {
        self.covered == connection ? [] : self.duties
    }

    /// The caller named a session over a connection, or ended it where there is no grace time.
    mutating func note(
        _ session: String,
        graceMilliseconds: UInt32?,
        over connection: ObjectIdentifier?
    ) {
        let isCovered = self.duties.isEmpty || self.covered == connection
        self.duties.removeAll { $0.session == session }
        if let graceMilliseconds {
            self.duties.append(Duty(session: session, graceMilliseconds: graceMilliseconds))
        }
        self.covered = isCovered ? connection : nil
    }

    /// Sessions were named again; it counts if they are all there are by now.
    mutating func noteRenewal(of duties: [Duty], over connection: ObjectIdentifier) {
        if duties == self.duties { self.covered = connection }
    }

    /// A connection is gone.
    mutating func forget(_ connection: ObjectIdentifier) {
        if self.covered == connection { self.covered = nil }
    }
}
