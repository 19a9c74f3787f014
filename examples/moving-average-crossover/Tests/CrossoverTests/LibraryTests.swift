import Testing
import TradingAPI

/// What a package of its own can reach of the library: what is not public does not compile here.
struct LibraryTests {
    @Test func `the library's values are made of text exactly, or not at all`() throws {
        var fills = FillFilter(symbol: Symbol("BTCUSDT"), orderID: OrderID(raw: 7))
        fills.since = WallTime(milliseconds: 1_000)
        #expect(fills.countMax == 100 && fills.since?.nanoseconds == 1_000_000_000)
        let limits = TokenLimits(orderRateMax: 5, orderNotionalMax: try Amount("1000.00000001"))
        #expect(limits.orderNotionalMax?.description == "1000.00000001")
        #expect(Role(name: "trader") == .trader && Role(name: "Trader") == nil)
        #expect(Role.viewer < .trader && Role.risk < .admin)
        var wish = PositionWish(symbol: "BTCUSDT", goal: .adjust(to: "0.5"))
        wish.expectedMode = .testnet
        #expect(wish.idempotencyKey == nil)
        #expect(LimitKey("order_notional_max", symbol: Symbol("X")).description.contains("X"))
    }

    @Test func `where nobody listens there is no client`() async {
        await #expect(throws: TradingClientError.self) {
            let client = try await TradingClient.connect(
                to: "unix:/nonexistent/rpc.sock",
                timeoutMilliseconds: 100
            )
            try await Self.callAll(client)
        }
    }

    /// Every method of the services, as a program of its users calls it.
    private static func callAll(_ client: TradingClient) async throws {
        _ = try await client.place(.market("BTCUSDT", .buy, try Quantity("1")))
        _ = try await client.change(PositionWish(symbol: "BTCUSDT", goal: .closeShare("0.5")))
        _ = try await client.amend(1, quantity: "1")
        _ = try await client.cancel(1)
        _ = try await client.cancelAll(symbol: nil)
        _ = try await client.cancelOnDisconnect("desk", graceMilliseconds: 1_000)
        _ = try await client.sessions()
        _ = try await client.order(1)
        _ = try await client.orders()
        _ = try await client.fills(FillFilter())
        _ = try await client.positions()
        _ = try await client.balances()
        _ = try await client.health()
        _ = try await client.mode()
        _ = try await client.setMode(.paper, .refuse, reason: "a test")
        _ = try await client.killSwitch(.engage(.block, reason: "a test"))
        _ = try await client.limits()
        let key = LimitKey("order_notional_max")
        _ = try await client.setLimits([.init(key, .value("1000"))], reason: "a test")
        _ = try await client.riskSummary()
        _ = try await client.decisions(DecisionFilter(rule: "order_notional"))
        _ = try await client.breaches()
        _ = try await client.acknowledgeBreach(nil, reason: "a test")
        _ = try await client.disableTrading(reason: "a test")
        _ = try await client.approvals()
        _ = try await client.approve(1, code: "123456")
        _ = try await client.deny(1, reason: "a test")
        _ = try await client.resolve(1, as: .filled(at: try Price("1")), reason: "a test")
        _ = try await client.createToken("momentum", .trader, reason: "a test")
        _ = try await client.tokens()
        _ = try await client.revokeToken("momentum", reason: "a test")
        for try await update in client.events() { _ = update.event }
    }
}
