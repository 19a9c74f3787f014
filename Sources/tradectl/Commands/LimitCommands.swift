import ArgumentParser
import TradingAPI
import TradingCore

struct Limits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows or changes the limits of the risk gate.",
        subcommands: [Get.self, Set.self, Reset.self],
        defaultSubcommand: Get.self
    )

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the limits in force, and who changed which of them."
        )

        @Argument(help: "One limit, in place of all.") var name: String?
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let all = try await self.options.withClient {
                client throws(TradingClientError) in try await client.limits()
            }
            let limits = all.filter { self.name == nil || $0.name == self.name }
            guard !limits.isEmpty else {
                throw Failure(.notFound, "there is no limit \(self.name ?? "")")
            }
            try self.options.show(limits) {
                var table = Table(header: ["LIMIT", "SYMBOL", "STRATEGY", "VALUE", "ORIGIN"])
                // What no symbol or strategy has of its own is not worth a line.
                for limit in limits
                where limit.symbol.isEmpty && limit.strategy.isEmpty || limit.isChanged
                    || !limit.value.isEmpty
                {
                    table.add([
                        limit.name, shown(limit.symbol), shown(limit.strategy),
                        limit.value.orOff, Self.origin(limit),
                    ])
                }
                return table.text
            }
        }

        private static func origin(_ limit: RemoteLimit) -> String {
            guard limit.isChanged else { return "configuration" }
            return "\(shownTime(limit.changedAt)) by \(limit.changedBy): \(limit.reason) "
                + "(configuration: \(limit.configuredValue.orOff))"
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a limit, for the next order on and beyond restarts.",
            discussion: """
                What lets less pass needs the role risk, what lets more pass admin. The change \
                beats the configuration until it is reset.
                """
        )

        @Argument(help: "Its name, see `limits get`.") var name: String
        @Argument(help: "The value, or off.") var value: String
        @Option(help: "The limit of this symbol, in place of the one of all.") var symbol: String?
        @Option(help: "The limit of this strategy, in place of the one of all.")
        var strategy: String?
        @Option(help: "Why; recorded.") var reason: String
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let key = LimitKey(
                self.name,
                symbol: self.symbol.map(Symbol.init),
                strategy: self.strategy
            )
            let setting = self.value == "off" ? LimitSetting.off : .value(self.value)
            try await Limits.change([.init(key, setting)], reason: self.reason, self.options)
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets the configuration count again, for one limit or for all."
        )

        @Argument(help: "Its name; without it, all that were changed.") var name: String?
        @Option(help: "The limit of this symbol, in place of the one of all.") var symbol: String?
        @Option(help: "The limit of this strategy, in place of the one of all.")
        var strategy: String?
        @Option(help: "Why; recorded.") var reason: String
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            guard self.name != nil || (self.symbol == nil && self.strategy == nil) else {
                throw Failure(.usage, "--symbol and --strategy need the name of a limit")
            }
            let key = self.name.map { name in
                LimitKey(name, symbol: self.symbol.map(Symbol.init), strategy: self.strategy)
            }
            try await Limits.change(
                key.map { [.init($0, .configuration)] } ?? [],
                resetsAll: key == nil,
                reason: self.reason,
                self.options
            )
        }
    }

    private static func change(
        _ assignments: [LimitsWish.Assignment],
        resetsAll: Bool = false,
        reason: String,
        _ options: GlobalOptions
    ) async throws {
        let steps = try await options.withClient {
            client throws(TradingClientError) in
            try await client.setLimits(assignments, resetsAll: resetsAll, reason: reason)
        }
        try options.show(steps) {
            steps.isEmpty ? "nothing was changed" : steps.map(Self.line).joined(separator: "\n")
        }
    }

    private static func line(_ step: RemoteLimitStep) -> String {
        let symbol = step.symbol.isEmpty ? "" : " of \(step.symbol)"
        let strategy = step.strategy.isEmpty ? "" : " of strategy \(step.strategy)"
        return "\(step.name)\(symbol)\(strategy): \(step.oldValue.orOff) -> \(step.newValue.orOff) "
            + "(\(step.direction))"
    }
}

extension String {
    /// A limit's value, or a word for none.
    fileprivate var orOff: String { self.isEmpty ? "off" : self }
}
