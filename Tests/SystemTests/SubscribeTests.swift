import Foundation
import Journal
import NIOCore
import SystemTestSupport
import TTRPC
import Testing
import TradingAPI
import TradingCore

/// Following the journal from outside, on real processes.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SubscribeTests {
    /// The events of a subscription, until it has told or passed over the one of `last`.
    static func events(
        _ address: String,
        _ wish: SubscriptionWish,
        through last: UInt64,
        token: BearerToken? = nil
    ) async throws -> [RemoteUpdate] {
        var wish = wish
        wish.heartbeatMilliseconds = 100
        var found: [RemoteUpdate] = []
        for try await update in EventSubscription(to: address, token: token, wish) {
            if update.event != nil { found.append(update) }
            if update.sequence >= last { break }
        }
        return found
    }

    /// Places orders of which some fill and some rest.
    static func trade(_ client: TradingClient, _ count: Int, tag: String = "") async throws {
        for number in 0..<count {
            var wish = OrderWish(
                symbol: number % 2 == 0 ? "BTCUSDT" : "ETHUSDT",
                side: number % 4 < 2 ? .buy : .sell,
                quantity: "0.01"
            )
            if number % 3 == 0 {
                wish.limitPrice = wish.symbol == "BTCUSDT" ? "40000" : "1900"
                wish.side = .buy
            }
            wish.tag = tag + "\(number % 2)"
            wish.strategy = number % 5 == 0 ? "grid" : "momentum"
            let (order, _) = try await client.place(wish)
            if number % 6 == 0 { _ = try? await client.cancel(order.orderID) }
        }
    }

    /// The journal as `tradectl audit export` tells it: of each event its line and its time.
    static func journal(_ desk: Desk) throws -> [[String: String]] {
        let (code, output) = try desk.tradectl(
            ["audit", "export", "--store", desk.storePath],
            isOffline: true
        )
        #expect(code == 0, "\(output.suffix(500))")
        return try output.split(separator: "\n").flatMap { line in
            let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let record = try #require(parsed as? [String: Any])
            // The other lines are about the export itself.
            let events = record["events"] as? [[String: Any]] ?? []
            return events.map { event in
                var text = event.mapValues { "\($0)" }
                text["record time"] = "\(record["time"] ?? "")"
                return text
            }
        }
    }

    /// A told event in the words of the export.
    static func line(_ update: RemoteUpdate) -> [String: String] {
        guard let event = update.event else { return [:] }
        var line = ["sequence": "\(update.sequence)", "kind": event.name]
        if event.orderID > 0 { line["order"] = "\(event.orderID)" }
        for value in event.values { line[value.name] = value.value }
        line["record time"] = WallTime(nanoseconds: update.time).text
        return line
    }

    @Test
    func `over kill -9 and restarts each event is told once, in order, as the journal has it`()
        async throws
    {
        var setup = Desk.Setup()
        setup.timing = "receive_window_ms: 300, absence_margin_ms: 200, inquiry_interval_ms: 100"
        let desk = try Desk(setup)
        let address = "unix:\(desk.unixPath)"
        let ends = AsyncStream<UInt64>.makeStream()
        let follower = Task { () -> [RemoteUpdate] in
            var end = UInt64.max
            var found: [RemoteUpdate] = []
            let wish = SubscriptionWish(fromSequence: 1, heartbeatMilliseconds: 100)
            let known = Task { () -> UInt64 in
                for await end in ends.stream { return end }
                return .max
            }
            for try await update in EventSubscription(to: address, wish) {
                if update.event != nil { found.append(update) }
                // Known only once the desk has come to rest; heartbeats come until then.
                if update.event == nil { end = await Self.value(of: known, orElse: end) }
                if update.sequence >= end { break }
            }
            return found
        }
        for round in 0..<4 {
            let client = try await desk.readyClient()
            let load = Task { try await Self.trade(client, 60, tag: "r\(round)-") }
            try await Task.sleep(for: .milliseconds(100 + 90 * round))
            desk.killServer()
            _ = await load.result
            await client.close()
            try desk.restartServer()
        }
        let client = try await desk.readyClient()
        try await Self.trade(client, 12)
        // What is on its way arrives; then nothing more happens.
        var last = try await client.health().journalSequence
        while true {
            try await Task.sleep(for: .milliseconds(500))
            let now = try await client.health().journalSequence
            if now == last { break }
            last = now
        }
        ends.continuation.yield(last)
        let told = try await follower.value
        let late = try await Self.events(
            address,
            SubscriptionWish(fromSequence: last / 2),
            through: last
        )
        await client.close()
        desk.server.end(with: SIGTERM)
        let journal = try Self.journal(desk)
        let expected = journal.prefix(Int(last))
        #expect(told.count == Int(last))
        #expect(told.map(\.sequence) == (1...last).map { $0 })
        for (update, line) in zip(told, expected) where Self.line(update) != line {
            Issue.record("\(Self.line(update)) is in the journal: \(line)")
            break
        }
        // Live or from the disk: an event is the same.
        #expect(late == Array(told.suffix(late.count)))
        #expect(late.first?.sequence == last / 2)
        let kinds = Set(told.compactMap { $0.event?.kind })
        #expect(kinds.isSuperset(of: ["order", "fill", "server", "balance", "venue"]), "\(kinds)")
    }

    private static func value(of task: Task<UInt64, Never>, orElse other: UInt64) async -> UInt64 {
        await withTaskGroup(of: UInt64?.self) { group in
            group.addTask { await task.value }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(20))
                return nil
            }
            let first = await group.next() ?? nil
            return first ?? other
        }
    }

    @Test func `a filter passes what it names and nothing else, and its heartbeats go on`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        try await Self.trade(client, 40, tag: "t")
        let last = try await client.health().journalSequence
        let all = try await Self.events(
            desk.address,
            SubscriptionWish(fromSequence: 1),
            through: last
        )
        #expect(all.count == Int(last))
        typealias Case = (EventFilter, (RemoteEvent) -> Bool)
        let cases: [Case] = [
            (EventFilter(kinds: [.fill]), { $0.kind == "fill" }),
            (EventFilter(kinds: [.order, .server]), { ["order", "server"].contains($0.kind) }),
            (EventFilter(symbols: [Symbol("ETHUSDT")]), { $0.symbol == "ETHUSDT" }),
            (EventFilter(strategies: ["grid"]), { $0.strategy == "grid" }),
            (EventFilter(tags: ["t1", "t7"]), { $0.tag == "t1" }),
            (
                EventFilter(kinds: [.fill], symbols: [Symbol("BTCUSDT")], tags: ["t0"]),
                { $0.kind == "fill" && $0.symbol == "BTCUSDT" && $0.tag == "t0" }
            ),
        ]
        for (filter, passes) in cases {
            // The loop ends by the heartbeat that says how far it came.
            let found = try await Self.events(
                desk.address,
                SubscriptionWish(fromSequence: 1, filter: filter),
                through: last
            )
            #expect(found == all.filter { $0.event.map(passes) ?? false }, "\(filter)")
            #expect(!found.isEmpty, "\(filter)")
        }
        let nothing = try await Self.events(
            desk.address,
            SubscriptionWish(fromSequence: 1, filter: EventFilter(tags: ["nobody"])),
            through: last
        )
        #expect(nothing.isEmpty)
        await client.close()
    }

    @Test func `fills and orders are told whole`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let start = try await client.health().journalSequence + 1
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.5")
        wish.tag = "whole"
        let (order, _) = try await client.place(wish)
        wish.quantity = "999999"
        let refused = try await client.place(wish).order
        let last = try await client.health().journalSequence
        let events = try await Self.events(
            desk.address,
            SubscriptionWish(fromSequence: start, filter: EventFilter(tags: ["whole"])),
            through: last
        ).compactMap(\.event)
        let begun = try #require(events.first)
        #expect(begun.name == "order_submitted" && begun.status == "SUBMITTING")
        #expect(begun.order?.orderID == order.orderID && begun.order?.quantity == "0.5")
        let now = try await client.order(order.orderID)
        #expect(events.compactMap(\.fill) == now.fills && !now.fills.isEmpty)
        let refusal = try #require(events.first { $0.orderID == refused.orderID })
        #expect(refusal.refusal == refused.refusal && refusal.status == "REFUSED")
        await client.close()
    }

    @Test func `what cannot be told is refused with the reason`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let last = try await client.health().journalSequence
        func refusal(_ payload: [UInt8]) async throws -> Status {
            let connection = try await TTRPCClient.connect(to: .unix(path: desk.unixPath))
            var stream = connection.stream(
                service: "trading.v1.TradingService",
                method: "Subscribe",
                payload: ByteBuffer(bytes: payload)
            ).makeAsyncIterator()
            defer { Task { await connection.close() } }
            do throws(CallError) {
                while try await stream.next() != nil {}
            } catch {
                guard case .status(let status) = error else { throw error }
                return status
            }
            return Status(.ok)
        }
        // from_sequence = 100,000,000.
        let future = try await refusal([0x08, 0x80, 0xC2, 0xD7, 0x2F])
        #expect(future.code == .outOfRange)
        #expect(future.message.contains("\(last)"), "\(future.message)")
        // kinds = [99], heartbeat_milliseconds = 1, an empty symbol, no message at all.
        #expect(try await refusal([0x12, 0x01, 0x63]).code == .invalidArgument)
        #expect(try await refusal([0x30, 0x01]).code == .invalidArgument)
        #expect(try await refusal([0x1A, 0x00]).code == .invalidArgument)
        #expect(try await refusal([0x08]).code == .invalidArgument)
        await client.close()
    }

    @Test func `a server that ends says where to go on, and a revoked token ends its streams`()
        async throws
    {
        var setup = Desk.Setup()
        setup.tcpAuthentication = "token"
        let desk = try Desk(setup)
        await (try desk.readyClient()).close()
        let viewer = try #require(
            BearerToken(text: try AccessTests.token("watcher", .viewer, desk))
        )
        let other = try #require(BearerToken(text: try AccessTests.token("other", .viewer, desk)))
        let port = try #require(Int(desk.tcpAddress.split(separator: ":").last ?? ""))
        let connection = try await TTRPCClient.connect(to: .tcp(host: "127.0.0.1", port: port))
        func open(_ token: BearerToken) -> ResponseStream.Iterator {
            connection.stream(
                service: "trading.v1.TradingService",
                method: "Subscribe",
                payload: ByteBuffer(),
                metadata: [token.metadata]
            ).makeAsyncIterator()
        }
        func end(_ stream: inout ResponseStream.Iterator) async throws -> Status? {
            do throws(CallError) {
                while try await stream.next() != nil {}
                return nil
            } catch {
                guard case .status(let status) = error else { throw error }
                return status
            }
        }
        var watched = open(viewer)
        var othersWatch = open(other)
        // The first heartbeat: the subscription stands.
        _ = try await watched.next()
        _ = try await othersWatch.next()
        _ = try desk.tradectl(["token", "revoke", "watcher", "--reason", "the drill"])
        let revoked = try await end(&watched)
        #expect(revoked?.code == .unauthenticated)
        desk.server.end(with: SIGTERM)
        let closed = try #require(try await end(&othersWatch))
        #expect(closed.code == .unavailable)
        let detail = try #require(closed.details.first)
        #expect(detail.typeURL == "type.googleapis.com/trading.v1.SubscriptionEnd")
        // Field 1, a number above 0.
        #expect(detail.value.first == 0x08 && detail.value.count > 1)
        await connection.close()
    }

    @Test func `two thousand subscribers are told every event while orders go on`()
        async throws
    {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let start = try await client.health().journalSequence + 1
        var connections: [TTRPCClient] = []
        for _ in 0..<20 {
            connections.append(try await TTRPCClient.connect(to: .unix(path: desk.unixPath)))
        }
        let payload = RequestBytes.subscribe(from: start)
        let streams = connections.flatMap { connection in
            (0..<100).map { _ in
                connection.stream(
                    service: "trading.v1.TradingService",
                    method: "Subscribe",
                    payload: ByteBuffer(bytes: payload)
                )
            }
        }
        try await Self.trade(client, 30)
        let last = try await client.health().journalSequence
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for stream in streams {
                group.addTask {
                    var iterator = stream.makeAsyncIterator()
                    var next = start
                    while next <= last, let bytes = try await iterator.next() {
                        guard let event = RequestBytes.eventSequence(bytes) else { continue }
                        #expect(event == next)
                        next = event + 1
                    }
                    return Int(next - start)
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(total == 2_000 * Int(last - start + 1))
        for connection in connections { await connection.close() }
        await client.close()
    }
}

/// The wire format by hand, as somebody without our library writes it.
enum RequestBytes {
    static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func subscribe(from sequence: UInt64) -> [UInt8] { [0x08] + Self.varint(sequence) }

    /// The sequence of a message that tells an event; nil in a heartbeat.
    static func eventSequence(_ bytes: ByteBuffer) -> UInt64? {
        var rest = bytes.readableBytesView[...]
        func varint() -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            return value
        }
        var sequence: UInt64?
        while let tag = rest.popFirst() {
            switch tag {
            case 0x08: sequence = varint()
            case 0x10: _ = varint()
            case 0x1A: return sequence
            default: return nil
            }
        }
        return nil
    }
}
