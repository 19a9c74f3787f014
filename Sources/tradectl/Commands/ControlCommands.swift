import ArgumentParser
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
                    position.symbol, position.quantity, shown(position.averagePrice),
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
        subcommands: [Show.self, Set.self],
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

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Changes the mode.")

        @Argument(help: "monitor, paper, dry_run, testnet or live.") var mode: TradingMode
        @Option(help: "Why; recorded.") var reason: String
        @Option(help: "What becomes of open orders: refuse, cancel or keep.")
        var openOrders: OpenOrdersChoice = .refuse
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let command = self
            let change = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.setMode(
                    command.mode,
                    command.openOrders.policy,
                    reason: command.reason
                )
            }
            try self.options.show(["mode": change.mode, "previous_mode": change.previous]) {
                "mode \(change.mode), was \(change.previous)"
            }
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

struct Kill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Engages, shows or releases the kill switch.",
        subcommands: [Engage.self, Status.self, Release.self],
        defaultSubcommand: Status.self
    )

    struct Engage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stops new orders at once, and with --level cancel cancels ours."
        )

        @Option(help: "block, cancel or flatten.") var level: KillLevel = .cancel
        @Option(help: "Why; recorded.") var reason: String = ""
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let action = KillAction.engage(self.level, reason: self.reason)
            try await Kill.perform(action, self.options)
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the kill switch.")

        @OptionGroup var options: GlobalOptions

        func run() async throws { try await Kill.perform(.status, self.options) }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lets orders pass again.")

        @Option(help: "Why; recorded.") var reason: String
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            try await Kill.perform(.release(reason: self.reason), self.options)
        }
    }

    static func perform(_ action: KillAction, _ options: GlobalOptions) async throws {
        let view = try await options.withClient {
            client throws(TradingClientError) in try await client.killSwitch(action)
        }
        try options.show(view) {
            guard view.isEngaged else { return "released; orders may pass" }
            var lines = [
                "ENGAGED at level \(view.level), since \(shownTime(view.since)) by "
                    + "\(shown(view.changedBy)): \(shown(view.reason))"
            ]
            if !view.isDurable { lines.append("NOT DURABLE: it is not on disk") }
            if !view.inFlightOrderIDs.isEmpty {
                lines.append("already on the wire: \(Kill.list(view.inFlightOrderIDs))")
            }
            lines.append(
                view.openOrderIDs.isEmpty
                    ? "no open orders" : "not confirmed closed: \(Kill.list(view.openOrderIDs))"
            )
            return lines.joined(separator: "\n")
        }
    }

    private static func list(_ orderIDs: [UInt64]) -> String {
        orderIDs.map(String.init).joined(separator: ", ")
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
                """
        }
        if !health.isReady { throw Failure(.failed, "not ready") }
    }
}
