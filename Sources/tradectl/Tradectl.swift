import ArgumentParser

/// The command line of the gateway.
@main
struct Tradectl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tradectl",
        abstract: "Talks to an RPCServer: orders, positions, mode and kill switch.",
        discussion: """
            Exit codes:
              0  done
              1  failed for a reason that is not in this list
              2  wrong usage
              3  refused by a rule of the gateway
              4  rejected by the venue
              5  outcome unknown: do not place it again, follow the order
              6  server unreachable, or the connection was lost
              7  not found
              8  the journal is not what was written (audit)
            """,
        subcommands: [
            Place.self, Amend.self, Cancel.self, OneOrder.self, ListOrders.self, Positions.self,
            Fills.self, Balances.self, Close.self, Adjust.self, Sessions.self,
            Mode.self, Kill.self, Limits.self, Risk.self, Token.self, Approvals.self, Health.self,
            Audit.self, Events.self,
        ]
    )

    /// Ends with 2 on wrong usage, where ArgumentParser alone would end with 64.
    static func main() async {
        do {
            var command = try Self.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as Failure {
            error.report()
            Self.exit(withError: error.exitCode.argumentParserCode)
        } catch {
            let code = Self.exitCode(for: error)
            let isHelp = code == .success
            let text = Self.fullMessage(for: error)
            if !text.isEmpty { isHelp ? print(text) : StandardError.write(text) }
            Self.exit(
                withError: isHelp ? ExitCode.success : Outcome.usage.argumentParserCode
            )
        }
    }
}
