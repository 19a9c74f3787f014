import ArgumentParser
import TradingAPI
import TradingCore

struct Fills: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows our trades, newest first, from the journal.",
        discussion: """
            A trade's SEQ never changes: with --before, the next call goes on behind the last one \
            that this one showed, whatever was traded meanwhile.
            """
    )

    @Option(help: "This symbol only.") var symbol: String?
    @Option(help: "Of this order only.") var order: UInt64?
    @Option(help: "Of this strategy only.") var strategy: String?
    @Option(help: "A time such as 2026-11-21T10:00:00Z, or a span such as 90s, 15m, 2h, 7d.")
    var since: String?
    @Option(help: "Before this time or span only.") var until: String?
    @Option(help: "How many at most.") var limit: Int = 100
    @Option(help: "Trades below this SEQ only.") var before: UInt64?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        guard self.limit > 0 else { throw Failure(.usage, "--limit: expected 1 or more") }
        var filter = FillFilter(
            symbol: self.symbol.map { Symbol($0) },
            orderID: self.order.map(OrderID.init(raw:)),
            strategy: self.strategy,
            since: try wallTime(self.since, "--since"),
            until: try wallTime(self.until, "--until"),
            countMax: self.limit,
            before: self.before
        )
        let limit = self.limit
        let found = try await self.options.withClient {
            client throws(TradingClientError) in
            var found: [RemoteOrderFill] = []
            repeat {
                filter.countMax = min(limit - found.count, 1_000)
                let page = try await client.fills(filter)
                found += page.fills
                filter.before = page.nextBeforeSequence == 0 ? nil : page.nextBeforeSequence
            } while filter.before != nil && found.count < limit
            return found
        }
        try self.options.show(found) { Self.table(of: found) }
    }

    private static func table(of fills: [RemoteOrderFill]) -> String {
        var table = Table(header: [
            "SEQ", "TIME", "TRADE", "ORDER", "SYMBOL", "SIDE", "QUANTITY", "PRICE", "FEE", "ROLE",
            "MODE", "STRATEGY", "TAG",
        ])
        for entry in fills {
            let fill = entry.fill
            table.add([
                String(entry.sequence), shownTime(fill.time), String(fill.tradeID),
                String(entry.orderID), entry.symbol, entry.side, fill.quantity, fill.price,
                "\(fill.fee) \(fill.feeAsset)", fill.isMaker ? "maker" : "taker", entry.mode,
                shown(entry.strategy), shown(entry.tag),
            ])
        }
        return table.isEmpty ? "no trades" : table.text
    }
}

struct Balances: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what the account of a mode holds."
    )

    @Option(help: "Of which mode, in place of the installation's.") var mode: TradingMode?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let mode = self.mode
        let found = try await self.options.withClient {
            client throws(TradingClientError) in try await client.balances(of: mode)
        }
        try self.options.show(found) {
            var table = Table(header: ["ASSET", "TOTAL", "RESERVED", "AVAILABLE"])
            for balance in found.balances {
                table.add([balance.asset, balance.total, balance.reserved, balance.available])
            }
            return "mode \(found.mode)\n" + (table.isEmpty ? "no balances" : table.text)
        }
    }
}
