import Foundation
import SystemTestSupport
import TTRPC
import Testing
import TradingAPI
import TradingCore

/// Cancel-on-disconnect, with real connections that are really lost.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CancelOnDisconnectTests {
    private static func connect(_ desk: Desk) async throws -> TradingClient {
        try await TradingClient.connect(to: "unix:\(desk.unixPath)", timeoutMilliseconds: 10_000)
    }

    private static func rest(_ client: TradingClient) async throws -> UInt64 {
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        wish.limitPrice = "40000"
        let (order, _) = try await client.place(wish)
        #expect(order.status == "OPEN", "\(order)")
        return order.orderID
    }

    /// Waits until an order has a status; the time limit of the tests bounds it.
    private static func wait(
        for status: String,
        of orderID: UInt64,
        _ client: TradingClient
    ) async throws {
        while try await client.order(orderID).status != status {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `a lost connection's orders are cancelled, others stay, and the audit says why`()
        async throws
    {
        let desk = try Desk()
        let watcher = try await desk.readyClient()
        let others = try await Self.rest(watcher)
        let client = try await Self.connect(desk)
        let before = try await Self.rest(client)
        let session = try await client.cancelOnDisconnect("s1", graceMilliseconds: 200)
        #expect(!session.isResumed && session.orderIDs.isEmpty)
        let own = try await Self.rest(client)
        #expect(try await watcher.order(own).status == "OPEN")
        await client.close()
        try await Self.wait(for: "CANCELED", of: own, watcher)
        for orderID in [others, before] {
            #expect(try await watcher.order(orderID).status == "OPEN")
        }
        let last = try await watcher.health().journalSequence
        let events = try await SubscribeTests.events(
            "unix:\(desk.unixPath)",
            SubscriptionWish(fromSequence: 1),
            through: last
        ).compactMap(\.event)
        let ended = try #require(events.first { $0.name == "session_ended" })
        let values = Dictionary(uniqueKeysWithValues: ended.values.map { ($0.name, $0.value) })
        #expect(values["session"] == "s1" && values["end"] == "lost")
        #expect(values["by"]?.hasPrefix("uid:") == true)
        #expect(values["canceled_orders"] == "\(own)")
        await watcher.close()
    }

    @Test func `who is back within the grace time keeps its orders, over a kill -9, too`()
        async throws
    {
        let desk = try Desk()
        await (try await desk.readyClient()).close()
        var client = try await Self.connect(desk)
        _ = try await client.cancelOnDisconnect("s1", graceMilliseconds: 30_000)
        let own = try await Self.rest(client)
        await client.close()
        client = try await Self.connect(desk)
        let resumed = try await client.cancelOnDisconnect("s1", graceMilliseconds: 30_000)
        #expect(resumed.isResumed && resumed.orderIDs == [own])
        desk.killServer()
        await client.close()
        try desk.restartServer()
        await (try await desk.readyClient()).close()
        client = try await Self.connect(desk)
        let again = try await client.cancelOnDisconnect("s1", graceMilliseconds: 0)
        #expect(again.isResumed && again.orderIDs == [own])
        #expect(try await client.order(own).status == "OPEN")
        // Ended, the duty is nobody's any more.
        _ = try await client.cancelOnDisconnect("s1", graceMilliseconds: nil)
        await client.close()
        client = try await desk.readyClient()
        #expect(try await client.order(own).status == "OPEN")
        await client.close()
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func `who does not come back after the server ended loses its orders all the same`(
        signal: Int32
    ) async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let others = try await Self.rest(client)
        _ = try await client.cancelOnDisconnect("s1", graceMilliseconds: 500)
        let own = try await Self.rest(client)
        desk.server.end(with: signal)
        await client.close()
        try desk.restartServer()
        let watcher = try await desk.readyClient()
        try await Self.wait(for: "CANCELED", of: own, watcher)
        #expect(try await watcher.order(others).status == "OPEN")
        await watcher.close()
    }

    /// Waits until the only session is as it should be.
    private static func session(
        _ client: TradingClient,
        until isSo: (RemoteCancelSession) -> Bool
    ) async throws -> RemoteCancelSession {
        while true {
            let sessions = try await client.sessions()
            #expect(sessions.count == 1, "\(sessions)")
            if let session = sessions.first, isSo(session) { return session }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `a client names its session again over a new connection, though it makes no call`()
        async throws
    {
        let desk = try Desk()
        let watcher = try await desk.readyClient()
        #expect(try await watcher.sessions().isEmpty)
        let relay = try await Relay(to: desk.tcpAddress)
        let client = try await TradingClient.connect(
            to: relay.address,
            timeoutMilliseconds: 10_000
        )
        _ = try await client.cancelOnDisconnect("s1", graceMilliseconds: 60_000)
        let first = try await Self.rest(client)
        let there = try await Self.session(watcher) { $0.connectionCount == 1 }
        #expect(there.session == "s1" && there.principal == "tcp" && there.orderIDs == [first])
        #expect(there.graceMilliseconds == 60_000 && there.graceLeftMilliseconds == 0)
        relay.refuse(true)
        relay.cut()
        let gone = try await Self.session(watcher) { $0.connectionCount == 0 }
        #expect((1...60_000).contains(gone.graceLeftMilliseconds) && gone.orderIDs == [first])
        let listed = try desk.tradectl(["sessions"])
        #expect(listed.code == 0 && listed.output.contains("s1  "), "\(listed.output)")
        relay.refuse(false)
        let back = try await Self.session(watcher) { $0.connectionCount == 1 }
        #expect(back.openedAt == there.openedAt && back.orderIDs == [first])
        // What is placed at the very moment of a loss belongs to the session, too.
        relay.cut()
        let second = try await Self.rest(client)
        let both = try await Self.session(watcher) { $0.connectionCount == 1 }
        #expect(both.orderIDs == [first, second])
        // Too late: the orders are cancelled, and the session begins anew.
        _ = try await client.cancelOnDisconnect("s1", graceMilliseconds: 200)
        relay.refuse(true)
        relay.cut()
        for order in [first, second] {
            try await Self.wait(for: "CANCELED", of: order, watcher)
        }
        #expect(try await watcher.sessions().isEmpty)
        relay.refuse(false)
        while try await watcher.sessions().isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        let third = try await Self.rest(client)
        #expect(try await watcher.sessions().map(\.orderIDs) == [[third]])
        // Ended, it is not named again.
        _ = try await client.cancelOnDisconnect("s1", graceMilliseconds: nil)
        relay.cut()
        #expect(try await client.order(third).status == "OPEN")
        #expect(try await watcher.sessions().isEmpty)
        for client in [client, watcher] { await client.close() }
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func `a client names its session again to a server that restarted, in time`(
        signal: Int32
    ) async throws {
        let desk = try Desk()
        await (try await desk.readyClient()).close()
        let client = try await Self.connect(desk)
        _ = try await client.cancelOnDisconnect("other", graceMilliseconds: 60_000)
        _ = try await client.cancelOnDisconnect("s1", graceMilliseconds: 60_000)
        let own = try await Self.rest(client)
        desk.server.end(with: signal)
        try desk.restartServer()
        let watcher = try await desk.readyClient()
        while try await watcher.sessions().map(\.connectionCount) != [1, 1] {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await watcher.order(own).status == "OPEN")
        // In the order in which they were named: the last one is that of new orders.
        let another = try await Self.rest(client)
        #expect(try await watcher.sessions().map(\.orderIDs) == [[], [own, another]])
        await client.close()
        await watcher.close()
    }

    @Test func `an entry is cancelled, and what it has bought keeps its stop`() async throws {
        let desk = try StopOrderTests.desk()
        let watcher = try await desk.readyClient()
        let client = try await Self.connect(desk)
        _ = try await client.cancelOnDisconnect("s1", graceMilliseconds: 0)
        let entry = try await client.place(ExitTests.wish(stop: "50000", profit: nil)).order
        let resting = try await Self.rest(client)
        let before = try await ExitTests.exits(watcher, of: entry.orderID) {
            $0.map(\.status) == ["OPEN"]
        }
        #expect(before.count == 1, "\(before)")
        #expect(try await watcher.sessions().map(\.orderIDs) == [[resting]])
        await client.close()
        try await Self.wait(for: "CANCELED", of: resting, watcher)
        let after = try await ExitTests.exits(watcher, of: entry.orderID) { !$0.isEmpty }
        #expect(after.map(\.orderID) == before.map(\.orderID), "\(after)")
        #expect(after.map(\.status) == ["OPEN"])
        await watcher.close()
    }

    @Test func `what cannot be meant is refused`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        for (session, grace) in [("", 1), (String(repeating: "x", count: 65), 1), ("s", 600_001)] {
            do {
                _ = try await client.cancelOnDisconnect(session, graceMilliseconds: UInt32(grace))
                Issue.record("\(session) \(grace) was answered")
            } catch {
                guard case .status(let status) = error, status.code == .invalidArgument else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
        await client.close()
    }
}
