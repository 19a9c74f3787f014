import ArgumentParser
import Foundation

/// Runs real servers and exchanges under faults and compares what both sides hold afterwards.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Breaks everything around a running gateway and compares it with the exchange.",
        discussion: "Ends with 0 when every case passed, else with 1. `make test-faults` runs it."
    )

    @Option(help: "The compiled shim.c.") var shim: String
    @Flag(help: "Also all pairs of faults and the cases that take long.") var pairs = false
    @Option(help: "Only cases whose name holds this text.") var only: String?
    @Option(help: "How many cases run side by side.") var sideBySide = 6
    @Flag(help: "Print what the cases noted, too.") var verbose = false

    func run() async throws {
        var cases = Catalogue.cases.filter { self.pairs || !$0.isSlow }
        if self.pairs { cases += Catalogue.pairs }
        if let text = self.only { cases = cases.filter { $0.name.contains(text) } }
        let runner = Runner(
            library: URL(fileURLWithPath: self.shim).path,
            sideBySide: self.sideBySide,
            isVerbose: self.verbose
        )
        let failed = await runner.run(cases)
        if failed > 0 || cases.isEmpty { throw ExitCode(1) }
    }
}
