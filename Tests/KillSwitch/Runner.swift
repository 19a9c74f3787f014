import Foundation
import Glibc
import SystemTestSupport

/// One line of the result.
struct KillCase: Sendable {
    var name: String
    /// Whether nothing else runs beside it, because it measures.
    var isAlone = false
    var setup = KillCase.standardSetup
    var body: @Sendable (Trial) async throws -> Void

    static var standardSetup: Desk.Setup {
        var setup = Desk.Setup()
        setup.balances = ["BTC=10", "ETH=100", "USDT=10000000"]
        setup.openOrdersMax = 2_000
        setup.timing =
            "receive_window_ms: 5000, absence_margin_ms: 500, inquiry_interval_ms: 200"
        return setup
    }
}

/// How a case ended.
struct Outcome: Sendable {
    var name: String
    var figures: [String] = []
    var findings: [String] = []
    var took = Duration.zero
}

/// Runs cases, some of them side by side, and prints a line for each.
struct Runner: Sendable {
    var library: String
    var sideBySide: Int

    private static let caseTimeMax = Duration.seconds(150)

    /// Runs the cases.
    ///
    /// - Returns: How many failed.
    func run(_ cases: [KillCase]) async -> Int {
        let width = cases.map(\.name.count).max() ?? 0
        var failed = 0
        for alone in cases.filter(\.isAlone) {
            failed += self.show(await self.run(alone), width)
        }
        var waiting = cases.filter { !$0.isAlone }[...]
        await withTaskGroup(of: Outcome.self) { group in
            for _ in 0..<self.sideBySide {
                if let next = waiting.popFirst() { group.addTask { await self.run(next) } }
            }
            for await outcome in group {
                failed += self.show(outcome, width)
                if let next = waiting.popFirst() { group.addTask { await self.run(next) } }
            }
        }
        print("\(cases.count - failed) passed, \(failed) failed")
        return failed
    }

    private func show(_ outcome: Outcome, _ width: Int) -> Int {
        let name = outcome.name + String(repeating: " ", count: width - outcome.name.count)
        print(name, outcome.findings.isEmpty ? "passed" : "FAILED", "(\(outcome.took.seconds))")
        for figure in outcome.figures { print("    \(figure)") }
        for finding in outcome.findings.prefix(8) { print("    ! \(finding.prefix(2_000))") }
        _ = fflush(nil)
        return outcome.findings.isEmpty ? 0 : 1
    }

    /// Runs one case; a case that takes too long or throws has failed.
    private func run(_ kill: KillCase) async -> Outcome {
        let start = ContinuousClock.now
        var outcome = await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await self.outcome(of: kill) }
            group.addTask {
                try? await Task.sleep(for: Self.caseTimeMax)
                return Outcome(name: kill.name, findings: ["not done after \(Self.caseTimeMax)"])
            }
            let first = await group.next() ?? Outcome(name: kill.name, findings: ["no outcome"])
            group.cancelAll()
            return first
        }
        outcome.took = ContinuousClock.now - start
        return outcome
    }

    private func outcome(of kill: KillCase) async -> Outcome {
        let trial: Trial
        do {
            trial = try await Trial.start(kill.setup, library: self.library)
        } catch {
            return Outcome(name: kill.name, findings: ["it did not start: \(error)"])
        }
        do {
            try await kill.body(trial)
        } catch {
            await trial.report("\(error)\n\(trial.desk.server.output.suffix(1_500))")
        }
        let outcome = Outcome(
            name: kill.name,
            figures: await trial.figures,
            findings: await trial.findings
        )
        await trial.end()
        return outcome
    }
}

extension Duration {
    /// With a tenth of a second, such as `4.2 s`.
    var seconds: String {
        let tenths =
            (self.components.seconds * 10) + self.components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }

    /// With a hundredth of a millisecond, such as `1.25 ms`.
    var milliseconds: String {
        let hundredths =
            self.components.seconds * 100_000 + self.components.attoseconds / 10_000_000_000_000
        let rest = hundredths.magnitude % 100
        let sign = hundredths < 0 ? "-" : ""
        return "\(sign)\(hundredths.magnitude / 100).\(rest < 10 ? "0" : "")\(rest) ms"
    }
}
