import SystemTestSupport
import TradingCore

/// One thing that goes wrong around a gateway that trades.
struct Disturbance: Sendable {
    var name: String
    /// Whether it breaks the same thing as others of its kind, so that two of them make no pair.
    var kind: Kind
    /// How much longer an order may be UNKNOWN because of it.
    var extraBound = Duration.zero
    var isSlow = false
    /// Changes the desk.
    var prepare: @Sendable (inout Desk.Setup) -> Void = { _ in }
    /// Done before the orders are placed.
    var arm: @Sendable (Trial) async throws -> Void = { _ in }
    /// Done while the orders are being placed.
    var during: @Sendable (Trial) async throws -> Void = { _ in }
    /// Done after the orders were answered, or their calls lost.
    var heal: @Sendable (Trial) async throws -> Void = { _ in }

    enum Kind: Sendable {
        case placement
        case stream
        case cancel
        case amend
        case read
        case clock
        case process
        case others
    }

    /// A fault of the exchange that hits every placement of the mix.
    static func placement(
        _ name: String,
        _ fault: String,
        extraBound: Duration = .zero,
        isSlow: Bool = false,
        isToResubmit: Bool = false
    ) -> Disturbance {
        Disturbance(
            name: name,
            kind: .placement,
            extraBound: extraBound,
            isSlow: isSlow,
            arm: { trial in
                await trial.ask(toResubmit: isToResubmit)
                try await trial.control(
                    "POST",
                    "faults?action=\(fault)&method=POST&path=/api/v3/order&count=4"
                )
            },
            during: { try await $0.placeUntilHit() },
            heal: { try await $0.control("DELETE", "faults") }
        )
    }

    /// A fault of the exchange that hits every cancel.
    static func cancel(_ name: String, _ fault: String) -> Disturbance {
        Disturbance(
            name: name,
            kind: .cancel,
            arm: { trial in
                try await trial.control(
                    "POST",
                    "faults?action=\(fault)&method=DELETE&path=/api/v3/order&count=2"
                )
            },
            during: { try await $0.cancelResting() },
            heal: { try await $0.control("DELETE", "faults") }
        )
    }

    /// A fault of the exchange that hits every reduction of an order.
    static func amend(_ name: String, _ fault: String) -> Disturbance {
        Disturbance(
            name: name,
            kind: .amend,
            arm: { trial in
                try await trial.control(
                    "POST",
                    "faults?action=\(fault)&method=PUT&count=2"
                )
            },
            during: { try await $0.amendResting() },
            heal: { try await $0.control("DELETE", "faults") }
        )
    }

    /// A fault of the exchange that hits what is asked about orders; it needs orders in doubt.
    static func read(
        _ name: String,
        _ fault: String,
        extraBound: Duration = .zero,
        prepare: @escaping @Sendable (inout Desk.Setup) -> Void = { _ in }
    ) -> Disturbance {
        Disturbance(
            name: name,
            kind: .read,
            extraBound: extraBound,
            prepare: prepare,
            arm: { trial in
                for path in ["order", "allOrders", "openOrders", "myTrades", "account"] {
                    try await trial.control(
                        "POST",
                        "faults?action=\(fault)&method=GET&path=/api/v3/\(path)"
                    )
                }
            }
        )
    }

    /// A fault of the user stream, from before the orders on.
    static func stream(_ name: String, _ action: String, heal: String?) -> Disturbance {
        Disturbance(
            name: name,
            kind: .stream,
            arm: { try await $0.control("POST", "streams?action=\(action)") },
            heal: { trial in
                if let heal { try await trial.control("POST", "streams?action=\(heal)") }
            }
        )
    }

    /// The case that these disturbances make together.
    static func faultCase(_ disturbances: [Disturbance]) -> FaultCase {
        var setup = FaultCase.standardSetup
        for disturbance in disturbances { disturbance.prepare(&setup) }
        let complete = setup
        return FaultCase(
            name: disturbances.map(\.name).joined(separator: " + "),
            bound: disturbances.reduce(.seconds(9)) { $0 + $1.extraBound },
            isSlow: disturbances.contains(where: \.isSlow),
            setup: complete
        ) { trial in
            await trial.place("BTCUSDT", .buy, "0.05")
            await trial.place("ETHUSDT", .sell, "0.2", at: "3200")
            for disturbance in disturbances { try await disturbance.arm(trial) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await trial.placeMix() }
                for disturbance in disturbances {
                    group.addTask { try await disturbance.during(trial) }
                }
                try await group.waitForAll()
            }
            for disturbance in disturbances { try await disturbance.heal(trial) }
            try await trial.revive()
            try await trial.settle()
            await trial.repeatUnanswered()
            try await trial.tradeOn()
            try await trial.settle()
        }
    }
}
