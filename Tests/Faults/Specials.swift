import Foundation
import Glibc
import SystemTestSupport
import TradingAPI
import TradingCore

/// Cases that need steps of their own.
enum Specials {
    static let cases = [
        restoredBackup, restoredOldBackup, secondCopy, sameStore, fullDisk, failedSync,
    ]

    /// S5: an older copy of the store is started against an exchange that has gone on.
    private static let restoredBackup = FaultCase(
        name: "a restored backup, orders open since",
        setup: FaultCase.standardSetup
    ) { trial in
        try await Self.restore(trial) {
            await trial.place("BTCUSDT", .sell, "0.03", at: "70000")
            await trial.place("BTCUSDT", .buy, "0.02")
        }
    }

    private static let restoredOldBackup = FaultCase(
        name: "a restored backup, all orders since closed",
        setup: FaultCase.standardSetup
    ) { trial in
        try await Self.restore(trial) { await trial.place("BTCUSDT", .buy, "0.02") }
    }

    private static func restore(
        _ trial: Trial,
        _ since: @Sendable () async throws -> Void
    ) async throws {
        let store = trial.desk.storePath
        await trial.place("BTCUSDT", .buy, "0.05")
        await trial.killServer()
        try FileManager.default.copyItem(atPath: store, toPath: store + "-backup")
        try await trial.revive()
        try await trial.waitUntilReady()
        try await since()
        await trial.killServer()
        try FileManager.default.removeItem(atPath: store)
        try FileManager.default.moveItem(atPath: store + "-backup", toPath: store)
        try await trial.revive()
        try await Self.expectStop(trial, trial.client, "the restored store")
        await Self.expectNothingPlaced(trial, trial.client, "the restored store")
    }

    /// Waits until the gateway says that it is stopped by S5.
    private static func expectStop(
        _ trial: Trial,
        _ client: TradingClient,
        _ who: String
    ) async throws {
        var reasons: [String] = []
        // A reading that lags is made up for by the second one, 15 s after the first.
        for _ in 0..<700 {
            reasons = try await client.health().notReadyReasons
            if reasons.contains(where: { $0.contains("(S5)") }) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        await trial.report("\(who) is not stopped by S5; not ready: \(reasons)")
    }

    private static func expectNothingPlaced(
        _ trial: Trial,
        _ client: TradingClient,
        _ who: String
    ) async {
        do {
            // What breaks reads is meant for the gateway, not for us.
            try await trial.control("DELETE", "faults")
            let before = try await trial.desk.account.orders("BTCUSDT").count
            let wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
            let order = try? await client.place(wish).order
            if let order, order.status != "REFUSED" {
                await trial.report("\(who) placed \(order)")
            }
            let after = try await trial.desk.account.orders("BTCUSDT").count
            if after != before { await trial.report("\(who) sent an order") }
        } catch {
            await trial.report("\(error)")
        }
    }

    /// A restored store and a second copy, each beside another fault.
    static func pairs(with other: Disturbance) -> [FaultCase] {
        var setup = FaultCase.standardSetup
        other.prepare(&setup)
        let bound = Duration.seconds(9) + other.extraBound
        let meanwhile = { @Sendable (trial: Trial) async throws in
            try await other.arm(trial)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await trial.placeMix() }
                group.addTask { try await other.during(trial) }
                try await group.waitForAll()
            }
            try await other.heal(trial)
            // One order that the exchange has for sure.
            try await trial.placeUntilFilled()
        }
        let restored = FaultCase(
            name: "a restored backup + \(other.name)",
            bound: bound,
            isSlow: true,
            setup: setup
        ) { trial in try await Self.restore(trial) { try await meanwhile(trial) } }
        let twin = FaultCase(
            name: "a second copy running + \(other.name)",
            bound: bound,
            isSlow: true,
            setup: setup
        ) { trial in try await Self.runBeside(trial) { try await meanwhile(trial) } }
        return [restored, twin]
    }

    /// S5: a copy of the store runs beside the original.
    private static let secondCopy = FaultCase(
        name: "a second copy running",
        setup: FaultCase.standardSetup
    ) { trial in
        try await Self.runBeside(trial) {
            await trial.place("BTCUSDT", .sell, "0.03", at: "70000")
        }
    }

    private static func runBeside(
        _ trial: Trial,
        _ meanwhile: @Sendable () async throws -> Void
    ) async throws {
        await trial.place("BTCUSDT", .buy, "0.05")
        await trial.killServer()
        let desk = trial.desk
        try FileManager.default.copyItem(
            atPath: desk.storePath,
            toPath: desk.folder + "/copy"
        )
        try await trial.revive()
        try await trial.waitUntilReady()
        let copy = try await Blocking.run { NonSendable(try desk.startTwin(onStore: "copy")) }
        let twin = try await TradingClient.connect(
            to: copy.value.readyValues["tcp"] ?? "",
            timeoutMilliseconds: 20_000
        )
        for _ in 0..<200 where try await !twin.health().isReady {
            try await Task.sleep(for: .milliseconds(50))
        }
        try await meanwhile()
        try await Self.expectStop(trial, twin, "the copy")
        await Self.expectNothingPlaced(trial, twin, "the copy")
        await twin.close()
        copy.value.end(with: SIGKILL)
        try await trial.settle()
    }

    /// Two servers on one store: the second must not start.
    private static let sameStore = FaultCase(
        name: "a second server on the same store",
        setup: FaultCase.standardSetup
    ) { trial in
        await trial.place("BTCUSDT", .buy, "0.05")
        let desk = trial.desk
        do {
            let twin = try await Blocking.run {
                NonSendable(try desk.startTwin(onStore: "store"))
            }
            twin.value.end(with: SIGKILL)
            await trial.report("a second server started on the same store")
        } catch is ProgramUnderTest.DidNotStart {
            await trial.note("it did not start, as it must")
        }
        try await trial.tradeOn()
        try await trial.settle()
    }

    /// J1: a disk that is full ends the process, and nothing is lost.
    private static let fullDisk = FaultCase(
        name: "a full disk",
        setup: FaultCase.standardSetup
    ) { try await Self.refuse($0, at: .journalWrite) }

    /// J1: after a failed sync nothing is believed.
    private static let failedSync = FaultCase(
        name: "a failed sync",
        setup: FaultCase.standardSetup
    ) { try await Self.refuse($0, at: .journalSync) }

    private static func refuse(_ trial: Trial, at point: ShimPoint) async throws {
        await trial.place("BTCUSDT", .buy, "0.05")
        try trial.shim.arm(.refuse, at: point)
        await trial.placeMix()
        try await trial.waitUntilEnded()
        try trial.shim.disarm()
        try await trial.revive()
        try await trial.settle()
        await trial.repeatUnanswered()
        try await trial.tradeOn()
        try await trial.settle()
    }
}

/// Hands a value over from the thread that made it, which keeps nothing of it.
struct NonSendable<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
