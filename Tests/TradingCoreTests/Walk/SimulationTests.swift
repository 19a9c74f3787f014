import Testing

@testable import TradingCore

@Suite struct SimulationTests {
    /// Runs one seed from an empty store to quiescence.
    static func world(seed: UInt64, hasExits: Bool = false) -> World {
        let world = World(seed: seed, hasExits: hasExits)
        world.begin()
        world.run(milliseconds: 15_000)
        world.isBusy = false
        world.faults.quiet()
        world.run(milliseconds: world.isPatient ? 40_000 : 5_000)
        world.release(world.rig.ask(.killEngage(.cancel, Principal("admin"), reason: "end")))
        world.run(milliseconds: 90_000)
        world.schedule(.loseStream, inMilliseconds: 1)
        world.run(milliseconds: 90_000)
        if world.violations.isEmpty { world.judge() }
        return world
    }

    @Test func `in no storm do the exits of an entry sell more than it bought`() {
        var tally: [String: Int] = [:]
        for seed in Seeds.range {
            let world = SimulationTests.world(seed: seed, hasExits: true)
            let broken = world.violations.joined(separator: "; ")
            #expect(broken.isEmpty, "seed \(seed): \(broken)")
            tally.merge(world.tally) { $0 + $1 }
        }
        guard Seeds.range.count >= 200 else { return }
        for (kind, least) in [
            "exit STOP_LOSS": 150, "exit STOP_LOSS_LIMIT": 60, "exit LIMIT": 50,
            "exit MARKET": 50, "exit filled": 200, "reached stopLoss": 50,
            "reached takeProfit": 50, "exits ended": 300, "exits closing": 15,
        ] {
            #expect(tally[kind, default: 0] >= least, "\(kind): \(tally[kind, default: 0])")
        }
    }

    @Test func `after every storm gateway and venue agree`() {
        var tally: [String: Int] = [:]
        for seed in Seeds.range {
            let world = SimulationTests.world(seed: seed)
            let broken = world.violations.joined(separator: "; ")
            #expect(broken.isEmpty, "seed \(seed): \(broken)")
            tally.merge(world.tally) { $0 + $1 }
        }
        guard Seeds.range.count >= 200 else { return }
        // A storm in which nothing happens proves nothing.
        for (kind, least) in [
            "submitted": 2_500, "filled": 3_000, "unknown": 200, "proven absent": 50,
            "not sent": 50, "rejected": 5, "needs operator": 1, "started": 300,
            "kill": 300, "cancel": 500, "flatten": 20, "answer -2011": 50, "answer -2013": 200,
            "stream renewed": 20, "succeeded": 15, "amended": 10, "held": 300, "approved": 200,
            "code taken": 200, "code refused": 15, "dismissed REFUSED": 20,
            "dismissed EXPIRED": 10, "dismissed CANCELED": 50, "triggered": 100,
        ] {
            #expect(tally[kind, default: 0] >= least, "\(kind): \(tally[kind, default: 0])")
        }
    }
}
