import Foundation
import SystemTestSupport
import Testing
import TradingAPI

/// The commands that the documents show, run as they stand there.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DocumentedCommandsTests {
    /// Lines such as `    tradectl limits`, in the order in which a document has them.
    static func commands(in document: String, for words: [String]) throws -> [[String]] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let url = root.appendingPathComponent("docs/\(document)")
        let text = try String(contentsOf: url, encoding: .utf8)
        return text.split(separator: "\n").filter { $0.hasPrefix("    tradectl ") }
            .map { Self.arguments(of: $0.dropFirst("    tradectl ".count)) }
            .filter { words.contains($0.first ?? "") }
    }

    /// Takes a line apart as a shell does, quotation marks included.
    static func arguments(of line: Substring) -> [String] {
        line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .flatMap { index, part in
                index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
            }
    }

    @Test(arguments: [
        ("risk.md", ["limits", "risk"], 9),
        ("rpc.md", ["token", "events", "fills", "balances", "close", "adjust"], 11),
        ("modes.md", ["mode", "positions", "balances"], 6),
    ])
    func `each command of a document does what it says`(
        document: String,
        words: [String],
        countMin: Int
    ) async throws {
        let commands = try Self.commands(in: document, for: words)
        #expect(commands.count >= countMin, "\(commands)")
        var setup = Desk.Setup()
        setup.paper = "balances: [USDT=1000000]"
        let desk = try Desk(setup)
        await (try desk.readyClient()).close()
        for command in commands {
            let (code, output) = try desk.tradectl(command)
            #expect(code == 0, "tradectl \(command.joined(separator: " ")): \(output)")
        }
    }
}
