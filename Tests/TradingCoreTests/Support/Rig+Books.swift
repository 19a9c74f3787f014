import Testing

@testable import TradingCore

extension Rig {
    /// What decisions read of an account is kept as news come: after every turn it must be what the
    /// journal and the prices come to when they are read anew.
    func checkBooks() {
        for (venue, book) in self.gateway.books {
            let ledger = self.gateway.state.ledger(of: venue)
            let fresh = AccountBook()
            fresh.list(book.instruments.values.compactMap(\.rules))
            for instrument in book.instruments.values {
                if let quote = instrument.quote { fresh.take(quote, of: instrument.symbol) }
            }
            let records = self.gateway.state.equities[venue] ?? [:]
            for asset in Set(ledger.assets).union(records.keys) {
                fresh.take(asset, from: ledger, records[asset])
            }
            let symbols = Set(ledger.positions.keys).union(ledger.pending.keys)
            for symbol in symbols.union(book.instruments.keys) {
                fresh.take(symbol, from: ledger, self.gateway.state.openCounts[venue])
            }
            #expect(Self.facts(of: book) == Self.facts(of: fresh))
        }
    }

    private struct Fact: Hashable {
        var holding: Instrument.Holding
        var counts: [Int]
        var amounts: [Amount?]
        var equity: Amount?
        var lossBase: LossBase?
        var others: Notional?
        var unpriced: Symbol?
    }

    private static func facts(of book: AccountBook) -> [Symbol: Fact] {
        book.instruments.mapValues { instrument in
            let standing = instrument.standing
            let money = instrument.quoteMoney
            let exposure = money.map { book.exposure(beside: instrument, in: $0) }
            return Fact(
                holding: standing.holding,
                counts: [
                    standing.openOrderCount, standing.stopOrderCount, book.openCount,
                    book.openOrderCount,
                ],
                amounts: [money, instrument.baseMoney].flatMap { [$0?.total, $0?.available] },
                equity: money.flatMap { book.equity(in: $0) },
                lossBase: money?.lossBase,
                others: exposure?.others,
                unpriced: exposure?.unpriced
            )
        }
    }
}
