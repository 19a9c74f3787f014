/// How far an order may go: each case goes further than the one before it.
public enum TradingMode: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    /// Everything is checked, nothing is sent.
    case monitor = 1
    /// Filled by the matching engine inside the gateway.
    case paper = 2
    /// Requests are built and signed, not sent.
    case dryRun = 3
    /// Sent to the venue's test exchange.
    case testnet = 4
    /// Sent to the real exchange.
    case live = 5

    /// The name in configuration, command line and answers.
    public var name: String {
        switch self {
        case .monitor: "monitor"
        case .paper: "paper"
        case .dryRun: "dry_run"
        case .testnet: "testnet"
        case .live: "live"
        }
    }

    /// Orders by how far they go.
    public static func < (left: TradingMode, right: TradingMode) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The mode of a name; nil where there is none so called.
    public init?(name: String) {
        guard let mode = TradingMode.allCases.first(where: { $0.name == name }) else { return nil }
        self = mode
    }

    /// The venue that the mode's orders belong to.
    package var venue: VenueID {
        switch self {
        case .monitor: .monitor
        case .paper: .paper
        case .dryRun: .dryRun
        case .testnet: .testnet
        case .live: .live
        }
    }
}

/// Where an order lives; it never moves to another one (M1).
///
/// Each has its own ledger.
package enum VenueID: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    case monitor = 1
    case paper = 2
    case dryRun = 3
    case testnet = 4
    case live = 5

    /// The mode whose orders live here.
    package var mode: TradingMode {
        switch self {
        case .monitor: .monitor
        case .paper: .paper
        case .dryRun: .dryRun
        case .testnet: .testnet
        case .live: .live
        }
    }

    /// Where it stands among all cases.
    var place: Int { Int(self.rawValue) - 1 }

    /// Whether the venue is an exchange: it holds orders, and is asked for their fate.
    ///
    /// That of paper is inside of the process.
    package var isExchange: Bool { self == .paper || self == .testnet || self == .live }

    package static func < (left: VenueID, right: VenueID) -> Bool {
        left.rawValue < right.rawValue
    }
}
