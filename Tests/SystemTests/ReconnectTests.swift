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
        let hasty = try await desk.client(timeoutMilliseconds: 300, reconnects: true)
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
        for client in [client, patient, hasty] { await client.close() }
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

    @Test func `what may have been done is not repeated, and its error says so`() async throws {
        let desk = try Self.desk()
        let client = try await desk.client(reconnects: true)
        try await Self.waitUntilReady(client)
        try await Self.holdAnswers(desk)
        let placement = Task { try await client.place(Self.wish(nil)) }
        try await Self.waitForOrder(desk)
        desk.server.signal(SIGSTOP)
        let kill = Task { try await client.killSwitch(.engage(.block, reason: "test")) }
        try await Task.sleep(for: .milliseconds(50))
        desk.killServer()
        for result in [
            await placement.result.map { _ in }, await kill.result.map { _ in },
        ] {
            guard case .failure(let error as TradingClientError) = result else {
                Issue.record("it was answered: \(result)")
                continue
            }
            #expect(error.mayHaveTakenEffect, "\(error)")
        }
        try await desk.account.send("POST", "/sim/streams?action=resume")
        try desk.restartServer()
        try await Self.waitUntilReady(client)
        #expect(try await desk.account.orders("BTCUSDT").count == 1)
        await client.close()
    }
}

/// What the client decides after each failure.
struct PersistenceTests {
    private static let closing = Status(.unavailable, "the server is closing")

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
        case noServer, closedBefore, lost, closing, invalid, overload

        var cause: CallError? {
            switch self {
            case .noServer: nil
            case .closedBefore: .notSent(.closed)
            case .lost: .connectionLost
            case .closing: .status(PersistenceTests.closing)
            case .invalid: .status(Status(.invalidArgument, "no"))
            case .overload: .status(Status(.resourceExhausted, "later"))
            }
        }

        var error: TradingClientError {
            self.cause.map { TradingClient.translate($0) } ?? .unreachable("nobody listens there")
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
}
