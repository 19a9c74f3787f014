import ArgumentParser
import Foundation
import Glibc
import Journal
import Logging

/// The order gateway.
@main
struct Program: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "RPCServer",
        abstract: "An order gateway: checks, records and sends orders, and knows their fate.",
        discussion: """
            Prints one line when it is ready: `ready unix=… tcp=…`.
            SIGTERM lets calls in flight finish and ends; SIGUSR1 engages the kill switch.
            Exit codes: 0 ended as asked, 2 wrong usage or configuration, 70 the store failed.
            """,
        version: Program.version
    )

    @Option(help: "The configuration file.") var config: String
    @Flag(help: "Check the configuration and end.") var checkConfig = false

    /// Ends with 2 on wrong usage, where ArgumentParser alone would end with 64.
    static func main() async {
        do {
            let command = try Self.parse()
            try await command.run()
        } catch {
            let isHelp = Self.exitCode(for: error) == .success
            let text = Self.fullMessage(for: error)
            guard isHelp else { Self.fail(text, code: 2) }
            print(text)
        }
    }

    func run() async throws {
        let configuration: Configuration
        do {
            let yaml = try String(contentsOfFile: self.config, encoding: .utf8)
            configuration = try Configuration(
                yaml: yaml,
                environment: ProcessInfo.processInfo.environment
            )
        } catch let error as ConfigurationError {
            Self.fail("\(self.config):\n\(error)", code: 2)
        } catch {
            Self.fail("cannot read \(self.config): \(error.localizedDescription)", code: 2)
        }
        if self.checkConfig {
            print("\(self.config): no problems")
            return
        }
        Journal.boundHeaps()
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        do {
            try await Server.run(configuration, log: Logger(label: "RPCServer"))
        } catch {
            Self.fail("\(error)", code: 70)
        }
    }

    static func fail(_ message: String, code: Int32) -> Never {
        let line = Array(("RPCServer: \(message)\n").utf8)
        _ = unsafe line.withUnsafeBytes {
            unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
        // Without the handlers of a normal end: a thread may hang in the store.
        _ = fflush(nil)
        Glibc._exit(code)
    }
}
