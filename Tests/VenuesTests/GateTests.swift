import Testing

@testable import Venues

@Suite
struct GateTests {
    @Test func `a gate starts closed, and nothing passes (K1)`() {
        let gate = Gate()
        #expect(!gate.isOpen())
        #expect(!gate.enter())
        #expect(gate.inFlightCount == 0)
    }

    @Test func `closing tells how many placements were on the wire, and no more pass (K1)`() {
        let gate = Gate()
        gate.open()
        let entered = (0..<3).map { _ in gate.enter() }
        #expect(entered == [true, true, true])
        gate.leave()
        let inFlight = gate.close()
        #expect(inFlight == 2)
        #expect(!gate.enter())
        gate.leave()
        gate.leave()
        #expect(gate.close() == 0)
    }

    @Test func `a reconciliation that ends does not open what the kill switch closed (K1)`() {
        let gate = Gate()
        gate.open()
        #expect(gate.enter())
        #expect(gate.close(.killSwitch) == 1)
        gate.open(.session)
        #expect(!gate.isOpen())
        #expect(!gate.enter())
        gate.open(.killSwitch)
        #expect(gate.enter())
        #expect(gate.inFlightCount == 2)
    }

    @Test func `whoever enters while others close is either counted or refused (K1)`() async {
        let gate = Gate()
        gate.open()
        let entered = await withTaskGroup(of: Int.self, returning: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var count = 0
                    for _ in 0..<20_000 where gate.enter() { count += 1 }
                    return count
                }
            }
            let early = gate.close()
            var total = 0
            for await count in group { total += count }
            // Nobody passed after the count was read.
            #expect(total == early)
            return total
        }
        #expect(gate.inFlightCount == entered)
        #expect(gate.close() == entered)
    }
}
