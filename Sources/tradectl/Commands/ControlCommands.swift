import ArgumentParser
import Glibc
import TradingAPI
import TradingCore

struct Positions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows positions, their profit and fees, and the balances behind them."
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let view = try await self.options.withClient {
            client throws(TradingClientError) in try await client.positions()
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

struct Mode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows or changes the mode.",
        subcommands: [Show.self, Set.self, History.self],
        defaultSubcommand: Show.self
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the mode.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let mode = try await self.options.withClient {
                client throws(TradingClientError) in try await client.mode()
            }
            try self.options.show(mode) {
                "\(mode.mode), since \(shownTime(mode.since)) by \(shown(mode.changedBy)): "
                    + shown(mode.reason)
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the last changes of the mode: what, when, by whom and why."
        )

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let mode = try await self.options.withClient {
                client throws(TradingClientError) in try await client.mode()
            }
            try self.options.show(mode.history) {
                let lines = mode.history.enumerated().map { index, change in
                    let before = mode.history.dropFirst(index + 1).first?.mode ?? "none"
                    return "\(shownTime(change.since)) \(before) to \(change.mode) by "
                        + "\(shown(change.changedBy)): \(shown(change.reason))"
                }
                return lines.joined(separator: "\n")
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes the mode.",
            discussion: """
                Live wants the words "trade live", typed when asked or given with --confirm; a \
                refusal names everything that stands against it.
                """
        )

        @Argument(help: "monitor, paper, dry_run, testnet or live.") var mode: TradingMode
        @Option(help: "Why; recorded.") var reason: String
        @Option(help: "What becomes of open orders: refuse, cancel or keep.")
        var openOrders: OpenOrdersChoice = .refuse
        @Option(help: "The words that live wants, in place of typing them.") var confirm: String?
        @Option(help: "The code of the second factor, where the server wants one for live.")
        var code: String = ""
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let command = self
            let confirmation = self.confirm ?? self.typedConfirmation()
            let change = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.setMode(
                    command.mode,
                    command.openOrders.policy,
                    reason: command.reason,
                    confirmation: confirmation,
                    code: command.code
                )
            }
            try self.options.show(["mode": change.mode, "previous_mode": change.previous]) {
                "mode \(change.mode), was \(change.previous)"
            }
        }

        /// Asks a person at a terminal, and nobody else.
        private func typedConfirmation() -> String {
            guard self.mode == .live, isatty(STDIN_FILENO) == 1 else { return "" }
            print("Real money. Type \"\(ModeWish.liveConfirmation)\" to go on: ", terminator: "")
            _ = fflush(nil)
            return readLine() ?? ""
        }
    }

    enum OpenOrdersChoice: String, ExpressibleByArgument, CaseIterable {
        case refuse
        case cancel
        case keep

        var policy: OpenOrdersPolicy {
            switch self {
            case .refuse: .refuse
            case .cancel: .cancel
            case .keep: .keep
            }
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
