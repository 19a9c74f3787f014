import Glibc
import SystemTestSupport

extension Catalogue {
    /// The wall clock of the gateway's machine; the exchange's goes on as it did.
    static let clocks: [Disturbance] = [
        .clockStep("clock an hour on", seconds: 3_600),
        .clockStep("clock an hour back", seconds: -3_600),
        .skew("clock 3 s ahead", seconds: 3),
        .skew("clock 3 s behind", seconds: -3),
        .venueClock("exchange's clock 3 s on", milliseconds: 3_000),
        .venueClock("exchange's clock 3 s back", milliseconds: -3_000),
    ]

    /// The process is stopped, with all its connections open, and goes on later.
    static let stops: [Disturbance] = [
        .stop("stopped between sync and send", at: .journalSynced, seconds: 6),
        .stop("stopped at the send", at: .placementSend, seconds: 6),
        .stop("stopped for 60 s between sync and send", at: .journalSynced, seconds: 60),
        .stop("stopped for 60 s at the send", at: .placementSend, seconds: 60),
    ]

    /// What others do at the exchange meanwhile.
    static let others: [Disturbance] = [
        Disturbance(
            name: "cancelled by another client while UNKNOWN",
            kind: .placement,
            arm: { trial in
                try await trial.control(
                    "POST",
                    "faults?action=execute-close&method=POST&path=/api/v3/order&count=4"
                )
            },
            during: { try await $0.cancelElsewhere() },
            heal: { try await $0.control("DELETE", "faults") }
        ),
        Disturbance(
            name: "a resting order is filled by a neighbour",
            kind: .others,
            prepare: { $0.hasNeighbour = true },
            during: { try await $0.fillByNeighbour() }
        ),
        Disturbance(
            name: "self-trade",
            kind: .others,
            prepare: { $0.exchangeArguments += ["--self-trade-prevention", "NONE"] },
            during: { try await $0.tradeWithItself() }
        ),
    ]
}

extension Disturbance {
    fileprivate static func clockStep(_ name: String, seconds: Int64) -> Disturbance {
        Disturbance(
            name: name,
            kind: .clock,
            during: { trial in
                try trial.shim.stepClock(seconds: seconds)
                try await trial.expectSkewRefusal(seconds: seconds)
                try trial.shim.stepClock(seconds: 0)
            }
        )
    }

    /// The exchange's clock is set while orders are placed: what was measured does not hold.
    fileprivate static func venueClock(_ name: String, milliseconds: Int64) -> Disturbance {
        Disturbance(
            name: name,
            kind: .clock,
            during: { try await $0.control("POST", "clock/skew?ms=\(milliseconds)") }
        )
    }

    fileprivate static func skew(_ name: String, seconds: Int64) -> Disturbance {
        Disturbance(
            name: name,
            kind: .clock,
            arm: { trial in
                try trial.shim.stepClock(seconds: seconds)
                await trial.killServer()
                try await trial.revive()
                try await trial.waitUntilReady()
            }
        )
    }

    fileprivate static func stop(
        _ name: String,
        at point: ShimPoint,
        seconds: Int64
    ) -> Disturbance {
        Disturbance(
            name: name,
            kind: .process,
            isSlow: seconds > 10,
            arm: { try $0.shim.arm(.stop, at: point) },
            during: { trial in
                try await Self.waitUntilStopped(trial)
                try await Task.sleep(for: .seconds(seconds))
                trial.desk.server.signal(SIGCONT)
                await trial.countFromNow()
            }
        )
    }

    /// Places again where nothing was sent, because another fault had closed the gate.
    private static func waitUntilStopped(_ trial: Trial) async throws {
        for round in 0..<400 where !trial.desk.server.isStopped {
            try await Task.sleep(for: .milliseconds(25))
            guard round == 100, !trial.desk.server.isStopped else { continue }
            try await trial.waitUntilReady()
            Task { await trial.placeMix() }
        }
        guard !trial.desk.server.isStopped else { return }
        try trial.shim.disarm()
        await trial.report("the server did not stop: the point was not reached")
    }
}
