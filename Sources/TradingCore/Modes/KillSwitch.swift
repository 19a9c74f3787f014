/// How much an engaged kill switch does.
public enum KillLevel: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    /// No new orders.
    case block = 1
    /// And our open orders are cancelled (K3).
    case cancel = 2
    /// And our positions are closed (K4).
    case flatten = 3

    /// The name on the command line and in answers.
    public var name: String {
        switch self {
        case .block: "block"
        case .cancel: "cancel"
        case .flatten: "flatten"
        }
    }

    /// Orders by how far they go.
    public static func < (left: KillLevel, right: KillLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The kill switch as it was last set; it survives restarts.
package struct KillSwitch: Hashable, Sendable {
    /// Nil while released.
    package var level: KillLevel?
    package var principal: Principal
    package var reason: String
    package var since: WallTime

    package init(level: KillLevel?, principal: Principal, reason: String, since: WallTime) {
        self.level = level
        self.principal = principal
        self.reason = reason
        self.since = since
    }

    package var isEngaged: Bool { self.level != nil }

    /// Whether attached exits end with it: their orders are cancelled, and where positions are to
    /// be closed, that is done by orders of its own.
    package var endsExits: Bool { self.level.map { $0 >= .cancel } ?? false }
}

/// The orders by which one position is being closed since the kill switch was engaged.
package struct Closing: Hashable, Sendable {
    package private(set) var orderCount = 0
    /// Orders that did not fill wholly, the last one included until it is finished.
    package private(set) var failureCount = 0

    package init() {}

    package init(orderCount: Int, failureCount: Int) {
        self.orderCount = orderCount
        self.failureCount = failureCount
    }

    mutating func begin() {
        self.orderCount += 1
        self.failureCount += 1
    }

    mutating func succeed() { self.failureCount = max(0, self.failureCount - 1) }
}
