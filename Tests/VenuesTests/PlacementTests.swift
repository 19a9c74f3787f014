import Foundation
import Glibc
import Testing
import TradingCore

@testable import Venues

/// What the venue thread does with placements, seen from the wire (S1, S2, E1).
@Suite
struct PlacementTests {
    private func withRig(
        _ script: @escaping ScriptedServer.Script,
        change: (inout BinanceConfiguration) -> Void = { _ in },
        _ body: (VenueRig, ScriptedServer) async throws -> Void
    ) async throws {
        let server = ScriptedServer(script)
        let port = try await server.start()
        let rig = try await VenueRig(restPort: port, change: change)
        rig.gate.open()
        // Two warm connections, so that every placement goes out on a reused one.
        try await rig.wait { server.pings.count >= 1 }
        try await body(rig, server)
        #expect(rig.gate.inFlightCount == 0, "every placement that entered the gate left it")
        try await rig.stop()
        try await server.stop()
        rig.expectNoSecrets()
    }

    @Test func `an accepted placement carries exactly the intent's values (S1)`() async throws {
        let intent = OrderIntent.sample(timestamp: TestClock.now.adding(milliseconds: -700))
        try await self.withRig({ _ in .ok(Sample.placed) }) { rig, server in
            try await rig.place(intent)
            guard case .accepted(let report) = try await rig.outcome(of: 1) else {
                Issue.record("not accepted")
                return
            }
            #expect(report.venueOrderID.raw == 101)
            let request = try #require(server.requests.first)
            #expect(server.requests.count == 1)
            #expect(request.method == "POST")
            #expect(request.path == "/api/v3/order")
            #expect(request.header("X-MBX-APIKEY") == TestKeys.apiKey)
            #expect(request.header("Expect") == nil)
            #expect(
                request.parameters.dropLast() == [
                    "symbol=BTCUSDT", "side=BUY", "type=LIMIT", "timeInForce=GTC",
                    "quantity=0.001", "price=60000", "newClientOrderId=abcdefgh-12345678-1",
                    "newOrderRespType=FULL", "recvWindow=60000",
                    "timestamp=\(intent.timestamp.milliseconds)",
                ]
            )
            let signer = try RequestSigner(secret: TestKeys.secret)
            let payload = request.parameters.dropLast().joined(separator: "&")
            let signature = signer.signature(of: Array(payload.utf8))
            #expect(request.parameters.last == "signature=\(signature)")
        }
    }

    @Test func `a connection that dies before the answer is not written to twice (S2)`()
        async throws
    {
        try await self.withRig({ _ in .close }) { rig, server in
            try await rig.place(.sample())
            guard case .unknown(let text) = try await rig.outcome(of: 1) else {
                Issue.record("a request on the wire without an answer has an unknown fate")
                return
            }
            #expect(text.contains("second transmission"))
            #expect(server.requests.filter { $0.method == "POST" }.count == 1)
        }
    }

    @Test func `a closed gate lets not a byte through (K1)`() async throws {
        try await self.withRig({ _ in .ok(Sample.placed) }) { rig, server in
            rig.gate.close()
            try await rig.place(.sample())
            #expect(try await rig.outcome(of: 1) == .notSent(.gateClosed))
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `cancels and reads pass a closed gate (K1)`() async throws {
        try await self.withRig({ request in
            request.method == "DELETE" ? .ok(Sample.canceled) : .ok("[]")
        }) { rig, server in
            rig.gate.close(.killSwitch)
            let cancel = OrderIntent.sample().cancel
            try await rig.perform(cancel, .openOrders(ReadID(raw: 1)))
            guard case .order = try await rig.answer(to: cancel) else {
                Issue.record("the kill switch stopped a cancel")
                return
            }
            #expect(try await rig.answer(to: .openOrders(ReadID(raw: 1))) == .orders([]))
            #expect(server.requests.count == 2)
        }
    }

    @Test func `placements and cancels of one batch all get through, each answered once`()
        async throws
    {
        try await self.withRig(
            { request in
                request.method == "DELETE" ? .ok(Sample.canceled) : .ok(Sample.placed)
            },
            change: { $0.connectionCount = 4 }
        ) { rig, server in
            for number in 1...40 as ClosedRange<UInt64> {
                try await rig.place(.sample(2 * number), .sample(2 * number + 1))
                try await rig.perform(OrderIntent.sample(2 * number).cancel)
            }
            try await rig.wait {
                rig.inputs.count { input in
                    switch input {
                    case .placementAnswered(_, .accepted), .answered(_, .order): true
                    default: false
                    }
                } == 120
            }
            let ids = rig.inputs.compactMap { input -> UInt64? in
                if case .placementAnswered(let id, _) = input { id.raw } else { nil }
            }
            #expect(ids.sorted() == Array(2...81))
            #expect(server.requests.filter { $0.method == "POST" }.count == 80)
            #expect(server.requests.filter { $0.method == "DELETE" }.count == 40)
        }
    }

    @Test func `an idle connection that the venue closed is not the death of an order`()
        async throws
    {
        // Every answer ends its connection, so none that is kept can be used again.
        try await self.withRig({ _ in
            .rawThenClose(
                "HTTP/1.1 200 OK\r\nContent-Length: \(Sample.placed.utf8.count)\r\n\r\n"
                    + Sample.placed
            )
        }) { rig, server in
            for number in 1...6 as ClosedRange<UInt64> {
                try await rig.place(.sample(number))
                _ = try await rig.outcome(of: number)
            }
            let outcomes = rig.inputs.compactMap { input -> PlacementOutcome? in
                if case .placementAnswered(_, let outcome) = input { outcome } else { nil }
            }
            for outcome in outcomes {
                switch outcome {
                // The second only where the close was not seen yet: doubt, never a resend.
                case .accepted, .unknown: break
                default: Issue.record("\(outcome)")
                }
            }
            #expect(server.requests.count <= 6)
        }
    }

    @Test func `a placement whose window is over is dropped unsent (S1)`() async throws {
        try await self.withRig({ _ in .ok(Sample.placed) }) { rig, server in
            let late = TestClock.now.adding(milliseconds: -2_001)
            try await rig.place(.sample(timestamp: late, receiveWindowMilliseconds: 2_000))
            #expect(try await rig.outcome(of: 1) == .notSent(.windowOver))
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `nobody listening means not sent (E1)`() async throws {
        let rig = try await VenueRig(restPort: 1)
        rig.gate.open()
        try await rig.place(.sample())
        guard case .notSent(.notConnected(let text)) = try await rig.outcome(of: 1) else {
            Issue.record("a refused connection is proof that nothing was sent")
            return
        }
        #expect(!text.isEmpty)
        try await rig.stop()
    }

    @Test(arguments: [
        ScriptedReply.json(504, "<html></html>", headers: []),
        .error(504, -1007, "Timeout waiting for response from backend server."),
        .error(400, -1006, "Execution status unknown."),
        .error(400, -1001, "Internal error; unable to process your request."),
        .error(408, -1007, "Send status unknown; execution status unknown."),
        .error(503, -1008, "Server is currently overloaded."),
        .json(200, "{", headers: []),
        .json(200, #"{"symbol":"BTCUSDT","orderId":1,"clientOrderId":"x"}"#, headers: []),
        .json(404, "<html>not JSON</html>", headers: []),
        .json(307, "", headers: ["Location: /elsewhere"]),
        .rawThenClose("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
        .rawThenClose("nonsense\r\n\r\n"),
    ])
    func `an answer that proves nothing leaves the fate unknown (E1)`(
        reply: ScriptedReply
    ) async throws {
        try await self.withRig({ _ in reply }) { rig, server in
            try await rig.place(.sample())
            guard case .unknown(let text) = try await rig.outcome(of: 1) else {
                Issue.record("\(try await rig.outcome(of: 1)) was made of \(reply)")
                return
            }
            #expect(!text.isEmpty)
            #expect(server.requests.count == 1, "no redirect is followed, nothing is resent")
        }
    }

    @Test func `no answer in time leaves the fate unknown (E1)`() async throws {
        try await self.withRig(
            { _ in .silence },
            change: { $0.timing.requestTimeoutMilliseconds = 300 }
        ) { rig, server in
            try await rig.place(.sample())
            guard case .unknown = try await rig.outcome(of: 1) else {
                Issue.record("a timeout is no evidence")
                return
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `the venue's no is a rejection, a duplicate is evidence of existence (E1)`()
        async throws
    {
        try await self.withRig({ request in
            request.body.contains("12345678-1&")
                ? .error(400, -2010, "Account has insufficient balance for requested action.")
                : .error(400, -2010, "Duplicate order sent.")
        }) { rig, _ in
            try await rig.place(.sample(1), .sample(2))
            let error = VenueError(
                httpStatus: 400,
                code: -2010,
                message: "Account has insufficient balance for requested action."
            )
            #expect(try await rig.outcome(of: 1) == .rejected(error))
            guard case .unknown(let text) = try await rig.outcome(of: 2) else {
                Issue.record("the order that has this id must be asked for")
                return
            }
            #expect(text.contains("Duplicate order sent."))
        }
    }

    @Test func `Retry-After holds placements and reads, and lets cancels pass`() async throws {
        try await self.withRig({ request in
            request.method == "DELETE"
                ? .ok(Sample.canceled)
                : .json(
                    429,
                    #"{"code":-1003,"msg":"Too much request weight used."}"#,
                    headers: ["Retry-After: 30"]
                )
        }) { rig, server in
            try await rig.place(.sample(1))
            #expect(try await rig.outcome(of: 1) == .notSent(.venueBackoff))
            try await rig.place(.sample(2))
            try await rig.perform(.account(ReadID(raw: 1)), OrderIntent.sample(1).cancel)
            #expect(try await rig.outcome(of: 2) == .notSent(.venueBackoff))
            guard case .failed = try await rig.answer(to: .account(ReadID(raw: 1))) else {
                Issue.record("a read was made during the venue's pause")
                return
            }
            guard case .order = try await rig.answer(to: OrderIntent.sample(1).cancel) else {
                Issue.record("a cancel was held back")
                return
            }
            #expect(server.requests.map(\.method) == ["POST", "DELETE"])
        }
    }

    @Test func `a proxy of the environment is not used (S2)`() async throws {
        // In a process of its own: the environment belongs to all tests of this one.
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "all_proxy", "ALL_PROXY"] {
                unsafe setenv(name, "http://127.0.0.1:1", 1)
            }
            try await PlacementTests().withRig({ _ in .ok(Sample.placed) }) { rig, _ in
                try await rig.place(.sample())
                guard case .accepted = try await rig.outcome(of: 1) else {
                    fatalError("the placement did not reach the server")
                }
            }
        }
    }

    @Test func `a redirect is not followed, neither with an order nor with the key (S2)`()
        async throws
    {
        try await self.withRig({ request in
            request.path == "/elsewhere"
                ? .ok("[]") : .json(307, "", headers: ["Location: /elsewhere"])
        }) { rig, server in
            try await rig.perform(.openOrders(ReadID(raw: 1)))
            guard case .failed = try await rig.answer(to: .openOrders(ReadID(raw: 1))) else {
                Issue.record("an answer from elsewhere was taken")
                return
            }
            #expect(server.requests.map(\.path) == ["/api/v3/openOrders"])
        }
    }

    @Test func `a stopping gateway reports what it could not wait for as unknown`() async throws {
        let server = ScriptedServer { _ in .silence }
        let rig = try await VenueRig(restPort: try await server.start()) {
            $0.timing.stopGraceMilliseconds = 50
        }
        rig.gate.open()
        try await rig.place(.sample())
        try await rig.wait { !server.requests.isEmpty }
        try await rig.stop()
        guard case .unknown = try await rig.outcome(of: 1) else {
            Issue.record("an order on the wire was given a fate")
            return
        }
        #expect(rig.gate.inFlightCount == 0)
        try await server.stop()
    }
}
