import ArgumentParser
import Glibc
import TradingAPI
import TradingCore

struct Mode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows or changes the mode.",
        subcommands: [Show.self, Set.self, History.self],
        defaultSubcommand: Show.self
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the mode, and those of strategies that have their own."
        )

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let mode = try await self.options.withClient {
                client throws(TradingClientError) in try await client.mode()
            }
            try self.options.show(mode) {
                let installation =
                    "\(mode.mode), since \(shownTime(mode.since)) by \(shown(mode.changedBy)): "
                    + shown(mode.reason)
                let table = Self.table(of: mode.strategies)
                return table.isEmpty ? installation : "\(installation)\n\n\(table.text)"
            }
        }

        private static func table(of strategies: [RemoteStrategyMode]) -> Table {
            var table = Table(header: [
                "STRATEGY", "OWN", "ORDERS GO TO", "SINCE", "BY", "REASON",
            ])
            for strategy in strategies {
                table.add([
                    strategy.strategy, strategy.mode, strategy.effectiveMode,
                    shownTime(strategy.since), shown(strategy.changedBy), shown(strategy.reason),
                ])
            }
            return table
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
                    let before = mode.history.dropFirst(index + 1)
                        .first { $0.strategy == change.strategy }
                    let scope = change.strategy.isEmpty ? "" : "\(change.strategy): "
                    return "\(shownTime(change.since)) \(scope)\(before?.mode ?? "none") to "
                        + "\(change.mode) by \(shown(change.changedBy)): \(shown(change.reason))"
                }
                return lines.joined(separator: "\n")
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes the mode, or how far one strategy goes.",
            discussion: """
                An order goes to the lower of its strategy's mode and the installation's; monitor \
                is the lowest, then paper, dry_run, testnet and live. \
                Live wants the words "trade live", typed when asked or given with --confirm; a \
                refusal names everything that stands against it.
                """
        )

        @Argument(help: "monitor, paper, dry_run, testnet or live.") var mode: TradingMode
        @Option(help: "Of this strategy alone.") var strategy: String = ""
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
                    strategy: command.strategy,
                    reason: command.reason,
                    confirmation: confirmation,
                    code: command.code
                )
            }
            try self.options.show(change) {
                guard !command.strategy.isEmpty else {
                    return "mode \(change.mode), was \(change.previousMode)"
                }
                return "strategy \(command.strategy): \(change.mode), was "
                    + "\(shown(change.previousMode)); its orders go to \(change.effectiveMode)"
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
