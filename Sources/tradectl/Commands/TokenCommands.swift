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
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let command = self
            let new = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.createToken(command.name, command.role, reason: command.reason)
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
        var table = Table(header: ["TOKEN", "NAME", "ROLE", "MADE", "REVOKED"])
        for token in tokens {
            let made = "\(shownTime(token.createdAt)) by \(token.createdBy): \(token.reason)"
            let revoked =
                "\(shownTime(token.revokedAt)) by \(token.revokedBy): \(token.revocationReason)"
            table.add([
                token.tokenID, token.name, token.role, made,
                token.revokedAt == 0 ? "-" : revoked,
            ])
        }
        return table.isEmpty ? "no tokens" : table.text
    }
}

extension Role: ExpressibleByArgument {
    package init?(argument: String) { self.init(name: argument) }

    package static var allValueStrings: [String] { Self.allCases.map(\.name) }
}
