import ArgumentParser
import TradingAPI
import TradingCore

struct Positions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows positions, their profit and fees, and the balances behind them."
    )

    @Option(help: "Of which mode, in place of the installation's.") var mode: TradingMode?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let mode = self.mode
        let view = try await self.options.withClient {
            client throws(TradingClientError) in try await client.positions(of: mode)
        }
        try self.options.show(view) {
            var positions = Table(header: [
                "SYMBOL", "QUANTITY", "AVERAGE", "MARK", "REALIZED", "UNREALIZED", "FEES", "FILLS",
            ])
            for position in view.positions {
                let fees = position.fees.map { "\($0.amount) \($0.asset)" }
                positions.add([
                    position.symbol, position.quantity + (position.isDust ? " (dust)" : ""),
                    shown(position.averagePrice),
                    shown(position.markPrice), position.realizedProfit,
                    shown(position.unrealizedProfit), shown(fees.joined(separator: " + ")),
                    String(position.fillCount),
                ])
            }
            var balances = Table(header: ["ASSET", "TOTAL", "RESERVED", "AVAILABLE"])
            for balance in view.balances {
                balances.add([balance.asset, balance.total, balance.reserved, balance.available])
            }
            let shownPositions = positions.isEmpty ? "no positions" : positions.text
            return "mode \(view.mode)\n\(shownPositions)\n\n\(balances.text)"
        }
    }
}

struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows whether the server takes orders; ends with 1 when it does not."
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let health = try await self.options.withClient {
            client throws(TradingClientError) in try await client.health()
        }
        try self.options.show(health) {
            let state =
                health.isReady
                ? "ready" : "not ready: \(health.notReadyReasons.joined(separator: "; "))"
            return """
                \(state)
                mode \(health.mode), version \(health.version)
                journal at event \(health.journalSequence), \(health.openOrderCount) open orders, \
                \(health.unknownOrderCount) of unknown outcome
                """ + health.alerts.map { "\nALERT \($0.kind): \($0.message)" }.joined()
        }
        if !health.isReady { throw Failure(.failed, "not ready") }
    }
}
