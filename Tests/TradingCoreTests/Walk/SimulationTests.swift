import Testing

@testable import TradingCore

@Suite struct SimulationTests {
    /// Runs one seed from an empty store to quiescence; returns what it broke.
    static func violations(seed: UInt64) -> [String] {
        let world = World(seed: seed)
        world.begin()
        world.run(milliseconds: 15_000)
        world.isBusy = false
        let hadStrangers = world.faults.hasStrangers
        world.faults.quiet()
        world.faults.hasStrangers = hadStrangers
        world.run(milliseconds: 5_000)
        world.release(world.rig.ask(.killEngage(.cancel, Principal("admin"), reason: "end")))
        world.run(milliseconds: 90_000)
        world.schedule(.loseStream, inMilliseconds: 1)
        world.run(milliseconds: 90_000)
        if world.violations.isEmpty { world.judge() }
        return world.violations
    }

    @Test func `after every storm gateway and venue agree`() {
        for seed in Seeds.range {
            let broken = SimulationTests.violations(seed: seed)
            #expect(broken.isEmpty, "seed \(seed): \(broken.joined(separator: "; "))")
        }
    }
}
