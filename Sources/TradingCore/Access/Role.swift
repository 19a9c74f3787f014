/// What a caller may do; each role may do all that the ones before it may.
public enum Role: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    /// May look.
    case viewer = 1
    /// May place and cancel orders, and engage the kill switch.
    case trader = 2
    /// May tighten limits, and change the mode short of live.
    case risk = 3
    /// May do everything.
    case admin = 4

    /// The name in configuration, command line and answers.
    public var name: String {
        switch self {
        case .viewer: "viewer"
        case .trader: "trader"
        case .risk: "risk"
        case .admin: "admin"
        }
    }

    /// Reads a ``name``.
    public init?(name: String) {
        guard let role = Role.allCases.first(where: { $0.name == name }) else { return nil }
        self = role
    }

    /// Orders by what they may do.
    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}
