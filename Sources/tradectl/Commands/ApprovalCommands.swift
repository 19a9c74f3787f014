import ArgumentParser
import Credentials
import Journal
import TradingAPI

struct Approvals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Orders that wait for a second factor, and the secret of its codes.",
        subcommands: [List.self, Approve.self, Deny.self, Enroll.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the orders that wait for a person, and until when."
        )

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let approvals = try await self.options.withClient {
                client throws(TradingClientError) in try await client.approvals()
            }
            try self.options.show(approvals) {
                var table = Table(header: RemoteOrder.tableHeader + ["EXPIRES", "BECAUSE"])
                for held in approvals.orders {
                    table.add(
                        held.order.tableRow + [
                            shownTime(held.expiresAt), shown(held.order.refusal?.message ?? ""),
                        ]
                    )
                }
                let locked =
                    approvals.codesLockedUntil == 0
                    ? "" : "\nno code is looked at until \(shownTime(approvals.codesLockedUntil))"
                return (table.isEmpty ? "no order waits" : table.text) + locked
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a held order go, through every check of this moment.",
            discussion: "Ends like place: 3 where the gate refuses it now, 4, 5 by its outcome."
        )

        @Argument(help: "The order's number.") var order: UInt64
        @Option(help: "The code that the authenticator app shows now; each counts once.")
        var code: String
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let (orderID, code) = (self.order, self.code)
            let order = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.approve(orderID, code: code)
            }
            try self.options.show(order) { order.details }
            let outcome = Outcome(status: order.status)
            guard outcome == .done else {
                throw Failure(outcome, "order \(order.orderID) is \(order.status)")
            }
        }
    }

    struct Deny: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a held order unsent."
        )

        @Argument(help: "The order's number.") var order: UInt64
        @Option(help: "Why; recorded.") var reason: String
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let (orderID, reason) = (self.order, self.reason)
            let order = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.deny(orderID, reason: reason)
            }
            try self.options.show(order) { order.details }
        }
    }

    struct Enroll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new secret for an authenticator app; needs no server.",
            discussion: """
                Give the secret to the app, or the URI as a QR code, and keep it in the file that \
                approvals.totp_secret_file of the server names. It is shown once and kept nowhere.
                """
        )

        @Option(help: "Whose it is, as the app shows it.") var account = "operator"
        @Option(help: "Which gateway it is for, as the app shows it.") var issuer = "RPCServer"
        @Option(help: "Writes the secret to this new file, mode 0600, too.")
        var secretFile: String?
        @Option(help: "How the answer is shown: table or json.")
        var output: OutputFormat = .table

        func run() async throws {
            guard let enrollment = Enrollment(issuer: self.issuer, account: self.account) else {
                throw Failure(.failed, "OpenSSL has no random numbers")
            }
            if let path = self.secretFile {
                do throws(JournalError) {
                    try Files.create(Array((enrollment.secret + "\n").utf8), at: path, mode: 0o600)
                } catch {
                    throw Failure(.failed, "\(error)")
                }
            }
            switch self.output {
            case .table: print("secret \(enrollment.secret)\nuri    \(enrollment.uri)")
            case .json:
                try GlobalOptions.printJSON(["secret": enrollment.secret, "uri": enrollment.uri])
            }
        }
    }
}
