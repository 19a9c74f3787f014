import SystemTestSupport
import TradingAPI
import TradingCore

/// Every point at which a server is ended, stopped or refused, and what becomes of its disk.
///
/// The table is the list that the project keeps of them: a boundary that is not here is not tried.
struct Boundary: Sendable {
    var name: String
    var point: ShimPoint
    /// At which of the times that the point is passed while the orders are placed.
    var passes: ClosedRange<Int64> = 1...1
    /// When the point is reached.
    var phase = Phase.trading

    enum Phase: Sendable {
        /// While orders are placed and one is cancelled.
        case trading
        /// While the server starts on a store that several starts have left files in.
        case starting
    }

    static let table = [
        Boundary(name: "before the journal write", point: .journalWrite, passes: 1...3),
        Boundary(name: "between write and sync", point: .journalSync, passes: 1...2),
        Boundary(name: "after the journal write", point: .journalSynced, passes: 1...3),
        Boundary(name: "before the send", point: .placementSend, passes: 1...2),
        Boundary(name: "after the send", point: .placementSent, passes: 1...3),
        Boundary(name: "after the answer", point: .placementAnswered, passes: 1...3),
        Boundary(name: "before a cancel's send", point: .cancelSend),
        Boundary(name: "after a cancel's send", point: .cancelSent),
        Boundary(name: "before a snapshot's write", point: .snapshotWrite),
        Boundary(name: "before a snapshot's sync", point: .snapshotSync),
        Boundary(name: "before a snapshot's renaming", point: .snapshotRename),
        Boundary(name: "after a snapshot's renaming", point: .snapshotRenamed),
        Boundary(
            name: "while a start writes a table",
            point: .flushWrite,
            phase: .starting
        ),
        Boundary(
            name: "while the manifest is written",
            point: .manifestWrite,
            passes: 1...2,
            phase: .starting
        ),
        Boundary(name: "after the manifest's sync", point: .manifestSynced, phase: .starting),
        Boundary(name: "before a file's renaming", point: .rename, passes: 1...2, phase: .starting),
        Boundary(name: "during compaction", point: .compactionWrite, phase: .starting),
    ]

    /// What happens at the boundary.
    enum Blow: CaseIterable, Sendable {
        case kill
        case powerLoss
        /// As ``powerLoss``, with half of what was written behind the last sync on disk.
        case tornTail

        var name: String {
            switch self {
            case .kill: "kill -9"
            case .powerLoss: "power lost"
            case .tornTail: "power lost, torn"
            }
        }
    }

    /// The cases of the whole table; every later pass of a point is slow.
    static var cases: [FaultCase] {
        self.table.flatMap { boundary in
            Blow.allCases.flatMap { blow in
                boundary.passes.map { boundary.faultCase(blow, pass: $0) }
            }
        }
    }

    private func faultCase(_ blow: Blow, pass: Int64) -> FaultCase {
        let count = pass == 1 ? "" : " (\(pass))"
        var setup = FaultCase.standardSetup
        // Often enough that one is taken while the orders are placed, and while the server starts.
        setup.audit = "snapshot_events: 3"
        return FaultCase(
            name: "\(blow.name) \(self.name)\(count)",
            isSlow: pass > 1 && blow != .kill || blow == .tornTail && self.phase == .starting,
            setup: setup
        ) { trial in
            switch blow {
            case .kill: break
            case .powerLoss: await trial.losePower(.none)
            case .tornTail: await trial.losePower(.half)
            }
            await trial.place("BTCUSDT", .buy, "0.05")
            let resting = await trial.place("ETHUSDT", .sell, "0.2", at: "3200")
            switch self.phase {
            case .trading: try await self.strikeWhileTrading(trial, pass, resting?.orderID)
            case .starting: try await self.strikeWhileStarting(trial, pass)
            }
            if try !trial.shim.hasFired() { await trial.report("the point was not reached") }
            try trial.shim.disarm()
            try await trial.revive()
            try await trial.settle()
            await trial.repeatUnanswered()
            try await trial.tradeOn()
            try await trial.settle()
        }
    }

    private func strikeWhileTrading(
        _ trial: Trial,
        _ pass: Int64,
        _ resting: UInt64?
    ) async throws {
        try trial.shim.arm(.kill, at: self.point, after: pass)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await trial.placeMix() }
            group.addTask { if let resting { await trial.cancel(resting) } }
        }
        try await trial.waitUntilEnded()
    }

    /// Each start leaves tables behind; the fourth finds enough of them to compact, where no power
    /// loss took some away.
    private func strikeWhileStarting(_ trial: Trial, _ pass: Int64) async throws {
        var resting: RemoteOrder?
        for start in 1...10 {
            await trial.killServer()
            if start == 4 { try trial.shim.arm(.kill, at: self.point, after: pass) }
            try await trial.revive()
            if try trial.shim.hasFired() { return }
            do {
                resting = try await self.trade(trial, closing: resting)
            } catch  where (try? trial.shim.hasFired()) == true {
                return
            }
            if try trial.shim.hasFired() { return }
        }
    }

    /// An order is closed one start after it was placed: tables whose keys do not overlap would
    /// be moved, not rewritten.
    private func trade(
        _ trial: Trial,
        closing earlier: RemoteOrder?
    ) async throws -> RemoteOrder? {
        try await trial.waitUntilReady()
        let resting = await trial.place("BTCUSDT", .sell, "0.01", at: "70000")
        await trial.place("BTCUSDT", .buy, "0.01")
        if let earlier { await trial.cancel(earlier.orderID) }
        return resting
    }
}
