import Foundation
import Testing

/// Mutations of the kept corpus; `make fuzz` goes on from the same corpus with libFuzzer.
@Suite("Arbitrary bytes")
struct FuzzTests {
    private static let inputsOfEach = 4_000

    @Test(arguments: FuzzTarget.allCases)
    func `nothing that comes in ends the program`(target: FuzzTarget) throws {
        let corpus = try Self.corpus(of: target)
        try #require(!corpus.isEmpty)
        for input in corpus { target.run(input) }
        var mutation = Mutation(seed: 7)
        for number in 0..<Self.inputsOfEach {
            target.run(mutation.change(corpus[number % corpus.count], corpus))
        }
    }

    private static func corpus(of target: FuzzTarget) throws -> [[UInt8]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fuzzing/Corpus/\(target.rawValue)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try names.sorted().map { name in
            [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
        }
    }
}
