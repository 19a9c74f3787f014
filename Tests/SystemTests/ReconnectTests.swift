import Foundation
import SystemTestSupport
import TTRPC
import Testing

@testable import TradingAPI

/// A client that goes on over servers that end, as far as nothing can be done twice.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ReconnectTests {
    /// A desk whose server is found in the same place after a restart.
    private static func desk() throws -> Desk {
        var setup = Desk.Setup()
        setup.tcpAuthentication = "token"
        setup.timing = "receive_window_ms: 300, absence_margin_ms: 200, inquiry_interval_ms: 100"
        return try Desk(setup)
    }

    private static func wish(_ key: String?) -> OrderWish {
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        wish.idempotencyKey = key
        return wish
    }

    /// Until the server has an order of the venue's without an answer.
    private static func waitForOrder(_ desk: Desk) async throws {
        while try await desk.account.orders("BTCUSDT").isEmpty {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// From now on the exchange executes an order without a word of it, until the server is gone.
    private static func holdAnswers(_ desk: Desk) async throws {
        try await desk.account.send("POST", "/sim/streams?action=silence")
        try await desk.account.send(
            "POST",
            "/sim/faults?action=delay-answer&method=POST&path=/api/v3/order&count=1&ms=5000"
        )
    }

    @Test func `between calls a restart is not noticed, by any call`() async throws {
        let desk = try Self.desk()
        let client = try await desk.client(reconnects: true)
        for round in 1...3 {
            try await Self.waitUntilReady(client)
            let (order, isRepeat) = try await client.place(Self.wish(nil))
            #expect(order.status == "FILLED" && !isRepeat, "\(order)")
            #expect(try await client.positions().positions.first?.fillCount ?? 0 >= UInt64(round))
            desk.killServer()
            try desk.restartServer()
        }
        try await Self.waitUntilReady(client)
        #expect(try await client.orders(includesClosed: true).count == 3)
        await client.close()
        await #expect(throws: TradingClientError.self) { try await client.health() }
    }

    private static func waitUntilReady(_ client: TradingClient) async throws {
        while try await !client.health().isReady {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `reads wait for a server that is away, until their deadline`() async throws {
        let desk = try Self.desk()
        let client = try await desk.readyClient()
        let patient = try await desk.client(reconnects: true)
        let hasty = patient.with(timeoutMilliseconds: 300)
        desk.server.signal(SIGSTOP)
        // On its way when the server ends, and repeated.
        let read = Task { try await patient.positions() }
        try await Task.sleep(for: .milliseconds(50))
        desk.killServer()
        do throws(TradingClientError) {
            _ = try await hasty.health()
            Issue.record("nobody could have answered")
        } catch {
            guard case .unreachable = error else { throw error }
            #expect(!error.mayHaveTakenEffect)
        }
        let one = Task { try await patient.health() }
        try desk.restartServer()
        #expect(try await read.value.mode == "testnet")
        #expect(try await one.value.mode == "testnet")
        for client in [client, patient] { await client.close() }
    }

    @Test func `a placement with a key goes on over a kill -9 and is one order (M2)`() async throws
    {
        let desk = try Self.desk()
        let client = try await desk.client(reconnects: true)
        try await Self.waitUntilReady(client)
        try await Self.holdAnswers(desk)
        let placement = Task { try await client.place(Self.wish("once")) }
        try await Self.waitForOrder(desk)
        desk.killServer()
        try await desk.account.send("POST", "/sim/streams?action=resume")
        try desk.restartServer()
        let (order, isRepeat) = try await placement.value
        #expect(isRepeat, "\(order)")
        try await Self.waitUntilReady(client)
        while try await !client.order(order.orderID).isTerminal {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await client.order(order.orderID).status == "FILLED")
        #expect(try await desk.account.orders("BTCUSDT").count == 1)
        #expect(try await client.orders(includesClosed: true).count == 1)
        await client.close()
    }

    @Test func `a placement without a key is one order over a lost connection, too (M2)`()
        async throws
    {
        let desk = try Desk()
        let relay = try await Relay(to: desk.tcpAddress)
        await (try await desk.readyClient()).close()
        let client = try await TradingClient.connect(
            to: relay.address,
            timeoutMilliseconds: 20_000
        )
        relay.loseAnswers(true)
        let placement = Task { try await client.place(Self.wish(nil)) }
        try await Self.waitForOrder(desk)
        relay.loseAnswers(false)
        relay.cut()
        let (order, isRepeat) = try await placement.value
        #expect(isRepeat && order.status == "FILLED", "\(order)")
        // Asked for anew it is another order: the key was that call's own.
        let (another, isAgain) = try await client.place(Self.wish(nil))
        #expect(!isAgain && another.orderID != order.orderID)
        let close = PositionWish(symbol: "BTCUSDT", goal: .close)
        relay.loseAnswers(true)
        let closing = Task { try await client.change(close) }
        while try await desk.account.orders("BTCUSDT").count < 3 {
            try await Task.sleep(for: .milliseconds(5))
        }
        relay.loseAnswers(false)
        relay.cut()
        let change = try await closing.value
        #expect(change.isRepeat && change.order?.status == "FILLED", "\(change)")
        #expect(try await desk.account.orders("BTCUSDT").count == 3)
        await client.close()
    }

    @Test func `what may have been done is not repeated, and its error says so`() async throws {
        let desk = try Desk()
        let relay = try await Relay(to: desk.tcpAddress)
        let watcher = try await desk.readyClient()
        var wish = Self.wish(nil)
        wish.limitPrice = "40000"
        let resting = try await watcher.place(wish).order
        let client = try await TradingClient.connect(
            to: relay.address,
            timeoutMilliseconds: 20_000
        )
        relay.loseAnswers(true)
        let amendment = Task { try await client.amend(resting.orderID, quantity: "0.005") }
        while try await watcher.order(resting.orderID).quantity != "0.005" {
            try await Task.sleep(for: .milliseconds(5))
        }
        relay.loseAnswers(false)
        relay.cut()
        await #expect {
            try await amendment.value
        } throws: { error in
            (error as? TradingClientError)?.mayHaveTakenEffect == true
        }
        #expect(try await client.order(resting.orderID).quantity == "0.005")
        // A placement that nobody answers in time names the key by which it is found.
        relay.loseAnswers(true)
        let hasty = client.with(timeoutMilliseconds: 500)
        await #expect {
            try await hasty.place(Self.wish(nil))
        } throws: { error in
            guard case .connectionLost(let reason)? = error as? TradingClientError else {
                return false
            }
            return reason.contains("the idempotency key is auto-")
        }
        for client in [client, watcher] { await client.close() }
    }

    @Test func `tradectl says how to ask for an order whose answer was lost (M2)`() async throws {
        let desk = try Desk()
        let relay = try await Relay(to: desk.tcpAddress)
        await (try await desk.readyClient()).close()
        relay.loseAnswers(true)
        let relayed = relay.address
        let commands = [
            ["place", "BTCUSDT", "buy", "0.01", "--tag", "a 'tag'"],
            ["close", "BTCUSDT"],
        ]
        for (count, command) in commands.enumerated() {
            let lost = try await Blocking.run {
                try desk.tradectl(command + ["--timeout", "1000"], address: relayed)
            }
            #expect(lost.code == 6, "\(lost.output)")
            let told = try #require(lost.output.split(separator: ": tradectl ").last)
            #expect(told.hasPrefix("\(command[0]) --key auto-"), "\(lost.output)")
            #expect(try await desk.account.orders("BTCUSDT").count == count + 1)
            // As a shell takes it, but past the relay.
            let line = told.trimmingCharacters(in: .whitespacesAndNewlines)
                .replacing(relayed, with: desk.tcpAddress)
            for _ in 1...2 {
                let again = try await Blocking.run { try Self.shell("tradectl " + line) }
                #expect(again.code == 0, "\(again.output)")
                #expect(again.output.contains("the key was used before"), "\(again.output)")
                #expect(again.output.contains("FILLED"), "\(again.output)")
            }
            #expect(try await desk.account.orders("BTCUSDT").count == count + 1)
        }
    }

    /// Runs a command line, with our programs in the path.
    private static func shell(_ line: String) throws -> (code: Int32, output: String) {
        let programs = try ProgramUnderTest.url(of: "tradectl").deletingLastPathComponent().path
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line]
        process.environment = ["PATH": "\(programs):/usr/bin:/bin"]
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test func `a key that comes back too early is good once the gateway is ready (M2)`()
        async throws
    {
        let desk = try Self.desk()
        let client = try await desk.client(reconnects: true)
        try await Self.waitUntilReady(client)
        // The server is back at once, but the exchange does not answer it.
        desk.exchange.signal(SIGSTOP)
        desk.killServer()
        try desk.restartServer()
        do throws(TradingClientError) {
            _ = try await client.place(Self.wish("early"))
            Issue.record("nothing could have been placed")
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            #expect(refusal.rule == "not_ready")
        }
        #expect(try await client.orders(includesClosed: true).isEmpty)
        desk.exchange.signal(SIGCONT)
        try await Self.waitUntilReady(client)
        let (order, isRepeat) = try await client.place(Self.wish("early"))
        #expect(order.status == "FILLED" && !isRepeat, "\(order)")
        await client.close()
    }
}

/// What the client decides after each failure.
struct PersistenceTests {
    private static let closing = Status(.unavailable, "the server is closing")
    private static let notReady = RemoteRefusal(
        rule: "not_ready",
        limit: "ready",
        actual: "reconciling",
        message: "",
        permitted: ""
    )

    private static func verdict(
        isRepeatable: Bool,
        _ causes: [CallFailure]
    ) -> Persistence.Verdict {
        var persistence = Persistence(isRepeatable: isRepeatable)
        var verdict = Persistence.Verdict.again
        for cause in causes {
            verdict = persistence.verdict(after: cause.error, of: cause.cause)
        }
        return verdict
    }

    enum CallFailure: CaseIterable {
        case noServer, closedBefore, lost, closing, invalid, overload, notReady

        var cause: CallError? {
            switch self {
            case .noServer: nil
            case .closedBefore: .notSent(.closed)
            case .lost: .connectionLost
            case .closing: .status(PersistenceTests.closing)
            case .invalid: .status(Status(.invalidArgument, "no"))
            case .overload: .status(Status(.resourceExhausted, "later"))
            case .notReady: .status(Status(.unavailable, "reconciling"))
            }
        }

        var error: TradingClientError {
            if self == .notReady { return .refused(PersistenceTests.notReady) }
            return self.cause.map { TradingClient.translate($0) }
                ?? .unreachable("nobody listens there")
        }
    }

    @Test(
        arguments: [
            (.noServer, true, true), (.closedBefore, true, true), (.closing, true, true),
            (.lost, true, false), (.invalid, false, false), (.overload, false, false),
        ] as [(CallFailure, Bool, Bool)]
    )
    func `what was not done is asked again, what may have been only where it is repeatable`(
        _ failure: CallFailure,
        _ isAgainWhereRepeatable: Bool,
        _ isAgainElse: Bool
    ) {
        let repeatable = Self.verdict(isRepeatable: true, [failure])
        #expect((repeatable == .again) == isAgainWhereRepeatable)
        #expect((Self.verdict(isRepeatable: false, [failure]) == .again) == isAgainElse)
    }

    @Test func `after a lost attempt the last error still says that it may have been done`() {
        let failures: [CallFailure] = [.lost, .overload]
        guard case .giveUp(let error) = Self.verdict(isRepeatable: true, failures) else {
            Issue.record("it goes on")
            return
        }
        #expect(error.mayHaveTakenEffect, "\(error)")
        var persistence = Persistence(isRepeatable: true)
        _ = persistence.verdict(after: CallFailure.lost.error, of: .connectionLost)
        #expect(persistence.final(.unreachable("away")).mayHaveTakenEffect)
    }

    @Test func `a server that says twice that it is unavailable is believed`() {
        let verdict = Self.verdict(isRepeatable: true, [.closing, .noServer, .closing])
        #expect(verdict == .giveUp(.status(Self.closing)))
    }

    @Test func `a gateway that is not ready is waited for by what may have been done alone`() {
        let told = Self.verdict(isRepeatable: true, [.notReady])
        #expect(told == .giveUp(.refused(Self.notReady)))
        let inDoubt: [CallFailure] = [.lost, .notReady, .notReady, .notReady]
        #expect(Self.verdict(isRepeatable: true, inDoubt) == .again)
    }

    @Test func `connections that end in a row without a word are not made for ever`() {
        let lost = Self.verdict(isRepeatable: true, [.lost, .lost])
        #expect(lost == .again)
        guard case .giveUp = Self.verdict(isRepeatable: true, [.lost, .lost, .lost]) else {
            Issue.record("it goes on")
            return
        }
        // A server that was away in between is one that restarts.
        let restarts: [CallFailure] = [.lost, .lost, .noServer, .lost, .lost]
        #expect(Self.verdict(isRepeatable: true, restarts) == .again)
    }
}
