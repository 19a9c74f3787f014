import Foundation
import Glibc
import SystemTestSupport
import TradingAPI
import TradingCore

/// The journal does not take the engagement: it counts all the same, also for the next start (K2).
enum BrokenJournalCases {
    static let all = [
        Self.refused("the disk is full", at: .journalWrite, action: .refuse),
        Self.refused("a sync fails", at: .journalSync, action: .refuse),
        Self.refused("a sync hangs", at: .journalSync, action: .hang),
        Self.filesCannotGrow, Self.unreadableStore,
    ]

    private static func refused(
        _ name: String,
        at point: ShimPoint,
        action: ShimAction
    ) -> KillCase {
        var setup = KillCase.standardSetup
        setup.killSwitch = "journal_wait_ms: 500"
        return KillCase(name: "CANCEL by call while \(name)", setup: setup) { trial in
            try await trial.rest(30)
            try await Task.sleep(for: .milliseconds(200))
            try trial.shim.arm(action, at: point)
            try await Self.engageInVain(trial)
            try trial.shim.disarm()
            try await Self.reviveEngaged(trial, level: "cancel")
        }
    }

    /// A limit on the size of files, in place of the shim: no write of the process gets through
    /// that makes a file longer.
    private static let filesCannotGrow = KillCase(
        name: "CANCEL by call while no file can grow"
    ) { trial in
        try await trial.rest(30)
        try await Task.sleep(for: .milliseconds(200))
        try trial.desk.server.limitFiles(bytes: 1_024)
        try await Self.engageInVain(trial)
        try await Self.reviveEngaged(trial, level: "cancel")
    }

    /// Engages by a call on a journal that takes nothing, and follows the server to its end.
    private static func engageInVain(_ trial: Trial) async throws {
        let engagement = try await trial.engage(.cancel)
        await trial.tell("answered after \(engagement.took.milliseconds): not durable")
        let view = engagement.view
        await trial.expect(view.isEngaged && view.level == "cancel", "not engaged: \(view)")
        await trial.expect(!view.isDurable, "it claims to be durable")
        await trial.expect(engagement.took < .seconds(3), "answered after \(engagement.took)")
        let order = try? await trial.place(Trial.Market.all[0], tag: "too late")
        await trial.expect(
            order?.status != "OPEN",
            "an order was placed: \(String(describing: order))"
        )
        let code = try await trial.exitCode(within: .seconds(70))
        await trial.expect(code == 70, "the server ended with \(String(describing: code))")
        try await trial.expectSilence(since: engagement)
        try await trial.expectOpen([:])
        try await trial.expectKillFile(true)
    }

    /// The next start is engaged by the file, records it, and takes the file back.
    private static func reviveEngaged(_ trial: Trial, level: String) async throws {
        try await trial.restart(with: nil)
        let state = try await trial.client.killSwitch(.status)
        await trial.expect(state.isEngaged && state.level == level, "released: \(state)")
        await trial.expect(state.isDurable, "not durable after the restart")
        try await trial.expectKillFile(false)
        try await trial.waitUntilDone()
        try await trial.release()
        let order = try await trial.place(Trial.Market.all[0], tag: "after")
        await trial.expect(order.status == "OPEN", "not placed after the release: \(order)")
    }

    /// K2: a store whose chain is broken serves the kill switch, and says that nothing is durable.
    private static let unreadableStore = KillCase(
        name: "CANCEL on a store that is damaged"
    ) { trial in
        try await trial.rest(10)
        await trial.client.close()
        trial.desk.killServer()
        let isDamaged = try trial.desk.damageStore("rest-3", suffix: ".log")
        await trial.expect(isDamaged, "nothing was damaged")
        try await trial.restart(with: nil, isReady: false)
        do {
            let order = try await trial.place(Trial.Market.all[0], tag: "too late")
            await trial.expect(false, "an order that nobody can record was told of: \(order)")
        } catch TradingClientError.refused(let refusal) {
            await trial.expect(refusal.rule == "not_ready", "refused for another rule: \(refusal)")
        }
        let engagement = try await trial.engage(.cancel)
        await trial.expect(engagement.view.isEngaged, "not engaged")
        await trial.expect(!engagement.view.isDurable, "it claims to be durable")
        try await trial.expectKillFile(true)
    }
}
