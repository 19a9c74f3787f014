import ArgumentParser
import Foundation

/// Pulls the kill switch of real servers, in quiet and while things break, and checks at the
/// exchange what became of it.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "killswitch",
        abstract: "Engages the kill switch of real servers and checks the exchange's side.",
        discussion: "Ends with 0 when every case passed, else with 1. `make test-kill` runs it."
    )

    @Option(help: "The compiled shim.c.") var shim: String
    @Option(help: "Only cases whose name holds this text.") var only: String?
    @Option(help: "How many cases run side by side; those that measure run alone.")
    var sideBySide = 3

    func run() async throws {
        var cases = ScaleCases.all + BrokenJournalCases.all + HangingLoopCases.all + StartCases.all
        if let text = self.only { cases = cases.filter { $0.name.contains(text) } }
        let runner = Runner(
            library: URL(fileURLWithPath: self.shim).path,
            sideBySide: self.sideBySide
        )
        let failed = await runner.run(cases)
        if failed > 0 || cases.isEmpty { throw ExitCode(1) }
    }
}
