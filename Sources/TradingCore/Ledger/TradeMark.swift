/// The newest trade of ours on a symbol: a later one has a larger number (S5).
package struct TradeMark: Hashable, Sendable {
    package var tradeID: TradeID
    package var time: WallTime

    package init(tradeID: TradeID, time: WallTime) {
        self.tradeID = tradeID
        self.time = time
    }

    init(_ fill: Fill) { self.init(tradeID: fill.tradeID, time: fill.time) }

    /// This mark or an earlier-known one, whichever was traded later.
    func newer(than known: TradeMark?) -> TradeMark {
        guard let known, (known.time, known.tradeID) > (self.time, self.tradeID) else {
            return self
        }
        return known
    }

    /// Whether a trade that was made after this one has a smaller number: the venue began to count
    /// anew, so what it holds is not what the ledger knows.
    ///
    /// Trades of one symbol are numbered in the order in which they are made. Messages about them
    /// arrive in any order, so that the time decides; a second keeps stamps of different origin
    /// apart.
    func runsBackwards(to trade: TradeMark) -> Bool {
        trade.tradeID < self.tradeID && self.time.adding(milliseconds: 1_000) < trade.time
    }
}
