import ArgumentParser
import TradingAPI
import TradingCore

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes, lists or revokes the tokens by which callers prove who they are.",
        discussion: """
            For admins. A caller gives its token with $TRADECTL_TOKEN or --token-file.
            """,
        subcommands: [Create.self, List.self, Revoke.self],
        defaultSubcommand: List.self
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token and prints it, this once.",
            discussion: """
                Several tokens may stand for the same name, with the same role: make the new one, \
                give it to the caller, revoke the old one. Idempotency keys belong to the name.
                """
        )

        @Argument(help: "Whom it stands for, such as a strategy.") var name: String
        @Option(help: "viewer, trader, risk or admin.") var role: Role
        @Option(help: "Why; recorded.") var reason: String
        @Option(help: "Orders of the name in the interval of limits.order_rate_interval_ms.")
        var orderRate: Int?
        @Option(help: "Largest value of one order, in its quote asset.") var orderNotional: String?
        @OptionGroup var options: GlobalOptions

        /// What the options say.
        private func limits() throws(Failure) -> TokenLimits {
            var limits = TokenLimits()
            if let rate = self.orderRate {
                guard TokenLimits.orderRateRange.contains(rate) else {
                    throw Failure(.usage, "--order-rate: expected 1 to 10000")
                }
                limits.orderRateMax = rate
            }
            if let text = self.orderNotional {
                guard let amount = try? Amount(text), amount.isPositive else {
                    throw Failure(.usage, "--order-notional: expected an amount above zero")
                }
                limits.orderNotionalMax = amount
            }
            return limits
        }

        func run() async throws {
            let command = self
            let limits = try self.limits()
            let new = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.createToken(
                    command.name,
                    command.role,
                    reason: command.reason,
                    limits: limits
                )
            }
            try self.options.show(new) {
                StandardError.write(
                    "token \(new.token.tokenID) of \(new.token.name), \(new.token.role); it is "
                        + "shown this once:"
                )
                return new.bearerToken
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists tokens, oldest first.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let tokens = try await self.options.withClient {
                client throws(TradingClientError) in try await client.tokens()
            }
            try self.options.show(tokens) { Token.table(of: tokens) }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token good for nothing, from the next call on."
        )

        @Argument(help: "A token's number, or a name: then all that stand for it.")
        var token: String
        @Option(help: "Why; recorded.") var reason: String
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let command = self
            let revoked = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.revokeToken(command.token, reason: command.reason)
            }
            try self.options.show(revoked) { Token.table(of: revoked) }
        }
    }

    private static func table(of tokens: [RemoteToken]) -> String {
        var table = Table(header: ["TOKEN", "NAME", "ROLE", "LIMITS", "MADE", "REVOKED"])
        for token in tokens {
            let made = "\(shownTime(token.createdAt)) by \(token.createdBy): \(token.reason)"
            let revoked =
                "\(shownTime(token.revokedAt)) by \(token.revokedBy): \(token.revocationReason)"
            table.add([
                token.tokenID, token.name, token.role, Self.limits(of: token), made,
                token.revokedAt == 0 ? "-" : revoked,
            ])
        }
        return table.isEmpty ? "no tokens" : table.text
    }

    private static func limits(of token: RemoteToken) -> String {
        var parts: [String] = []
        if token.orderRateMax != 0 { parts.append("rate \(token.orderRateMax)") }
        if !token.orderNotionalMax.isEmpty { parts.append("notional \(token.orderNotionalMax)") }
        return parts.isEmpty ? "-" : parts.joined(separator: ", ")
    }
}
