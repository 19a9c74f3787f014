import Foundation
import Journal
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing
import TradingCore

@testable import RPCServer

/// F3: the server writes the report of a day when the day is over, as JSON and as text.
@Suite(.timeLimit(.minutes(2))) struct ReportTests {
    /// A clock that a test sets.
    final class SetClock: Sendable {
        private let wall: Mutex<WallTime>

        init(_ wall: WallTime) { self.wall = Mutex(wall) }

        func set(_ wall: WallTime) { self.wall.withLock { $0 = wall } }

        func now() -> Instant {
            Instant(
                monotonic: MonotonicTime(nanoseconds: 1),
                wall: self.wall.withLock { $0 }
            )
        }
    }

    /// What the trail needs, on one loop.
    struct Parts {
        let trail: AuditTrail
        let walk: GatewayLoop
    }

    static let evening = WallTime(milliseconds: 1_700_006_400_000 - 60_000)
    static let night = WallTime(milliseconds: 1_700_006_400_000 + 1_000)

    static func folder() throws -> String {
        let folder = NSTemporaryDirectory() + "report-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder + "/store",
            withIntermediateDirectories: true
        )
        return folder
    }

    /// A store with an order of the evening.
    static func store(in folder: String) throws -> (Recovery.Layout, Journal, State) {
        let layout = Recovery.Layout(store: folder + "/store")
        let journal = try Journal(path: layout.journal)
        let events: [Event] = [
            .storeCreated(clientIDPrefix: "aaaaaaaa"),
            .started(epoch: "bbbbbbbb", version: "1"),
            .balanceMoved(.testnet, Asset("BTC"), delta: Amount(raw: 7), isOpening: false),
        ]
        var state = State()
        for event in events { _ = state.apply(event, at: Self.evening) }
        try journal.write(events, closing: [], at: Self.evening, isSynced: true)
        return (layout, journal, state)
    }

    static func start(
        _ folder: String,
        at clock: SetClock,
        on loop: any EventLoop
    ) throws -> Parts {
        let (layout, journal, state) = try Self.store(in: folder)
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var settings = AuditSettings()
        settings.anchorIntervalSeconds = 1
        let trail = AuditTrail(
            journal: journal,
            layout: layout,
            recoveredFrom: 0,
            key: try SigningKey.loadOrMake(at: layout.signingKey),
            settings: settings,
            loop: loop,
            clock: { clock.now() },
            log: log
        )
        let walk = try LoopTests.walk(recovered: state, on: journal, loop: loop, in: folder)
        trail.start(walk)
        return Parts(trail: trail, walk: walk)
    }

    /// Waits for a day's text, which is written last.
    static func report(of day: String, in folder: String) async throws -> (Data, String) {
        let path = folder + "/store.reports/" + day
        while !FileManager.default.fileExists(atPath: path + ".txt") {
            try await Task.sleep(for: .milliseconds(20))
        }
        return (
            try Data(contentsOf: URL(fileURLWithPath: path + ".json")),
            try String(contentsOfFile: path + ".txt", encoding: .utf8)
        )
    }

    /// Runs a server's trail on a loop of its own while the body looks.
    static func running(
        in folder: String,
        at clock: SetClock,
        _ body: () async throws -> Void
    ) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let parts = try await loop.submit {
            NIOLoopBound(try Self.start(folder, at: clock, on: loop), eventLoop: loop)
        }.get()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        try await loop.submit {
            parts.value.walk.withState { parts.value.trail.finish($0) }
        }.get()
        try result.get()
    }

    @Test func `when a day ends, its report is written as JSON and as text`() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clock = SetClock(Self.evening)
        try await Self.running(in: folder, at: clock) {
            #expect(!FileManager.default.fileExists(atPath: folder + "/store.reports"))
            clock.set(Self.night)
            let (json, text) = try await Self.report(of: "2023-11-14", in: folder)
            let values = try #require(
                JSONSerialization.jsonObject(with: json) as? [String: Any]
            )
            #expect(values["day"] as? String == "2023-11-14")
            #expect(values["eventCount"] as? Int == 3)
            #expect((values["discrepancies"] as? [Any])?.count == 1)
            let doubt = try #require(values["doubt"] as? [String: Any])
            #expect(doubt["unresolvedShare"] as? String == "0.000000")
            #expect(text.hasPrefix("2023-11-14 (UTC): 3 events\n"))
            #expect(text.contains("discrepancies: 1\n"))
            // It is what the command makes of the store.
            let report = try DailyReports(store: folder + "/store")
                .report(of: try #require(Day("2023-11-14")))
            #expect(text == report.text)
        }
        let layout = Recovery.Layout(store: folder + "/store")
        #expect(try layout.anchors.read().heads.isEmpty == false)
    }

    @Test func `a day that ended while no server ran is reported at the next start`() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await Self.running(in: folder, at: SetClock(Self.night)) {
            let (_, text) = try await Self.report(of: "2023-11-14", in: folder)
            #expect(text.contains("3 events"))
        }
    }

    @Test func `a clock that is set back reports no day twice, and none that is not over (M3)`()
        async throws
    {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clock = SetClock(Self.night)
        try await Self.running(in: folder, at: clock) {
            _ = try await Self.report(of: "2023-11-14", in: folder)
            clock.set(Self.evening)
            // Two anchors' time passes: the day's work is done with each.
            try await Task.sleep(for: .milliseconds(2_200))
            let names = try FileManager.default.contentsOfDirectory(
                atPath: folder + "/store.reports"
            )
            #expect(names.sorted() == ["2023-11-14.json", "2023-11-14.txt"])
        }
    }
}
