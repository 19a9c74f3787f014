import Foundation
import Testing
import TradingCore

@testable import Venues

/// The streams, seen from a WebSocket server.
@Suite
struct StreamTests {
    private static let subscribed = #"{"id":"user","status":200,"result":{"subscriptionId":0}}"#

    private func withRig(
        _ socket: ScriptedSocketServer,
        change: (inout BinanceConfiguration) -> Void = { _ in },
        _ body: (VenueRig) async throws -> Void
    ) async throws {
        let server = ScriptedServer { _ in .error(404, -1, "nothing here") }
        let restPort = try await server.start()
        let rig = try await VenueRig(restPort: restPort, socketPort: try await socket.start()) {
            $0.timing.stream.reconnectMillisecondsMin = 5
            change(&$0)
        }
        try await body(rig)
        try await rig.stop()
        try await socket.stop()
        try await server.stop()
        rig.expectNoSecrets()
    }

    private func event(_ body: String) -> String { #"{"subscriptionId":0,"event":\#(body)}"# }

    @Test func `the stream is subscribed by a signature, and delivers in order`() async throws {
        let socket = ScriptedSocketServer { text, _ in
            guard text != nil else { return [] }
            return [
                .send(Self.subscribed), .send(self.event(Events.placed)),
                .send(self.event(Events.position)), .send(self.event(Events.canceled)),
            ]
        }
        try await self.withRig(socket) { rig in
            try await rig.wait {
                rig.inputs.contains {
                    if case .orderReported(let report) = $0 {
                        report.status == .canceled
                    } else {
                        false
                    }
                }
            }
            let kinds = rig.inputs.compactMap { input -> String? in
                switch input {
                case .streamOpened: "opened"
                case .orderReported(let report): "\(report.status) \(report.ownerID)"
                case .balancesReported(let balances, _): "\(balances.count) balances"
                default: nil
                }
            }
            #expect(kinds == ["opened", "new gw-1", "2 balances", "canceled gw-1"])
            #expect(socket.targets == ["/ws-api/v3"])
            let text = try #require(socket.texts.first)
            try self.checkSubscription(text)
        }
    }

    /// The clock is measured four times at the start, then not for half a minute (S1, M3).
    @Test func `a subscription or a read outside of its window has the clock measured`()
        async throws
    {
        let refusal = #""code":-1021,"msg":"Timestamp for this request is outside.""#
        let socket = ScriptedSocketServer { text, _ in
            guard text != nil else { return [] }
            return [.send(#"{"id":"user","status":400,"error":{\#(refusal)}}"#)]
        }
        try await self.withRig(socket) { rig in
            let measured = {
                rig.inputs.count { if case .clockMeasured = $0 { true } else { false } }
            }
            try await rig.wait { measured() > 5 }
        }
        let server = ScriptedServer { _ in .error(400, -1021, "Timestamp is outside.") }
        let rig = try await VenueRig(restPort: try await server.start())
        let measured = {
            rig.inputs.count { if case .clockMeasured = $0 { true } else { false } }
        }
        try await rig.wait { measured() == 4 }
        try await rig.perform(.account(ReadID(raw: 1)))
        try await rig.wait { measured() == 5 }
        try await rig.perform(OrderIntent.sample().cancel)
        try await rig.wait { measured() == 6 }
        try await rig.stop()
        try await server.stop()
    }

    private func checkSubscription(_ text: String) throws {
        struct Frame: Decodable {
            struct Parameters: Decodable {
                var apiKey: String
                var recvWindow: Int
                var timestamp: Int64
                var signature: String
            }
            var method: String
            var params: Parameters
        }
        let frame = try JSONDecoder().decode(Frame.self, from: Data(text.utf8))
        #expect(frame.method == "userDataStream.subscribe.signature")
        let payload =
            "apiKey=\(frame.params.apiKey)&recvWindow=\(frame.params.recvWindow)"
            + "&timestamp=\(frame.params.timestamp)"
        let signer = try RequestSigner(secret: TestKeys.secret)
        #expect(frame.params.apiKey == TestKeys.apiKey)
        #expect(frame.params.signature == signer.signature(of: Array(payload.utf8)))
        #expect(abs(frame.params.timestamp - TestClock.milliseconds) < 10_000)
    }

    @Test(arguments: [
        ScriptedSocketServer.Action.closeConnection, .closeFrame,
        .send(#"{"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1}}"#),
        .send(#"{"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key."}}"#),
        .send(#"{"subscriptionId":0,"event":{"e":"executionReport","E":1}}"#),
        .send("not JSON"),
    ])
    func `every kind of loss is told once and followed by a new subscription`(
        loss: ScriptedSocketServer.Action
    ) async throws {
        let socket = ScriptedSocketServer { text, connection in
            guard text != nil else { return [] }
            return connection == 0 ? [.send(Self.subscribed), loss] : [.send(Self.subscribed)]
        }
        try await self.withRig(socket) { rig in
            try await rig.wait { rig.inputs.filter { $0 == .streamOpened }.count == 2 }
            let stream = rig.inputs.compactMap { input -> String? in
                switch input {
                case .streamOpened: "opened"
                case .streamLost: "lost"
                default: nil
                }
            }
            #expect(stream == ["opened", "lost", "opened"])
        }
    }

    @Test func `a venue that announces its end loses nothing by it: the next stream is open first`()
        async throws
    {
        let socket = ScriptedSocketServer { text, connection in
            guard text != nil else { return [] }
            guard connection == 0 else {
                return [.send(Self.subscribed), .send(self.event(Events.canceled))]
            }
            return [
                .send(Self.subscribed), .send(#"{"event":{"e":"serverShutdown","E":1}}"#),
                .send(self.event(Events.placed)),
            ]
        }
        try await self.withRig(socket) { rig in
            try await rig.wait { rig.orderStatuses.contains(.canceled) }
            #expect(rig.orderStatuses == [.new, .canceled])
            #expect(rig.inputs.filter { $0 == .streamOpened }.count == 1)
            #expect(!rig.inputs.contains { if case .streamLost = $0 { true } else { false } })
            #expect(socket.connectionCount == 2)
        }
    }

    @Test func `a stream is replaced by the clock, the old one closed when the new one speaks`()
        async throws
    {
        let socket = ScriptedSocketServer { text, connection in
            guard text != nil else { return [] }
            return [.send(Self.subscribed)]
                + (connection == 3 ? [.send(self.event(Events.canceled))] : [])
        }
        try await self.withRig(
            socket,
            change: {
                $0.timing.stream.rotateAfterMilliseconds = 20
                $0.timing.stream.overlapMilliseconds = 5
            }
        ) { rig in
            try await rig.wait { rig.orderStatuses.contains(.canceled) }
            #expect(rig.inputs.filter { $0 == .streamOpened }.count == 1)
            #expect(!rig.inputs.contains { if case .streamLost = $0 { true } else { false } })
        }
    }

    @Test func `a dead stream is replaced on demand, and told as lost`() async throws {
        let socket = ScriptedSocketServer { text, _ in
            text == nil ? [] : [.send(Self.subscribed)]
        }
        try await self.withRig(socket) { rig in
            try await rig.wait { rig.inputs.contains(.streamOpened) }
            try await rig.renewStream("it brings nothing")
            try await rig.wait { rig.inputs.filter { $0 == .streamOpened }.count == 2 }
            #expect(rig.inputs.contains(.streamLost("it brings nothing")))
        }
    }

    @Test func `a refused subscription is a loss, tried again later`() async throws {
        let socket = ScriptedSocketServer { text, connection in
            guard text != nil else { return [] }
            let refusal =
                #"{"id":"user","status":400,"error":{"code":-1022,"msg":"Bad signature."}}"#
            return [.send(connection < 2 ? refusal : Self.subscribed)]
        }
        try await self.withRig(socket) { rig in
            try await rig.wait { rig.inputs.contains(.streamOpened) }
            let reasons = rig.inputs.compactMap { input -> String? in
                if case .streamLost(let reason) = input { reason } else { nil }
            }
            #expect(reasons.count == 2)
            #expect(reasons.allSatisfy { $0.contains("-1022") })
        }
    }

    @Test func `a stream that is silent, even to pings, is lost`() async throws {
        let socket = ScriptedSocketServer(answersPings: false) { text, _ in
            text == nil ? [] : [.send(Self.subscribed)]
        }
        try await self.withRig(socket) {
            $0.timing.stream.pingIntervalMilliseconds = 40
            $0.timing.stream.silenceMillisecondsMax = 200
        } _: { rig in
            let reason = try await rig.first { input in
                if case .streamLost(let reason) = input { reason } else { nil }
            }
            #expect(reason.contains("silent"))
            #expect(socket.pingCount >= 1)
        }
    }

    @Test func `answered pings keep a quiet stream, and the venue's pings are answered`()
        async throws
    {
        let socket = ScriptedSocketServer { text, _ in
            text == nil ? [] : [.send(Self.subscribed), .ping("payload 7")]
        }
        try await self.withRig(socket) {
            $0.timing.stream.pingIntervalMilliseconds = 20
            $0.timing.stream.silenceMillisecondsMax = 2_000
        } _: { rig in
            try await rig.wait { socket.pingCount >= 10 && socket.pongs.contains("payload 7") }
            #expect(socket.connectionCount == 1)
            #expect(!rig.inputs.contains { if case .streamLost = $0 { true } else { false } })
        }
    }

    @Test func `unknown events are noted, not lost in silence`() async throws {
        let socket = ScriptedSocketServer { text, _ in
            text == nil
                ? [] : [.send(Self.subscribed), .send(self.event(#"{"e":"balanceUpdate","E":1}"#))]
        }
        try await self.withRig(socket) { rig in
            try await rig.wait { rig.notes.contains { $0.contains("balanceUpdate") } }
            #expect(rig.inputs.contains(.streamOpened))
        }
    }

    @Test func `best prices come from one combined market stream`() async throws {
        let quote = """
            {"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT",\
            "b":"60000.01000000","B":"31.21000000","a":"60000.02000000","A":"40.66000000"}}
            """
        let socket = ScriptedSocketServer { text, _ in
            text == nil ? [.send(quote)] : [.send(Self.subscribed)]
        }
        try await self.withRig(socket) {
            $0.quotedSymbols = [Symbol("BTCUSDT"), Symbol("这是")]
        } _: { rig in
            let found = try await rig.first { input -> Quote? in
                if case .quoted(Symbol("BTCUSDT"), let quote) = input { quote } else { nil }
            }
            #expect(
                found
                    == Quote(
                        bid: Price(raw: 6_000_001_000_000),
                        ask: Price(raw: 6_000_002_000_000)
                    )
            )
            #expect(
                socket.targets.contains(
                    "/stream?streams=btcusdt@bookTicker/btcusdt@depth20@100ms"
                        + "/%E8%BF%99%E6%98%AF@bookTicker/%E8%BF%99%E6%98%AF@depth20@100ms"
                )
            )
        }
    }
}
