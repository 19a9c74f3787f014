import Foundation
import Journal
import Logging
import NIOCore
import NIOPosix
import Testing
import TradingCore
import Venues

@testable import RPCServer

/// The loop itself, with a store that counts and an exchange that says nothing.
@Suite struct LoopTests {
    /// What happened, in order.
    final class Story {
        var steps: [String] = []
        var hasUnsyncedRecords = false
    }

    private final class CountingStore: EventStore {
        private let story: Story

        init(_ story: Story) { self.story = story }

        var hasUnsyncedRecords: Bool { self.story.hasUnsyncedRecords }

        func fetch(_ needs: Needs) throws(JournalError) -> Fetched { Fetched() }

        func write(_ batch: borrowing OpenBatch) throws(JournalError) {
            self.story.steps.append("write \(batch.events.count)")
        }

        func sync() throws(JournalError) {}
    }

    private final class SilentLink: VenueLink {
        private let story: Story

        init(_ story: Story) { self.story = story }

        func place(_ placement: consuming DurablePlacement) {
            self.story.steps.append("place \(placement.intent.orderID)")
        }

        func perform(_ request: VenueRequest) {}
        func restrain(_ restraint: VenueRestraint) {}
        func renewStream(reason: String) {}
        func flush() { self.story.steps.append("flush") }
        func close(_ latch: Gate.Latch) {}
        func open(_ latch: Gate.Latch) {}
    }

    private static let request = OrderRequest(
        terms: OrderTerms(
            symbol: Symbol("BTCUSDT"),
            side: .buy,
            type: .market,
            quantity: Quantity(raw: 100_000_000)
        ),
        principal: Principal("alice"),
        key: nil,
        expectedMode: nil
    )

    /// A loop on a store, with one exchange that says nothing.
    static func walk(
        recovered state: State,
        on store: any EventStore,
        loop: any EventLoop,
        in folder: String
    ) throws -> GatewayLoop {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let settings = GatewaySettings(
            initialMode: .testnet,
            allowsLiveTrading: false,
            exchanges: [.testnet],
            marketVenue: .testnet,
            limits: RiskLimits(
                allowedSymbols: [Symbol("BTCUSDT")],
                orderNotionalMax: try Amount("1000")
            )
        )
        return GatewayLoop(
            gateway: Gateway(recovered: state, settings: settings),
            journal: store,
            loop: loop,
            clock: SystemClock(),
            lever: KillLever(KillSettings(), storePath: folder + "/store", log: log),
            codes: nil,
            log: log
        )
    }

    private static func walk(
        _ story: Story,
        on loop: any EventLoop,
        in folder: String
    ) throws -> GatewayLoop {
        let store = CountingStore(story)
        let walk = try Self.walk(recovered: State(), on: store, loop: loop, in: folder)
        walk.attach(SilentLink(story), as: .testnet)
        walk.start(prefix: "aaaaaaaa", epoch: "bbbbbbbb", version: "test")
        return walk
    }

    /// Lets calls arrive within one tick of a loop, and tells what followed.
    private static func steps(
        hasUnsyncedRecords: Bool = false,
        _ requests: [Request]
    ) async throws -> [String] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let folder = NSTemporaryDirectory() + "loop-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let story = NIOLoopBoundBox.makeBoxSendingValue(Story(), eventLoop: loop)
        try await loop.submit {
            let walk = try Self.walk(story.value, on: loop, in: folder)
            // In the next task: the start's own batch is written by then.
            loop.assumeIsolated().execute {
                story.value.steps = []
                story.value.hasUnsyncedRecords = hasUnsyncedRecords
                for request in requests {
                    if let reply = walk.readAtOnce(request) {
                        story.value.steps.append(Self.name(of: reply))
                        continue
                    }
                    walk.receive(request, deadline: nil) { reply in
                        story.value.steps.append(Self.name(of: reply))
                    }
                }
                story.value.steps.append("the tick ends")
                story.value.hasUnsyncedRecords = false
            }
        }.get()
        // The calls are a task that the first one queued, the batch one that they queued.
        for _ in 0..<2 { try await loop.submit {}.get() }
        return try await loop.submit { story.value.steps }.get()
    }

    private static func name(of reply: Reply) -> String {
        switch reply {
        case .order: "order"
        case .orderShown(let order, _): "shown \(order.orderID)"
        case .orders(let orders, _): "\(orders.count) listed"
        case .health: "health"
        default: "another answer"
        }
    }

    @Test(arguments: [1, 7, 300])
    func `what arrives in one tick is one write, and nothing is answered before it (M4)`(
        calls: Int
    ) async throws {
        #expect(
            try await Self.steps(Array(repeating: .placeOrder(Self.request), count: calls))
                == ["the tick ends", "write \(calls)"]
                + Array(repeating: "order", count: calls) + ["flush"]
        )
    }

    @Test func `a reading of what is on disk is answered at once, and nothing is written`()
        async throws
    {
        #expect(try await Self.steps([.health, .health]) == ["health", "health", "the tick ends"])
    }

    @Test
    func `of very many readings in a tick most are decided in a batch, as calls that are open`()
        async throws
    {
        let steps = try await Self.steps(Array(repeating: .health, count: 100))
        let atOnce = steps.prefix { $0 == "health" }.count
        #expect(atOnce == 16)
        #expect(
            Array(steps.dropFirst(atOnce))
                == ["the tick ends", "write 0"] + Array(repeating: "health", count: 84) + ["flush"]
        )
    }

    @Test func `listings wait for the end of their tick, so that too many are noticed`()
        async throws
    {
        let open = OrderFilter(includesClosed: false, symbol: nil, countMax: 10, before: nil)
        #expect(
            try await Self.steps([.orders(open), .orders(open)])
                == ["the tick ends", "write 0", "0 listed", "0 listed", "flush"]
        )
    }

    @Test func `a reading behind records that are not on disk waits for them (J2)`()
        async throws
    {
        #expect(
            try await Self.steps(hasUnsyncedRecords: true, [.health])
                == ["the tick ends", "write 0", "health", "flush"]
        )
    }

    @Test func `a reading behind a placement of its tick tells of it, once it is written (J2)`()
        async throws
    {
        let orderID = OrderID(raw: 1)
        let all = OrderFilter(includesClosed: true, symbol: nil, countMax: 10, before: nil)
        #expect(
            try await Self.steps([
                .health, .placeOrder(Self.request), .order(orderID), .orders(all),
            ])
                == [
                    "health", "the tick ends", "write 1", "order", "shown \(orderID)",
                    "1 listed", "flush",
                ]
        )
    }
}
