import Foundation
import Glibc
import SystemTestSupport
import TradingAPI
import TradingCore

/// What engages the switch while the gateway loop cannot, and while others do not do their part.
enum HangingLoopCases {
    static let all = [Self.signal, Self.file, Self.deafConnections]

    /// One placement at a time, so that many wait in the venue thread.
    private static var slowSetup: Desk.Setup {
        var setup = KillCase.standardSetup
        setup.connections = 2
        setup.timing =
            "receive_window_ms: 8000, absence_margin_ms: 500, inquiry_interval_ms: 200"
        return setup
    }

    private static let signal = KillCase(
        name: "SIGUSR1 while the loop hangs in a sync",
        setup: Self.slowSetup
    ) { trial in
        try await Self.hang(trial)
        try await Self.expectClosed(trial) { trial.desk.server.signal(SIGUSR1) }
        // The journal does not take it: the next start learns of it from a file.
        try await trial.expectKillFile(true)
        let text = trial.killFileText ?? ""
        await trial.expect(text.contains("SIGUSR1"), "the kill file says \(text)")
        trial.desk.killServer()
        try trial.shim.disarm()
        try await trial.control("DELETE", "faults")
        try await trial.restart(with: nil)
        let state = try await trial.client.killSwitch(.status)
        await trial.expect(state.isEngaged && state.level == "cancel", "\(state)")
        try await trial.waitUntilDone()
        try await trial.expectOpen([:])
        try await trial.expectKillFile(false)
    }

    private static let file = KillCase(
        name: "a kill file while the loop hangs in a sync",
        setup: Self.slowSetup
    ) { trial in
        try await Self.hang(trial)
        try await Self.expectClosed(trial) {
            let text = "cancel fat finger"
            try text.write(toFile: trial.killFile, atomically: true, encoding: .utf8)
        }
        // The loop comes back, and does what it was asked for.
        try trial.shim.disarm()
        try await trial.control("DELETE", "faults")
        try await trial.waitUntilDone()
        let state = try await trial.client.killSwitch(.status)
        await trial.expect(
            state.isEngaged && state.level == "cancel" && state.changedBy == "kill file"
                && state.reason.contains("fat finger"),
            "\(state)"
        )
        try await trial.expectOpen([:])
        let rule = await trial.refusalToRelease()
        await trial.expect(rule == "kill_cause", "released while the file is there: \(rule ?? "")")
        try await trial.restart()
        await trial.expect(
            try await trial.client.killSwitch(.status).changedBy == "kill file",
            "released by the restart"
        )
        try FileManager.default.removeItem(atPath: trial.killFile)
        try await trial.release()
        let order = try await trial.place(Trial.Market.all[0], tag: "after")
        await trial.expect(order.status == "OPEN", "not placed after the release: \(order)")
    }

    /// Lets the loop hang in a sync while the venue thread has placements to send.
    private static func hang(_ trial: Trial) async throws {
        try await trial.rest(5)
        try await trial.control(
            "POST",
            "faults?action=delay-answer&ms=150&method=POST&path=/api/v3/order&count=0"
        )
        Task {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let market = Trial.Market.all[number % 2]
                        _ = try? await trial.place(market, tag: "queued-\(number)")
                    }
                }
            }
        }
        let before = try trial.shim.placementsSent()
        for _ in 0..<400 where try trial.shim.placementsSent() < before + 2 {
            try await Task.sleep(for: .milliseconds(5))
        }
        try trial.shim.arm(.hang, at: .journalSync)
        for _ in 0..<400 where try !trial.shim.hasFired() {
            try await Task.sleep(for: .milliseconds(5))
        }
        let hanging = try trial.shim.placementsSent()
        try await Task.sleep(for: .milliseconds(700))
        let goesOn = try trial.shim.placementsSent() > hanging
        await trial.expect(goesOn, "the venue thread sends nothing: the gate would show nothing")
    }

    /// Engages, and counts what leaves after that.
    private static func expectClosed(
        _ trial: Trial,
        _ engage: () throws -> Void
    ) async throws {
        try engage()
        // The file is looked for every 100 ms.
        try await Task.sleep(for: .milliseconds(250))
        let sent = try trial.shim.placementsSent()
        try await Task.sleep(for: .seconds(1))
        let late = try trial.shim.placementsSent() - sent
        await trial.expect(late == 0, "\(late) placements left through a closed gate")
    }

    /// Callers that ask for much and never read the answers.
    private static let deafConnections = KillCase(
        name: "CANCEL beside connections that never read their answers"
    ) { trial in
        try await trial.rest(300)
        let port = UInt16(trial.desk.tcpAddress.split(separator: ":").last ?? "") ?? 0
        let deaf = try (0..<4).map { _ in try DeafConnection(port: port) }
        for connection in deaf { connection.askForOrders(20_000) }
        try await Task.sleep(for: .milliseconds(500))
        let start = ContinuousClock.now
        let engagement = try await trial.engage(.cancel)
        await trial.expect(engagement.view.isDurable, "the engagement is not durable")
        await trial.expect(engagement.took < .seconds(3), "answered after \(engagement.took)")
        try await trial.waitUntilDone()
        await trial.tell(
            "answered after \(engagement.took.milliseconds), "
                + "verified zero after \((ContinuousClock.now - start).seconds)"
        )
        try await trial.expectOpen([:])
        for connection in deaf { connection.close() }
    }
}
