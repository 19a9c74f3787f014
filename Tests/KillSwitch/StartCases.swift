import Foundation
import Glibc
import SystemTestSupport
import TradingAPI
import TradingCore

/// What a start finds: the environment, a file, the journal.
enum StartCases {
    static let all = [Self.environment, Self.file, Self.table]

    private static let environment = KillCase(
        name: "TRADING_KILL_SWITCH at the start"
    ) { trial in
        try await trial.rest(5)
        do {
            try await trial.restart(environment: ["TRADING_KILL_SWITCH": "flaten"])
            await trial.report("it started with a level that does not exist")
        } catch let error as ProgramUnderTest.DidNotStart {
            let isClear =
                error.description.contains("TRADING_KILL_SWITCH")
                && error.description.contains("block, cancel or flatten")
            await trial.expect(isClear, "not a clear error: \(error)")
        }
        try await trial.restart(with: nil, environment: ["TRADING_KILL_SWITCH": "cancel"])
        let state = try await trial.client.killSwitch(.status)
        await trial.expect(
            state.isEngaged && state.level == "cancel" && state.changedBy == "TRADING_KILL_SWITCH",
            "\(state)"
        )
        try await trial.waitUntilDone()
        try await trial.expectOpen([:])
        let rule = await trial.refusalToRelease()
        await trial.expect(rule == "kill_cause", "released while it is set: \(rule ?? "")")
        try await trial.release(isForced: true)
        let released = try await trial.client.killSwitch(.status)
        await trial.expect(
            released.reason.contains("forced while: TRADING_KILL_SWITCH"),
            "the record does not name what it passed over: \(released.reason)"
        )
        let order = try await trial.place(Trial.Market.all[0], tag: "after")
        await trial.expect(order.status == "OPEN", "not placed after the release: \(order)")
        try await trial.restart()
        let isEngaged = try await trial.client.killSwitch(.status).isEngaged
        await trial.expect(!isEngaged, "the release did not survive the restart")
    }

    private static let file = KillCase(
        name: "a kill file at the start, and one that is changed"
    ) { trial in
        try await trial.rest(5)
        trial.desk.killServer()
        try "".write(toFile: trial.killFile, atomically: true, encoding: .utf8)
        try await trial.restart(with: nil)
        var state = try await trial.client.killSwitch(.status)
        await trial.expect(state.isEngaged && state.level == "cancel", "\(state)")
        try await trial.waitUntilDone()
        try await trial.expectOpen([:])
        try "flatten at once".write(toFile: trial.killFile, atomically: true, encoding: .utf8)
        for _ in 0..<200 where state.level != "flatten" {
            try await Task.sleep(for: .milliseconds(25))
            state = try await trial.client.killSwitch(.status)
        }
        await trial.expect(state.level == "flatten", "a stronger file was not noticed: \(state)")
        try await trial.release(isForced: true)
        try await Task.sleep(for: .milliseconds(300))
        state = try await trial.client.killSwitch(.status)
        await trial.expect(!state.isEngaged, "the same file engaged twice")
    }

    /// The journal alone: every mode at every level comes back as it was.
    private static let table = KillCase(
        name: "a restart in each mode and at each level comes back in it",
        setup: Self.tableSetup
    ) { trial in
        for mode in [TradingMode.monitor, .paper, .dryRun, .testnet, .live] {
            _ = try await trial.client.setMode(
                mode,
                .cancel,
                reason: "test",
                confirmation: ModeWish.liveConfirmation
            )
            for level in [nil] + KillLevel.allCases.map(Optional.some) {
                if let level { _ = try await trial.engage(level, reason: "for \(mode.name)") }
                try await trial.restart()
                let now = try await trial.client.mode().mode
                await trial.expect(now == mode.name, "\(mode.name) came back as \(now)")
                let state = try await trial.client.killSwitch(.status)
                let name = level?.name
                await trial.expect(
                    state.isEngaged == (level != nil) && (level == nil || state.level == name),
                    "\(mode.name) at \(name ?? "no level") came back as \(state)"
                )
                await trial.expect(
                    level == nil || state.reason == "for \(mode.name)",
                    "the reason was lost: \(state)"
                )
                let order = try await trial.place(Trial.Market.all[0], tag: "\(mode.name)")
                let isTaken = order.status == "OPEN" || order.status == "SIMULATED"
                await trial.expect(isTaken == (level == nil), "\(mode.name), \(order.status)")
                if level != nil { try await trial.release() }
            }
        }
        await trial.tell("20 restarts after kill -9")
    }

    private static var tableSetup: Desk.Setup {
        var setup = KillCase.standardSetup
        setup.allowsLiveTrading = true
        setup.paper = "balances: [USDT=1000000, BTC=10, ETH=100]"
        return setup
    }
}
