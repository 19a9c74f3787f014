import ArgumentParser
import Credentials
import Journal

struct Approvals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Orders that wait for a second factor, and the secret of its codes.",
        subcommands: [Enroll.self]
    )

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
