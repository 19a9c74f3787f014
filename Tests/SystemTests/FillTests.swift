import Foundation
import Journal
import SystemTestSupport
import TTRPC
import Testing
import TradingAPI
import TradingCore

@testable import RPCServer

/// ListFills and Balances.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FillTests {
    private static func pages(
        _ client: TradingClient,
        _ filter: FillFilter
    ) async throws -> [RemoteOrderFill] {
        var filter = filter
        var found: [RemoteOrderFill] = []
        repeat {
            let page = try await client.fills(filter)
            #expect(page.fills.count <= filter.countMax)
            found += page.fills
            filter.before = page.nextBeforeSequence == 0 ? nil : page.nextBeforeSequence
        } while filter.before != nil
        return found
    }

    @Test func `fills are listed once, newest first, whatever the page, also after a kill -9`()
        async throws
    {
        let desk = try Desk()
        var client = try await desk.readyClient()
        try await SubscribeTests.trade(client, 40, tag: "f")
        var orders = try await client.orders(includesClosed: true, countMax: 1_000)
        let expected = orders.flatMap { order in order.fills.map { (order, $0) } }
        #expect(expected.count > 10)
        let all = try await Self.pages(client, FillFilter(countMax: 1_000))
        #expect(all.count == expected.count)
        for (order, fill) in expected {
            let entry = all.first { $0.orderID == order.orderID && $0.fill == fill }
            #expect(entry?.symbol == order.symbol && entry?.tag == order.tag)
            #expect(entry?.side == order.side && entry?.strategy == order.strategy)
            #expect(entry?.clientOrderID == order.clientOrderID && entry?.mode == order.mode)
        }
        #expect(all.map(\.sequence) == all.map(\.sequence).sorted(by: >))
        for countMax in [1, 3, 7] {
            let found = try await Self.pages(client, FillFilter(countMax: countMax))
            #expect(found == all)
        }
        // A page goes on where it was although trades were added meanwhile.
        let first = try await client.fills(FillFilter(countMax: 5))
        try await SubscribeTests.trade(client, 8)
        let rest = try await Self.pages(
            client,
            FillFilter(countMax: 5, before: first.nextBeforeSequence)
        )
        #expect(first.fills + rest == all)
        await client.close()
        desk.killServer()
        try desk.restartServer()
        client = try await desk.readyClient()
        orders = try await client.orders(includesClosed: true, countMax: 1_000)
        let after = try await Self.pages(client, FillFilter(countMax: 50))
        #expect(Array(after.suffix(all.count)) == all)
        #expect(after.count == orders.map(\.fills.count).reduce(0, +))
        await client.close()
    }

    @Test func `fills are chosen by symbol, order, strategy and time`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        try await SubscribeTests.trade(client, 24)
        let all = try await Self.pages(client, FillFilter(countMax: 1_000))
        let one = try #require(all.last)
        let middle = all[all.count / 2].fill.time
        let rows: [(filter: FillFilter, takes: (RemoteOrderFill) -> Bool)] = [
            (FillFilter(symbol: Symbol("ETHUSDT"), countMax: 4), { $0.symbol == "ETHUSDT" }),
            (FillFilter(strategy: "grid", countMax: 4), { $0.strategy == "grid" }),
            (
                FillFilter(orderID: OrderID(raw: one.orderID), countMax: 4),
                { $0.orderID == one.orderID }
            ),
            (
                FillFilter(since: WallTime(nanoseconds: middle), countMax: 4),
                { $0.fill.time >= middle }
            ),
            (
                FillFilter(until: WallTime(nanoseconds: middle), countMax: 4),
                { $0.fill.time < middle }
            ),
        ]
        for (filter, takes) in rows {
            let found = try await Self.pages(client, filter)
            #expect(found == all.filter(takes), "\(filter)")
            #expect(!found.isEmpty, "\(filter)")
        }
        for filter in [
            FillFilter(symbol: Symbol("NOSUCH"), countMax: 4),
            FillFilter(orderID: OrderID(raw: 1 << 40), countMax: 4),
        ] {
            let found = try await Self.pages(client, filter)
            #expect(found.isEmpty, "\(filter)")
        }
        let (code, output) = try desk.tradectl([
            "fills", "--symbol", "ETHUSDT", "--limit", "2", "--output", "json",
        ])
        let lines = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]]
        #expect(code == 0 && lines?.count == 2, "\(output)")
        await client.close()
    }

    @Test func `what cannot be meant is refused`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        for filter in [
            FillFilter(countMax: 1_001),
            FillFilter(since: WallTime(nanoseconds: -1), countMax: 1),
            FillFilter(
                since: WallTime(nanoseconds: 2),
                until: WallTime(nanoseconds: 2),
                countMax: 1
            ),
            FillFilter(strategy: String(repeating: "x", count: 65), countMax: 1),
        ] {
            do {
                _ = try await client.fills(filter)
                Issue.record("\(filter) was answered")
            } catch {
                guard case .status(let status) = error, status.code == .invalidArgument else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
        await client.close()
    }

    @Test func `Balances tells the balances of Positions`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        try await SubscribeTests.trade(client, 12)
        let balances = try await client.balances()
        let positions = try await client.positions()
        #expect(balances.balances == positions.balances && !balances.balances.isEmpty)
        #expect(balances.mode == positions.mode)
        let (code, output) = try desk.tradectl(["balances", "--output", "json"])
        let shown = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        #expect(code == 0 && (shown?["balances"] as? [Any])?.count == balances.balances.count)
        await client.close()
    }

    // MARK: The reading itself

    private static let start = WallTime(nanoseconds: 1_700_000_000_000_000_000)

    private static func intent(_ number: UInt64) throws -> OrderIntent {
        OrderIntent(
            orderID: OrderID(raw: number),
            clientOrderID: ClientOrderIDScheme(prefix: "aaaaaaaa", epoch: "bbbbbbbb")
                .name(of: OrderID(raw: number)),
            venue: .testnet,
            terms: OrderTerms(
                symbol: Symbol("BTCUSDT"),
                side: .buy,
                type: .market,
                quantity: try Quantity("1")
            ),
            baseAsset: Asset("BTC"),
            quoteAsset: Asset("USDT"),
            timestamp: Self.start,
            receiveWindowMilliseconds: 1_000,
            reservePrice: try Price("100"),
            principal: Principal("test"),
            key: nil,
            tag: ""
        )
    }

    private static func fill(_ tradeID: Int64) throws -> Fill {
        Fill(
            tradeID: TradeID(raw: tradeID),
            price: try Price("100"),
            quantity: try Quantity("0.1"),
            quoteQuantity: try Amount("10"),
            fee: .zero,
            feeAsset: nil,
            isMaker: false,
            time: Self.start.adding(milliseconds: tradeID)
        )
    }

    /// A journal with an event a record, some of them fills: sequences and trades.
    private static func withHistory(
        _ body: (FillHistory, _ fills: [(sequence: UInt64, tradeID: Int64)]) throws -> Void
    ) throws {
        let folder = NSTemporaryDirectory() + "fills-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let journal = try Journal(path: folder)
        let intents = try (1...2).map { try Self.intent($0) }
        var events: [Event] = intents.map { .orderSubmitted($0) }
        for number in 0..<40 {
            events.append(
                number % 4 == 1
                    ? .orderChanged(
                        OrderID(raw: number < 20 ? 1 : 2),
                        .filled(try Self.fill(Int64(number)))
                    ) : .started(epoch: "\(number)", version: "test")
            )
        }
        for event in events {
            try journal.write([event], closing: [], at: Self.start, isSynced: true)
        }
        let orders = intents.map { Order(intent: $0, status: .open, createdAt: Self.start) }
        let history = FillHistory(
            history: EventHistory(of: journal),
            subjects: OrderSubjects(orders, exits: ExitBook())
        )
        var fills: [(sequence: UInt64, tradeID: Int64)] = []
        for number in stride(from: 37, through: 1, by: -4) {
            fills.append((sequence: UInt64(number + 3), tradeID: Int64(number)))
        }
        try body(history, fills)
    }

    @Test(arguments: [1, 2, 5, 1_000], [1, 3, 1_000])
    func `pages that end early or are empty miss nothing and repeat nothing`(
        recordsMax: Int,
        countMax: Int
    ) throws {
        try Self.withHistory { history, expected in
            var filter = FillFilter(countMax: countMax)
            var found: [FillPage.Entry] = []
            var pageCount = 0
            repeat {
                let page = try history.page(filter, through: 42, recordsMax: recordsMax)
                found += page.fills
                filter.before = page.next
                pageCount += 1
            } while filter.before != nil && pageCount < 100
            #expect(found.map(\.sequence) == expected.map(\.sequence))
            #expect(found.map(\.fill.tradeID.raw) == expected.map(\.tradeID))
        }
    }

    @Test func `no fill is told that is not on disk yet`() throws {
        try Self.withHistory { history, expected in
            for last in 0...42 {
                let page = try history.page(FillFilter(countMax: 1_000), through: UInt64(last))
                let onDisk = expected.map(\.sequence).filter { $0 <= UInt64(last) }
                #expect(page.fills.map(\.sequence) == onDisk)
                #expect(page.next == nil)
            }
        }
    }

    @Test func `an order's fills are complete where the order came to be`() throws {
        try Self.withHistory { history, expected in
            let filter = FillFilter(orderID: OrderID(raw: 2), countMax: 1_000)
            let page = try history.page(filter, through: 42)
            let wanted: [Int64] = expected.map(\.tradeID).filter { $0 >= 20 }
            #expect(page.fills.map(\.fill.tradeID.raw) == wanted)
            #expect(page.next == nil)
        }
    }
}
