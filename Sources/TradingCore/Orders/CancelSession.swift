/// A caller's own name for connections that belong together.
package struct SessionName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var principal: Principal
    package var text: String

    package init(_ text: String, of principal: Principal) {
        self.principal = principal
        self.text = text
    }

    package static func < (left: SessionName, right: SessionName) -> Bool {
        (left.principal.name, left.text) < (right.principal.name, right.text)
    }

    package var description: String { "\(self.text) of \(self.principal)" }
}

/// A duty: the orders that were placed over a session's connections are cancelled once none of
/// them is left and none has come for the grace time.
package struct CancelSession: Hashable, Sendable {
    package var name: SessionName
    package var graceMilliseconds: Int64
    package var openedAt: WallTime

    package init(name: SessionName, graceMilliseconds: Int64, openedAt: WallTime) {
        self.name = name
        self.graceMilliseconds = graceMilliseconds
        self.openedAt = openedAt
    }

    /// How many there can be.
    package static let countMax = 1_024
    package static let graceMillisecondsMax: Int64 = 600_000
}

/// Why there is no duty any more.
package enum SessionEnd: UInt8, Hashable, Sendable, CaseIterable {
    /// Its connections were lost: the orders are cancelled.
    case lost = 1
    /// The caller ended it: the orders stay.
    case released = 2

    package var name: String {
        switch self {
        case .lost: "lost"
        case .released: "released"
        }
    }
}

/// What a caller wants of a session.
package struct SessionWish: Hashable, Sendable {
    package var name: SessionName
    /// Nil to end it.
    package var graceMilliseconds: Int64?
    /// Over which the call came.
    package var connection: UInt64

    package init(name: SessionName, graceMilliseconds: Int64?, connection: UInt64) {
        self.name = name
        self.graceMilliseconds = graceMilliseconds
        self.connection = connection
    }
}

/// A session as anybody may look at it.
package struct SessionStatus: Hashable, Sendable {
    package var session: CancelSession
    /// How many connections stand for it.
    package var connectionCount: Int
    /// Without a connection, until its orders are cancelled; else 0.
    package var graceLeftMilliseconds: Int64
    /// Its orders that are not finished.
    package var open: [OrderID]
}

/// A session as its caller is told of it.
package struct SessionView: Hashable, Sendable {
    package var name: SessionName
    package var graceMilliseconds: Int64
    /// Whether it was there before the call.
    package var isResumed: Bool
    /// Its orders that are not finished.
    package var open: [OrderID]
}
