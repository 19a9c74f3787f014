import MarketReplay
import MatchingEngine
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim

@Suite("Keys, commissions and scheduled fills")
struct PermissionTests {
    static let order = FaultTests.order

    private static func withPermissions(
        _ permissions: Set<KeyConfiguration.Permission>,
        _ body: (SimClient) async throws -> Void
    ) async throws {
        try await SimClient.withExchange {
            $0.accounts[0].keys[0].permissions = permissions
        } _: { client in
            try await body(client)
        }
    }

    @Test(arguments: [
        ([KeyConfiguration.Permission.read], 200, 401), ([.trade], 401, 200),
        ([.read, .trade, .withdraw], 200, 200),
    ])
    func `a key does what it may, and apiRestrictions tells what that is`(
        _ permissions: [KeyConfiguration.Permission],
        _ reading: Int,
        _ trading: Int
    ) async throws {
        try await Self.withPermissions(Set(permissions)) { client in
            let account = try await client.signed(.GET, "/api/v3/account")
            #expect(account.status == reading)
            let placed = try await client.order(Self.order)
            #expect(placed.status == trading)
            if trading == 401 {
                #expect(
                    placed.text
                        == #"{"code":-2015,"msg":"Invalid API-key, IP, or permissions for "#
                        + #"action."}"#
                )
            }
            let told = try await client.signed(.GET, "/sapi/v1/account/apiRestrictions")
            guard reading == 200 else { return }
            #expect(told.json["enableReading"] == .bool(true))
            #expect(told.json["enableSpotAndMarginTrading"] == .bool(trading == 200))
            let mayWithdraw = permissions.contains(.withdraw)
            #expect(told.json["enableWithdrawals"] == .bool(mayWithdraw))
            #expect(told.json["ipRestrict"] == .bool(false))
        }
    }

    @Test func `commission is taken in BNB at three quarters while there is enough of it`()
        async throws
    {
        try await SimClient.withExchange {
            $0.symbols += ["BNBUSDT"].compactMap(SimConfiguration.symbol)
            $0.accounts[0].rates.paysInFeeAsset = true
            $0.accounts[0].balances += ["BNB=0.001"].compactMap(SimConfiguration.balance)
        } _: { client in
            let socket = try await client.userStream()
            let first = try await client.order(
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=60100&quantity=0.01"
            )
            let fill = try #require(first.json["fills"]?.elements?.first)
            #expect(fill["commissionAsset"]?.text == "BNB")
            let price = try Amount(fill["price"]?.text ?? "").raw
            // 0.1 % of the value, three quarters of it, at 600 a BNB.
            let expected = price / 100 / 1000 * 3 / 4 / 600
            let charged = try Amount(fill["commission"]?.text ?? "").raw
            #expect((charged - expected).magnitude <= 2)
            let position = await socket.next {
                $0["event"]?["e"]?.text == "outboundAccountPosition"
            }
            let assets = position?["event"]?["B"]?.elements?.map { $0["a"]?.text }
            #expect(assets == ["BTC", "USDT", "BNB"])
            let second = try await client.order(
                "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01"
            )
            let asset = second.json["fills"]?.elements?.first?["commissionAsset"]?.text
            #expect(asset == "BTC", "what was left of the BNB does not do")
            let told = try await client.signed(
                .GET,
                "/api/v3/account/commission",
                "symbol=BTCUSDT"
            )
            #expect(told.json["discount"]?["enabledForAccount"] == .bool(true))
            #expect(told.json["discount"]?["discount"]?.text == "0.75000000")
        }
    }

    @Test func `an order is filled by a schedule, in virtual time`() async throws {
        try await SimClient.withExchange {
            $0.virtualClockStart = WallTime(milliseconds: 1_763_000_000_000)
            $0.ignoresTimestamps = true
        } _: { client in
            let socket = try await client.userStream()
            let armed = try await client.send(
                .POST,
                "/sim/fills",
                "schedule=250:0.4,500:0.35,900:0.25&symbol=BTCUSDT&side=BUY"
            )
            #expect(armed.status == 200)
            _ = try await client.order(Self.order)
            _ = try await client.order(Self.order + "&newClientOrderId=second")
            _ = try await client.send(.POST, "/sim/clock/advance", "ms=1000")
            var trades: [JSONValue] = []
            while trades.count < 3 {
                let report = await socket.next { $0["event"]?["x"]?.text == "TRADE" }
                trades.append(try #require(report?["event"]))
            }
            #expect(
                trades.map { $0["T"]?.integer }
                    == [1_763_000_000_250, 1_763_000_000_500, 1_763_000_000_900]
            )
            #expect(
                trades.map { $0["l"]?.text } == ["0.40000000", "0.35000000", "0.25000000"]
            )
            #expect(trades.last?["X"]?.text == "FILLED")
            #expect(trades.allSatisfy { $0["m"] == .bool(true) && $0["i"]?.integer == 1 })
            let open = try await client.signed(.GET, "/api/v3/openOrders")
            #expect(open.json.elements?.map { $0["clientOrderId"]?.text } == ["second"])
        }
    }

    @Test func `an order is filled by a schedule, by the machine's clock`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            _ = try await client.send(.POST, "/sim/fills", "schedule=5:0.5,10:0.5")
            _ = try await client.order(Self.order)
            let report = await socket.next { $0["event"]?["X"]?.text == "FILLED" }
            #expect(report?["event"]?["z"]?.text == "1.00000000")
        }
    }

    @Test(arguments: ["schedule=1", "schedule=a:1", "schedule=1:2", "", "schedule=1:1&side=UP"])
    func `a schedule that makes no sense is refused`(_ query: String) async throws {
        try await SimClient.withExchange { client in
            let answer = try await client.send(.POST, "/sim/fills", query)
            #expect(answer.status == 400)
        }
    }

    @Test func `another system locks a balance, and says so`() async throws {
        try await SimClient.withExchange { client in
            let socket = try await client.userStream()
            let locked = try await client.send(.POST, "/sim/lock", "asset=BTC&amount=4")
            #expect(locked.json["locked"]?.text == "4.00000000")
            let event = await socket.next()?["event"]
            #expect(event?["e"]?.text == "externalLockUpdate")
            #expect(event?["d"]?.text == "4.00000000")
            _ = await socket.next()
            let tooMuch = try await client.order(
                "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=7&price=70000"
            )
            #expect(tooMuch.message == "Account has insufficient balance for requested action.")
            #expect(try await client.send(.POST, "/sim/lock", "asset=BTC&amount=-5").status == 400)
            let free = try await client.send(.POST, "/sim/lock", "asset=BTC&amount=-4")
            #expect(free.json["free"]?.text == "10.00000000")
            #expect(await socket.next()?["event"]?["d"]?.text == "-4.00000000")
        }
    }
}
