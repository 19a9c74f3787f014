import TradingCore

/// Orders that depend on each other, and what trades have asked of them.
struct ListBook: Sendable {
    mutating func didTrade(_ order: Order) {}
    mutating func didTrigger(_ order: Order) {}
    mutating func didEnd(_ order: Order, isFilled: Bool) {}
}

extension Market {
    /// Does one thing that a list asks for; false where nothing is left.
    mutating func settleLists(
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> Bool {
        false
    }
}
