import Testing

@testable import TTRPC

/// The table of calls against a dictionary.
@Suite struct CallTableTests {
    @Test func `whatever is added, changed and taken, the table holds what a dictionary would`() {
        var random = SeededGenerator(seed: 5)
        var table = CallTable<Int>()
        var model: [UInt32: Int] = [:]
        for step in 0..<20_000 {
            let streamID = UInt32.random(in: 1...6, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                guard model[streamID] == nil else { continue }
                table.insert(step, for: streamID)
                model[streamID] = step
            case 2:
                table[streamID]? += 1
                model[streamID]? += 1
            case 3:
                guard model[streamID] != nil else { continue }
                table[streamID] = nil
                model[streamID] = nil
            default:
                #expect(table.remove(streamID) == model.removeValue(forKey: streamID))
            }
            #expect(table.count == model.count && table.isEmpty == model.isEmpty)
            #expect(table.streamIDs == model.keys.sorted())
            #expect(table[streamID] == model[streamID])
            let entries = table.entries.map { "\($0.streamID) \($0.entry)" }
            #expect(entries.sorted() == model.map { "\($0.key) \($0.value)" }.sorted())
        }
    }
}
