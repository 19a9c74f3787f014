import Foundation
import Synchronization
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

@Suite(.serialized, .timeLimit(.minutes(8))) struct CrashTests {
    static let killCount = 25

    @Test func `kill -9 under load, again and again: orders and balances equal the exchange's`()
        async throws
    {
        var setup = Desk.Setup()
        setup.timing = "receive_window_ms: 300, absence_margin_ms: 200, inquiry_interval_ms: 100"
        let desk = try Desk(setup)
        // As far away as a real exchange, so that orders are on their way at any moment.
        try await desk.account.send(
            "POST",
            "/sim/faults?action=delay-answer&method=POST&path=/api/v3/order&count=1000000&ms=20"
        )
        var generator = SeededGenerator(state: 20_261_121)
        var killsWithUnanswered = 0
        for round in 1...Self.killCount {
            try await self.loadUntilKilled(desk, &generator)
            try desk.restartServer()
            let client = try await desk.readyClient()
            let unanswered = self.unanswered(desk.server.output)
            let count = try await client.orders(includesClosed: true, countMax: 1).first?.orderID
            print(
                "kill \(round): \(unanswered) intents were durable and unanswered, "
                    + "\(count ?? 0) orders so far"
            )
            if unanswered > 0 { killsWithUnanswered += 1 }
            try await Comparison(desk: desk, client: client)
                .expectAgreement(["BTCUSDT", "ETHUSDT"])
            await client.close()
        }
        #expect(killsWithUnanswered * 2 >= Self.killCount)
    }

    /// Sixteen callers place and cancel until the server is gone, at a random moment.
    private func loadUntilKilled(
        _ desk: Desk,
        _ generator: inout SeededGenerator
    ) async throws {
        let client = try await desk.readyClient()
        let lifetime = Int.random(in: 20...400, using: &generator)
        let seed = UInt64.random(in: 1...UInt64.max, using: &generator)
        let load = Load()
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<16 {
                group.addTask { await Self.work(client, seed &+ UInt64(worker), load) }
            }
            group.addTask {
                // Not before all callers are at work, however slow the machine.
                while load.answered.withLock({ $0 }) < 32 {
                    try? await Task.sleep(for: .milliseconds(5))
                }
                try? await Task.sleep(for: .milliseconds(lifetime))
                desk.killServer()
            }
            await group.waitForAll()
        }
        await client.close()
    }

    private static func work(_ client: TradingClient, _ seed: UInt64, _ load: Load) async {
        var generator = SeededGenerator(state: seed)
        while true {
            var wish = OrderWish(
                symbol: Bool.random(using: &generator) ? "BTCUSDT" : "ETHUSDT",
                side: Bool.random(using: &generator) ? .buy : .sell,
                quantity: "0.01"
            )
            if Int.random(in: 0..<3, using: &generator) == 0 {
                let isBitcoin = wish.symbol == "BTCUSDT"
                wish.limitPrice =
                    wish.side == .buy
                    ? (isBitcoin ? "50000" : "2000") : (isBitcoin ? "70000" : "3200")
            }
            do {
                let order = try await client.place(wish).order
                load.answered.withLock { $0 += 1 }
                if order.status == "OPEN" { _ = try await client.cancel(order.orderID) }
            } catch .refused {
                continue
            } catch .unreachable, .connectionLost {
                return
            } catch {
                Issue.record("a call failed while the server was there: \(error)")
                return
            }
        }
    }

    /// The server says at its start how many orders were on their way when it ended.
    private func unanswered(_ output: String) -> Int {
        guard let range = output.range(of: "unanswered=") else { return 0 }
        return Int(output[range.upperBound...].prefix { $0.isNumber }) ?? 0
    }
}

/// How much the callers of one round have done.
private final class Load: Sendable {
    let answered = Mutex(0)
}

/// The same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
