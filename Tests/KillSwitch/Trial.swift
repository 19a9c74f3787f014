import Foundation
import Glibc
import SystemTestSupport
import TradingAPI
import TradingCore

/// One case under way: an exchange and a server of its own, and what was found.
actor Trial {
    let desk: Desk
    let shim: ShimControl
    private(set) var client: TradingClient
    /// Sentences about what is not as it must be.
    private(set) var findings: [String] = []
    /// What was measured, a line each.
    private(set) var figures: [String] = []
    private var placedCount = 0

    /// What rests far below the market, a few quote units each.
    struct Market: Sendable {
        var symbol: String
        var quantity: String
        var price: String

        static let all = [
            Market(symbol: "BTCUSDT", quantity: "0.001", price: "50000"),
            Market(symbol: "ETHUSDT", quantity: "0.01", price: "2200"),
            Market(symbol: "BNBUSDT", quantity: "0.05", price: "500"),
            Market(symbol: "SOLUSDT", quantity: "0.2", price: "85"),
            Market(symbol: "XRPUSDT", quantity: "0.2", price: "85"),
            Market(symbol: "ADAUSDT", quantity: "0.2", price: "85"),
        ]

        /// For a desk that has all of them.
        static func prepare(_ setup: inout Desk.Setup) {
            setup.symbols = "[\(Self.all.map(\.symbol).joined(separator: ", "))]"
            setup.exchangeArguments += Self.all.flatMap { ["--symbol", $0.symbol] }
        }
    }

    /// An answer to an engagement.
    struct Engagement: Sendable {
        var view: RemoteKillSwitch
        var took: Duration
        /// When the last placement began to be written, after the call was made; negative for
        /// before.
        var lastPlacement: Duration
        /// When the answer was there, by the monotonic clock and by the wall clock.
        var monotonicNanoseconds: Int64
        var wallMilliseconds: Int64
        /// How many placements the server had written when the answer was there.
        var placementsSent: Int64
    }

    static func start(_ setup: Desk.Setup, library: String) async throws -> Trial {
        let shim = try ShimControl()
        var setup = setup
        setup.environment.merge(shim.environment(library: library)) { $1 }
        let complete = setup
        let desk = try await Blocking.run { try Desk(complete) }
        return Trial(desk: desk, shim: shim, client: try await desk.readyClient())
    }

    private init(desk: Desk, shim: ShimControl, client: TradingClient) {
        self.desk = desk
        self.shim = shim
        self.client = client
    }

    func report(_ finding: String) { self.findings.append(finding) }

    func expect(_ isSo: Bool, _ finding: String) {
        if !isSo { self.findings.append(finding) }
    }

    func tell(_ figure: String) { self.figures.append(figure) }

    func end() async { await self.client.close() }

    static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// A request to the exchange's control API.
    ///
    /// - Returns: The numbers of its answer.
    @discardableResult
    func control(_ method: String, _ target: String) async throws -> [String: Int64] {
        let answer = try await self.desk.account.send(method, "/sim/" + target)
        return (answer as? [String: Any])?.compactMapValues { $0 as? Int64 } ?? [:]
    }

    // MARK: Orders

    @discardableResult
    func place(
        _ market: Market,
        tag: String,
        by client: TradingClient? = nil
    ) async throws -> RemoteOrder {
        var wish = OrderWish(symbol: market.symbol, side: .buy, quantity: market.quantity)
        wish.limitPrice = market.price
        wish.tag = tag
        return try await (client ?? self.client).place(wish).order
    }

    /// Rests orders, in turn on each market.
    func rest(_ count: Int, on markets: [Market] = Array(Market.all.prefix(2))) async throws {
        let start = self.placedCount
        self.placedCount += count
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<16 {
                group.addTask {
                    for number in stride(from: start + lane, to: start + count, by: 16) {
                        let market = markets[number % markets.count]
                        let order = try await self.place(market, tag: "rest-\(number)")
                        if order.status != "OPEN" {
                            await self.report("order \(order.orderID) is \(order.status)")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Rests an order of somebody else in the same account on each market.
    ///
    /// - Returns: The exchange's names of them, each with its client order id.
    func restForeign(on markets: [Market]) async throws -> [String: String] {
        var orders: [String: String] = [:]
        for market in markets {
            let name = "by-hand-\(market.symbol)"
            let answer = try await self.desk.account.signed(
                "POST",
                "/api/v3/order",
                "symbol=\(market.symbol)&side=BUY&type=LIMIT&timeInForce=GTC"
                    + "&quantity=\(market.quantity)&price=\(market.price)&newClientOrderId=\(name)"
            )
            if let row = answer as? [String: Any] { orders[Self.key(of: row)] = name }
        }
        return orders
    }

    /// The exchange's name of an order: it counts for each symbol by itself.
    static func key(of row: [String: Any]) -> String {
        "\(row["symbol"] as? String ?? "?") \(row["orderId"] as? Int64 ?? 0)"
    }

    /// What the exchange lists as open: its names and the client order ids.
    func openAtExchange() async throws -> [String: String] {
        let answer = try await self.desk.account.signed("GET", "/api/v3/openOrders", "")
        var orders: [String: String] = [:]
        for row in answer as? [[String: Any]] ?? [] {
            orders[Self.key(of: row)] = row["clientOrderId"] as? String
        }
        return orders
    }

    func expectOpen(_ orders: [String: String]) async throws {
        let open = try await self.openAtExchange()
        self.expect(open == orders, "the exchange has open \(open), expected \(orders)")
    }

    // MARK: The switch

    func engage(_ level: KillLevel, reason: String = "test") async throws -> Engagement {
        let start = ContinuousClock.now
        let startNanoseconds = Self.monotonicNanoseconds()
        let view = try await self.client.killSwitch(.engage(level, reason: reason))
        let nanoseconds = Self.monotonicNanoseconds()
        return Engagement(
            view: view,
            took: ContinuousClock.now - start,
            lastPlacement: .nanoseconds(
                try self.shim.lastPlacementNanoseconds() - startNanoseconds
            ),
            monotonicNanoseconds: nanoseconds,
            wallMilliseconds: Int64(Date().timeIntervalSince1970 * 1_000),
            placementsSent: try self.shim.placementsSent()
        )
    }

    /// Waits until everything is confirmed, or says what is not.
    @discardableResult
    func waitUntilDone(within limit: Duration = .seconds(60)) async throws -> RemoteKillSwitch {
        let end = ContinuousClock.now + limit
        var view = try await self.client.killSwitch(.status)
        while !view.isDone, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
            view = try await self.client.killSwitch(.status)
        }
        self.expect(view.isDone, "not done after \(limit): \(view)")
        return view
    }

    /// No byte of a placement was written after the answer.
    func expectSilence(since engagement: Engagement) throws {
        let last = try self.shim.lastPlacementNanoseconds()
        let count = try self.shim.placementsSent()
        self.expect(
            last < engagement.monotonicNanoseconds && count == engagement.placementsSent,
            "\(count - engagement.placementsSent) placements were written after the answer"
        )
    }

    func release(isForced: Bool = false) async throws {
        _ = try await self.client.killSwitch(.release(reason: "test", isForced: isForced))
    }

    /// The rule by which a release is refused, or nil.
    func refusalToRelease() async -> String? {
        do throws(TradingClientError) {
            _ = try await self.client.killSwitch(.release(reason: "test", isForced: false))
            return nil
        } catch {
            if case .refused(let refusal) = error { return refusal.rule }
            return "\(error)"
        }
    }

    /// The server, started again on the same store.
    func restart(
        with signal: Int32? = SIGKILL,
        environment: [String: String] = [:],
        isReady: Bool = true
    ) async throws {
        await self.client.close()
        let desk = self.desk
        try await Blocking.run {
            if let signal { desk.server.end(with: signal) }
            try desk.restartServer(environment: environment)
        }
        self.client = try await (isReady ? desk.readyClient() : desk.client())
    }

    /// Waits for a server that ends by itself.
    ///
    /// - Returns: Its exit code, or nil where it does not end.
    func exitCode(within limit: Duration) async throws -> Int32? {
        let end = ContinuousClock.now + limit
        while self.desk.server.isRunning {
            guard ContinuousClock.now < end else { return nil }
            try await Task.sleep(for: .milliseconds(25))
        }
        return self.desk.server.waitForEnd()
    }

    // MARK: The kill file

    nonisolated var killFile: String { self.desk.storePath + ".kill" }

    nonisolated var killFileText: String? {
        try? String(contentsOfFile: self.killFile, encoding: .utf8)
    }

    /// Waits until the file is there, or is not.
    func expectKillFile(_ isThere: Bool) async throws {
        for _ in 0..<120 {
            if (self.killFileText != nil) == isThere { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        self.report("the kill file is \(isThere ? "not there" : "still there")")
    }
}
