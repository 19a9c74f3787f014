import Foundation
import Glibc
import SystemTestSupport

/// Runs cases side by side and prints a line for each.
struct Runner: Sendable {
    var library: String
    var sideBySide: Int
    var isVerbose: Bool

    private static let caseTimeMax = Duration.seconds(180)

    /// Runs the cases.
    ///
    /// - Returns: How many failed.
    func run(_ cases: [FaultCase]) async -> Int {
        let width = max(20, cases.map(\.name.count).max() ?? 0)
        print(
            "case".padded(to: width),
            "orders".padded(to: 6),
            "unknown".padded(to: 7),
            "resolved".padded(to: 8),
            "verdict"
        )
        var passed = 0
        var failed = 0
        var waiting = cases[...]
        await withTaskGroup(of: Outcome.self) { group in
            for _ in 0..<self.sideBySide {
                if let next = waiting.popFirst() { group.addTask { await self.run(next) } }
            }
            for await outcome in group {
                if outcome.hasPassed { passed += 1 } else { failed += 1 }
                self.print(outcome, width)
                if let next = waiting.popFirst() { group.addTask { await self.run(next) } }
            }
        }
        Swift.print("\(passed) passed, \(failed) failed")
        return failed
    }

    private func print(_ outcome: Outcome, _ width: Int) {
        Swift.print(
            outcome.name.padded(to: width),
            String(outcome.ordersPlaced).padded(to: 6),
            String(outcome.unknownCount).padded(to: 7),
            outcome.resolution.seconds.padded(to: 8),
            outcome.hasPassed ? "passed" : "FAILED",
            "(\(outcome.took.seconds))"
        )
        defer { _ = fflush(nil) }
        for finding in outcome.findings.prefix(6) { Swift.print("    " + finding.prefix(1_500)) }
        if self.isVerbose || !outcome.hasPassed {
            for note in outcome.notes.prefix(12) { Swift.print("    · " + note.prefix(300)) }
        }
    }

    private func print(_ columns: String...) {
        Swift.print(columns.joined(separator: "  "))
    }

    /// Runs one case; a case that takes too long or throws has failed.
    private func run(_ fault: FaultCase) async -> Outcome {
        let start = ContinuousClock.now
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await self.outcome(of: fault) }
            group.addTask {
                try? await Task.sleep(for: Self.caseTimeMax)
                return Outcome(
                    name: fault.name,
                    findings: ["not done after \(Self.caseTimeMax)"]
                )
            }
            let first = await group.next() ?? Outcome(name: fault.name, findings: ["no outcome"])
            group.cancelAll()
            return first
        }
        var complete = outcome
        complete.took = ContinuousClock.now - start
        return complete
    }

    private func outcome(of fault: FaultCase) async -> Outcome {
        var outcome = Outcome(name: fault.name)
        let trial: Trial
        do {
            trial = try await Trial.start(
                fault.setup,
                bound: fault.bound,
                library: self.library
            )
        } catch {
            outcome.findings = ["it did not start: \(error)"]
            return outcome
        }
        do {
            try await fault.body(trial)
        } catch {
            let output = trial.desk.server.output.suffix(1_500)
            await trial.report("\(error)\n\(output)")
        }
        await trial.searchForSecrets()
        outcome.ordersPlaced = await trial.ordersPlaced
        outcome.unknownCount = await trial.unknownCount()
        outcome.resolution = await trial.resolution
        outcome.findings = await trial.findings
        outcome.notes = await trial.notes
        await trial.end()
        return outcome
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - self.count))
    }
}

extension Duration {
    /// With a tenth of a second, such as `4.2 s`.
    var seconds: String {
        let tenths =
            (self.components.seconds * 10) + self.components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
