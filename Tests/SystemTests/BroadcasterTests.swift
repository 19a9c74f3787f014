import Foundation
import Journal
import Logging
import NIOCore
import NIOPosix
import TTRPC
import Testing
import TradingCore

@testable import RPCServer
@testable import TradingAPI

/// The fan-out itself, on a real loop and a real journal, with readers made by hand.
@Suite(.timeLimit(.minutes(2))) struct BroadcasterTests {
    /// A reader that takes what it wants to.
    private final class Reader: EventSink {
        var isWritable = true
        private var action: (() -> Void)?
        private(set) var sequences: [UInt64] = []
        private(set) var heartbeats: [UInt64] = []
        private(set) var alerts: [(kind: String, after: UInt64)] = []
        private(set) var end: Status?

        func whenWritable(_ action: @escaping () -> Void) { self.action = action }

        func send(_ payload: ByteBuffer) -> Bool {
            if let sequence = RequestBytes.eventSequence(payload) {
                self.sequences.append(sequence)
            } else if let update = try? ResponseDecoder().update(Array(payload.readableBytesView)),
                let alert = update.alert
            {
                self.alerts.append((alert.kind, update.sequence))
            } else {
                self.heartbeats.append(UInt64(payload.readableBytes))
            }
            return true
        }

        func fail(_ status: Status) { self.end = status }

        /// Reads on.
        func open() {
            self.isWritable = true
            let action = self.action
            self.action = nil
            action?()
        }
    }

    /// A journal and what tells of it; on the loop.
    private final class Bench {
        let journal: Journal
        let broadcaster: Broadcaster
        private let folder: String

        init(_ settings: Broadcaster.Settings, on loop: any EventLoop) throws {
            self.folder = NSTemporaryDirectory() + "stream-" + UUID().uuidString
            self.journal = try Journal(path: self.folder)
            self.broadcaster = Broadcaster(
                recovered: State(),
                history: EventHistory(of: self.journal),
                loop: loop,
                settings: settings,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }

        deinit { try? FileManager.default.removeItem(atPath: self.folder) }

        /// Writes records of three events each, and says that they are on disk.
        func write(records: Int, isSynced: Bool = true) throws {
            for _ in 0..<records {
                let events = (0..<3).map { Event.started(epoch: "\($0)", version: "test") }
                let time = WallTime(nanoseconds: 1_700_000_000_000_000_000)
                try self.journal.write(events, closing: [], at: time, isSynced: isSynced)
                self.broadcaster.recorded(events, at: time, closing: [])
            }
            if isSynced { self.broadcaster.synced() }
        }

        func add(
            _ reader: Reader,
            from sequence: UInt64,
            _ filter: EventFilter = EventFilter()
        ) {
            _ = self.broadcaster.add(
                reader,
                SubscriptionWish(fromSequence: sequence, filter: filter),
                as: Caller(Principal("test"), .viewer)
            )
        }
    }

    private typealias Parts = (bench: Bench, readers: [Reader])

    /// Runs steps on the loop, each after the fan-out came to rest behind the one before.
    private static func run(
        _ settings: Broadcaster.Settings = Broadcaster.Settings(),
        readers: Int,
        _ steps: [@Sendable (Parts) throws -> Void],
        until isDone: @escaping @Sendable (Parts) -> Bool
    ) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let parts = try await loop.submit {
            NIOLoopBound(
                (
                    bench: try Bench(settings, on: loop),
                    readers: (0..<readers).map { _ in Reader() }
                ),
                eventLoop: loop
            )
        }.get()
        for step in steps {
            try await loop.submit { try step(parts.value) }.get()
            try await Self.rest(loop, parts)
        }
        while try await !loop.submit({ isDone(parts.value) }).get() {
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Until nothing was told for a while.
    private static func rest(_ loop: any EventLoop, _ parts: NIOLoopBound<Parts>) async throws {
        var counts: [Int] = []
        while true {
            let now = try await loop.submit { parts.value.readers.map(\.sequences.count) }.get()
            if now == counts { return }
            counts = now
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test(arguments: [1, 2, 3, 4, 150, 300, 301] as [UInt64])
    func `from any sequence on, history and what happens join without gap or repeat`(
        from: UInt64
    ) async throws {
        try await Self.run(
            readers: 1,
            [
                { try $0.bench.write(records: 100) },
                { parts in
                    parts.bench.add(parts.readers[0], from: from)
                    try parts.bench.write(records: 50)
                },
                { try $0.bench.write(records: 50) },
            ]
        ) { parts in
            guard parts.readers[0].sequences.count >= Int(600 - from + 1) else { return false }
            #expect(parts.readers[0].sequences == Array(from...600))
            return true
        }
    }

    @Test func `what is not on disk is not told`() async throws {
        try await Self.run(
            readers: 2,
            [
                { parts in
                    try parts.bench.write(records: 2)
                    parts.bench.add(parts.readers[0], from: 1)
                },
                { parts in
                    try parts.bench.write(records: 2, isSynced: false)
                    parts.bench.add(parts.readers[1], from: 7)
                },
                { parts in
                    #expect(parts.readers[0].sequences == Array(1...6))
                    #expect(parts.readers[1].sequences == [])
                    try parts.bench.journal.sync()
                    parts.bench.broadcaster.synced()
                },
            ]
        ) { parts in
            guard parts.readers[1].sequences.count >= 6 else { return false }
            #expect(parts.readers[0].sequences == Array(1...12))
            #expect(parts.readers[1].sequences == Array(7...12))
            return true
        }
    }

    @Test func `a reader that falls too far behind is cut off and told where to go on`()
        async throws
    {
        var settings = Broadcaster.Settings()
        settings.bufferedEventsMax = 30
        try await Self.run(
            settings,
            readers: 3,
            [
                { parts in
                    for reader in parts.readers { parts.bench.add(reader, from: 0) }
                },
                { try $0.bench.write(records: 2) },
                { parts in
                    parts.readers[0].isWritable = false
                    parts.readers[1].isWritable = false
                    try parts.bench.write(records: 9)
                },
                { parts in
                    #expect(parts.readers.map(\.sequences.count) == [6, 6, 33])
                    // Still in reach: it gets the rest.
                    parts.readers[1].open()
                },
                { try $0.bench.write(records: 30) },
                { $0.readers[0].open() },
            ]
        ) { parts in
            guard let end = parts.readers[0].end else { return false }
            #expect(end.code == .resourceExhausted)
            #expect(end.message.contains("from_sequence 7"), "\(end.message)")
            #expect(end.details.map(\.value) == [[0x08, 7]])
            #expect(parts.readers[0].sequences == Array(1...6))
            #expect(parts.readers[1].sequences == Array(1...123))
            #expect(parts.readers[2].sequences == Array(1...123))
            #expect(parts.readers[1].end == nil && parts.readers[2].end == nil)
            #expect(parts.bench.broadcaster.subscriberCount == 2)
            return true
        }
    }

    @Test func `a reader of history may take its time`() async throws {
        var settings = Broadcaster.Settings()
        settings.bufferedEventsMax = 30
        try await Self.run(
            settings,
            readers: 1,
            [
                { parts in
                    try parts.bench.write(records: 100)
                    parts.readers[0].isWritable = false
                    parts.bench.add(parts.readers[0], from: 1)
                },
                { try $0.bench.write(records: 100) },
                { $0.readers[0].open() },
            ]
        ) { parts in
            guard parts.readers[0].sequences.count >= 600 else { return false }
            #expect(parts.readers[0].sequences == Array(1...600))
            #expect(parts.readers[0].end == nil)
            return true
        }
    }

    @Test func `beyond the limit a subscription is refused, and an end ends all`() async throws {
        var settings = Broadcaster.Settings()
        settings.subscribersMax = 2
        try await Self.run(
            settings,
            readers: 4,
            [
                { parts in
                    for reader in parts.readers.prefix(3) { parts.bench.add(reader, from: 1) }
                },
                { parts in
                    #expect(parts.readers[2].end?.code == .resourceExhausted)
                    parts.bench.broadcaster.endAll(.unavailable, "over")
                    parts.bench.add(parts.readers[3], from: 1)
                },
            ]
        ) { parts in
            #expect(parts.readers[0].end?.code == .unavailable)
            #expect(parts.readers[0].end?.details.map(\.value) == [[0x08, 1]])
            #expect(parts.readers[1].end?.code == .unavailable)
            #expect(parts.readers[3].end?.code == .unavailable)
            return true
        }
    }

    @Test func `alerts are told once, to those who listen and did not filter them out`()
        async throws
    {
        let filters = [
            EventFilter(), EventFilter(kinds: [.alert]), EventFilter(kinds: [.fill]),
            EventFilter(symbols: [Symbol("BTCUSDT")]), EventFilter(tags: ["1"]),
        ]
        let time = WallTime(nanoseconds: 1_700_000_000_000_000_000)
        try await Self.run(
            readers: filters.count + 1,
            [
                { parts in
                    parts.bench.broadcaster.alerted(Alert(.venueStopped, "before"), at: time)
                    for (reader, filter) in zip(parts.readers, filters) {
                        parts.bench.add(reader, from: 1, filter)
                    }
                    try parts.bench.write(records: 1)
                },
                { parts in
                    parts.readers[1].isWritable = false
                    parts.bench.broadcaster.alerted(Alert(.needsOperator, "now"), at: time)
                },
                { parts in
                    #expect(parts.readers[0].alerts.map(\.after) == [3])
                    parts.readers[1].open()
                    parts.bench.add(parts.readers[filters.count], from: 1)
                    try parts.bench.write(records: 1)
                },
            ]
        ) { parts in
            guard parts.readers[5].sequences.count >= 6, !parts.readers[1].alerts.isEmpty else {
                return false
            }
            let kinds = parts.readers.map { $0.alerts.map(\.kind) }
            #expect(kinds == [["needs_operator"], ["needs_operator"], [], [], [], []])
            #expect(parts.readers[0].sequences == Array(1...6))
            return true
        }
    }
}

/// The alerts that a slow subscriber still gets.
struct AlertRingTests {
    @Test func `of many alerts the last ones are told, in their order`() {
        var ring = AlertRing()
        #expect(ring.first(from: 0) == nil)
        for number in 0..<300 {
            let alert = Alert(.needsOperator, "\(number)")
            ring.append(AlertRing.Entry(alert: alert, time: WallTime(nanoseconds: 0)))
        }
        var messages: [String] = []
        var next = 0
        while let (entry, following) = ring.first(from: next) {
            messages.append(entry.alert.message)
            next = following
        }
        #expect(messages == (44..<300).map { "\($0)" } && next == 300)
    }
}
