import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

@testable import RPCServer

/// What the configuration says of subscriptions, and alerts on a real stream.
@Suite(.serialized, .timeLimit(.minutes(2))) struct StreamSettingsTests {
    private static func configuration(_ stream: String) throws(ConfigurationError) -> Configuration
    {
        let yaml = """
            store: /tmp/none
            listen: {unix: /tmp/none.sock}
            rpc: {stream: {\(stream)}}
            symbols: [BTCUSDT]
            limits: {order_notional_max: "1"}
            venues: {testnet: {rest: "http://127.0.0.1:1", websocket_api: "ws://127.0.0.1:1", \
            stream: "ws://127.0.0.1:1", api_key: k}}
            """
        return try Configuration(yaml: yaml, environment: ["TRADING_TESTNET_API_SECRET": "s"])
    }

    @Test func `every setting is read, and has its default`() throws {
        #expect(try Self.configuration("").stream == Broadcaster.Settings())
        let settings = try Self.configuration(
            "subscribers: 7, queue_events: 100, queue_bytes: 8192, heartbeat_ms: 250"
        ).stream
        #expect(settings.subscribersMax == 7 && settings.bufferedEventsMax == 100)
        #expect(settings.bufferedBytesMax == 8_192 && settings.heartbeatMilliseconds == 250)
    }

    @Test(arguments: ["subscribers: 0", "queue_bytes: 12", "heartbeat_ms: 99", "queue: 1"])
    func `a setting that makes no sense is named`(_ stream: String) {
        let name = stream.prefix { $0 != ":" }
        #expect {
            try Self.configuration(stream)
        } throws: { error in
            "\(error)".contains("rpc.stream.\(name)")
        }
    }

    @Test func `who fails to show who it is makes an alert that subscribers are told`()
        async throws
    {
        var setup = Desk.Setup()
        setup.tcpAuthentication = "token"
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        let wish = SubscriptionWish(
            filter: EventFilter(kinds: [.alert]),
            heartbeatMilliseconds: 100
        )
        var updates = client.events(wish).makeAsyncIterator()
        // The subscription stands.
        #expect(try await updates.next()?.alert == nil)
        let (code, _) = try desk.tradectl(["mode"], address: desk.tcpAddress)
        #expect(code != 0)
        var told: RemoteUpdate?
        while told == nil, let update = try await updates.next() {
            #expect(update.event == nil)
            if update.alert != nil { told = update }
        }
        #expect(told?.alert?.kind == "authentication_failed" && told?.time ?? 0 > 0)
        #expect(try await client.health().alerts.map(\.kind) == ["authentication_failed"])
        await client.close()
    }
}
