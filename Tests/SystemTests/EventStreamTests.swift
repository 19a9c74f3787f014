import Foundation
import Glibc
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// Subscriptions as people and programs without our library use them: `tradectl events`, and the
/// example in Python that was written from docs/rpc.md alone.
@Suite(.serialized, .timeLimit(.minutes(5))) struct EventStreamTests {
    /// A program that prints lines, with its output in a file.
    private final class Follower {
        private let process = Process()
        private let path: String

        init(_ program: URL, _ arguments: [String], folder: String) throws {
            self.path = "\(folder)/follower-\(UUID().uuidString).log"
            _ = FileManager.default.createFile(atPath: self.path, contents: nil)
            self.process.executableURL = program
            self.process.arguments = arguments
            // Python keeps compiled modules beside the sources otherwise.
            self.process.environment = ProcessInfo.processInfo.environment
                .merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
            self.process.standardOutput = try FileHandle(
                forWritingTo: URL(fileURLWithPath: self.path)
            )
            // Whoever runs the tests must not wait for what this holds open.
            self.process.standardError = FileHandle.nullDevice
            try self.process.run()
        }

        deinit { if self.process.isRunning { kill(self.process.processIdentifier, SIGKILL) } }

        func lines() throws -> [[String: Any]] {
            let text = try String(contentsOfFile: self.path, encoding: .utf8)
            // The last line may be half written.
            let whole = text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
            return try whole.split(separator: "\n").map { line in
                let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8))
                return try #require(parsed as? [String: Any])
            }
        }

        /// Waits for an event; the time limit of the tests bounds it.
        func wait(for sequence: UInt64) async throws -> [[String: Any]] {
            while true {
                let lines = try self.lines()
                if let last = lines.last?["sequence"] as? NSNumber, last.uint64Value >= sequence {
                    return lines
                }
                try #require(self.process.isRunning, "it ended after \(lines.count) lines")
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private static func example() -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return ["python3", root.appendingPathComponent("examples/event_stream.py").path]
    }

    /// A desk whose server is killed twice and ended once while orders go on.
    private static func disturb(_ desk: Desk) async throws -> UInt64 {
        for signal in [SIGKILL, SIGTERM, SIGKILL] {
            let client = try await desk.readyClient()
            let load = Task { try await SubscribeTests.trade(client, 30) }
            try await Task.sleep(for: .milliseconds(150))
            desk.server.end(with: signal)
            _ = await load.result
            await client.close()
            try desk.restartServer()
        }
        let client = try await desk.readyClient()
        try await SubscribeTests.trade(client, 6)
        let last = try await client.health().journalSequence
        await client.close()
        return last
    }

    @Test(arguments: ["python", "tradectl"])
    func `a program that follows is told every event once, over kills and restarts`(
        _ program: String
    ) async throws {
        var setup = Desk.Setup()
        setup.timing = "receive_window_ms: 300, absence_margin_ms: 200, inquiry_interval_ms: 100"
        let desk = try Desk(setup)
        let follower =
            program == "python"
            ? try Follower(
                URL(fileURLWithPath: "/usr/bin/env"),
                Self.example() + [desk.unixPath, "--from", "1"],
                folder: desk.folder
            )
            : try Follower(
                try ProgramUnderTest.url(of: "tradectl"),
                [
                    "events", "--from", "1", "--follow", "--output", "json", "--address",
                    "unix:\(desk.unixPath)",
                ],
                folder: desk.folder
            )
        // Until then it would give up: that nobody listens may be a wrong address.
        _ = try await follower.wait(for: 1)
        let last = try await Self.disturb(desk)
        let told = try await follower.wait(for: last).prefix(Int(last))
        let numbers = told.compactMap { ($0["sequence"] as? NSNumber)?.uint64Value }
        #expect(numbers == Array(1...last))
        let expected = try await SubscribeTests.events(
            desk.address,
            SubscriptionWish(fromSequence: 1),
            through: last
        )
        for (line, update) in zip(told, expected) {
            let event = line["event"] as? [String: Any] ?? line
            #expect(event["name"] as? String == update.event?.name)
            #expect(line["time"] as? Int64 == update.time)
            let fill = event["fill"] as? [String: Any]
            #expect(fill?["price"] as? String == update.event?.fill?.price)
            #expect(event["symbol"] as? String ?? "" == update.event?.symbol)
        }
    }

    @Test func `tradectl events shows the last ones, or those from a sequence, and ends`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        try await SubscribeTests.trade(client, 30)
        let last = try await client.health().journalSequence
        let (code, output) = try desk.tradectl(["events"])
        #expect(code == 0)
        let lines = output.split(separator: "\n")
        #expect(lines.count == 50)
        #expect(lines.last?.hasPrefix("\(last) ") == true, "\(output)")
        let fills = try desk.tradectl([
            "events", "--from", "1", "--kind", "fill", "--symbol", "BTCUSDT",
        ])
        #expect(fills.code == 0 && fills.output.contains("order_filled"))
        #expect(!fills.output.contains("ETHUSDT") && !fills.output.contains("order_submitted"))
        let future = try desk.tradectl(["events", "--from", "999999", "--follow"])
        #expect(future.code == 1 && future.output.contains("future"), "\(future.output)")
        await client.close()
    }
}
