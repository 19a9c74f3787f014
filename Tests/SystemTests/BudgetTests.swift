import Credentials
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

@testable import Venues

/// An exchange that counts as Binance does never has to say "too many".
@Suite(.serialized, .timeLimit(.minutes(5))) struct BudgetTests {
    private static var setup: Desk.Setup {
        var setup = Desk.Setup()
        setup.enforcesRateLimits = true
        return setup
    }

    private static var resting: OrderWish {
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.001")
        wish.limitPrice = "30000"
        return wish
    }

    /// What the gateway writes when the exchange asked for patience.
    private static let patience = "the venue asked for patience"

    @Test func `hundreds of orders and cancels, more than the exchange takes, and not one 429`()
        async throws
    {
        let desk = try Desk(Self.setup)
        let client = try await desk.readyClient()
        let tally = Kept<[String: Int]>([:])
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    // Three windows of ten seconds, at their edges too.
                    while start.duration(to: .now) < .seconds(25) {
                        let order = try await client.place(Self.resting).order
                        let outcome = order.refusal?.rule ?? order.status
                        tally.value.withLock { $0[outcome, default: 0] += 1 }
                        if order.status == "OPEN" {
                            let canceled = try await client.cancel(order.orderID)
                            #expect(canceled.status == "CANCELED")
                        } else {
                            try await Task.sleep(for: .milliseconds(100))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let counts = tally.value.withLock { $0 }
        print("orders by outcome: \(counts)")
        #expect(Set(counts.keys) == ["OPEN", "order_budget"])
        #expect(counts["OPEN", default: 0] >= 90)
        #expect(counts["order_budget", default: 0] >= 100)
        #expect(!desk.server.output.contains(Self.patience))
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        await client.close()
    }

    @Test func `a ban is kept over a restart, and told to callers`() async throws {
        let desk = try Desk(Self.setup)
        let client = try await desk.readyClient()
        try await desk.account.send(
            "POST",
            "/sim/faults?action=error&method=POST&path=/api/v3/order&count=1&code=1003"
                + "&status=418&retryAfter=5&msg=banned"
        )
        let first = try await client.place(Self.resting).order
        #expect(first.status == "NOT_PLACED")
        let second = try await client.place(Self.resting).order
        #expect(second.refusal?.rule == "venue_restraint")
        #expect(second.refusal?.message.contains("try again in") == true)
        #expect(desk.server.output.contains(Self.patience))
        await client.close()
        desk.killServer()
        try desk.restartServer()
        let restarted = try await desk.client()
        let reasons = try await restarted.health().notReadyReasons
        #expect(reasons.contains { $0.contains("HTTP 418") }, "\(reasons)")
        await restarted.close()
        let later = try await desk.readyClient()
        #expect(try await later.place(Self.resting).order.status == "OPEN")
        await later.close()
    }

    /// Asks until something holds, for some seconds.
    private func wait(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<400 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("what was waited for did not happen")
    }

    @Test func `an exchange that drops every request gets no new orders until it answers again`()
        async throws
    {
        var setup = Desk.Setup()
        setup.timing = "receive_window_ms: 500, absence_margin_ms: 200, inquiry_interval_ms: 50"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        try await desk.account.send("POST", "/sim/faults?action=drop&count=0")
        #expect(try await client.place(Self.resting).order.status == "UNKNOWN")
        var sell = OrderWish(symbol: "BTCUSDT", side: .sell, quantity: "0.001")
        sell.limitPrice = "90000"
        try await self.wait {
            try await client.health().notReadyReasons.contains { $0.contains("does not answer") }
        }
        let refusal = try await client.place(sell).order.refusal
        #expect(refusal?.rule == "circuit_breaker")
        #expect(refusal?.message.contains("tried again in") == true)
        try await desk.account.send("DELETE", "/sim/faults")
        try await self.wait { try await client.health().notReadyReasons.isEmpty }
        #expect(try await client.place(sell).order.status == "OPEN")
        try await self.wait { try await client.health().unknownOrderCount == 0 }
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        await client.close()
    }

    @Test func `a user stream that lives and says nothing is found out and opened anew`()
        async throws
    {
        var setup = Desk.Setup()
        setup.timing += ", stream_grace_ms: 300"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        try await desk.account.send("POST", "/sim/streams?action=silence")
        let order = try await client.place(Self.resting).order
        #expect(order.status == "OPEN")
        try await self.wait { desk.server.output.contains("the stream did not within") }
        try await self.wait { try await client.health().notReadyReasons.isEmpty }
        // The new stream speaks: what the exchange does by itself arrives.
        try await desk.account.signed(
            "DELETE",
            "/api/v3/openOrders",
            "symbol=BTCUSDT"
        )
        try await self.wait { try await client.order(order.orderID).status == "CANCELED" }
        await client.close()
    }

    @Test func `a user stream that the exchange shuts down costs no order`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let order = try await client.place(Self.resting).order
        try await desk.account.send("POST", "/sim/streams?action=shutdown")
        try await self.wait { try await client.health().notReadyReasons.isEmpty }
        #expect(try await client.cancel(order.orderID).status == "CANCELED")
        try await Comparison(desk: desk, client: client).expectAgreement(["BTCUSDT"])
        await client.close()
    }

    @Test func `reads that would use everything up wait, and cancels pass them`() async throws {
        let desk = try Desk(Self.setup)
        let heard = Kept<[VenueInput]>([])
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let url = desk.account.url
        let venue = NIOLoopBoundBox<BinanceVenue?>.makeBoxSendingValue(nil, eventLoop: loop)
        try await loop.submit {
            var configuration = try BinanceConfiguration(
                venue: .testnet,
                restURL: url,
                websocketAPIURL: url.replacing("http", with: "ws") + "/ws-api/v3",
                streamURL: url.replacing("http", with: "ws"),
                apiKey: Desk.key,
                secret: Secret(text: Desk.secret)
            )
            configuration.connectionCount = 4
            venue.value = try BinanceVenue(
                configuration: configuration,
                gate: Gate(),
                eventLoop: loop,
                note: { _ in },
                deliver: { inputs in heard.value.withLock { $0 += inputs } }
            )
            venue.value?.start()
            // Twice what reads may use in a minute.
            for number in 0..<100 {
                venue.value?.perform(.openOrders(ReadID(raw: UInt64(number))))
            }
            for number in 0..<400 { venue.value?.perform(.rules([Symbol("X\(number)")])) }
        }.get()
        for number in 1...300 as ClosedRange<UInt64> {
            let name = try #require(ClientOrderID("none-\(number)"))
            let cancel = VenueRequest.cancel(
                OrderID(raw: number),
                symbol: Symbol("BTCUSDT"),
                target: name,
                cancelID: name
            )
            try await loop.submit { venue.value?.perform(cancel) }.get()
        }
        var canceled = 0
        for _ in 0..<6_000 where canceled < 300 {
            canceled = heard.value.withLock { $0 }.count { input in
                if case .answered(.cancel, .refused) = input { true } else { false }
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(canceled == 300)
        let inputs = heard.value.withLock { $0 }
        let read = inputs.count { input in
            if case .answered(.openOrders, .orders) = input { true } else { false }
        }
        #expect(!inputs.contains { if case .restrained = $0 { true } else { false } })
        print("\(read) of 100 lists of open orders were read beside 300 cancels")
        try await loop.flatSubmit { venue.value?.shutdown() ?? loop.makeSucceededVoidFuture() }
            .get()
        // What must not wait for the next minute by itself did not keep the venue from ending.
        #expect(inputs.count { if case .answered = $0 { true } else { false } } < 800)
    }
}

/// Something that several tasks change.
private final class Kept<Value: Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }
}
